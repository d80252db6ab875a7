"""How the text of a page lies: across or down, askew, on its head.

Told from pixels alone, but for the last: which way up letters stand is known only
by reading some.
"""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from suite.ocr.ink import Grey, find_components, ink_mask, join_across, reduced

SURE = 0.85
"""Mean confidence from which a page is taken to be upright without trying other turns:
the sample page has 0.99 upright and 0.78 upside down."""

_PIXELS = 0.5e6  # at which pages are looked at
_POINTS = 20_000  # enough for a thousandth of a degree; more only takes longer
_COARSE = 0.5  # degrees between the first angles
_FINE = 0.1  # degrees around the best of them
_SPAN = 0.5  # degrees on either side through which a parabola is laid
_PEAK = 1.3  # of the best angle's score by the median: 1.6 and more on pages of text


def skew_angle(grey: Grey, limit: float = 10.0) -> float:
    """Angle of the text lines of a page.

    The lower edges of all ink are projected along many directions; along the lines
    they fall together, so the sum of the squared counts is largest.

    Args:
        grey: uint8 (height, width), the text within `limit` of the level.
        limit: Largest angle looked at, degrees.

    Returns:
        Degrees, clockwise: > 0 where lines fall to the right. 0.0 where no direction
        stands out (a blank page, noise, a photograph).

    References:
        Postl, "Detection of linear oblique structures and skew scan in digitized
        documents", ICPR 1986; lower edges after Baird, "The skew angle of printed
        documents", 1987.
    """
    small, _ = reduced(grey, _PIXELS)
    found = find_components(ink_mask(small))
    # The black border that a scanner leaves is level whatever the page is.
    rows, columns = small.shape
    inside = (found.width < 0.97 * columns) & (found.height < 0.97 * rows)
    mask = found.only(inside)
    edges = mask.copy()
    edges[:-1] &= 1 - mask[1:]
    points = cv2.findNonZero(edges)
    if points is None or len(points) < 50:
        return 0.0
    points = points.reshape(-1, 2)  # OpenCV 4 has an axis more than 5
    points = points[:: len(points) // _POINTS + 1].astype(np.float64)
    x, y = points[:, 0] - columns / 2, points[:, 1]
    angles = np.arange(-limit - 1, limit + 1 + _COARSE / 2, _COARSE)
    scores = np.array([_score(x, y, angle, 2.0) for angle in angles])
    if scores.max() < _PEAK * np.median(scores):
        return 0.0
    near = angles[scores.argmax()] + np.arange(-6, 7) * _FINE
    return _vertex(near, np.array([_score(x, y, angle, 1.0) for angle in near]))


def _score(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], angle: float, bin_: float
) -> float:
    """Sum of squared counts of points projected along `angle` degrees."""
    rows = y - x * np.tan(np.radians(angle))
    counts = np.bincount(((rows - rows.min()) / bin_).astype(np.int64))
    return float(np.square(counts, dtype=np.float64).sum())


def _vertex(angles: npt.NDArray[np.float64], scores: npt.NDArray[np.float64]) -> float:
    """Angle of the largest score, between the samples."""
    best = float(angles[scores.argmax()])
    near = np.abs(angles - best) <= _SPAN + 1e-6
    square, linear, _ = np.polyfit(angles[near] - best, scores[near], 2)
    if square >= 0:
        return best
    return best + float(np.clip(-linear / (2 * square), -_SPAN, _SPAN))


def text_runs_down(grey: Grey) -> bool | None:
    """Whether the lines of a page run up or down rather than across.

    Letters are nearer to their neighbours on the line than to the next line: joined
    over a short distance they give long words in one direction alone.

    Args:
        grey: uint8 (height, width).

    Returns:
        True or False; None where it is not clear (a blank page, a photograph).
    """
    small, _ = reduced(grey, _PIXELS)
    mask = ink_mask(small)
    across, down = _words(mask), _words(np.ascontiguousarray(mask.T))
    # On 448 pages of SROIE the ratio is 0.8 once and 2.5 or more on all others.
    if max(across, down) < 2 * min(across, down) + 1:
        return None
    return down > across


def _words(mask: Grey) -> float:
    """Ink in words that run across, in squares of a letter's height."""
    letter = find_components(mask).letter_height()
    if letter is None:
        return 0.0
    joined = join_across(mask, 0.6 * letter)
    width, height, ink = joined.width, joined.height, joined.ink
    words = (height >= 0.5 * letter) & (height < 3 * letter) & (width >= 3 * height)
    words &= (ink >= 0.3 * width * height) & (width < 0.9 * mask.shape[1])
    return float(ink[words].sum()) / letter**2


def choose_turn(
    score: Callable[[int], float],
    runs_down: bool | None = None,
    *,
    sure: float = SURE,
    poor: float = 0.6,
) -> int:
    """By which quarter turns the text of a page is turned.

    Args:
        score: How well the page reads when it is uprighted from a turn (0, 90, 180
            or 270 degrees), 0..1, such as the mean confidence of some lines. Called
            once for an upright page, at most once for each turn.
        runs_down: What `text_runs_down` says; those turns are tried first.
        sure: Score from which a turn is taken without trying the others.
        poor: Score below which the turns that `runs_down` speaks against are tried.

    Returns:
        0, 90, 180 or 270: the first sure turn, else the best one tried.
    """
    pairs = [(90, 270), (0, 180)] if runs_down else [(0, 180), (90, 270)]
    scores: dict[int, float] = {}
    for pair in pairs:
        for turn in pair:
            scores[turn] = score(turn)
            if scores[turn] >= sure:
                return turn
        if runs_down is not None and max(scores.values()) >= poor:
            break
    return max(scores, key=scores.__getitem__)
