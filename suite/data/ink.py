"""Text as ink: glyphs of a face set in a row, as a smooth, pixelled or dotted print."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from suite.data.fonts import FontFace, load
from suite.imaging.geometry import box_quad, quad_size

INK = 64
"""Coverage of a pixel, of 255, from which on it counts as ink in a bounding box."""

_DOT = 6  # pixels a side on which a dot of a matrix printer is drawn
_LARGEST = 200  # pixels an em: bounds what a glyph costs


@dataclass(frozen=True)
class Style:
    """How a line is set."""

    face: FontFace
    """The font."""

    em: float
    """Pixels an em, > 0."""

    stretch: float = 1.0
    """Width of letters relative to the font's."""

    letter_space: float = 0.0
    """Added between letters, in ems; may be slightly negative."""

    word_space: float = 1.0
    """Width of a space relative to the font's."""

    mode: str = "smooth"
    """"smooth"; "bilevel": pixels on or off at `resolution`; "dots": a dot each."""

    resolution: float = 1.0
    """Pixels in which glyphs are made for one in the result; below 1 is coarse."""


@dataclass(frozen=True, eq=False)
class Ink:
    """A line of print."""

    mask: npt.NDArray[np.uint8]
    """uint8 (h, w), coverage; 255 is full ink."""

    baseline: float
    """Row of the baseline, pixels from the top."""

    box: tuple[float, float, float, float]
    """left, top, right, bottom of the ink in pixels; zero area without ink."""


def set_text(text: str, style: Style) -> Ink:
    """Draws one line.

    Args:
        text: Characters that `style.face` covers.
        style: How.

    Returns:
        The ink with a border of a pixel or more on each side. Shape and position
        are those of the font at `style.em`, whatever the mode.
    """
    scale = style.resolution
    if style.mode == "dots":  # the head of a matrix printer has nine needles
        scale = 8.0 / max(style.em * style.face.cap_height, 1.0)
    size = int(np.clip(round(style.em * scale), 6, _LARGEST))
    scale = size / style.em
    pixels, baseline = _drawn(text, style, size)
    if style.mode == "dots":
        pixels = _dotted(pixels)
    rows, columns = pixels.shape
    dot = _DOT if style.mode == "dots" else 1
    height = max(1, round(rows / scale / dot))
    width = max(1, round(columns / scale / dot * style.stretch))
    mask = _resized(pixels, width, height)
    return Ink(mask, baseline * height * dot / rows, ink_box(mask))


def text_width(text: str, style: Style) -> float:
    """Advance of `text` in pixels, without drawing it."""
    size = int(np.clip(round(style.em * style.resolution), 6, _LARGEST))
    font = load(style.face.path, size)
    end = _positions(text, style, size, font)[1]
    if style.word_space != 1 or style.letter_space:  # counts a space at the end
        end -= (font.getlength(" ") or size / 4) * style.word_space
    return end * style.em / size * style.stretch


def ink_box(mask: npt.NDArray[np.uint8]) -> tuple[float, float, float, float]:
    """left, top, right, bottom of what is darker than `INK`; zeros without ink."""
    rows = np.flatnonzero(mask.max(1) > INK)
    columns = np.flatnonzero(mask.max(0) > INK)
    if not rows.size:
        return 0.0, 0.0, 0.0, 0.0
    edges = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    return tuple(map(float, edges))  # type: ignore[return-value]


def _drawn(text: str, style: Style, size: int) -> tuple[npt.NDArray[np.uint8], int]:
    font = load(style.face.path, size)
    pieces, end = _positions(text, style, size, font)
    ascent, descent = font.getmetrics()
    pad = 2 + size // 4  # italics and swashes reach beyond their advance
    # accents of capitals may rise above the ascent that a font states
    baseline = pad + max(ascent, size)
    shape = (int(end) + 2 * pad + 1, baseline + max(descent, size // 3) + pad)
    image = Image.new("L", shape)
    draw = ImageDraw.Draw(image)
    if style.mode != "smooth":
        draw.fontmode = "1"
    for x, piece in pieces:
        draw.text((x + pad, baseline), piece, fill=255, font=font, anchor="ls")
    return np.asarray(image), baseline


def _positions(
    text: str, style: Style, size: int, font: Any
) -> tuple[list[tuple[float, str]], float]:
    """Start of each piece that is drawn at once, and the end of the line."""
    space = font.getlength(" ") or size / 4
    gap = style.letter_space * size
    if gap == 0 and style.word_space == 1:
        return [(0.0, text)], font.getlength(text)
    x, pieces = 0.0, []
    for word in text.split(" "):
        if gap == 0:
            pieces.append((x, word))
            x += font.getlength(word)
        else:
            for character in word:
                pieces.append((x, character))
                x += font.getlength(character) + gap
        x += max(space * style.word_space + gap, 0.12 * size)
    return pieces, x


def _dotted(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    dot = np.zeros((_DOT, _DOT), np.uint8)
    cv2.circle(dot, (2, 2), 2, 255, -1)
    return np.kron(pixels // 255, dot)


def _resized(
    pixels: npt.NDArray[np.uint8], width: int, height: int
) -> npt.NDArray[np.uint8]:
    shrinking = width <= pixels.shape[1] and height <= pixels.shape[0]
    how = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    if pixels.shape == (height, width):
        return pixels
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=how), np.uint8)


def tight_quad(
    rng: np.random.Generator, text: str, ink: Ink, style: Style
) -> tuple[npt.NDArray[np.float32], float]:
    """Box around the ink, a little padded, and its height in pixels."""
    left, top, right, bottom = ink.box
    x_height = style.face.x_height * style.em
    if bottom - top < 0.8 * x_height and rng.random() < 0.8:
        # a hyphen alone is boxed as high as a letter: scaled to fill the height, it
        # could not be told from an underscore
        top, bottom = min(top, ink.baseline - x_height), max(bottom, ink.baseline)
    height = bottom - top
    across, down = (
        rng.uniform(0.02, 0.10, 2) * height,
        rng.uniform(0.03, 0.09, 2) * height,
    )
    quad = box_quad(
        left - across[0], top - down[0], right + across[1], bottom + down[1]
    )
    return quad, quad_size(quad)[1]


def paste(
    sheet: npt.NDArray[np.uint8], mask: npt.NDArray[np.uint8], row: int, column: int
) -> None:
    """Adds ink at a place that may lie partly outside."""
    top, left = max(row, 0), max(column, 0)
    bottom = min(row + mask.shape[0], sheet.shape[0])
    right = min(column + mask.shape[1], sheet.shape[1])
    if top < bottom and left < right:
        part = mask[top - row : bottom - row, left - column : right - column]
        view = sheet[top:bottom, left:right]
        np.maximum(view, part, out=view)
