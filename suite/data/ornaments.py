"""What stands on pages beside text and must not be taken for it."""

import cv2
import numpy as np

from suite.data.degrade import cloud
from suite.data.sheet import Sheet

Rng = np.random.Generator


def ornament(rng: Rng, sheet: Sheet, place: tuple[float, float, float, float]) -> None:
    """A bar code, two-dimensional code, logo, picture, stamp or scribble.

    Args:
        rng: Source of randomness.
        sheet: Where it is drawn.
        place: left, top, right, bottom in pixels.
    """
    left, top = (max(0, round(v)) for v in place[:2])
    right, bottom = (
        min(sheet.width, round(place[2])),
        min(sheet.height, round(place[3])),
    )
    if right - left < 8 or bottom - top < 8:
        return
    view = sheet.ink[top:bottom, left:right]
    kinds = (_bar_code, _matrix_code, _logo, _picture, _stamp, scribble)
    kind = kinds[int(rng.integers(len(kinds)))]
    np.maximum(view, kind(rng, *view.shape), out=view)


def _bar_code(rng: Rng, rows: int, columns: int) -> np.ndarray:
    unit = max(1, columns // int(rng.integers(60, 120)))
    bars = np.repeat(rng.random(columns // unit + 1) < 0.5, unit)[:columns]
    ink = np.zeros((rows, columns), np.uint8)
    ink[: max(6, min(rows, columns // 3))] = bars * np.uint8(255)
    return ink


def _matrix_code(rng: Rng, rows: int, columns: int) -> np.ndarray:
    side, modules = min(rows, columns), int(rng.integers(21, 34))
    grid = (rng.random((modules, modules)) < 0.5).astype(np.uint8) * 255
    for y, x in ((0, 0), (0, modules - 7), (modules - 7, 0)):
        grid[y : y + 7, x : x + 7] = 255
        grid[y + 1 : y + 6, x + 1 : x + 6] = 0
        grid[y + 2 : y + 5, x + 2 : x + 5] = 255
    ink = np.zeros((rows, columns), np.uint8)
    ink[:side, :side] = cv2.resize(grid, (side, side), interpolation=cv2.INTER_NEAREST)
    return ink


def _logo(rng: Rng, rows: int, columns: int) -> np.ndarray:
    ink = np.zeros((rows, columns), np.uint8)
    for _ in range(int(rng.integers(1, 5))):
        level, width = int(rng.integers(120, 256)), int(rng.choice([-1, -1, 2, 4]))
        centre = int(rng.integers(columns)), int(rng.integers(rows))
        axes = tuple(
            int(v) for v in rng.integers(3, max(4, min(rows, columns) // 2), 2)
        )
        if rng.random() < 0.5:
            turn = float(rng.uniform(0, 180))
            cv2.ellipse(ink, centre, axes, turn, 0, 360, level, width)
        else:
            points = rng.integers(0, (columns, rows), (int(rng.integers(3, 6)), 2))
            if width < 0:
                cv2.fillPoly(ink, [points.astype(np.int32)], level)
            else:
                cv2.polylines(ink, [points.astype(np.int32)], True, level, width)
    return ink


def _picture(rng: Rng, rows: int, columns: int) -> np.ndarray:
    ink = sum(
        cloud(rng, (rows, columns), max(2.0, min(rows, columns) / d)) * s
        for d, s in ((2, 130.0), (6, 80.0), (25, 45.0))
    )
    return np.clip(ink, 0, 255).astype(np.uint8)


def _stamp(rng: Rng, rows: int, columns: int) -> np.ndarray:
    ink = np.zeros((rows, columns), np.uint8)
    centre, radius = (columns // 2, rows // 2), max(4, min(rows, columns) // 2 - 3)
    level = int(rng.integers(90, 220))
    cv2.circle(ink, centre, radius, level, 2)
    cv2.circle(ink, centre, max(2, int(radius * 0.8)), level, 1)
    return (ink * (0.4 + 0.6 * cloud(rng, ink.shape, 4))).astype(np.uint8)


def scribble(rng: Rng, rows: int, columns: int) -> np.ndarray:
    """uint8 (rows, columns): a stroke as of a pen, a signature or a tick."""
    count = int(rng.integers(12, 60))
    time = np.linspace(0, 1, count * 4)
    curve = np.stack(
        [
            columns * (0.08 + 0.84 * time)
            if rng.random() < 0.7
            else _wave(rng, time, columns),
            _wave(rng, time, rows),
        ]
    )
    ink = np.zeros((rows, columns), np.uint8)
    points = curve.T.round().astype(np.int32)
    level, width = int(rng.integers(110, 256)), int(rng.integers(1, 4))
    cv2.polylines(ink, [points], False, level, width, cv2.LINE_AA)
    return ink


def _wave(rng: Rng, time: np.ndarray, size: int) -> np.ndarray:
    parts = [
        rng.uniform(0.3, 1)
        * np.sin(2 * np.pi * (rng.uniform(1, 9) * time + rng.random()))
        for _ in range(3)
    ]
    return size * (0.5 + 0.4 * np.sum(parts, axis=0) / 3)
