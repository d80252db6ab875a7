"""Pages of text as searchable PDF and as pictures with what was read drawn in."""

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np
from PIL import Image

from suite.imaging.drawing import Mark, draw_reading
from suite.imaging.geometry import Quad
from suite.imaging.pixels import Pixels
from suite.imaging.typesetting import open_document
from suite.ocr.formats_text import words_of
from suite.ocr.result import Line, PageText

_LONGEST = 14_400.0  # points: PDF 1.7, appendix C
_QUALITY = 80  # JPEG of the page: about 300 kB for an A4 scan of 200 dpi


def to_pdf(
    pages: Sequence[PageText], pictures: Iterable[Pixels], dpi: float = 200
) -> bytes:
    """One PDF of all pages: the picture, and over it the text, invisible.

    The font is embedded, has no ink and maps back to every character of Unicode.

    Args:
        pages: What was read.
        pictures: The pages as uint8 (H, W) or (H, W, 3) RGB, of any size; only one is
            asked for at a time, and kept as JPEG.
        dpi: Pixels per inch of the page's `width` and `height`.
    """
    texts = [[_spaced(line) for line in page.lines] for page in pages]
    flat = chain.from_iterable(chain.from_iterable(texts))
    with open_document(invisible=(text for text, _ in flat)) as document:
        for page, lines, picture in zip(pages, texts, pictures, strict=True):
            unit = min(72 / dpi, _LONGEST / max(page.width, page.height))
            placed = [(text, quad * unit) for line in lines for text, quad in line]
            size = page.width * unit, page.height * unit
            document.add_page(*size, placed, _jpeg(picture))
        return document.save()


def to_pngs(pages: Sequence[PageText], pictures: Iterable[Pixels]) -> Iterator[bytes]:
    """For each page a PNG: boxes over the picture and the text beside it."""
    for page, picture in zip(pages, pictures, strict=True):
        scale = np.divide(picture.shape[1::-1], (page.width, page.height))
        marks = [
            Mark((line.quad * scale).astype(np.float32), line.text, line.confidence)
            for line in page.lines
        ]
        buffer = io.BytesIO()
        Image.fromarray(draw_reading(picture, marks)).save(buffer, "PNG")
        yield buffer.getvalue()


def _spaced(line: Line) -> list[tuple[str, Quad]]:
    """Its words; a space beyond the box keeps them apart when they are copied."""
    if line.quad[1, 0] < line.quad[0, 0]:  # PDFium sorts a row's objects by x
        return [(line.text, line.quad)]
    *words, last = words_of(line)
    return [(word.text + " ", word.quad) for word in words] + [(last.text, last.quad)]


def _jpeg(picture: Pixels) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
