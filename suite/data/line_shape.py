"""The shape of a line, on which its pipeline and its model agree."""

HEIGHT = 32
"""Rows of a line's picture."""

STRIDE = 4
"""Pixels of a line's width for a frame of the logits."""
