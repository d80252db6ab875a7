"""A line too long for one run of the recognizer, put together from its pieces."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Logits = npt.NDArray[np.float32]


def stitch(
    logits: Sequence[npt.ArrayLike], step_offsets: Sequence[int], total_steps: int
) -> Logits:
    """Logits of a whole line from those of its overlapping pieces.

    A frame in two pieces is taken from that in which it lies farther from the cut.
    The border is moved, by a quarter of the overlap at most, to the nearest place
    where both pieces say the same on both sides of it: else a character that one
    piece sees a step earlier than the other would come out twice or not at all.

    Args:
        logits: Float (steps, classes) of each piece, from left to right.
        step_offsets: Step of the line at which each piece begins, from 0, rising.
        total_steps: Steps of the line; what pieces have beyond is dropped.

    Returns:
        float32 (total_steps, classes).

    Raises:
        ValueError: when the pieces leave a gap or are not in order.
    """
    pieces = [np.asarray(piece, np.float32) for piece in logits]
    starts = list(step_offsets)
    if not pieces or len(pieces) != len(starts) or starts[0] != 0:
        raise ValueError(f"Need one offset a piece, the first 0. Received: {starts}")
    stops = [s + len(piece) for s, piece in zip(starts, pieces, strict=True)]
    rising = all(a < b for a, b in pairwise(starts))
    gap = any(stop < start for stop, start in zip(stops, starts[1:], strict=False))
    if not rising or gap or stops[-1] < total_steps:
        raise ValueError(
            f"Pieces must be in order and leave no gap in {total_steps} steps. "
            f"Received: {list(zip(starts, stops, strict=True))}"
        )
    result = np.empty((total_steps, pieces[0].shape[1]), np.float32)
    result[: stops[0]] = pieces[0][:total_steps]
    for i in range(1, len(pieces)):
        start, stop = (min(at, total_steps) for at in (starts[i], stops[i]))
        before = result[start : stops[i - 1]]
        border = start + _border(before, pieces[i][: len(before)])
        result[border:stop] = pieces[i][border - start : stop - start]
    return result


def _border(left: Logits, right: Logits) -> int:
    """Step of an overlap from which the right piece is taken."""
    length = len(left)
    agree = left.argmax(axis=1) == right.argmax(axis=1)
    sides = np.concatenate([[True], agree]) & np.concatenate([agree, [True]])
    quarter = length // 4
    places = np.flatnonzero(sides[quarter : length - quarter + 1]) + quarter
    if not len(places):
        return length // 2
    return int(places[np.abs(places - length / 2).argmin()])
