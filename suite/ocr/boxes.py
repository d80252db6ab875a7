"""Boxes of text lines in a probability map, measured to fractions of a pixel.

Each step is done for all cores of a map at once, with `np.bincount` over the core that
a pixel belongs to: a page of sixty lines takes a quarter of the time of one by one. The
sums are made band by band: those of a dense page's pixels at once would be 100 MB.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from suite.imaging.geometry import grow_distance, offset_quad, polygon_iou

Floats: TypeAlias = npt.NDArray[Any]
"""float64 (cores,) or (pixels,)."""
Ints: TypeAlias = npt.NDArray[Any]
"""int64 (cores,) or (pixels,)."""
Quads: TypeAlias = npt.NDArray[np.float32]
"""(n, 4, 2), as `suite.imaging.geometry` has them."""


@dataclass(frozen=True)
class BoxOptions:
    """How boxes are made of a probability map."""

    threshold: float = 0.4
    """Probability 0..1 above which a pixel belongs to a core."""
    score: float = 0.6
    """Smallest mean probability 0..1 of a core."""
    min_core: float = 1.5
    """Smallest side of a core, in pixels of the map."""
    shrink_ratio: float = 0.75
    """Shrink ratio the detector was trained with; undone exactly."""
    overlap: float = 0.5
    """Boxes that overlap a better one by more than this (IoU) are dropped."""
    limit: int = 2000
    """Most cores of a map, the largest ones: bounds what noise can cost."""


LONG = 2
"""Width over height from which a core shows in which direction its text runs."""
BAND = 2**16
"""Pixels of a map that are looked at together."""


@dataclass(frozen=True)
class _Cores:
    """Connected cores of a map; core i has the number i + 1 in `numbers`."""

    numbers: npt.NDArray[np.uint16]
    """(height, width), 0 where there is no core."""
    left: Ints
    """Bounding boxes in pixels: left, top, width and height are (cores,)."""
    top: Ints
    width: Ints
    height: Ints
    score: Floats
    """Mean probability of each, 0..1."""


def find_boxes(
    probability: npt.NDArray[np.float32], options: BoxOptions = BoxOptions()
) -> tuple[Quads, npt.NDArray[np.float32]]:
    """Boxes of text lines in a probability map.

    Each connected core is measured by its soft profile along and across its own
    direction, to fractions of a pixel, and grown by the exact inverse of the shrink
    (`grow_distance`).

    Args:
        probability: float32 (height, width), 0..1.
        options: Thresholds.

    Returns:
        Quads, float32 (n, 4, 2), in pixels of the map, and scores, float32 (n,),
        0..1: the mean probability of each core; best first.
    """
    cores = _cores(probability, options)
    origin, along, (left, top, right, bottom) = _measure(probability, cores)
    sides = np.stack([right - left, bottom - top], axis=1)  # (cores, 2)
    large = sides.min(axis=1) >= options.min_core
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    quads = np.stack(
        [origin + u[:, None] * along + v[:, None] * across for u, v in corners], axis=1
    )
    distance = [grow_distance(a, b, options.shrink_ratio) for a, b in sides[large]]
    return _suppress(
        offset_quad(quads[large], np.array(distance)),
        cores.score[large].astype(np.float32),
        options.overlap,
    )


def _cores(probability: npt.NDArray[np.float32], options: BoxOptions) -> _Cores:
    """Connected parts above the threshold that are large and sure enough."""
    mask = probability > options.threshold
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        mask.view(np.uint8), connectivity=4
    )
    total = np.zeros(count)
    for band in _bands(mask.shape):
        inside = np.flatnonzero(mask[band])
        owner = labels[band].ravel()[inside]
        total += np.bincount(owner, probability[band].ravel()[inside], count)
    left, top, width, height, area = stats.T.astype(np.int64)
    score = total / np.maximum(area, 1)  # the background may be empty
    kept = np.minimum(width, height) >= options.min_core
    kept &= score >= options.score
    kept[0] = False  # the background
    chosen = np.flatnonzero(kept)
    chosen = np.sort(chosen[np.argsort(-area[chosen], kind="stable")[: options.limit]])
    number = np.zeros(count, np.uint16)
    number[chosen] = np.arange(1, len(chosen) + 1)
    numbers = np.empty(probability.shape, np.uint16)
    for band in _bands(mask.shape):
        numbers[band] = number[labels[band]]
    return _Cores(
        numbers, left[chosen], top[chosen], width[chosen], height[chosen], score[chosen]
    )


def _bands(shape: tuple[int, ...]) -> Iterator[slice]:
    """Rows of a map in bands of about `BAND` pixels."""
    rows = max(1, BAND // max(1, shape[1]))
    return (slice(top, top + rows) for top in range(0, shape[0], rows))


@dataclass(frozen=True)
class _Pixels:
    """Pixels of the cores and of their soft edges, those of one band of the map."""

    owner: Ints
    """Core of each, (pixels,)."""
    x: Ints
    """Places from the corner of the core's bounding box: x and y are (pixels,)."""
    y: Ints
    mass: Floats
    """Probability of each, 0..1."""


