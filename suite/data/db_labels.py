"""Label maps of differentiable binarization, drawn exactly.

All maps come from one signed distance to each line's box, so an edge that falls
between two pixels gives a pixel its share instead of a rounded border (drawn by
rounding, a core grows by a pixel a side, which is several pixels of the page once the
shrink is undone).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from suite.imaging.geometry import quad_size, shrink_distance

SHRINK_RATIO = 0.75
"""Shrink ratio r of the cores: 0.22 of the height goes above and below a long line.
The paper's 0.4 takes 0.42, which leaves three pixels of a line of 18."""

MIN_HEIGHT = 6.0
"""Lines lower than this, in pixels, are neither text nor background."""

NEAR_WEIGHT = 3.0
"""Weight of a background pixel close to a line."""

GAP_WEIGHT = 8.0
"""Weight of a background pixel between two neighbours of one row."""

GAP_REACH = 0.8
"""How far beyond its ends a line looks for a neighbour, in heights."""

THRESHOLD_RANGE = (0.3, 0.7)
"""Threshold map away from and on the border of a box (code of arXiv:1911.08947)."""

Map = npt.NDArray[np.float32]


def label_maps(
    quads: npt.ArrayLike, size: tuple[int, int], ratio: float = SHRINK_RATIO
) -> dict[str, Map]:
    """The training targets of `suite.losses.DBLoss` for one picture.

    Args:
        quads: Float (n, 4, 2), boxes of the lines, clockwise, in pixels; they may
            reach beyond the picture.
        size: (height, width) of the picture.
        ratio: Shrink ratio r in (0, 1).

    Returns:
        float32 maps of shape (height, width): "shrunk" (share of the pixel that lies
        in a core, 0..1), "weight" (>= 0), "threshold" (0.3..0.7), "threshold_mask"
        (0 or 1).

    References:
        - Liao et al. 2020, arXiv:1911.08947, section 3.3 (label generation)
    """
    shrunk = np.zeros(size, np.float32)
    border = np.zeros(size, np.float32)  # 1 on a box's edge, 0 at the distance D
    near = np.zeros(size, bool)
    reached = np.zeros(size, np.uint8)
    ignored = np.zeros(size, bool)
    for quad in np.asarray(quads, np.float64).reshape(-1, 4, 2):
        width, height = quad_size(quad)
        if min(width, height) <= 0:
            continue
        distance = shrink_distance(width, height, ratio)
        margin = max(2.0, distance, GAP_REACH * height) + 1
        window, sides = _side_distances(quad, size, margin)
        if window is None:
            continue
        if height < MIN_HEIGHT:
            ignored[window] |= sides.min(0) > 0
            continue
        outside = np.hypot(
            np.maximum(0, np.maximum(-sides[0], -sides[2])),
            np.maximum(0, np.maximum(-sides[1], -sides[3])),
        )
        signed = np.where(outside > 0, -outside, sides.min(0))  # > 0 inside
        core = np.clip(signed - distance + 0.5, 0, 1)
        np.maximum(shrunk[window], core, out=shrunk[window])
        value = 1 - np.clip(np.abs(signed) / distance, 0, 1)
        np.maximum(border[window], value, out=border[window])
        near[window] |= signed > -max(distance, 2.0)
        in_row = np.minimum(sides[0], sides[2]) > distance / 2
        in_reach = np.minimum(sides[1], sides[3]) > -GAP_REACH * height
        reached[window] += in_row & in_reach
    weight = np.where(near, NEAR_WEIGHT, 1.0)
    weight[(reached > 1) & (shrunk == 0)] = GAP_WEIGHT
    weight[ignored & (shrunk == 0)] = 0
    low, high = THRESHOLD_RANGE
    return {
        "shrunk": shrunk,
        "weight": weight.astype(np.float32),
        "threshold": (low + (high - low) * border).astype(np.float32),
        "threshold_mask": (border > 0).astype(np.float32),
    }


def _side_distances(
    quad: np.ndarray, size: tuple[int, int], margin: float
) -> tuple[tuple[slice, slice] | None, np.ndarray]:
    """Distances of pixel centres to the lines through a quad's top, right, bottom and
    left side, positive inside, (4, rows, columns), in the window they matter in."""
    low = np.clip(np.floor(quad.min(0) - margin), 0, size[::-1]).astype(int)
    high = np.clip(np.ceil(quad.max(0) + margin), 0, size[::-1]).astype(int)
    if (high <= low).any():
        return None, np.empty(0)
    x = np.arange(low[0], high[0])[None, :] + 0.5
    y = np.arange(low[1], high[1])[:, None] + 0.5
    edges = np.roll(quad, -1, axis=0) - quad
    edges /= np.maximum(np.linalg.norm(edges, axis=1, keepdims=True), 1e-6)
    distances = [
        along[0] * (y - corner[1]) - along[1] * (x - corner[0])
        for corner, along in zip(quad, edges, strict=True)
    ]
    window = slice(low[1], high[1]), slice(low[0], high[0])
    return window, np.stack(np.broadcast_arrays(*distances)).astype(np.float32)
