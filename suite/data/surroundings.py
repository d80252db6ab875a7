"""What a rendered line stands in: neighbours, rules, margins, a tilt."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from suite.data import degrade
from suite.data.corpus import Corpus
from suite.data.crops import MARGIN
from suite.data.ink import Ink, Style, paste, set_text
from suite.imaging.geometry import transform_quad

Rng = np.random.Generator


@dataclass(frozen=True)
class LineConfig:
    """Shares and ranges of rendered lines."""

    cap_height: float = 17.5
    """Pixels, median height of capitals on the page."""

    cap_spread: float = 0.38
    """Standard deviation of its logarithm."""

    inverse: float = 0.08
    """Share of white text on black."""

    neighbours: float = 0.55
    """Share of lines with parts of the lines above and below in the margin."""

    rules: float = 0.14
    """Share of lines with an underline or a rule of a table close by."""

    angle: float = 0.8
    """Degrees, standard deviation of the rotation of tilted lines (half of them)."""

    margin: float = MARGIN
    """Surroundings on each side, in heights of the line's box."""

    max_width: int = 1800
    """Pixels; a line that comes out wider is set narrower."""


def with_surroundings(
    rng: Rng,
    ink: Ink,
    quad: npt.NDArray[np.float32],
    height: float,
    style: Style,
    corpus: Corpus,
    config: LineConfig,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Ink on a larger sheet, with neighbours and rules; the quad moves along."""
    border = int(np.ceil((config.margin + 0.35) * height)) + 2
    rows, columns = ink.mask.shape
    sheet = np.zeros((rows + 2 * border, columns + 2 * border), np.uint8)
    sheet[border : border + rows, border : border + columns] = ink.mask
    quad = quad + np.float32(border)
    if rng.random() < config.neighbours:
        _add_neighbours(rng, sheet, ink.baseline + border, quad, style, corpus)
    if rng.random() < config.rules:
        _add_rule(rng, sheet, quad, height)
    return degrade.print_faults(rng, sheet, height), quad


def _add_neighbours(
    rng: Rng,
    sheet: npt.NDArray[np.uint8],
    baseline: float,
    quad: npt.NDArray[np.float32],
    style: Style,
    corpus: Corpus,
) -> None:
    """Draws other lines above, below, and beyond a gap to the left and right."""
    (left, top), (right, bottom) = quad[0], quad[2]
    letters = (right - left) / (0.4 * style.em * style.stretch)
    text = corpus.prose(rng, int(np.clip(letters, 6, 70)))
    text = "".join(c for c in text if style.face.covers(c))
    if not text.strip():
        return
    # plain spaces: the whole line is then drawn at once
    other = set_text(text, replace(style, letter_space=0.0, word_space=1.0))
    _, upper, _, lower = other.box
    gap = float(np.exp(rng.normal(-1.7, 0.7))) * float(bottom - top)
    for above in (True, False):
        if rng.random() < 0.8:
            shift = top - gap - lower if above else bottom + gap - upper
            offset = -int(rng.integers(0, max(1, other.mask.shape[1] // 2)))
            paste(sheet, other.mask, round(float(shift)), offset)
    if rng.random() < 0.25:
        space = float(rng.uniform(0.25, 0.7) * (bottom - top))
        row = round(baseline - other.baseline)
        side = rng.random() < 0.5
        start = right + space - other.box[0] if side else left - space - other.box[2]
        paste(sheet, other.mask, row, round(float(start)))


def _add_rule(
    rng: Rng, sheet: npt.NDArray[np.uint8], quad: npt.NDArray[np.float32], height: float
) -> None:
    """Draws an underline, or a side or two of a table's cell."""
    (left, top), (right, bottom) = quad[0], quad[2]
    width = max(1, round(height * rng.uniform(0.02, 0.07)))
    level = int(rng.integers(120, 256))
    below = round(float(bottom + height * rng.uniform(0.02, 0.3)))
    above = round(float(top - height * rng.uniform(0.05, 0.3)))
    form, end = rng.random(), sheet.shape[1]
    if form < 0.35:
        cv2.line(sheet, (round(left), below), (round(right), below), level, width)
    elif form < 0.5:
        step = max(3, round(height * rng.uniform(0.15, 0.5)))
        for x in range(0, end, step):
            cv2.line(sheet, (x, below), (x + step // 2, below), level, width)
    else:
        if rng.random() < 0.7:
            cv2.line(sheet, (0, below), (end, below), level, width)
        if rng.random() < 0.5:
            cv2.line(sheet, (0, above), (end, above), level, width)
        for x, sign in ((left, -1), (right, 1)):
            if rng.random() < 0.4:
                at = round(float(x + sign * height * rng.uniform(0.12, 0.35)))
                cv2.line(sheet, (at, 0), (at, sheet.shape[0]), level, width)


def tilted(
    rng: Rng,
    sheet: npt.NDArray[np.uint8],
    quad: npt.NDArray[np.float32],
    height: float,
    config: LineConfig,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Rotation, slant, perspective or a bend; half of the lines stay straight."""
    draw = rng.random()
    if draw < 0.45:
        return sheet, quad
    rows, columns = sheet.shape
    if draw < 0.53:  # creased paper
        period = height * float(rng.uniform(4, 16))
        x, y = np.meshgrid(
            np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32)
        )
        wave = np.sin(x * np.float32(2 * np.pi / period) + float(rng.uniform(0, 6)))
        y += wave * np.float32(height * rng.uniform(0.02, 0.07))
        return cv2.remap(sheet, x, y, cv2.INTER_LINEAR), quad
    # beyond about two heights of rise over its length a line is cut by its own crop
    limit = np.degrees(np.arctan(0.35 * rows / columns))
    angle = float(np.clip(rng.normal(0, config.angle), -limit, limit))
    matrix = np.eye(3)
    matrix[:2] = cv2.getRotationMatrix2D((columns / 2, rows / 2), angle, 1.0)
    matrix = matrix @ [[1, rng.normal(0, 0.05), 0], [0, 1, 0], [0, 0, 1]]
    if draw > 0.85:
        matrix[2, :2] = rng.normal(0, 0.06, 2) / (columns, 3 * rows)
    warped = cv2.warpPerspective(sheet, matrix, (columns, rows), flags=cv2.INTER_LINEAR)
    return np.asarray(warped, np.uint8), transform_quad(quad, matrix)
