"""How high the text of a page is, in pixels, before anything was recognised."""

from dataclasses import dataclass

import cv2
import numpy as np

from suite.ocr.ink import Grey, find_components, ink_mask, join_across, reduced

# A line's box by the ink of the median line: 1.19 on pages 100-399 of SROIE, in
# capitals with boxes that people drew, 1.07 on rendered pages with descenders.
_BOX_BY_INK = 1.14
_PIXELS = 0.5e6  # at which pages are looked at first
_TINY = 10.0  # pixels: ink below this height is looked at again at twice the scale
_LEAST = 5.0  # pixels below which heights mean nothing


def text_height(grey: Grey, skew: float = 0.0) -> float | None:
    """Estimated height of the page's median text line.

    Letters are joined to lines at a small scale, and what looks like lines (wide,
    well filled, most of the page's ink) is measured. Text smaller than a dozen
    pixels there is looked at again at twice the scale, up to 8 megapixels.

    Args:
        grey: uint8 (height, width) of any size.
        skew: Degrees, clockwise, by which lines are off the level, as `skew_angle`
            gives it; 3 degrees not told make the estimate a fifth too large.

    Returns:
        Pixels of `grey`, as the height of a box around ascenders and descenders;
        None where nothing looks like text (a blank page, noise, a photograph).
    """
    best: _Lines | None = None
    for pixels in (_PIXELS, 4 * _PIXELS, 16 * _PIXELS):
        small, scale = reduced(grey, pixels)
        lines = _measure(_levelled(small, skew), scale)
        # 1.5: joined lines cover a little more at a coarse scale than at the right one
        if lines and (best is None or 1.5 * lines.area > best.area):
            best = lines
        if scale == 1.0 or (lines and lines.height * scale >= _TINY):
            break
    if best is None:  # letters of a poster
        small, scale = reduced(grey, _PIXELS / 16)
        best = _measure(_levelled(small, skew), scale)
    return None if best is None else best.height * _BOX_BY_INK


def lone_height(grey: Grey) -> float | None:
    """Estimated height of the line of one or two letters alone on a page.

    They are too few for `text_height` to tell them from dirt.

    Args:
        grey: uint8 (height, width) of any size, upright.

    Returns:
        As `text_height`; None where there are no letters, or more than two.
    """
    for pixels in (_PIXELS, _PIXELS / 16):  # the second for letters of a poster
        small, scale = reduced(grey, pixels)
        found = find_components(ink_mask(small))
        heights = found.height[found.letters()]
        if 0 < len(heights) < 3:
            return float(heights.max()) / scale * _BOX_BY_INK
    return None


def _levelled(grey: Grey, skew: float) -> Grey:
    """The picture sheared so that lines run level and letters stay as high."""
    if abs(skew) < 0.5:
        return grey
    height, width = grey.shape
    slope = np.tan(np.radians(skew))
    shear = np.array([[1, 0, 0], [-slope, 1, slope * width / 2]], np.float64)
    background = int(np.median(grey[::4, ::4]))
    level = cv2.warpAffine(grey, shear, (width, height), borderValue=(background,) * 3)
    return np.asarray(level, np.uint8)


@dataclass(frozen=True)
class _Lines:
    height: float
    """Median height of the lines' ink, pixels of the page."""
    area: float
    """Area of the lines' boxes, square pixels of the page."""


def _measure(grey: Grey, scale: float) -> _Lines | None:
    """Lines of a picture at some scale of the page."""
    found = find_components(ink_mask(grey))
    letter = found.letter_height()
    if letter is None:
        return None
    letters = found.letters()
    mask = found.only(letters)
    beside = found.ink[~letters & (found.ink > letter**2)].sum()
    del found  # a large page's labels are 32 MB
    joined = join_across(mask, 1.6 * letter)
    width, height, ink = joined.width, joined.height, joined.ink
    area = width * height
    lines = (height >= max(4.0, 0.5 * letter)) & (height < 3 * letter)
    lines &= (width >= 1.5 * height) & (ink >= 0.25 * area)
    if not lines.any():
        return None
    # Pages of SROIE: at least 0.5 of a median line's box is ink, 0.1 of all ink is in
    # lines. Most photographs fail one of the two.
    other = beside + ink[~lines & (ink > letter**2)].sum()
    most = ink[lines].sum()
    if np.median(ink[lines] / area[lines]) < 0.5 or most < 0.1 * (most + other):
        return None
    median = float(np.median(height[lines]))
    near = lines & (np.abs(height - median) <= 0.3 * median + 0.5)
    usual = float(height[near].mean()) if near.any() else median
    if usual < _LEAST:
        return None
    return _Lines(usual / scale, float(area[lines].sum()) / scale**2)
