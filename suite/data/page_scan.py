"""How whole pages get into a computer: under a camera or an office scanner."""

import cv2
import numpy as np
import numpy.typing as npt

from suite.data import degrade
from suite.imaging.geometry import transform_quad

Rng = np.random.Generator
Grey = npt.NDArray[np.uint8]


def placement(
    rng: Rng, shape: tuple[int, ...], skew: float, *, bent: bool
) -> tuple[npt.NDArray[np.float64], tuple[int, int]]:
    """How a page lies under the scanner, all of it within the picture.

    Args:
        rng: Source of randomness.
        shape: (height, width) of the page in pixels.
        skew: Degrees by which a quarter of the pages is turned at most.
        bent: Whether some are seen in perspective.

    Returns:
        Perspective matrix, float64 (3, 3), and (width, height) of the picture.
    """
    rows, columns = shape
    degrees = float(np.clip(rng.normal(0, 0.5), -1.5, 1.5))
    if rng.random() < 0.25:
        degrees = float(rng.uniform(-skew, skew))
    turn = np.eye(3)
    turn[:2] = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, 1.0)
    if bent and rng.random() < 0.2:
        turn[2, :2] = rng.normal(0, 0.05, 2) / (columns, rows)
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float64)
    moved = transform_quad(corners, turn)
    low, high = moved.min(0), moved.max(0)
    shift = np.eye(3)
    shift[:2, 2] = -low
    width, height = np.ceil(high - low).astype(int).tolist()
    return shift @ turn, (width, height)


def camera(rng: Rng, image: Grey, height: float) -> Grey:
    """Shadows and uneven light, then whatever `degrade.scan` does."""
    for _ in range(int(rng.poisson(0.4))):
        image = degrade.shadow(rng, image, height * 3)
    if rng.random() < 0.15:
        light = degrade.slope(rng, image.shape, float(rng.uniform(0.1, 0.45)))
        image = (image * light).astype(np.uint8)
    return degrade.scan(rng, image, height)


def office(rng: Rng, image: Grey, height: float) -> Grey:
    """An ordinary office scanner: slightly soft, a little noise, JPEG, dust."""
    image = cv2.GaussianBlur(
        image, (0, 0), float(rng.uniform(0.3, max(0.31, 0.045 * height)))
    )
    noise = rng.standard_normal(image.shape, np.float32) * float(rng.uniform(1, 7))
    image = np.clip(image + noise, 0, 255).astype(np.uint8)
    for _ in range(int(rng.poisson(4))):
        centre = tuple(int(rng.integers(side)) for side in image.shape[::-1])
        cv2.circle(
            image, centre, int(rng.integers(1, 3)), int(rng.integers(0, 160)), -1
        )
    if rng.random() < 0.15:
        image = degrade.photocopied(rng, image)
    quality = int(rng.integers(45, 91))
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
