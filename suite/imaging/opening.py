"""One way for every program to open a picture: `open_image`.

Peak memory of a whole process that opens a scan of 4961 x 7016 pixels in mode "L"
(51 MB of it before), with `reduce_to=2_000_000` in brackets; first rows against
Pillow's `convert("L")`:

| file | Pillow | here |
|---|---|---|
| WebP, grey stored as RGB | 576 MB, 0.81 s | 188 MB, 0.40 s (188 MB) |
| JPEG, colour | 212 MB, 0.31 s | 125 MB, 0.15 s (61 MB) |
| JPEG, colour, progressive, 4:4:4 | | 286 MB (254 MB) |
| PNG, grey / RGB / RGBA / 16 bit | | 124 / 227 / 234 / 252 MB |
| TIFF RGB / WebP RGBA / AVIF RGB | | 227 / 321 / 358 MB |

Still WebP is decoded by cv2 (Pillow's decoder keeps three RGBA copies), everything
else by Pillow: JPEG to grey and to 1/2, 1/4 or 1/8 by libjpeg itself, all conversions
in bands, so that a page is never in memory a third time.
"""

import contextlib
import functools
import importlib
import io
import logging
import os
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

import cv2
import numpy as np
from PIL import Image, JpegImagePlugin, UnidentifiedImageError

from suite.console import UserError
from suite.console.native_messages import native_messages_logged
from suite.imaging.pixels import Mode, Pixels, array_pixels, orient, picture_pixels

logger = logging.getLogger(__name__)

Source: TypeAlias = str | Path | bytes | BinaryIO

MAX_PIXELS = 200_000_000
MAX_BYTES = 1 << 30  # of a stream, which has to be held in memory
# A list of ours: among Pillow's formats is one that starts Ghostscript.
_PLUGINS = {
    "Bmp": ("BMP", "DIB"),
    "Gif": ("GIF",),
    "Jpeg": ("JPEG",),
    "Jpeg2K": ("JPEG2000",),
    "Mpo": ("MPO",),
    "Png": ("PNG",),
    "Ppm": ("PPM",),
    "Tiff": ("TIFF",),
    "WebP": ("WEBP",),
    "Avif": ("AVIF",),
}
_ORIENTATION, _PHOTOMETRIC = 0x0112, 0x0106  # EXIF and TIFF tags
TURNED = (5, 6, 7, 8)  # orientations that exchange width and height
_PIXEL_LIMIT = threading.Lock()

# "Corrupt EXIF data" and its like: a picture that opens is fine, others raise.
warnings.filterwarnings("ignore", module=r"PIL\..*")


def open_image(
    source: Source,
    *,
    mode: Mode = "L",
    max_pixels: float = MAX_PIXELS,
    reduce_to: int | None = None,
    name: str | None = None,
) -> Pixels:
    """Read the first picture of a file as it is meant to be seen.

    EXIF orientation is applied, alpha composed over white; palettes, CMYK, 1 bit,
    16 bit and float become 8 bit (see `picture_pixels`). Colour profiles are ignored.

    Args:
        source: Path, the bytes of a file, or a binary stream.
        mode: "L" for grey, "RGB".
        max_pixels: A picture of more pixels is refused before it is decoded.
        reduce_to: Reduce by a whole factor in decoding where more than this many
            pixels (width x height) are left; the sides of a long receipt say little.
            None: as stored.
        name: What to call the source in errors; its path or stream name by default.

    Returns:
        uint8 (H, W) or (H, W, 3).

    Raises:
        UserError: No such file, a folder, no permission, empty, no picture, too many
            pixels, truncated or damaged, out of memory. The text names the file.
    """
    with open_source(source, name) as (stream, label):
        picture = open_picture(stream, label, max_pixels)
        return decode(picture, stream, label, mode, reduce_to).pixels


@contextlib.contextmanager
def open_source(source: Source, name: str | None) -> Iterator[tuple[BinaryIO, str]]:
    """Yield a seekable stream of at least one byte, and its name for messages.

    Raises:
        UserError: The source is neither path, bytes nor binary file, or cannot be
            opened, or is empty, or too large.
    """
    with contextlib.ExitStack() as stack:
        if isinstance(source, bytes):
            stream, label = cast(BinaryIO, io.BytesIO(source)), name or "<bytes>"
        elif isinstance(source, str | os.PathLike):
            label = name or str(source)
            stream = stack.enter_context(_open_path(Path(source), label))
        elif isinstance(source, io.TextIOBase) or not hasattr(source, "read"):
            raise UserError(
                f"{name or type(source).__qualname__}: not a path, bytes or an open "
                "binary file",
                "Open files in mode 'rb'.",
            )
        else:
            stream, label = source, name or str(getattr(source, "name", "<stream>"))
        with refuse_damage(label):
            if not stream.seekable():
                stream = cast(BinaryIO, io.BytesIO(stream.read(MAX_BYTES + 1)))
            size = stream.seek(0, os.SEEK_END)
            stream.seek(0)
        if not size:
            raise UserError(f"{label}: zero bytes", "Copy or scan the file again.")
        if isinstance(stream, io.BytesIO) and size > MAX_BYTES:
            raise UserError(
                f"{label}: more than {MAX_BYTES >> 20} MB of data in memory"
            )
        yield stream, label


def _open_path(path: Path, label: str) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise UserError(f"{label}: no such file") from error
    except IsADirectoryError as error:
        hint = "Name the pictures in it: FOLDER/*."
        raise UserError(f"{label}: a folder, not a picture", hint) from error
    except PermissionError as error:
        raise UserError(f"{label}: no permission to read it") from error
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        raise UserError(f"{label}: cannot be opened ({error})") from error


