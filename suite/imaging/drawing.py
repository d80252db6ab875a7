"""What was read, as a picture: boxes over the page, the text beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from suite.imaging.geometry import Quad
from suite.imaging.pixels import Pixels
from suite.imaging.typesetting import text_picture

SURE, UNSURE = (30, 110, 230), (230, 110, 20)  # RGB: blue; orange below `DOUBT`
DOUBT = 0.8
MAX_SIDE = 2400  # pixels of a page in `draw_reading`: a picture to look at
_FILL = 0.25  # opacity


@dataclass(frozen=True)
class Mark:
    """A quad on a page.

    quad: float32 (4, 2), pixels, continuous (a box over pixel 0 is 0..1).
    text: What was read there; may be empty.
    confidence: 0..1; decides the colour.
    """

    quad: Quad
    text: str = ""
    confidence: float = 1.0


def draw_marks(image: Pixels, marks: Sequence[Mark]) -> Pixels:
    """Lay translucent, outlined quads over a page.

    Args:
        image: uint8 (H, W) or (H, W, 3) RGB; stays as it is.
        marks: Quads in pixels of `image`, which may reach beyond it.

    Returns:
        uint8 (H, W, 3) RGB.
    """
    page = np.stack([image] * 3, -1) if image.ndim == 2 else image.copy()
    thick = max(1, round(max(page.shape[:2]) / 1200))
    tinted = page.copy()
    corners = [_subpixels(mark.quad) for mark in marks]
    for mark, points in zip(marks, corners, strict=True):
        cv2.fillPoly(tinted, [points], _colour(mark), cv2.LINE_AA, shift=4)
    cv2.addWeighted(tinted, _FILL, page, 1 - _FILL, 0, dst=page)
    for mark, points in zip(marks, corners, strict=True):
        cv2.polylines(page, [points], True, _colour(mark), thick, cv2.LINE_AA, shift=4)
    return page


def draw_reading(image: Pixels, marks: Sequence[Mark]) -> Pixels:
    """The page with its marks and, beside it, their text where it was read.

    The text stands to the right of an upright page and below a wide one. Pages with
    a side above 2,400 pixels are reduced.

    Args:
        image, marks: As in `draw_marks`.

    Returns:
        uint8 (H, 2 W, 3) or (2 H, W, 3) RGB.
    """
    scale = min(1.0, MAX_SIDE / max(image.shape[:2]))
    if scale < 1:
        image = np.asarray(
            cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA),
            np.uint8,
        )
        marks = [
            Mark(mark.quad * np.float32(scale), mark.text, mark.confidence)
            for mark in marks
        ]
    height, width = image.shape[:2]
    texts = [(mark.text, mark.quad) for mark in marks]
    panel = np.stack([text_picture(width, height, texts)] * 3, -1)
    axis = 0 if width > height else 1
    return np.concatenate([draw_marks(image, marks), panel], axis)


def _colour(mark: Mark) -> tuple[int, int, int]:
    return SURE if mark.confidence >= DOUBT else UNSURE


def _subpixels(quad: Quad) -> np.ndarray:
    # cv2 counts from pixel centres, here in sixteenths; its range is that of int32
    points = np.clip(np.asarray(quad, np.float64), -1e5, 1e6)
    return np.rint((points - 0.5) * 16).astype(np.int32)