def _pixels(probability: npt.NDArray[np.float32], cores: _Cores) -> Iterator[_Pixels]:
    # a pixel more on each side: the soft edge lies outside the core
    grown = cv2.dilate(cores.numbers, np.ones((3, 3), np.uint8))
    for band in _bands(grown.shape):
        near = np.flatnonzero(grown[band])
        own = cores.numbers[band].ravel()[near]
        owner = np.where(own > 0, own, grown[band].ravel()[near]).astype(np.int64) - 1
        mass = probability[band].ravel()[near].astype(np.float64)
        y = near // grown.shape[1]
        x = near - y * grown.shape[1]
        y += band.start - cores.top[owner]
        yield _Pixels(owner, x - cores.left[owner], y, mass)


def _measure(
    probability: npt.NDArray[np.float32], cores: _Cores
) -> tuple[Floats, Floats, tuple[Floats, Floats, Floats, Floats]]:
    """Rotated rectangles of the cores from their soft pixels.

    Returns:
        A point of each core (cores, 2), its unit vector along the text (cores, 2), and
        how far it reaches from that point: left, top, right, bottom, (cores,).
    """
    slope = _slopes(_pixels(probability, cores), cores)
    norm = np.hypot(1, slope)
    cosine, sine = 1 / norm, slope / norm
    w, h = cores.width, cores.height
    rise, fall = np.maximum(sine, 0), np.minimum(sine, 0)
    lengthwise = _Profiles(fall * h - 2, w * cosine + rise * h + 2)
    crosswise = _Profiles(-rise * w - 2, h * cosine - fall * w + 2)
    for pixels in _pixels(probability, cores):
        owner, mass = pixels.owner, pixels.mass
        # centres of pixels from the core's corner; halves, see `_Profiles.add`
        u, v, c, s = pixels.x + 0.5, pixels.y + 0.5, cosine[owner], sine[owner]
        # capped: a word of which the network is less sure isn't cut off its line
        even = np.minimum(mass / cores.score[owner], 1)
        lengthwise.add(owner, u * c + v * s, even)
        crosswise.add(owner, v * c - u * s, mass)
    left, right = lengthwise.extents()
    top, bottom = crosswise.extents()
    origin = np.stack([cores.left, cores.top], axis=1)
    along = np.stack([cosine, sine], axis=1)
    return origin, along, (left, top, right, bottom)


def _slopes(bands: Iterator[_Pixels], cores: _Cores) -> Floats:
    """Slope of each core's middle line; of a short one, that of the long ones."""
    # the columns of all cores side by side, -1..width of each
    width = cores.width
    starts = np.cumsum(width + 2) - width - 1
    size = int((width + 2).sum())
    total, first = np.zeros(size), np.zeros(size)
    for pixels in bands:
        column = starts[pixels.owner] + pixels.x
        total += np.bincount(column, pixels.mass, size)
        first += np.bincount(column, pixels.mass * pixels.y, size)
    middle = first / np.maximum(total, 1e-9)
    core = np.repeat(np.arange(len(width)), width + 2)
    place = np.arange(size) - starts[core]
    inner = (place >= 0) & (place < width[core])
    middle, core, place = middle[inner], core[inner], place[inner]
    # least squares; the squares of -m..m in steps of 1 add up to w (w² - 1) / 12
    moment = np.bincount(core, (place - (width[core] - 1) / 2) * middle, len(width))
    slope = moment / np.maximum(width * (width**2 - 1) / 12, 1)
    slope[np.abs(slope) * width <= 1.0] = 0
    long = width >= LONG * cores.height
    # a digit alone has no direction of its own: it is printed along with the lines
    slope[~long] = _weighted_median(slope[long], width[long]) if long.any() else 0
    return slope


