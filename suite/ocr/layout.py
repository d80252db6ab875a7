"""Reading order: which lines stand in one row, and which columns are read apart.

Rows are what a receipt or a table is read by: `TOTAL` on the left and `12.00` on
the right are one. Columns are what prose is set in. Both look alike from afar, text
on both sides of a white strip; what tells them apart is that prose fills its column
row after row, while amounts and cells are short or far apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

_PROSE_ROWS = 4  # rows that a column of prose has at least
_PROSE_WIDTH = 8.0  # median ink of a row of prose, in text heights: some 16 letters
_PROSE_FILL = 0.65  # median ink of its rows by the widest ones
_ALIGNED = 0.6  # text heights by which left edges of a column differ


@dataclass(frozen=True, eq=False)
class _Boxes:
    """Lines on a page turned so that they run level; arrays (n,), pixels."""

    left: Floats
    right: Floats
    middle: Floats  # y of the centre
    height: Floats  # > 0
    rise: Floats  # y per x that is left in each line

    def order(self, indices: Indices) -> Iterator[list[int]]:
        """Rows of some of the lines in reading order, each from left to right."""
        if not len(indices):
            return
        split = _split_columns(self, indices)
        if split is None:
            yield from _rows(self, indices)
            return
        for part in split:
            yield from self.order(part)


def reading_order(quads: npt.ArrayLike) -> tuple[list[int], list[int]]:
    """Order of the lines of an upright page, and the row of each.

    Args:
        quads: Float (n, 4, 2), clockwise from the top left of the text, any unit. A
            common skew of up to some 20 degrees is taken out first. Lines that run
            at more than 30 degrees to the others come last, each as a row.

    Returns:
        (order, rows): indices of the lines in reading order, and the number of the
        row of `order[i]`, from 0, never falling.
    """
    points = np.asarray(quads, np.float64).reshape(-1, 4, 2)
    if not len(points):
        return [], []
    along = (points[:, 1] - points[:, 0] + points[:, 2] - points[:, 3]) / 2
    across = (points[:, 3] - points[:, 0] + points[:, 2] - points[:, 1]) / 2
    angle = page_angle(along, across)
    boxes, odd = _level(points.mean(axis=1), along, across, angle)
    groups = list(boxes.order(np.flatnonzero(~odd)))
    last = np.flatnonzero(odd)
    groups += [[i] for i in last[np.argsort(boxes.middle[last])].tolist()]
    order = [i for group in groups for i in group]
    rows = [row for row, group in enumerate(groups) for _ in group]
    return order, rows


def page_angle(along: Floats, across: Floats) -> float:
    """Common direction of lines, radians, clockwise on the screen.

    Args:
        along: (n, 2) vector of each line from its left to its right.
        across: (n, 2) vector from its top to its bottom.

    Returns:
        Median of the directions, weighted by length, of the lines more than three
        times as wide as high (a short box says little about its slope); of all
        lines where none is.
    """
    width, height = np.linalg.norm(along, axis=1), np.linalg.norm(across, axis=1)
    wide = width > 3 * height
    if not wide.any():
        wide = np.ones(len(width), bool)
    angles = np.arctan2(along[wide, 1], along[wide, 0])
    order = np.argsort(angles)
    weight = np.cumsum(width[wide][order])
    return float(angles[order][np.searchsorted(weight, weight[-1] / 2)])


def _level(
    centre: Floats, along: Floats, across: Floats, angle: float
) -> tuple[_Boxes, npt.NDArray[np.bool_]]:
    """Lines on the page turned by -angle, and which of them run another way."""
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]])
    centre, along = centre @ turn, along @ turn
    width, height = np.linalg.norm(along, axis=1), np.linalg.norm(across, axis=1)
    odd = np.abs(along[:, 1]) > np.tan(np.radians(30)) * along[:, 0]
    rise = along[:, 1] / np.maximum(along[:, 0], 1e-9)
    wide = (width > 3 * height) & ~odd
    usual = _usual_rise(centre[wide, 1], rise[wide], width[wide], centre[:, 1])
    height = np.maximum(height, 1e-6)
    half = np.abs(along[:, 0]) / 2
    boxes = _Boxes(
        left=centre[:, 0] - half,
        right=centre[:, 0] + half,
        middle=centre[:, 1] - usual * (centre[:, 0] - np.median(centre[:, 0])),
        height=height,
        rise=np.where(wide, rise - usual, 0.0),
    )
    return boxes, odd


def _usual_rise(y: Floats, rise: Floats, weight: Floats, wanted: Floats) -> Floats:
    """Rise of lines at the heights `wanted`: linear in y, as a photograph makes it."""
    for _ in range(2):
        if len(y) < 5 or np.ptp(y) < 1e-3 * np.ptp(wanted):
            return np.zeros(len(wanted))
        slope, offset = np.polyfit(y, rise, 1, w=weight)
        off = np.abs(rise - slope * y - offset)
        near = off <= 3 * np.median(off) + 1e-6
        y, rise, weight = y[near], rise[near], weight[near]
    result: Floats = slope * wanted + offset
    return result


def _rows(boxes: _Boxes, indices: Indices) -> list[list[int]]:
    """Lines that stand side by side, rows from top to bottom.

    From left to right each line is added to the row whose last line, prolonged,
    meets it best: a bent page keeps its rows, since only neighbours are compared.
    """
    rows: list[list[int]] = []
    ends = np.zeros(len(indices), np.int64)  # last line of each row
    for i in indices[np.argsort(boxes.left[indices], kind="stable")].tolist():
        row = _matching_row(boxes, ends[: len(rows)], i)
        if row == len(rows):
            rows.append([])
        rows[row].append(i)
        ends[row] = i
    return sorted(rows, key=lambda row: float(boxes.middle[row].mean()))


def _matching_row(boxes: _Boxes, ends: Indices, i: int) -> int:
    """Number of the row that line `i` prolongs; the number of rows where none fits."""
    height = np.minimum(boxes.height[ends], boxes.height[i])
    start = (boxes.left[ends] + boxes.right[ends]) / 2
    reach = (boxes.left[i] + boxes.right[i]) / 2 - start
    expected = boxes.middle[ends] + (boxes.rise[ends] + boxes.rise[i]) / 2 * reach
    apart = np.abs(boxes.middle[i] - expected) / height
    apart[boxes.left[i] < boxes.right[ends] - height] = np.inf
    best = int(apart.argmin()) if len(apart) else 0
    return best if len(apart) and apart[best] < 0.5 else len(ends)


def _split_columns(boxes: _Boxes, indices: Indices) -> list[Indices] | None:
    """Parts of a region to be read one after the other; None: there are no columns.

    A border between columns runs just left of where several lines begin. Lines
    across it (titles) cut the region into bands; a band is split where prose stands
    on both sides. Running heads and page numbers belong to no column.
    """
    head, body, foot = _head_and_foot(boxes, indices)
    best: list[Indices] | None = None
    most = 0
    for border in _borders(boxes, body) if len(body) else []:
        parts, count = _bands(boxes, body, border)
        if count > most:
            best, most = [head, *parts, foot], count
    return best


def _head_and_foot(boxes: _Boxes, indices: Indices) -> list[Indices]:
    """Head, body, foot: a first or last row that stands apart from the others."""
    usual = float(np.median(boxes.height[indices]))
    starts = boxes.middle[indices] - boxes.height[indices] / 2
    top = np.sort(starts)
    bottom = np.sort(boxes.middle[indices] + boxes.height[indices] / 2)
    # sorted apart: below a gap none of the lines begins before all others above end
    gaps = np.flatnonzero(top[1:] - bottom[:-1] > usual).tolist()
    body, foot = -np.inf, np.inf  # where they begin
    if gaps and top[gaps[0]] - top[0] < usual / 2:
        body = top[gaps[0] + 1]
    if gaps and top[-1] - top[gaps[-1] + 1] < usual / 2:
        foot = top[gaps[-1] + 1]
    part = np.searchsorted([body, foot], starts, "right")
    return [indices[part == i] for i in range(3)]


def _borders(boxes: _Boxes, indices: Indices) -> list[float]:
    """x, from left to right, just left of edges at which several lines begin."""
    left = np.sort(boxes.left[indices])
    tolerance = _ALIGNED * float(np.median(boxes.height[indices]))
    together = np.searchsorted(left, left + tolerance, "right") - np.arange(len(left))
    starts = left[together >= _PROSE_ROWS]
    apart = np.diff(starts, prepend=-np.inf) > tolerance
    return (starts[apart] - tolerance / 2).tolist()


def _bands(boxes: _Boxes, indices: Indices, border: float) -> tuple[list[Indices], int]:
    """Parts from top to bottom for one border, and how many lines stand in columns."""
    slack = 0.25 * float(np.median(boxes.height[indices]))
    before = boxes.right[indices] <= border + slack
    after = boxes.left[indices] >= border - slack
    across = indices[~before & ~after]
    cuts = np.sort(boxes.middle[across])
    band = np.searchsorted(cuts, boxes.middle[indices])
    parts: list[Indices] = []
    rest: list[Indices] = []
    count = 0
    for number in range(len(cuts) + 1):
        here = band == number
        left, right = indices[here & before], indices[here & after]
        if _side_by_side(boxes, left, right):
            parts += [np.concatenate(rest)] if rest else []
            parts += [left, right]
            rest = []
            count += len(left) + len(right)
        else:
            rest += [left, right]
        rest += [
            across[boxes.middle[across] == cut] for cut in cuts[number : number + 1]
        ]
    return [*parts, np.concatenate(rest)] if rest else parts, count


def _side_by_side(boxes: _Boxes, left: Indices, right: Indices) -> bool:
    """Whether two groups of lines are columns of prose beside each other."""
    if min(len(left), len(right)) < _PROSE_ROWS:
        return False
    spans = [(boxes.middle[s].min(), boxes.middle[s].max()) for s in (left, right)]
    common = min(spans[0][1], spans[1][1]) - max(spans[0][0], spans[1][0])
    shorter = min(stop - start for start, stop in spans)
    return (
        common >= 0.5 * shorter and _is_prose(boxes, left) and _is_prose(boxes, right)
    )


def _is_prose(boxes: _Boxes, indices: Indices) -> bool:
    """Whether lines fill the rows that they stand in."""
    rows = _rows(boxes, indices)
    if len(rows) < _PROSE_ROWS:
        return False
    ink = np.array([(boxes.right[r] - boxes.left[r]).sum() for r in rows])
    reach = np.array([boxes.right[r].max() - boxes.left[r].min() for r in rows])
    usual = float(np.median(ink))
    if usual < _PROSE_WIDTH * float(np.median(boxes.height[indices])):
        return False
    return usual >= _PROSE_FILL * float(np.percentile(reach, 90))
