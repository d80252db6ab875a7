"""Decoded pictures of any Pillow mode as arrays of 8 bits, in little memory."""

from collections.abc import Callable
from typing import Literal, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

Mode: TypeAlias = Literal["L", "RGB"]
Pixels: TypeAlias = npt.NDArray[np.uint8]

_BAND = 1 << 20  # pixels converted at a time: one copy of a page, never three
_DEEP = ("I", "F")  # first letters of the modes with more than 8 bits: I, I;16, F


def picture_pixels(picture: Image.Image, mode: Mode, factor: int = 1) -> Pixels:
    """Convert a decoded picture; alpha is composed over white.

    16 bits become 8 by the smallest of the depths 8, 10, 12, 14, 16 that holds the
    maximum (scanners store 12 bits in 16), signed or longer values by their range.
    Floats are taken for 0..1, else for 0..255, else scaled by their range; what is
    not finite becomes 0.

    Args:
        picture: Pillow image, loaded or loadable.
        mode: "L" or "RGB"; grey by the weights of ITU-R 601.
        factor: Mean of blocks of factor x factor; blocks at the right and lower edge
            may be smaller.

    Returns:
        uint8 (ceil(H / factor), ceil(W / factor)) or the same with (..., 3).
    """
    if picture.mode.startswith(_DEEP):
        scale = _range_scale(np.asarray(picture))

        def convert(band: Image.Image) -> Pixels:
            return _with_mode(scale(np.asarray(band)), mode)

    elif picture.has_transparency_data:

        def convert(band: Image.Image) -> Pixels:
            return _compose_over_white(band.convert("RGBA"), mode)

    else:

        def convert(band: Image.Image) -> Pixels:
            if mode == "L" and band.mode not in ("1", "L", "RGB"):
                band = band.convert("RGB")
            return np.asarray(band.convert(mode))

    def read(top: int, bottom: int) -> Pixels:
        return convert(picture.crop((0, top, picture.width, bottom)))

    return _in_bands(read, picture.width, picture.height, mode, factor)


def array_pixels(array: Pixels, mode: Mode, factor: int = 1) -> Pixels:
    """As `picture_pixels`, of an array that cv2 decoded: grey, BGR or BGRA.

    The array may be overwritten, or be the result.
    """

    def read(top: int, bottom: int) -> Pixels:
        band = array[top:bottom]
        if band.ndim == 2:
            return _with_mode(band, mode)
        if band.shape[2] == 4:
            rgba = cv2.cvtColor(band, cv2.COLOR_BGRA2RGBA)
            return _compose_over_white(Image.fromarray(rgba), mode)
        return _with_mode(np.asarray(cv2.cvtColor(band, cv2.COLOR_BGR2RGB)), mode)

    if factor == 1 and mode == "L" and array.ndim == 2:
        return array
    if factor == 1 and mode == "RGB" and array.shape[2:] == (3,):
        return np.asarray(cv2.cvtColor(array, cv2.COLOR_BGR2RGB, array), np.uint8)
    return _in_bands(read, array.shape[1], array.shape[0], mode, factor)


def _compose_over_white(band: Image.Image, mode: Mode) -> Pixels:
    """RGBA, not premultiplied, over white."""
    page = Image.new("RGB", band.size, (255, 255, 255))
    page.paste(band, mask=band.getchannel("A"))
    return np.asarray(page.convert(mode))


def orient(pixels: Pixels, orientation: int) -> Pixels:
    """Turn stored pixels as EXIF orientation 1..8 says; other values leave them."""
    if orientation in (5, 6, 7, 8):  # rows are stored as columns
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _with_mode(pixels: Pixels, mode: Mode) -> Pixels:
    if pixels.ndim == 2 and mode == "RGB":
        return np.repeat(pixels[..., None], 3, axis=2)
    if pixels.ndim == 3 and mode == "L":
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    return pixels


def _in_bands(
    read: Callable[[int, int], Pixels], width: int, height: int, mode: Mode, factor: int
) -> Pixels:
    """Put `read(top, bottom)`, reduced, into one array, band after band."""
    size = (-(-height // factor), -(-width // factor))
    result = np.empty(size if mode == "L" else (*size, 3), np.uint8)
    step = max(1, _BAND // (width * factor)) * factor
    for top in range(0, height, step):
        band = read(top, min(top + step, height))
        start = top // factor
        part = _block_means(band, factor)
        result[start : start + len(part)] = part
    return result


def _block_means(band: Pixels, factor: int) -> Pixels:
    if factor == 1:
        return band
    down, right = -band.shape[0] % factor, -band.shape[1] % factor
    if down or right:  # repeated pixels keep the mean of a cut block near its own
        band = cv2.copyMakeBorder(band, 0, down, 0, right, cv2.BORDER_REPLICATE)
    size = (band.shape[1] // factor, band.shape[0] // factor)
    return np.asarray(cv2.resize(band, size, interpolation=cv2.INTER_AREA), np.uint8)


def _range_scale(values: np.ndarray) -> Callable[[np.ndarray], Pixels]:
    """The map of deep values to 0..255 that `picture_pixels` describes."""
    if values.dtype.kind == "f":
        finite = np.isfinite(values)
        low = float(np.min(values, where=finite, initial=np.inf))
        high = float(np.max(values, where=finite, initial=-np.inf))
    else:
        low, high = float(values.min()), float(values.max())
    if values.dtype.kind == "f" and low >= 0 and high <= 1:  # or nothing is finite
        low, high = 0.0, 1.0
    elif low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    elif low >= 0 and high < 65536 and values.dtype.kind != "f":
        bits = next(bits for bits in (10, 12, 14, 16) if high < 1 << bits)
        low, high = 0.0, float((1 << bits) - 1)
    gain = 255 / max(high - low, np.finfo(np.float64).tiny)

    def scale(part: np.ndarray) -> Pixels:
        # float64: differences of float32 near its limit overflow
        levels = (
            np.nan_to_num(part.astype(np.float64), posinf=0, neginf=0) - low
        ) * gain
        return np.rint(np.clip(levels, 0, 255)).astype(np.uint8)

    if values.dtype.kind == "u":
        table = scale(np.arange(65536))  # ten times faster than the arithmetic
        return lambda part: table[part]
    return scale
