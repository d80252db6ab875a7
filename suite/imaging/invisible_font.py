"""A TrueType font without ink, for text that is found in a page, not seen.

After the OpenType specification 1.9.1: what a font must hold, and no more.
"""

import struct
from collections.abc import Iterable, Sequence

UNITS = 1000  # per em
ADVANCE = 500  # width of each character: words are stretched to their boxes
ASCENT, DESCENT = 800, -200
_EPOCH = 3_786_912_000  # seconds from 1904 to 2024: the same font in every file
_NAMES = {1: "Invisible", 2: "Regular", 3: "Invisible", 4: "Invisible", 6: "Invisible"}
_WINDOWS, _BMP, _FULL, _ENGLISH = 3, 1, 10, 0x409


def invisible_font(characters: Iterable[str]) -> bytes:
    """A TrueType font whose glyphs have an extent but no ink.

    Each character has a glyph of its own, since a PDF maps glyphs back to characters:
    glyph 0 is "missing", then the characters and the space follow by code point.

    Args:
        characters: Single characters, of any plane of Unicode; at most 65,533.
    """
    codes = sorted({ord(character) for character in characters} | {0x20})
    count = len(codes) + 1
    glyph = _glyph()
    return _font_file(
        {
            b"OS/2": _os2(codes),
            b"cmap": _cmap(codes),
            b"glyf": glyph * count,
            b"head": _head(),
            b"hhea": _hhea(),
            # one advance for all, then a left side bearing for each further glyph
            b"hmtx": struct.pack(">Hh", ADVANCE, 0) + bytes(2 * (count - 1)),
            b"loca": struct.pack(f">{count + 1}I", *_multiples(len(glyph), count)),
            b"maxp": struct.pack(">IHHH11H", 0x10000, count, 2, 1, 0, 0, 2, *[0] * 8),
            b"name": _name(),
            b"post": struct.pack(">IIhhIIIII", 0x30000, 0, -100, 50, 1, *[0] * 4),
        }
    )


def _multiples(step: int, count: int) -> range:
    return range(0, step * count + 1, step)


def _glyph() -> bytes:
    # A line there and back: no ink, but an extent, which viewers use for selections.
    # Both points are on the curve (flag 1), their coordinates are int16 steps.
    box = struct.pack(">5h", 1, 0, DESCENT, ADVANCE, ASCENT)
    outline = struct.pack(">HH2B2h2h", 1, 0, 1, 1, 0, ADVANCE, DESCENT, UNITS)
    return _padded(box + outline)


def _cmap(codes: Sequence[int]) -> bytes:
    groups = b"".join(
        struct.pack(">3I", code, code, glyph) for glyph, code in enumerate(codes, 1)
    )
    head = struct.pack(">HHHHI", 0, 1, _WINDOWS, _FULL, 12)
    size = 16 + len(groups)
    return head + struct.pack(">HHIII", 12, 0, size, 0, len(codes)) + groups


def _head() -> bytes:
    extent = 0, DESCENT, ADVANCE, ASCENT
    return (
        # the second zero is the sum over the file, which `_font_file` fills in
        struct.pack(">IIII", 0x10000, 0x10000, 0, 0x5F0F3CF5)
        + struct.pack(">HHqq4h", 2, UNITS, _EPOCH, _EPOCH, *extent)
        + struct.pack(">HHhhh", 0, 8, 2, 1, 0)  # 1: `loca` counts in bytes
    )


def _hhea() -> bytes:
    sides = ADVANCE, 0, 0, ADVANCE  # widest advance, least bearings, greatest extent
    return struct.pack(
        ">IhhhHhhhhhh4hhH", 0x10000, ASCENT, DESCENT, 0, *sides, 1, *[0] * 7, 1
    )


def _os2(codes: Sequence[int]) -> bytes:
    first, last = min(codes[0], 0xFFFF), min(codes[-1], 0xFFFF)
    return (
        struct.pack(">HhHHH", 4, ADVANCE, 400, 5, 0)
        + struct.pack(">11h", *[0] * 10, 0)  # subscripts, strike-out, family class
        + struct.pack(">10B4I4s", *[0] * 14, b"NONE")
        + struct.pack(">HHHhhhHH", 0x40, first, last, ASCENT, DESCENT, 0, 800, 200)
        + struct.pack(">IIhhHHH", 0, 0, 500, 700, 0, 0x20, 1)
    )


def _name() -> bytes:
    texts = {key: value.encode("utf-16-be") for key, value in _NAMES.items()}
    records, offset = b"", 0
    for key, text in texts.items():
        place = key, len(text), offset
        records += struct.pack(">6H", _WINDOWS, _BMP, _ENGLISH, *place)
        offset += len(text)
    head = struct.pack(">HHH", 0, len(texts), 6 + len(records))
    return head + records + b"".join(texts.values())


def _font_file(tables: dict[bytes, bytes]) -> bytes:
    """Tables, whose tags are in order, behind their directory."""
    power = len(tables).bit_length() - 1
    search = 16 << power
    head = struct.pack(
        ">IHHHH", 0x10000, len(tables), search, power, 16 * len(tables) - search
    )
    offset = len(head) + 16 * len(tables)
    directory, body, whole = b"", b"", 0
    for tag, table in tables.items():
        if tag == b"head":
            whole = offset + len(body) + 8
        place = _checksum(table), offset + len(body), len(table)
        directory += struct.pack(">4s3I", tag, *place)
        body += _padded(table)
    font = bytearray(head + directory + body)
    struct.pack_into(">I", font, whole, (0xB1B0AFBA - _checksum(font)) % 2**32)
    return bytes(font)


def _padded(table: bytes) -> bytes:
    return table + bytes(-len(table) % 4)


def _checksum(table: bytes | bytearray) -> int:
    data = _padded(bytes(table))
    return sum(struct.unpack(f">{len(data) // 4}I", data)) % 2**32
