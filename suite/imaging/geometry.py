"""Quadrilaterals on a page, and the one function that cuts a text line out.

A `Quad` is a float32 array (4, 2) of points (x, y) in pixels, x to the right and y
down, clockwise from the top left of the *text* (a line that reads upwards starts at
the bottom left of its box). Coordinates are continuous: pixel 0 covers 0..1, its
middle is 0.5, a box over the whole of a W x H picture is 0, 0, W, H.

Functions of quads accept leading axes, (..., 4, 2), where the docstring says so.
"""

import math
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from suite.imaging.overlap import iou_matrix, polygon_iou

__all__ = [
    "Quad",
    "bounding_box",
    "box_quad",
    "grow_distance",
    "iou_matrix",
    "offset_quad",
    "polygon_iou",
    "quad_size",
    "quad_sizes",
    "rectify",
    "shrink_distance",
    "transform_quad",
]

Quad: TypeAlias = npt.NDArray[np.float32]
"""(4, 2), clockwise from the top left of the text, continuous pixel coordinates."""

MAX_WIDTH = 16_384  # `rectify`, pixels: bounds what a degenerate quad can allocate
_WARP_LIMIT = 32_000  # cv2 warps index with 16 bits: sides must stay below 32,767


def box_quad(left: float, top: float, right: float, bottom: float) -> Quad:
    """Quad of an axis-parallel box with upright text."""
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return np.array(corners, np.float32)


def bounding_box(quad: npt.ArrayLike) -> tuple[float, float, float, float]:
    """(left, top, right, bottom) of the smallest axis-parallel box around a quad."""
    points = np.asarray(quad, np.float64).reshape(-1, 2)
    left, top = points.min(0).tolist()
    right, bottom = points.max(0).tolist()
    return left, top, right, bottom


def quad_size(quad: npt.ArrayLike) -> tuple[float, float]:
    """(width, height) in pixels along and across the text.

    Means of opposite sides: a quad seen in perspective is measured at its middle.
    """
    width, height = quad_sizes(quad).tolist()
    return width, height


