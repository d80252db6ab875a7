"""A page put upright: the map from its picture to the one that is searched for text."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from suite.imaging.geometry import Quad, transform_quad

Grey = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]

LEVEL = 0.2
"""Degrees of skew up to which a page is left as it is: over a line of 40 letters that
is the height of a dot."""


@dataclass(frozen=True)
class Placement:
    """How the text of a picture is turned."""

    turn: int = 0
    """0, 90, 180 or 270: degrees, clockwise, from upright to how the text stands."""
    skew: float = 0.0
    """Degrees, clockwise, in addition; -45..45."""

    @property
    def angle(self) -> float:
        """Degrees, clockwise, by which the text is turned, in [0, 360)."""
        return (self.turn + self.skew) % 360

    def picture(self, image: Grey, scale: float) -> tuple[Grey, Matrix]:
        """The picture upright and at another scale.

        Args:
            image: uint8 (height, width).
            scale: Pixels of the result per pixel of the picture, > 0.

        Returns:
            uint8 (h, w), and the affine (3, 3) matrix from the picture's continuous
            pixel coordinates to the result's.
        """
        height, width = image.shape
        size = max(1, round(width * scale)), max(1, round(height * scale))
        if size != (width, height):
            # averaged first: turning alone would alias
            how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
            image = np.asarray(cv2.resize(image, size, interpolation=how), np.uint8)
        matrix = np.diag([size[0] / width, size[1] / height, 1.0])
        matrix = _quarter_turn(self.turn, size) @ matrix
        image = np.ascontiguousarray(np.rot90(image, self.turn // 90))
        if abs(self.skew) <= LEVEL:
            return image, matrix
        level, room = _level(self.skew, image.shape)
        background = int(np.median(image[::4, ::4]))
        # cv2 counts from pixel centres, matrices here from pixel borders
        shift = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
        centred = np.linalg.inv(shift) @ level @ shift
        image = np.asarray(
            cv2.warpAffine(image, centred[:2], room, borderValue=(background,) * 3),
            np.uint8,
        )
        return image, level @ matrix

    def levelled(self, quads: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Quads (n, 4, 2) of the picture, turned so that lines run level."""
        angle = -math.radians(self.angle)
        cosine, sine = math.cos(angle), math.sin(angle)
        turn = np.array([[cosine, -sine, 0], [sine, cosine, 0]])
        result: Quad = transform_quad(quads, turn)
        return result


def _quarter_turn(turn: int, size: tuple[int, int]) -> Matrix:
    """Coordinates after `np.rot90(image, turn // 90)`; size (width, height) before."""
    width, height = size
    return {
        0: np.eye(3),
        90: np.array([[0, 1, 0], [-1, 0, width], [0, 0, 1.0]]),
        180: np.array([[-1, 0, width], [0, -1, height], [0, 0, 1.0]]),
        270: np.array([[0, -1, height], [1, 0, 0], [0, 0, 1.0]]),
    }[turn]


def _level(degrees: float, shape: tuple[int, ...]) -> tuple[Matrix, tuple[int, int]]:
    """Matrix that takes a skew out, and the (width, height) that holds the result."""
    height, width = shape
    angle = -math.radians(degrees)
    cosine, sine = math.cos(angle), math.sin(angle)
    turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1.0]])
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    moved = corners @ turn[:2, :2].T
    turn[:2, 2] = -moved.min(axis=0)
    room = np.ceil(moved.max(axis=0) - moved.min(axis=0)).astype(int)
    return turn, (int(room[0]), int(room[1]))
