"""Ink on paper: what is darker (or, on dark paper, lighter) than its surroundings."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

_WINDOW = 41  # pixels: what "surroundings" means, several strokes wide
_CONTRAST = 0.7  # of the mean contrast of all that stands out: faint print counts
_LEAST = 8  # grey levels: below it lie JPEG blocks and the grain of paper
_LEAST_OF_CELLS = 12  # grey levels of a mean over a cell; scanned paper has up to 8
_STRIP = 256  # rows
_LETTERS = (4.0, 100.0)  # pixels: heights of what may be a letter or a word


def reduced(grey: Grey, pixels: float) -> tuple[Grey, float]:
    """A picture of at most about `pixels` pixels, and its scale (<= 1)."""
    scale = math.sqrt(pixels / max(grey.size, 1))
    if scale >= 1:
        return grey, 1.0
    size = tuple(max(1, round(side * scale)) for side in grey.shape[::-1])
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), scale


def ink_mask(grey: Grey) -> Grey:
    """Where a picture is inked: uint8 (height, width), 0 or 1.

    Ink is what stands out most, few pixels far from their surroundings: on black
    paper that is white print.

    Args:
        grey: uint8 (height, width).
    """
    smooth = cv2.GaussianBlur(grey, (3, 3), 0)  # joins the dots of thermal print
    around = cv2.boxFilter(smooth, -1, (_WINDOW, _WINDOW))
    difference = smooth[::4, ::4].astype(np.float32) - around[::4, ::4]
    if np.mean(difference**3) <= 0:
        contrast = cv2.subtract(around, smooth)
    else:
        contrast = cv2.subtract(smooth, around)
    standing_out = contrast[::4, ::4]
    standing_out = standing_out[standing_out > 3]
    usual = float(standing_out.mean()) if standing_out.size else 0.0
    limit = max(_LEAST, _CONTRAST * usual)
    return (contrast > limit).astype(np.uint8)


def inked_cells(grey: Grey, cell: int = 4) -> npt.NDArray[np.bool_]:
    """Where there may be print, on a coarse grid; generous, for skipping blank paper.

    Args:
        grey: uint8 (height, width).
        cell: Side of a cell in pixels. Parts of fewer than three cells are specks.

    Returns:
        bool (ceil(height / cell), ceil(width / cell)).
    """
    size = tuple(-(-side // cell) for side in grey.shape[::-1])
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    around = cv2.boxFilter(small, -1, (11, 11))
    stands_out = cv2.absdiff(small, around) > _LEAST_OF_CELLS
    found = find_components(stands_out.view(np.uint8))
    return found.only(found.ink >= 3).view(np.bool_)


@dataclass(frozen=True, eq=False)
class Components:
    """Connected components of a mask."""

    labels: npt.NDArray[np.int32]
    """(height, width): number of the component + 1, 0 on the ground."""
    width: Floats
    """(n,) of the bounding boxes, pixels."""
    height: Floats
    """(n,) of the bounding boxes, pixels."""
    ink: Floats
    """(n,) inked pixels."""

    def only(self, chosen: npt.NDArray[np.bool_]) -> Grey:
        """Mask of some of the components, (n,) of bool."""
        keep = np.zeros(len(chosen) + 1, np.uint8)
        keep[1:] = chosen
        found = np.empty(self.labels.shape, np.uint8)
        # numpy indexes with 8 bytes a pixel: by strips, that a large page needs few
        for top in range(0, len(found), _STRIP):
            found[top : top + _STRIP] = keep[self.labels[top : top + _STRIP]]
        return found

    def letters(self) -> npt.NDArray[np.bool_]:
        """(n,) which may be letters, or words of letters that touch."""
        least, most = _LETTERS
        rows, columns = self.labels.shape
        width, height, ink = self.width, self.height, self.ink
        letters = (height >= least) & (height <= most) & (height < 0.97 * rows)
        letters &= (width >= 2) & (width < 0.97 * columns)
        letters &= (width < 12 * height) & (height < 5 * width)  # no rules
        letters &= (ink > 6) & (ink >= 0.1 * width * height)  # no specks, no frames
        return letters

    def letter_height(self) -> float | None:
        """Median height of the letters, weighted by width; None below three."""
        letters = self.letters()
        if np.count_nonzero(letters) < 3:
            return None
        height, width = self.height[letters], self.width[letters]
        order = np.argsort(height)
        weight = np.cumsum(width[order])
        return float(height[order][np.searchsorted(weight, weight[-1] / 2)])


def find_components(mask: Grey) -> Components:
    """Connected components (8 neighbours) of a mask."""
    _, labels, table, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    columns = (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA)
    return Components(labels, *(table[1:, i].astype(np.float64) for i in columns))


def join_across(mask: Grey, distance: float) -> Components:
    """Components after gaps of up to `distance` pixels in a row were filled."""
    bar = np.ones((1, max(2, round(distance))), np.uint8)
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, bar)
    return find_components(np.asarray(closed, np.uint8))
