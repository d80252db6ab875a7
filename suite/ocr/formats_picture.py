"""Pages of text as searchable PDF and as pictures with what was read drawn in."""

import io
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from PIL import Image

from suite.imaging.drawing import Mark, draw_reading
from suite.imaging.pixels import Pixels
from suite.imaging.typesetting import invisible_document, place_text
from suite.ocr.formats_text import words_of
from suite.ocr.result import PageText

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
            asked for at a time.
        dpi: Pixels per inch of the page's `width` and `height`.
    """
    texts = (line.text for page in pages for line in page.lines)
    with invisible_document(texts) as document:
        document.set_title(pages[0].name if pages else "")
        document.set_producer("keras-edge-suite")
        for page, picture in zip(pages, pictures, strict=True):
            unit = min(72 / dpi, _LONGEST / max(page.width, page.height))
            size = page.width * unit, page.height * unit
            document.add_page(format=size)
            document.image(_jpeg(picture), 0, 0, *size)
            for line in page.lines:
                words = words_of(line)
                for word in words:
                    # the space, beyond the box, keeps words apart when copied
                    text = word.text + (" " if word is not words[-1] else "")
                    place_text(document, text, np.asarray(word.quad) * unit)
        return bytes(document.output())


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


def _jpeg(picture: Pixels) -> io.BytesIO:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=_QUALITY)
    buffer.seek(0)
    return buffer
