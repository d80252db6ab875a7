"""The map from a picture to the upright one: pixels and coordinates must agree."""

import numpy as np
import pytest

from suite.imaging.geometry import box_quad, transform_quad
from suite.ocr.upright import Placement


def picture() -> np.ndarray:
    """White, with a black box at 100..180 x 40..60."""
    image = np.full((300, 200), 255, np.uint8)
    image[40:60, 100:180] = 0
    return image


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("skew", [0.0, 7.3, -4.0])
@pytest.mark.parametrize("scale", [1.0, 0.5, 2.0])
def test_the_matrix_says_where_pixels_went(turn, skew, scale):
    upright, matrix = Placement(turn, skew).picture(picture(), scale)
    quad = transform_quad(box_quad(100, 40, 180, 60), matrix)
    rows, columns = np.nonzero(upright < 128)
    middle = [columns.mean() + 0.5, rows.mean() + 0.5]
    np.testing.assert_allclose(quad.mean(axis=0), middle, atol=0.2)
    # nothing was cut off: the ink keeps its area
    assert len(rows) == pytest.approx(1600 * scale**2, rel=0.05)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_quarter_turn_is_undone(turn):
    """`turn` is how far the text is turned clockwise: the picture comes back."""
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    turned = np.rot90(image, -turn // 90)
    upright, _ = Placement(turn).picture(np.ascontiguousarray(turned), 1.0)
    np.testing.assert_array_equal(upright, image)


def test_skew_is_clockwise():
    """A line that falls to the right by 5 degrees becomes level."""
    ends = np.array([[20, 50], [20 + 100, 50 + 100 * np.tan(np.radians(5))]])
    _, matrix = Placement(0, 5.0).picture(picture(), 1.0)
    start, stop = transform_quad(ends, matrix)
    assert stop[1] == pytest.approx(start[1], abs=1e-3)
    level = Placement(0, 5.0).levelled(np.array([[ends[0], ends[1]] * 2], np.float32))
    assert level[0, 0, 1] == pytest.approx(level[0, 1, 1], abs=1e-3)


def test_angle_is_within_a_full_turn():
    assert Placement(0, -2.0).angle == 358.0
    assert Placement(270, 5.0).angle == 275.0


def test_a_level_page_keeps_its_pixels():
    upright, _ = Placement(0, 0.1).picture(picture(), 1.0)
    np.testing.assert_array_equal(upright, picture())