def quad_sizes(quads: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """`quad_size` of many: (..., 4, 2) -> float64 (..., 2)."""
    points = np.asarray(quads, np.float64)
    sides = np.linalg.norm(np.roll(points, -1, axis=-2) - points, axis=-1)
    return (sides[..., :2] + sides[..., 2:]) / 2


def transform_quad(quad: npt.ArrayLike, matrix: npt.ArrayLike) -> Quad:
    """Map points (..., 2) by an affine (2, 3) or perspective (3, 3) matrix."""
    points, m = np.asarray(quad, np.float64), np.asarray(matrix, np.float64)
    mapped = points @ m[:, :2].T + m[:, 2]  # (..., 2 or 3)
    if mapped.shape[-1] == 3:
        mapped = mapped[..., :2] / mapped[..., 2:]
    return mapped.astype(np.float32)


def shrink_distance(width: float, height: float, ratio: float = 0.4) -> float:
    """Offset D = A (1 - r^2) / L by which DB shrinks a box, in pixels.

    Args:
        width, height: Sides of the box, > 0, pixels.
        ratio: DB's shrink ratio r, 0..1; 1 leaves the box as it is.

    Returns:
        D >= 0; the core, (width - 2D) x (height - 2D), never vanishes.

    References:
        Liao et al., "Real-time Scene Text Detection with Differentiable
        Binarization", AAAI 2020, equation 5.
    """
    perimeter = 2 * (width + height)
    return width * height * (1 - ratio**2) / perimeter if perimeter else 0.0


def grow_distance(width: float, height: float, ratio: float = 0.4) -> float:
    """Exact inverse of `shrink_distance`: D from the sides of the *core*.

    A core a x b came from (a + 2D) x (b + 2D) with D = (a + 2D)(b + 2D) k / L,
    L = 2 (a + b + 4D), k = 1 - r^2. Sorted by powers of D that is
    (8 - 4k) D^2 + 2 (1 - k)(a + b) D - k a b = 0, of which this is the root >= 0.
    (DB itself grows by a fixed 1.5 A'/L', which leaves a long line half as high
    as it was; the paper's figures are for words.)
    """
    k = 1 - ratio**2
    half, square = (1 - k) * (width + height), 8 - 4 * k
    return (math.sqrt(half**2 + square * k * width * height) - half) / square


def offset_quad(quad: npt.ArrayLike, distance: npt.ArrayLike) -> Quad:
    """Move each side of a convex quad by `distance` pixels along its normal.

    Sides stay parallel to what they were, so a rotated rectangle of w x h becomes
    one of (w + 2d) x (h + 2d) about the same centre.

    Args:
        quad: (..., 4, 2). A side of no length (a core one pixel thin) takes the
            direction of the opposite side or stands upright on its neighbour.
        distance: Scalar or (...), > 0 outwards. Inwards it stops at half the
            shorter side, where the quad has become a line.
    """
    points = np.asarray(quad, np.float64)
    edges = np.roll(points, -1, axis=-2) - points  # top, right, bottom, left
    lengths = np.linalg.norm(edges, axis=-1, keepdims=True)
    units = _edge_directions(edges, lengths)
    sides = (lengths[..., :2, 0] + lengths[..., 2:, 0]) / 2
    amount = np.maximum(np.asarray(distance, np.float64), -sides.min(-1) / 2)
    before = np.roll(units, 1, axis=-2)
    # Where two shifted sides meet; 0.1 bounds the spike at a sharp corner (6 degrees).
    sine = np.maximum(_cross(before, units), 0.1)[..., None]
    moved = points + amount[..., None, None] * (before - units) / sine
    return moved.astype(np.float32)


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _edge_directions(edges: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Unit vectors (..., 4, 2) of the sides, with substitutes for empty sides."""
    units = np.divide(edges, lengths, out=np.zeros_like(edges), where=lengths > 1e-9)
    missing = ~units.any(-1, keepdims=True)
    units = np.where(missing, -np.roll(units, 2, axis=-2), units)
    missing = ~units.any(-1, keepdims=True)
    previous = np.roll(units, 1, axis=-2)
    turned = np.stack([-previous[..., 1], previous[..., 0]], -1)
    units = np.where(missing, turned, units)
    axes = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)], np.float64)
    return np.where(~units.any(-1, keepdims=True), axes, units)


def rectify(
    image: npt.NDArray[np.uint8],
    quad: npt.ArrayLike,
    height: int,
    *,
    max_width: int | None = None,
    fill: int | None = None,
) -> npt.NDArray[np.uint8]:
    """Cut a text line out of a page, upright, at a fixed height.

    Training and reading both call this, so that a recognizer sees one kind of crop.
    Shrinking averages over the area that an output pixel covers; enlarging is
    bilinear. Parallelograms are mapped affinely, other quads in perspective.

    Args:
        image: uint8 (H, W) or (H, W, 3).
        quad: (4, 2), see the head of this module; may reach beyond the picture.
        height: Rows of the result, >= 1.
        max_width: A longer line is squeezed to this many columns.
        fill: Grey level 0..255 outside the picture; None repeats its border.

    Returns:
        uint8 (height, width) or (height, width, 3); width keeps the aspect of the
        quad (rounded, 1 to 16,384).
    """
    points = np.asarray(quad, np.float64).reshape(4, 2)
    along, across = quad_size(points)
    limit = min(max_width or MAX_WIDTH, MAX_WIDTH)
    width = max(1, min(limit, round(height * along / max(across, 1e-6))))
    crop, corner = _crop_around(image, points)
    points = points - corner
    if max(crop.shape[:2]) > _WARP_LIMIT:
        half = cv2.resize(crop, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        scale = np.divide(half.shape[1::-1], crop.shape[1::-1])
        crop, points = half, points * scale
        along, across = quad_size(points)
    box = bounding_box(points)
    upright = np.abs(points - box_quad(*box)).max() < 0.02  # pixels
    inside = min(box[:2]) >= 0 and box[2] <= crop.shape[1] and box[3] <= crop.shape[0]
    if upright and inside and along >= width and across >= height:
        return _area_resize(crop, box, width, height)
    return _warp(crop, points, width, height, (along, across), fill)


def _crop_around(
    image: npt.NDArray[np.uint8], points: np.ndarray
) -> tuple[npt.NDArray[np.uint8], np.ndarray]:
    """The part of the picture that the quad touches, and its corner (x, y)."""
    rows, columns = image.shape[:2]
    size = np.array([columns, rows])
    low = np.clip(np.floor(points.min(0)).astype(int) - 2, 0, size - 1)
    high = np.clip(np.ceil(points.max(0)).astype(int) + 2, low + 1, size)
    return image[low[1] : high[1], low[0] : high[0]], low.astype(np.float64)


def _area_resize(
    image: npt.NDArray[np.uint8],
    box: tuple[float, float, float, float],
    width: int,
    height: int,
) -> npt.NDArray[np.uint8]:
    """Exact mean over each cell of a grid laid on a box with fractional sides."""
    left, top, right, bottom = box
    # Differences of the integral, which is linear between pixel borders.
    total: Any = cv2.integral(image, sdepth=cv2.CV_64F)  # (H + 1, W + 1[, 3])
    spans = ((top, bottom, height), (left, right, width))
    for axis, (start, stop, count) in enumerate(spans):
        borders = np.linspace(start, stop, count + 1)
        lower = np.minimum(borders.astype(int), total.shape[axis] - 2)
        part = (borders - lower).reshape((-1, 1) if axis == 0 else (1, -1))
        part = part[..., None] if total.ndim == 3 else part
        near = np.take(total, lower, axis)
        far = np.take(total, lower + 1, axis)
        total = np.diff(near + part * (far - near), axis=axis)
    cell = (right - left) * (bottom - top) / (width * height)
    return np.clip(np.rint(total / cell), 0, 255).astype(np.uint8)


def _warp(
    image: npt.NDArray[np.uint8],
    points: np.ndarray,
    width: int,
    height: int,
    size: tuple[float, float],
    fill: int | None,
) -> npt.NDArray[np.uint8]:
    """Bilinear samples at most one source pixel apart, averaged down to the result."""
    # 0.01: a quad that is the output's size but for rounding keeps its sharpness
    across = max(1, math.ceil(size[0] / width - 0.01))
    down = max(1, math.ceil(size[1] / height - 0.01))
    across = max(1, min(across, _WARP_LIMIT // width))
    down = max(1, min(down, _WARP_LIMIT // height))
    fine = (width * across, height * down)
    target = box_quad(0, 0, *fine) - np.float32(0.5)  # cv2 counts from pixel centres
    source = (points - 0.5).astype(np.float32)
    options: dict[str, Any] = {
        "flags": cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        "borderMode": cv2.BORDER_REPLICATE if fill is None else cv2.BORDER_CONSTANT,
        "borderValue": (fill or 0,) * 3,
    }
    if np.abs(points[0] - points[1] + points[2] - points[3]).max() < 0.05:
        matrix = cv2.getAffineTransform(target[:3], source[:3])
        result = cv2.warpAffine(image, matrix, fine, **options)
    else:
        matrix = cv2.getPerspectiveTransform(target, source)
        result = cv2.warpPerspective(image, matrix, fine, **options)
    if fine != (width, height):
        result = cv2.resize(result, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(result, np.uint8)
