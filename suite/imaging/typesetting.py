"""Text set at the places where it was read: in a PDF, or as a picture of one.

fpdf2 writes, PDFium draws. A picture of text needs no font of ours: PDFium has the
fourteen standard fonts of PDF built in, which hold all of cp1252.
"""

import io
import logging
import math
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from suite.imaging.geometry import quad_size
from suite.imaging.pages import draw_pdf_page
from suite.imaging.pixels import Pixels

_UNITS = 1000  # of the invisible font, per em
_ADVANCE = 500  # width of each of its characters: words are stretched to their boxes
_DESCENT = 0.2  # of a text box, below the base line
# fontTools tells at level INFO, for each font, which tables it has written.
logging.getLogger("fontTools").setLevel(logging.WARNING)


def invisible_font(characters: Iterable[str]) -> bytes:
    """A TrueType font whose glyphs have no ink: text that is found, not seen.

    Each character has a glyph of its own, since a PDF maps glyphs back to characters.

    Args:
        characters: Single characters, of any plane of Unicode.
    """
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    codes = sorted({ord(character) for character in characters} | {0x20})
    names = {code: f"u{code:05X}" for code in codes}
    order = [".notdef", *names.values()]
    pen = TTGlyphPen(None)
    # a line there and back: no ink, but an extent, which viewers use for selections
    pen.moveTo((0, -200))
    pen.lineTo((_ADVANCE, 800))
    pen.closePath()
    glyph = pen.glyph()
    builder = FontBuilder(_UNITS, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap(names)
    builder.setupGlyf(dict.fromkeys(order, glyph))
    builder.setupHorizontalMetrics(dict.fromkeys(order, (_ADVANCE, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Invisible", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=800, sTypoDescender=-200, usWinAscent=800)
    builder.setupPost()
    buffer = io.BytesIO()
    builder.save(buffer)
    return buffer.getvalue()


@contextmanager
def invisible_document(texts: Iterable[str]) -> Iterator[Any]:
    """Yield an `fpdf.FPDF` in points whose font is invisible and holds the texts.

    Its `output()` has to be called inside the block: the font is read then.
    """
    import fpdf

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "invisible.ttf"
        path.write_bytes(invisible_font(set().union(*texts)))
        document = fpdf.FPDF(unit="pt")
        document.set_auto_page_break(False)
        document.set_margin(0)
        document.add_font("invisible", fname=path)
        document.set_font("invisible")
        document.text_mode = fpdf.enums.TextMode.INVISIBLE
        yield document


def place_text(document: Any, text: str, quad: npt.ArrayLike) -> None:
    """Write text into a quad, stretched to its width, turned as it is.

    Args:
        document: `fpdf.FPDF` in points, on a page, with a font.
        text: One line; a trailing space is written beyond the quad.
        quad: (4, 2), clockwise from the top left of the text, in points.
    """
    points = np.asarray(quad, np.float64)
    width, height = quad_size(points)
    if not text.strip() or width <= 0 or height <= 0:
        return
    along = points[2] - points[3]
    origin = points[3] + (points[0] - points[3]) * _DESCENT
    x, y = origin.tolist()
    with document.rotation(-math.degrees(math.atan2(along[1], along[0])), x, y):
        document.set_font_size(height)
        natural = document.get_string_width(text.rstrip())
        document.set_stretching(100 * width / natural)
        document.text(x, y, text)


def text_picture(
    width: int, height: int, texts: Iterable[tuple[str, npt.ArrayLike]]
) -> Pixels:
    """Draw texts, black on white, into their quads.

    Args:
        width, height: Size of the picture in pixels.
        texts: Pairs of text and quad (4, 2) in pixels. What cp1252 lacks is drawn
            as "?".

    Returns:
        uint8 (height, width).
    """
    import fpdf

    scale = min(1.0, 14_000 / max(width, height))  # PDF pages end at 14,400 points
    document = fpdf.FPDF(unit="pt")
    document.set_auto_page_break(False)
    document.core_fonts_encoding = "cp1252"
    document.add_page(format=(width * scale, height * scale))
    document.set_font("helvetica")
    for text, quad in texts:
        known = text.encode("cp1252", "replace").decode("cp1252")
        place_text(document, known, np.asarray(quad) * scale)
    return draw_pdf_page(bytes(document.output()), width, height)
