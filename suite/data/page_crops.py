"""Augmented square crops of labelled pages, for the detector's training."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from suite.imaging.geometry import transform_quad

TEXT_HEIGHT = 18.0
"""Height of a text line, in pixels, at the scale that the detector works at."""

Image = npt.NDArray[np.uint8]
Quads = npt.NDArray[np.float32]


def text_height(quads: npt.ArrayLike) -> float | None:
    """Median height of lines (n, 4, 2), along their left sides; None without any."""
    points = np.asarray(quads, np.float64).reshape(-1, 4, 2)
    if not len(points):
        return None
    return float(np.median(np.linalg.norm(points[:, 3] - points[:, 0], axis=1)))


def crop_page(
    image: Image, quads: Quads, rng: np.random.Generator, *, size: int = 512
) -> tuple[Image, Quads]:
    """A random part of a page: scaled, turned, distorted, and made worse.

    Args:
        image: uint8 (height, width), grey.
        quads: float32 (n, 4, 2), its text lines.
        rng: Source of randomness.
        size: Side of the crop in pixels.

    Returns:
        uint8 (size, size), and the quads that touch it, float32 (m, 4, 2), in its
        pixels; they may reach beyond it.
    """
    matrix, scale = _placement(image, quads, rng, size)
    if scale < 0.7:  # bilinear sampling alone would alias
        image, reduction = _reduced(image, scale)
        matrix = matrix @ np.diag([1 / reduction[0], 1 / reduction[1], 1.0])
    fill = int(np.median(image[::8, ::8]))
    border = cv2.BORDER_REPLICATE if rng.random() < 0.5 else cv2.BORDER_CONSTANT
    # cv2 counts from pixel centres, quads from pixel borders
    shift = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
    centred = np.linalg.inv(shift) @ matrix @ shift
    crop = cv2.warpPerspective(
        image, centred, (size, size), borderMode=border, borderValue=(fill,) * 3
    )
    if scale < 0.7:
        matrix = matrix @ np.diag([reduction[0], reduction[1], 1.0])
    moved = transform_quad(quads, matrix).reshape(-1, 4, 2)
    inside = (moved.max(1) > 0).all(1) & (moved.min(1) < size).all(1)
    return degrade_crop(np.asarray(crop, np.uint8), rng), moved[inside]


def _placement(
    image: Image, quads: Quads, rng: np.random.Generator, size: int
) -> tuple[npt.NDArray[np.float64], float]:
    """Perspective matrix from page to crop, and the scale that it applies."""
    height, width = image.shape
    text = text_height(quads) or TEXT_HEIGHT
    scale = TEXT_HEIGHT / max(text, 4.0) * np.exp(rng.uniform(-0.5, 0.5))
    stretch = np.exp(rng.normal(0, 0.05))
    # skew that remains after a page was put upright, and sometimes much more
    degrees = rng.normal(0, 0.5) if rng.random() < 0.7 else rng.uniform(-10, 10)
    turn = np.radians(degrees)
    # a crop's middle anywhere on the page; two thirds of the time on a line of text
    middle = rng.uniform(0, 1, 2) * (width, height)
    if len(quads) and rng.random() < 0.67:
        middle = quads[rng.integers(len(quads))].mean(0) + rng.normal(0, 60, 2)
    cosine, sine = np.cos(turn) * scale, np.sin(turn) * scale
    linear = np.array([[cosine * stretch, -sine], [sine * stretch, cosine]])
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[:2, 2] = size / 2 - linear @ middle
    if rng.random() < 0.2:
        tilt = np.eye(3)
        tilt[2, :2] = rng.normal(0, 0.04, 2) / size
        matrix = tilt @ matrix
    return matrix, float(scale)


def _reduced(image: Image, scale: float) -> tuple[Image, npt.NDArray[np.float64]]:
    """The page averaged down to about `scale`, and the exact ratios (x, y)."""
    height, width = image.shape
    wanted = max(1, round(width * scale)), max(1, round(height * scale))
    reduced = cv2.resize(image, wanted, interpolation=cv2.INTER_AREA)
    return np.asarray(reduced, np.uint8), np.divide(wanted, (width, height))


def degrade_crop(image: Image, rng: np.random.Generator) -> Image:
    """Light, contrast, polarity, blur, noise and compression, each at times."""
    x: npt.NDArray[Any] = image.astype(np.float32)
    if rng.random() < 0.3:
        x = 255 * (x / 255) ** np.exp(rng.normal(0, 0.35))
    if rng.random() < 0.3:
        low, high = rng.uniform(0, 90), rng.uniform(160, 255)
        x = low + x * (high - low) / 255
    if rng.random() < 0.15:  # a shadow or uneven light across the crop
        rows = np.linspace(0, 1, x.shape[0], dtype=np.float32)[:, None]
        columns = np.linspace(0, 1, x.shape[1], dtype=np.float32)[None, :]
        a, b = rng.uniform(-0.5, 0.5, 2)
        x = x * np.clip(1 + a * (rows - 0.5) + b * (columns - 0.5), 0.3, 1.3)
    if rng.random() < 0.06:
        x = 255 - x
    if rng.random() < 0.2:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.4, 1.2))
    if rng.random() < 0.25:
        x = x + rng.normal(0, rng.uniform(2, 14), x.shape).astype(np.float32)
    result = np.clip(x, 0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 80))]
        _, data = cv2.imencode(".jpg", result, quality)
        result = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
    return result
