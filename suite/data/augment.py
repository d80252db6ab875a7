"""Cheap augmentation of stored lines, for one thread that feeds a training.

The recipe is that of a measured run on SROIE (widths, heights, rotation, shear, blur,
resolution, strokes, gamma, noise), to which inversion, rows of faint print and the
jitter of a detector's boxes are added: a recognizer trained on true boxes alone reads
loose or cut ones worse.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from suite.data.line_shape import HEIGHT
from suite.data.shards import LineRecord
from suite.imaging.geometry import quad_size, rectify

Grey = npt.NDArray[np.uint8]
Rng = np.random.Generator


@dataclass(frozen=True)
class AugmentConfig:
    """Strengths; "heights" are heights of the line's box."""

    jitter: float = 0.05
    """Heights, standard deviation of each side of the box."""

    inwards: float = 0.12
    """Heights that a side moves inwards at most: beyond it letters are cut off."""

    outwards: float = 0.25
    """Heights that a side moves outwards at most."""

    stretch: float = 0.08
    """Standard deviation of the logarithm of the width."""

    grow: float = 0.05
    """Standard deviation of the logarithm of the height."""

    degrees: float = 0.6
    """Standard deviation of the rotation; long lines turn less."""

    shear: float = 0.06
    """Standard deviation of the horizontal shift of the top, in heights."""

    shift: float = 1.0 / HEIGHT
    """Heights, standard deviation of the place of the whole box."""

    blur: float = 0.13
    """Share of blurred lines."""

    coarse: float = 0.13
    """Share of lines of lower resolution."""

    thinner: float = 0.12
    """Share of lines with thinner strokes."""

    thicker: float = 0.12
    """Share of lines with thicker strokes."""

    faint_rows: float = 0.06
    """Share of lines with rows that are printed weakly, as by a worn thermal head."""

    gamma: float = 0.30
    """Share of lines with another gamma and contrast."""

    noise: float = 0.30
    """Share of lines with noise."""

    invert: float = 0.05
    """Share of inverted lines."""


def augment_line(
    record: LineRecord,
    rng: Rng | None,
    *,
    training: bool = True,
    config: AugmentConfig | None = None,
) -> Grey:
    """The line as a recognizer's input.

    Args:
        record: A stored line.
        rng: Source of randomness; not used if not `training`.
        training: False cuts the line out as reading does.
        config: Strengths.

    Returns:
        uint8 (32, width), width >= 1.
    """
    if not training or rng is None:
        return rectify(record.image, record.quad, HEIGHT)
    config = config or AugmentConfig()
    line = rectify(record.image, jittered(rng, record.quad, config), HEIGHT)
    width = max(4, round(line.shape[1] * np.exp(rng.normal(0, config.stretch))))
    if width != line.shape[1]:
        shrink = width < line.shape[1]
        how = cv2.INTER_AREA if shrink else cv2.INTER_LINEAR
        line = np.asarray(
            cv2.resize(line, (width, HEIGHT), interpolation=how), np.uint8
        )
    return _worse(rng, line, config)


def jittered(
    rng: Rng, quad: npt.NDArray[np.float32], config: AugmentConfig
) -> npt.NDArray[np.float32]:
    """The box as a detector might find it: other sides, turned, sheared, moved.

    Args:
        rng: Source of randomness.
        quad: float32 (4, 2).
        config: Strengths.

    Returns:
        float32 (4, 2), in the same coordinates.
    """
    points = quad.astype(np.float64)
    width, height = quad_size(points)
    along = (points[1] - points[0] + points[2] - points[3]) / (2 * max(width, 1e-6))
    down = (points[3] - points[0] + points[2] - points[1]) / (2 * max(height, 1e-6))
    sides = np.clip(rng.normal(0, config.jitter, 4), -config.inwards, config.outwards)
    # a digit alone is narrower than it is high: its sides move less
    sides[2:] *= min(1.0, width / height)
    grow = (np.exp(rng.normal(0, config.grow)) - 1) / 2
    top, bottom = np.clip(sides[:2] + grow, -config.inwards, config.outwards) * height
    left, right = sides[2:] * height
    shear = rng.normal(0, config.shear) * height
    # at both ends a turned box rises by at most 0.12 heights
    limit = min(np.radians(4.0), 0.12 * 2 * height / max(width, 1e-6))
    slope = np.clip(rng.normal(0, np.radians(config.degrees)), -limit, limit)
    rise = slope * width / 2
    move = rng.normal(0, config.shift, 2) * height
    x = np.array([-left + shear, right + shear, right - shear, -left - shear])
    y = np.array([-top - rise, -top + rise, bottom + rise, bottom - rise])
    offsets = (x + move[0])[:, None] * along + (y + move[1])[:, None] * down
    return (points + offsets).astype(np.float32)


def _worse(rng: Rng, line: Grey, config: AugmentConfig) -> Grey:
    draw = rng.random(7)
    dark_ink = line[:, :: max(1, line.shape[1] // 64)].mean() > 110
    if draw[0] < config.thinner:
        line = _strokes(rng, line, thicker=not dark_ink)
    elif draw[0] < config.thinner + config.thicker:
        line = _strokes(rng, line, thicker=bool(dark_ink))
    if draw[6] < config.faint_rows:
        line = _faint_rows(rng, line, dark_ink=bool(dark_ink))
    if draw[1] < config.coarse:
        line = _coarse(rng, line)
    if draw[2] < config.blur:
        line = cv2.GaussianBlur(line, (0, 0), float(rng.uniform(0.4, 1.1)))
    if draw[3] < config.gamma:
        line = cv2.LUT(line, _tone(rng))
    if draw[4] < config.noise:
        noise = rng.standard_normal(line.shape, np.float32)
        line = np.clip(line + noise * float(rng.uniform(2, 14)), 0, 255).astype(
            np.uint8
        )
    if draw[5] < config.invert:
        line = 255 - line
    return np.asarray(line, np.uint8)


def _strokes(rng: Rng, line: Grey, thicker: bool) -> Grey:
    """Darker or lighter by a pixel in one direction, mixed with what was there."""
    kernel = np.ones((1, 2) if rng.random() < 0.5 else (2, 1), np.uint8)
    changed = cv2.erode(line, kernel) if thicker else cv2.dilate(line, kernel)
    part = float(rng.uniform(0.3, 0.9))
    return np.asarray(cv2.addWeighted(changed, part, line, 1 - part, 0), np.uint8)


def _faint_rows(rng: Rng, line: Grey, dark_ink: bool) -> Grey:
    """One or two bands of one to three rows lose half of their ink or nearly all."""
    weight = np.ones((line.shape[0], 1), np.float32)
    for _ in range(int(rng.integers(1, 3))):
        start = int(rng.integers(1, line.shape[0] - 3))
        weight[start : start + int(rng.integers(1, 4))] = rng.uniform(0.05, 0.5)
    paper = np.float32(np.percentile(line, 90 if dark_ink else 10))
    return np.clip(paper + (line - paper) * weight, 0, 255).astype(np.uint8)


def _coarse(rng: Rng, line: Grey) -> Grey:
    rows, columns = line.shape
    factor = float(rng.uniform(0.38, 0.8))
    size = max(1, round(columns * factor)), max(1, round(rows * factor))
    small = cv2.resize(line, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (columns, rows)), np.uint8)


def _tone(rng: Rng) -> Grey:
    """Table of 256 levels: gamma, then another black and white."""
    levels = (np.arange(256) / 255) ** np.exp(rng.normal(0, 0.35))
    low, high = rng.uniform(0, 70), rng.uniform(150, 255)
    return (low + levels * (high - low)).astype(np.uint8)
