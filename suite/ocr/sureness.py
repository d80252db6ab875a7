"""How surely a line, or a page, was read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from suite.ocr.result import Line

SHORT = 10
"""Characters up to which a line is short: scribble and parts of a logo are."""


def is_sure(line: Line, least: float) -> bool:
    """Whether a line was read surely enough to be text.

    Handwriting that nobody asked for, and barcodes, come as a few characters, each of
    them a guess; the same confidence in a long line is poor print. So a line of at most
    `SHORT` characters needs the square root of what a longer one needs: 0 still keeps
    everything, 1 what is certain.

    Args:
        line: A line as it was read.
        least: Confidence that a line needs, 0..1.
    """
    short = len(line.text) <= SHORT
    return line.confidence >= (least**0.5 if short else least)


def sureness(lines: Sequence[Line], least: int = 4) -> float:
    """Mean confidence 0..1 over the characters read; 0 of less than `least` of them."""
    lengths = [len(line.text) for line in lines]
    if sum(lengths) < least:
        return 0.0
    return float(np.average([line.confidence for line in lines], weights=lengths))
