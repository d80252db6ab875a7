"""Places of the words on a line, from the frames of its characters."""

import numpy as np

from suite.imaging.geometry import Quad
from suite.ocr.reading import Reading, word_spans
from suite.ocr.result import Word


def line_words(reading: Reading, quad: Quad, steps: float) -> tuple[Word, ...]:
    """Words of a line with their quads.

    CTC tells where a character is, not how wide it is. A word's sides are therefore
    half a typical character beyond the middles of its first and last ones, but
    not beyond the middle of the space next to it; where the line begins and ends,
    they are the line's.

    Args:
        reading: The decoded line.
        quad: The line, float32 (4, 2), clockwise from the top left of the text.
        steps: Width of the line in frames (crop width by stride; may be broken).

    Returns:
        The words from left to right; quads are parts of the line's quad, cut at
        equal shares of its upper and lower side.
    """
    middles = (reading.frames.mean(axis=1) + 0.5) / max(steps, 1e-6)
    spans = list(word_spans(reading))
    half = _half_width(middles)
    words = []
    for number, span in enumerate(spans):
        first, last = span.start, span.start + len(span.text) - 1
        left, right = middles[first] - half, middles[last] + half
        left = max(left, middles[first - 1]) if first else left
        right = min(right, middles[last + 1]) if last + 1 < len(middles) else right
        left = 0.0 if number == 0 else left
        right = 1.0 if number == len(spans) - 1 else right
        words.append(Word(span.text, _part(quad, left, right), span.confidence))
    return tuple(words)


def _half_width(middles: np.ndarray) -> float:
    """Half of the usual distance of characters, as a share of the line."""
    return float(np.median(np.diff(middles))) / 2 if len(middles) > 1 else 0.5


def _part(quad: Quad, left: float, right: float) -> Quad:
    """Part of a line between two shares (0..1) of its length."""
    corners = np.asarray(quad, np.float64)
    left, right = np.clip([left, right], 0.0, 1.0).tolist()
    across = corners[[1, 2]] - corners[[0, 3]]  # along the upper, the lower side
    starts, stops = corners[[0, 3]] + left * across, corners[[0, 3]] + right * across
    return np.array([starts[0], stops[0], stops[1], starts[1]], np.float32)