@contextlib.contextmanager
def refuse_damage(label: str) -> Iterator[None]:
    """Turn whatever a decoder raises on damaged data into one `UserError`."""
    try:
        yield
    except UserError:
        raise
    except MemoryError as error:
        hint = "Reduce the picture, or free memory."
        raise UserError(f"{label}: not enough memory to decode it", hint) from error
    except Exception as error:  # decoders raise all sorts: struct.error, KeyError ...
        detail = " ".join(str(error).split())[:120] or type(error).__name__
        hint = "Copy, scan or download the file again."
        raise UserError(f"{label}: truncated or damaged ({detail})", hint) from error


@contextlib.contextmanager
def without_pillow_limit() -> Iterator[None]:
    """Switch off Pillow's limit of 179 megapixels while a header is read.

    Ours is checked right afterwards; Pillow's is one variable for the whole process.
    """
    with _PIXEL_LIMIT:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


@functools.cache
def _formats() -> list[str]:
    found = []
    for plugin, names in _PLUGINS.items():
        with contextlib.suppress(ImportError):
            importlib.import_module(f"PIL.{plugin}ImagePlugin")
        found += [name for name in names if name in Image.OPEN]
    return found


def open_picture(stream: BinaryIO, label: str, max_pixels: float) -> Image.Image:
    """Read the header only; refuse what is no picture or has too many pixels."""
    with refuse_damage(label), without_pillow_limit():
        try:
            picture = Image.open(stream, formats=_formats())
        except UnidentifiedImageError as error:
            raise UserError(*_not_a_picture(stream, label)) from error
    check_pixels(picture.width, picture.height, label, max_pixels)
    return picture


def _not_a_picture(stream: BinaryIO, label: str) -> tuple[str, str]:
    stream.seek(0)
    if b"%PDF-" in stream.read(1024):
        return f"{label}: a PDF where a picture is needed", "Convert its pages first."
    hint = "Known: PNG, JPEG, WebP, TIFF, GIF, BMP, PPM, JPEG 2000, AVIF."
    return f"{label}: not a picture of a known format, or its head is damaged", hint


def check_pixels(width: float, height: float, label: str, max_pixels: float) -> None:
    """Refuse a size beyond the limit."""
    if width * height > max_pixels:
        raise UserError(
            f"{label}: {width:,.0f} x {height:,.0f} pixels are more than the limit of "
            f"{max_pixels / 1e6:g} megapixels",
            "Scan at a lower resolution, or reduce the picture.",
        )


@dataclass(frozen=True)
class Decoded:
    """A picture in memory.

    pixels: uint8 (H, W) or (H, W, 3), upright by EXIF.
    width, height: Pixels of the undiminished picture, upright by EXIF.
    scale: Size of `pixels` by that size: 1 / (a whole factor).
    """

    pixels: Pixels
    width: int
    height: int
    scale: float


def decode(
    picture: Image.Image,
    stream: BinaryIO,
    label: str,
    mode: Mode,
    reduce_to: int | None,
) -> Decoded:
    """Decode the frame at which `picture` stands; see `open_image`."""
    with refuse_damage(label):
        width, height = picture.size
        factor = max(1, isqrt(width * height // reduce_to)) if reduce_to else 1
        pixels = _decode_webp(picture, stream, mode, factor)
        if pixels is None:
            if isinstance(picture, JpegImagePlugin.JpegImageFile):
                factor, reduction = _draft(picture, mode, factor), 1
                picture.load()
            else:
                reduction = factor
                _load(picture)
                width, height = picture.size
            pixels = picture_pixels(picture, mode, reduction)
            if _is_white_zero(picture):
                pixels = 255 - pixels
        orientation = exif_orientation(picture)
        if orientation in TURNED:
            width, height = height, width
        return Decoded(orient(pixels, orientation), width, height, 1 / factor)


def exif_orientation(picture: Image.Image) -> int:
    """How a picture is stored, 1..8 in EXIF; 1, upright, where it does not say."""
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except Exception as error:  # the picture is there, whatever its notes hold
        logger.debug("EXIF is damaged: %s", error)
        return 1


def _load(picture: Image.Image) -> None:
    with contextlib.ExitStack() as stack:
        if picture.format == "TIFF":
            stack.enter_context(native_messages_logged())
        picture.load()


def _draft(picture: JpegImagePlugin.JpegImageFile, mode: Mode, factor: int) -> int:
    """Have libjpeg decode at 1/1, 1/2, 1/4 or 1/8; returns the divisor."""
    width, height = picture.size
    wanted = (max(1, width // factor), max(1, height // factor))
    done = picture.draft(mode, wanted)
    return 1 if done is None else round(width / done[1][2])


def _is_white_zero(picture: Image.Image) -> bool:
    # Pillow inverts such TIFF pages of 1 to 8 bits, not those of 16.
    tags = getattr(picture, "tag_v2", {})
    return picture.mode.startswith("I;16") and tags.get(_PHOTOMETRIC) == 0


def _decode_webp(
    picture: Image.Image, stream: BinaryIO, mode: Mode, factor: int
) -> Pixels | None:
    """Pixels of a still WebP; None where Pillow has to do it."""
    if picture.format != "WEBP" or getattr(picture, "is_animated", False):
        return None
    stream.seek(0)
    data = np.frombuffer(stream.read(), np.uint8)
    grey = mode == "L" and picture.mode == "RGB"  # otherwise alpha would be dropped
    flags = cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_UNCHANGED
    array = cv2.imdecode(data, flags | cv2.IMREAD_IGNORE_ORIENTATION)
    if array is None or array.shape[1::-1] != picture.size:
        return None
    return array_pixels(array, mode, factor)
