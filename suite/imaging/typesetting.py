"""Text set at the places where it was read: in a PDF, or as a picture of one.

PDFium writes and draws. A picture of text needs no font of ours: PDFium has the
fourteen standard fonts of PDF built in, which hold all of cp1252.
"""

import ctypes
import io
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from suite.imaging.geometry import quad_size
from suite.imaging.invisible_font import ADVANCE, UNITS, invisible_font
from suite.imaging.pages import PDFIUM, draw_pdf_page
from suite.imaging.pixels import Pixels

_DESCENT = 0.2  # of a text box, below the base line
_LONGEST = 14_000  # points; PDF pages end at 14,400

Texts = Iterable[tuple[str, npt.ArrayLike]]


@dataclass(frozen=True)
class _Font:
    """A font of a document.

    handle: FPDF_FONT, open until the document is saved.
    codes: From a text to the font's codes, one a character.
    advance: From a text to its natural width at size 1.
    visible: Whether text in it is drawn.
    """

    handle: Any
    codes: Callable[[str], Sequence[int]]
    advance: Callable[[str], float]
    visible: bool


class Document:
    """A PDF to be written, in points, page by page; see `open_document`."""

    def __init__(self, pdf: Any, font: _Font) -> None:
        self._pdf = pdf
        self._font = font

    def add_page(
        self, width: float, height: float, texts: Texts, jpeg: bytes | None = None
    ) -> None:
        """Add a page.

        Args:
            width, height: Size in points, at most 14,400.
            texts: Pairs of one line and its quad: float (4, 2), points from the upper
                left of the page, clockwise from the top left of the text. A line is
                stretched to the width of its quad and turned as it is; its trailing
                spaces are written beyond the quad.
            jpeg: A file that covers the page, taken over as it is.
        """
        with PDFIUM:
            page = self._pdf.new_page(width, height)
            try:
                if jpeg is not None:
                    _place_picture(self._pdf, page, jpeg)
                for text, quad in texts:
                    _place_text(self._pdf, page, self._font, text, quad)
                page.gen_content()
            finally:
                page.close()

    def save(self) -> bytes:
        """The file."""
        buffer = io.BytesIO()
        with PDFIUM:
            self._pdf.save(buffer)
        return buffer.getvalue()


@contextmanager
def open_document(invisible: Iterable[str] | None = None) -> Iterator[Document]:
    """Yield an empty document, which is closed at the end of the block.

    Args:
        invisible: All texts that will be written, which then are found and copied but
            not seen, in a font made for them. Without: text is black Helvetica, "?"
            for what cp1252 lacks.
    """
    import pypdfium2
    import pypdfium2.raw as pdfium

    with PDFIUM:
        pdf = pypdfium2.PdfDocument.new()
        font = _helvetica(pdf) if invisible is None else _invisible(pdf, invisible)
    try:
        yield Document(pdf, font)
    finally:
        with PDFIUM:
            pdfium.FPDFFont_Close(font.handle)
            pdf.close()


def text_picture(width: int, height: int, texts: Texts) -> Pixels:
    """Draw texts, black on white, into their quads.

    Args:
        width, height: Size of the picture in pixels.
        texts: Pairs of text and quad (4, 2) in pixels. What cp1252 lacks is drawn
            as "?".

    Returns:
        uint8 (height, width).
    """
    scale = min(1.0, _LONGEST / max(width, height))
    scaled = [(text, np.asarray(quad) * scale) for text, quad in texts]
    with open_document() as document:
        document.add_page(width * scale, height * scale, scaled)
        return draw_pdf_page(document.save(), width, height)


def _invisible(pdf: Any, texts: Iterable[str]) -> _Font:
    import pypdfium2.raw as pdfium

    characters = sorted({" "}.union(*texts))
    data = invisible_font(characters)
    glyphs = {character: glyph for glyph, character in enumerate(characters, 1)}
    handle = pdfium.FPDFText_LoadFont(
        pdf,
        (ctypes.c_uint8 * len(data)).from_buffer_copy(data),
        len(data),
        pdfium.FPDF_FONT_TRUETYPE,
        True,  # codes are glyphs; PDFium maps them back to characters by `cmap`
    )
    return _Font(
        _checked(handle, "load a font"),
        lambda text: [glyphs[character] for character in text],
        lambda text: len(text) * ADVANCE / UNITS,
        visible=False,
    )


def _helvetica(pdf: Any) -> _Font:
    import pypdfium2.raw as pdfium

    handle = pdfium.FPDFText_LoadStandardFont(pdf, b"Helvetica")

    def codes(text: str) -> bytes:
        return text.encode("cp1252", "replace")

    def advance(text: str) -> float:
        width, total = ctypes.c_float(), 0.0
        for character in codes(text).decode("cp1252"):
            pdfium.FPDFFont_GetGlyphWidth(handle, ord(character), 1, width)
            total += width.value
        return total

    return _Font(_checked(handle, "load a font"), codes, advance, visible=True)


def _place_picture(pdf: Any, page: Any, jpeg: bytes) -> None:
    import pypdfium2

    picture = pypdfium2.PdfImage.new(pdf)
    picture.load_jpeg(io.BytesIO(jpeg), inline=True)
    picture.set_matrix(pypdfium2.PdfMatrix().scale(*page.get_size()))
    page.insert_obj(picture)


def _place_text(
    pdf: Any, page: Any, font: _Font, text: str, quad: npt.ArrayLike
) -> None:
    import pypdfium2.raw as pdfium

    points = np.asarray(quad, np.float64)
    width, height = quad_size(points)
    natural = font.advance(text.rstrip())
    if not (width > 0 and height > 0 and natural > 0):
        return
    # PDF counts y from the lower side of the page
    points = points * (1, -1) + (0, page.get_height())
    right, up = (points[2] - points[3]).tolist()
    angle, stretch = math.atan2(up, right), width / (natural * height)
    cosine, sine = math.cos(angle), math.sin(angle)
    codes = font.codes(text)
    item = pdfium.FPDFPageObj_CreateTextObj(pdf, font.handle, height)
    array = (ctypes.c_uint32 * len(codes))(*codes)
    _checked(pdfium.FPDFText_SetCharcodes(item, array, len(codes)), "write a text")
    if not font.visible:
        pdfium.FPDFTextObj_SetTextRenderMode(item, pdfium.FPDF_TEXTRENDERMODE_INVISIBLE)
    origin = points[3] + (points[0] - points[3]) * _DESCENT
    along = cosine * stretch, sine * stretch
    pdfium.FPDFPageObj_Transform(item, *along, -sine, cosine, *origin)
    pdfium.FPDFPage_InsertObject(page, item)


def _checked(result: Any, task: str) -> Any:
    import pypdfium2

    if not result:
        raise pypdfium2.PdfiumError(f"PDFium could not {task}")
    return result
