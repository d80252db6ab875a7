"""Fonts made for tests: each character a pattern of its own, faults on demand."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

UNIT = 100  # font units a cell; an em is ten cells
Pattern = tuple[tuple[int, int], ...]


def pattern(character: str) -> Pattern:
    """Cells (column, row) of a character: the outline of its height, bits inside."""
    rows = 5 if character.islower() else 7
    bits = int(hashlib.sha256(character.encode()).hexdigest(), 16)
    inside = {(c, r) for c in range(4) for r in range(rows) if bits >> (c * 7 + r) & 1}
    return tuple(sorted(inside | {(0, 0), (3, rows - 1), (0, rows - 1)}))


def make_font(
    path: Path,
    characters: str,
    replaced: Mapping[str, str] | None = None,
    *,
    family: str = "Made",
    mono: bool = True,
) -> Path:
    """Writes a TrueType font.

    Args:
        path: The file.
        characters: What it maps; a space is always there.
        replaced: Characters drawn with the outline of another one; "" leaves no ink.
        family: Name of the family.
        mono: One width for all, or a wider m, W and M.
    """
    replaced = replaced or {}
    glyphs, widths, mapping = {}, {}, {}
    for character in sorted({" ", *characters}):
        shown = replaced.get(character, character)
        name = f"u{ord(shown or character):04X}"  # one outline for both, as fonts do
        cells = pattern(shown) if shown.strip() else ()
        glyphs[name], mapping[ord(character)] = _glyph(cells), name
        widths[name] = (600 if mono or character not in "mMW" else 900, 0)
    glyphs[".notdef"], widths[".notdef"] = _glyph(((0, 0), (3, 6))), (600, 0)
    order = [".notdef", *sorted(set(mapping.values()))]
    builder = FontBuilder(unitsPerEm=1000, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap(mapping)
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(widths)
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)
    return path


def _glyph(cells: Pattern):
    pen = TTGlyphPen(None)
    for column, row in cells:
        x, y = 50 + column * 120, row * UNIT
        pen.moveTo((x, y))
        for point in ((x, y + UNIT), (x + 120, y + UNIT), (x + 120, y)):
            pen.lineTo(point)
        pen.closePath()
    return pen.glyph()
