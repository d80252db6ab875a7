"""What reading a page gives: lines and words with their places and confidence."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from suite.imaging.geometry import Quad


@dataclass(frozen=True)
class Word:
    """A run of characters without white space.

    Attributes:
        text: The characters, none of them white space.
        quad: float32 (4, 2), clockwise from the top left of the text, in pixels of
            the picture after EXIF orientation and before any uprighting.
        confidence: 0..1, as `suite.ocr.reading.Reading` defines it.
    """

    text: str
    quad: Quad
    confidence: float


@dataclass(frozen=True)
class Line:
    """A text line as the detector found it.

    Attributes:
        text: The line's text; words are separated by one space.
        quad: float32 (4, 2), as in `Word`.
        confidence: 0..1, as `suite.ocr.reading.Reading` defines it.
        words: The line's words from left to right.
        row: Number of the printed row, from 0; lines side by side share it.
    """

    text: str
    quad: Quad
    confidence: float
    words: tuple[Word, ...]
    row: int = 0


@dataclass(frozen=True)
class PageText:
    """The text of one page.

    Attributes:
        name: The source's name, as given by the caller.
        index: Number of the page in its source, from 0.
        width: Width of the picture in pixels, after EXIF orientation.
        height: Its height in pixels.
        angle: Degrees, clockwise, by which the text is turned in the picture: 0 for
            an upright page, 90 for one whose lines run downwards.
        lines: The lines in reading order.
    """

    name: str
    index: int
    width: int
    height: int
    angle: float
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """Rows joined by newlines, the lines of one row by a space."""
        rows = groupby(self.lines, key=lambda line: line.row)
        return "\n".join(" ".join(line.text for line in row) for _, row in rows)
