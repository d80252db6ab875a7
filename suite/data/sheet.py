"""A page being printed: runs of text with their boxes, and what else is on paper."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from suite.data.ink import Style, paste, set_text, text_width, tight_quad
from suite.data.sroie import Box

Rng = np.random.Generator


class Sheet:
    """Ink on a page and the boxes of its text.

    Args:
        width: Pixels.
        height: Pixels.
        rng: Decides how far boxes are padded.
    """

    def __init__(self, width: int, height: int, rng: Rng) -> None:
        self.ink: npt.NDArray[np.uint8] = np.zeros((height, width), np.uint8)
        self.boxes: list[Box] = []
        self.rng = rng

    @property
    def width(self) -> int:
        """Pixels."""
        return self.ink.shape[1]

    @property
    def height(self) -> int:
        """Pixels."""
        return self.ink.shape[0]

    def put(
        self,
        x: float,
        baseline: float,
        text: str,
        style: Style,
        *,
        align: float = 0.0,
        inverse: bool = False,
    ) -> tuple[float, float]:
        """Prints a run of text and notes its box.

        Args:
            x: Pixels, where the run is aligned.
            baseline: Pixels from the top.
            text: What to print; characters that the face lacks are left out.
            style: How.
            align: 0 starts at `x`, 1 ends there, 0.5 centres.
            inverse: Paper on ink instead of ink on paper.

        Returns:
            Left and right end of the ink; x twice if nothing was printed because
            it would leave the page or has no ink.
        """
        text = " ".join("".join(c for c in text if style.face.covers(c)).split())
        if not text:
            return x, x
        ink = set_text(text, style)
        left, top, right, bottom = ink.box
        column = round(x - left - align * (right - left))
        row = round(baseline - ink.baseline)
        if right <= left or not self._holds(
            column + left, row + top, column + right, row + bottom
        ):
            return x, x
        if inverse:
            before = np.zeros_like(self.ink)
            paste(before, ink.mask, row, column)
            np.minimum(self.ink, 255 - before, out=self.ink)
        else:
            paste(self.ink, ink.mask, row, column)
        quad, _ = tight_quad(self.rng, text, ink, style)
        quad = quad + np.array([column, row], np.float32)
        self.boxes.append(Box(np.clip(quad, 0, [self.width, self.height]), text))
        return column + left, column + right

    def _holds(self, left: float, top: float, right: float, bottom: float) -> bool:
        return (
            left >= 2
            and top >= 2
            and right <= self.width - 2
            and (bottom <= self.height - 2)
        )

    def rule(
        self, start: tuple[float, float], end: tuple[float, float], width: int = 1
    ) -> None:
        """A straight line of ink."""
        points = [tuple(map(round, p)) for p in (start, end)]
        cv2.line(self.ink, points[0], points[1], 255, max(1, width))

    def dashes(self, y: float, left: float, right: float, step: float) -> None:
        """A broken horizontal line."""
        x = left
        while x < right:
            self.rule((x, y), (x + step * 0.55, y))
            x += step

    def frame(
        self, left: float, top: float, right: float, bottom: float, width: int = 1
    ) -> None:
        """An empty rectangle."""
        corners = (round(left), round(top)), (round(right), round(bottom))
        cv2.rectangle(self.ink, corners[0], corners[1], 255, max(1, width))

    def fill(self, left: float, top: float, right: float, bottom: float) -> None:
        """A rectangle full of ink."""
        rows = slice(max(0, round(top)), max(0, round(bottom)))
        self.ink[rows, max(0, round(left)) : max(0, round(right))] = 255


def wrapped(text: str, style: Style, width: float) -> list[str]:
    """`text` broken into lines of at most `width` pixels; long words stand alone."""
    space = text_width("n n", style) - 2 * text_width("n", style)
    lines: list[str] = []
    words: list[str] = []
    used = 0.0
    for word in text.split():
        advance = text_width(word, style)
        if words and used + space + advance > width:
            lines.append(" ".join(words))
            words, used = [], 0.0
        used += advance + (space if words else 0.0)
        words.append(word)
    return [*lines, " ".join(words)] if words else lines


def justified(text: str, style: Style, width: float) -> Style:
    """The style whose spaces make `text` fill `width`, within what looks right."""
    gaps = text.count(" ")
    if gaps == 0:
        return style
    spare = width - text_width(text, style)
    space = text_width("n n", style) - 2 * text_width("n", style)
    wider = 1 + spare / max(gaps * space, 1.0)
    return replace(style, word_space=float(np.clip(wider, 0.8, 2.4)))


def fitting(texts: Sequence[str], style: Style, width: float) -> Style:
    """The style narrowed until the longest of `texts` fits into `width`."""
    longest = max((text_width(t, style) for t in texts), default=0.0)
    if longest <= width:
        return style
    return replace(style, em=style.em * width / longest)
