"""Small files of every kind that is read, made here, and ways to damage them."""

import io
import random
import re
import struct
import zlib
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFont

SIZE = (160, 96)
_NUMBERS = (0, 1, 2, 4, 7, 8, 15, 16, 127, 128, 255, 256, 4096, 32767, 32768, 65535)
_LARGE = (65536, 1 << 20, (1 << 31) - 1, 1 << 31, (1 << 32) - 1)


def page(mode: str = "L", size: tuple[int, int] = SIZE) -> Image.Image:
    """Two lines of text on paper with a gradient."""
    picture = Image.linear_gradient("L").resize(size).point(lambda v: 200 + v // 5)
    pen = ImageDraw.Draw(picture)
    for row, text in enumerate(("TOTAL 12.50", "Thank you")):
        pen.text((8, 8 + 40 * row), text, 20, ImageFont.load_default(24))
    if mode == "I;16":
        return picture.convert("I").point(lambda v: v * 257).convert("I;16")
    if mode in ("LA", "RGBA"):
        picture.putalpha(Image.linear_gradient("L").resize(size))
    return picture.convert(mode)


def _saved(mode: str, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    page(mode).save(buffer, form, **options)
    return buffer.getvalue()


def _pdf(pages: int, picture: bool) -> bytes:
    import fpdf  # slow to import, and the child never needs it

    document = fpdf.FPDF(unit="pt", format=(120, 80))
    document.set_auto_page_break(False)
    document.set_compression(picture)
    for number in range(pages):
        document.add_page()
        if picture:
            document.image(page("RGB"), 5, 5, 100)
        document.set_font("helvetica", size=14)
        document.text(10, 40, f"PAGE {number} 3.50")
    return bytes(document.output())


def samples() -> dict[str, list[bytes]]:
    """Sound files by kind."""
    exif = Image.Exif()
    exif[0x0112] = 6
    more = [page("L", (90, 60)), page("1")]
    return {
        "png": [
            *(_saved(mode, "PNG") for mode in ("L", "RGB", "RGBA", "LA", "P", "1")),
            _saved("I;16", "PNG"),
            _saved("L", "PNG", exif=exif),
            _saved("RGB", "PNG", compress_level=0),
        ],
        "jpeg": [
            _saved("L", "JPEG"),
            _saved("RGB", "JPEG", exif=exif),
            _saved("RGB", "JPEG", progressive=True, subsampling=0),
            _saved("CMYK", "JPEG"),
        ],
        "webp": [
            _saved("RGB", "WEBP"),
            _saved("RGBA", "WEBP", lossless=True),
            _saved("RGB", "WEBP", exif=exif),
            _saved("RGB", "WEBP", save_all=True, append_images=[page("1")]),
        ],
        "tiff": [
            _saved("L", "TIFF"),
            _saved("RGB", "TIFF", compression="tiff_lzw"),
            _saved("L", "TIFF", compression="jpeg"),
            _saved("1", "TIFF", compression="group4"),
            _saved("I;16", "TIFF", compression="tiff_adobe_deflate"),
            _saved("F", "TIFF"),
            _saved("CMYK", "TIFF"),
            _saved("L", "TIFF", save_all=True, append_images=more),
        ],
        "pdf": [_pdf(1, False), _pdf(2, False), _pdf(1, True)],
        "other": [_saved("P", "GIF"), _saved("RGB", "BMP"), _saved("L", "PPM")],
    }


def mutate(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Damage a file in one to six places.

    Args:
        data: A sound file.
        other: Another one, of which a piece may be put in.
        rng: Source of chance.
    """
    result = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        rng.choice(_MUTATIONS)(result, other, rng)
    if rng.random() < 0.5:
        result = bytearray(_with_checksums(bytes(result)))
    return bytes(result)


def _place(data: bytearray, rng: random.Random) -> int:
    # heads decide most: half of the damage goes there
    reach = len(data) if rng.random() < 0.5 else min(len(data), 200)
    return rng.randrange(reach) if reach else 0


def _flip(data: bytearray, _: bytes, rng: random.Random) -> None:
    if data:
        data[_place(data, rng)] ^= 1 << rng.randrange(8)


def _number(data: bytearray, _: bytes, rng: random.Random) -> None:
    width, order = rng.choice((1, 2, 4)), rng.choice("<>")
    value = rng.choice(_NUMBERS + _LARGE) & ((1 << 8 * width) - 1)
    place = _place(data, rng)
    data[place : place + width] = struct.pack(f"{order}{' BH I'[width]}", value)


def _digits(data: bytearray, _: bytes, rng: random.Random) -> None:
    found = [match.span() for match in re.finditer(rb"-?\d+", data)]
    if found:
        start, stop = rng.choice(found)
        data[start:stop] = str(rng.choice((*_NUMBERS, *_LARGE, -1))).encode()


def _cut(data: bytearray, _: bytes, rng: random.Random) -> None:
    del data[_place(data, rng) :]


def _remove(data: bytearray, _: bytes, rng: random.Random) -> None:
    place = _place(data, rng)
    del data[place : place + rng.randrange(1, 40)]


def _repeat(data: bytearray, _: bytes, rng: random.Random) -> None:
    place = _place(data, rng)
    piece = data[place : place + rng.randrange(1, 60)]
    data[place:place] = piece * rng.choice((1, 2, 50))


def _noise(data: bytearray, _: bytes, rng: random.Random) -> None:
    place, count = _place(data, rng), rng.randrange(1, 30)
    data[place : place + count] = rng.randbytes(count)


def _splice(data: bytearray, other: bytes, rng: random.Random) -> None:
    place, start = _place(data, rng), rng.randrange(len(other))
    data[place : place + 64] = other[start : start + 64]


_MUTATIONS: tuple[Callable[[bytearray, bytes, random.Random], None], ...] = (
    *(_flip, _flip, _number, _number, _digits),
    *(_cut, _remove, _repeat, _noise, _splice),
)


def _with_checksums(data: bytes) -> bytes:
    """A PNG with the CRC of its chunks put right, so that damage gets past them."""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        return data
    result, place = bytearray(data), 8
    while place + 12 <= len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        end = place + 8 + size
        if end + 4 > len(data):
            break
        result[end : end + 4] = zlib.crc32(data[place + 4 : end]).to_bytes(4, "big")
        place = end + 4
    return bytes(result)