def _weighted_median(values: Floats, weights: Ints) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])


class _Profiles:
    """Mass of each core along a line through it, summed pixel by pixel.

    Args:
        low, high: Positions of core i lie between `low[i]` and `high[i]`, 1 from both.
    """

    def __init__(self, low: Floats, high: Floats) -> None:
        self._first = np.floor(low)
        self._sizes = np.ceil(high - self._first).astype(np.int64) + 1
        self._starts = np.cumsum(self._sizes) - self._sizes
        self._values = np.zeros(int(self._sizes.sum()))

    def add(self, owner: Ints, position: Floats, mass: Floats) -> None:
        """Adds pixels.

        Args:
            owner: Core of each pixel, (pixels,).
            position: Place of each pixel along the line through its core.
            mass: Weight of each pixel, >= 0.
        """
        # Each pixel is spread over the two nearest bins, so the profile is continuous.
        # On a level line, halfway between two bins, interpolation is then exact: a
        # pixel covered by c gives bins of (1 + c) / 2 and c / 2, one on each side of
        # half.
        place = position + (self._starts - self._first)[owner]
        bins = place.astype(np.int64)
        later = mass * (place - bins)
        size = len(self._values)
        self._values += np.bincount(bins, mass - later, size)
        self._values[1:] += np.bincount(bins, later, size)[:-1]

    def extents(self) -> tuple[Floats, Floats]:
        """Where each core's profile rises above and falls below half of its plateau,
        interpolated between pixels; both (cores,)."""
        profile, cores = self._values, np.arange(len(self._sizes))
        core = np.repeat(cores, self._sizes)
        half = _plateaus(profile, core, len(cores)) / 2
        above = np.flatnonzero(profile >= half[core])
        start = above[np.searchsorted(core[above], cores, "left")]
        stop = above[np.searchsorted(core[above], cores, "right") - 1]

        def crossing(inner: Ints, outer: Ints) -> Floats:
            share = (profile[inner] - half) / (profile[inner] - profile[outer])
            return inner + (outer - inner) * share - self._starts + self._first

        return crossing(start, start - 1), crossing(stop, stop + 1)


def _plateaus(values: Floats, group: Ints, count: int) -> Floats:
    """90th percentile of the positive values of each group, (count,).

    Args:
        values: Numbers, (n,); at least one of each group is positive.
        group: Group of each, (n,), rising.
        count: Number of groups.
    """
    positive = values > 0
    values, group = values[positive], group[positive]
    values = values[np.lexsort((values, group))]
    sizes = np.bincount(group, minlength=count)
    rank = np.cumsum(sizes) - sizes + 0.9 * (sizes - 1)
    lower = np.floor(rank).astype(np.int64)
    upper = np.ceil(rank).astype(np.int64)
    return values[lower] + (rank - lower) * (values[upper] - values[lower])


def _suppress(
    quads: Quads, scores: npt.NDArray[np.float32], limit: float
) -> tuple[Quads, npt.NDArray[np.float32]]:
    """Non-maximum suppression, best first."""
    order = np.argsort(-scores, kind="stable")
    quads, scores = quads[order], scores[order]
    low, high = quads.min(axis=1), quads.max(axis=1)
    sides = quads[:, [1, 3]] - quads[:, :1]
    area = np.abs(sides[:, 0, 0] * sides[:, 1, 1] - sides[:, 0, 1] * sides[:, 1, 0])
    # what the bounding boxes share bounds the overlap and spares most of the clipping
    bound = 1 / np.maximum(area[:, None], area)
    for axis in (0, 1):
        stop = np.minimum(high[:, None, axis], high[:, axis])
        bound *= np.maximum(stop - np.maximum(low[:, None, axis], low[:, axis]), 0)
    dropped = np.zeros(len(quads), bool)
    for better, worse in np.argwhere(np.triu(bound, 1) > limit):
        if not dropped[better] and not dropped[worse]:
            dropped[worse] = polygon_iou(quads[better], quads[worse]) > limit
    return quads[~dropped], scores[~dropped]
