"""Label maps of the detector against areas and distances taken point by point."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suite.data.db_labels import (
    GAP_WEIGHT,
    MIN_HEIGHT,
    NEAR_WEIGHT,
    SHRINK_RATIO,
    label_maps,
)


def box(left, top, width, height, degrees=0.0):
    """Quad of a rectangle turned about its top left corner."""
    turn = np.radians(degrees)
    along = np.array([np.cos(turn), np.sin(turn)])
    across = np.array([-along[1], along[0]])
    corner = np.array([left, top], float)
    corners = [(0, 0), (width, 0), (width, height), (0, height)]
    return np.array([corner + u * along + v * across for u, v in corners])


def offset(width, height, ratio=SHRINK_RATIO):
    """D = A (1 - r²) / L of the paper, in pixels."""
    return width * height * (1 - ratio**2) / (2 * (width + height))


def inside(points, quad):
    """Which points (..., 2) lie in a clockwise convex quad."""
    edges = np.roll(quad, -1, axis=0) - quad
    gone = points[..., None, :] - quad
    return (edges[:, 0] * gone[..., 1] - edges[:, 1] * gone[..., 0] >= 0).all(-1)


def distance(points, quad):
    """Distance of points (..., 2) to the nearest edge, a segment each."""
    nearest = np.full(points.shape[:-1], np.inf)
    for a, b in zip(quad, np.roll(quad, -1, axis=0), strict=True):
        along = np.clip((points - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
        foot = a + along[..., None] * (b - a)
        nearest = np.minimum(nearest, np.linalg.norm(points - foot, axis=-1))
    return nearest


def centres(size, fine=1):
    """Points of a grid with fine² of them a pixel, (rows, columns, 2)."""
    y, x = (np.arange(n * fine) / fine + 0.5 / fine for n in size)
    return np.stack(np.meshgrid(x, y), -1)


@pytest.mark.parametrize("degrees", [0, 7.3, -41])
@pytest.mark.parametrize("shape", [(60, 21.6), (17.3, 30), (90, 9)])
def test_cores_are_shares_of_the_pixels(shape, degrees):
    size = (110, 130)
    quad = box(25.3, 82.8 if degrees < 0 else 15.8, *shape, degrees)
    d = offset(*shape)
    turn = quad[1] - quad[0], quad[3] - quad[0]
    unit = [v / np.linalg.norm(v) * d for v in turn]
    signs = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])
    core = quad + signs @ np.array(unit)
    share = inside(centres(size, 8), core).reshape(size[0], 8, size[1], 8).mean((1, 3))
    got = label_maps(quad, size)["shrunk"]
    error = np.abs(got - share)
    # at corners and on slanting edges the distance only comes close to the share
    assert error.max() < 0.3 and error[share % 1 > 0].mean() < 0.06
    area = (shape[0] - 2 * d) * (shape[1] - 2 * d)
    assert got.sum() == pytest.approx(area, rel=0.01)


@pytest.mark.parametrize("ratio", [0.4, 0.75])
def test_upright_cores_are_exact_between_pixels(ratio):
    got = label_maps(box(10.3, 20.7, 100, 18), (60, 130), ratio)["shrunk"]
    d = offset(100, 18, ratio)
    column, row = got[:, 60], got[30, :]
    assert column.sum() == pytest.approx(18 - 2 * d, abs=1e-4)
    assert row.sum() == pytest.approx(100 - 2 * d, abs=1e-4)
    first = np.flatnonzero(column)[0]
    assert first + 1 - column[first] == pytest.approx(20.7 + d, abs=1e-4)


@pytest.mark.parametrize("degrees", [0, 12])
def test_threshold_map_is_the_distance_to_the_edges(degrees):
    size, quad = (70, 110), box(20.4, 15.2, 70, 24, degrees)
    d = offset(70, 24)
    near = distance(centres(size), quad)
    want = 0.3 + 0.4 * np.clip(1 - near / d, 0, 1)
    maps = label_maps(quad, size)
    np.testing.assert_allclose(maps["threshold"], want, atol=1e-4)
    clear = np.abs(near - d) > 1e-3
    np.testing.assert_array_equal(maps["threshold_mask"][clear], (near < d)[clear])


def test_two_boxes_take_the_larger_value():
    first, second = box(10, 10, 60, 20), box(10, 27, 60, 20)
    both = label_maps(np.stack([first, second]), (60, 90))
    alone = [label_maps(quad, (60, 90)) for quad in (first, second)]
    for key in ("shrunk", "threshold", "threshold_mask"):
        want = np.maximum(alone[0][key], alone[1][key])
        np.testing.assert_array_equal(both[key], want, err_msg=key)


def test_weights_near_lines_and_in_gaps():
    # 20 high, in one row 10 apart; a third one 30 below
    quads = [box(20, 20, 60, 20), box(90, 20, 60, 20), box(20, 70, 60, 20)]
    maps = label_maps(quads, (120, 200))
    weight = maps["weight"]
    assert (weight[maps["shrunk"] > 0] == NEAR_WEIGHT).all()  # text, reached or not
    assert weight[30, 85] == GAP_WEIGHT  # between the two
    assert weight[55, 50] == 1  # between rows
    assert weight[30, 170] == 1 and weight[110, 100] == 1  # far from all
    assert weight[30, 15] == 1 and weight[30, 18] == NEAR_WEIGHT
    assert (weight[:, 84:86] == GAP_WEIGHT).sum(0).max() <= 20  # not above the row


def test_distant_neighbours_leave_no_gap():
    for distance, is_gap in [(31, True), (33, False), (60, False)]:  # in 1.6 heights
        quads = [box(20, 20, 60, 20), box(80 + distance, 20, 60, 20)]
        weight = label_maps(quads, (60, 240))["weight"]
        assert (GAP_WEIGHT in weight) == is_gap, distance


def test_lines_too_low_are_neither_text_nor_background():
    low = box(10.2, 10.2, 50, MIN_HEIGHT - 0.5)
    maps = label_maps(low, (40, 80))
    assert not maps["shrunk"].any() and not maps["threshold_mask"].any()
    covered = inside(centres((40, 80)), low)
    assert (maps["weight"][covered] == 0).all() and (
        maps["weight"][~covered] == 1
    ).all()
    text = box(10, 5, 50, 20)  # printed over it: text counts
    both = label_maps([low, text], (40, 80))
    assert (both["weight"][both["shrunk"] > 0] > 0).all()


def test_a_page_without_text():
    maps = label_maps(np.empty((0, 4, 2)), (32, 48))
    assert not maps["shrunk"].any() and not maps["threshold_mask"].any()
    assert (maps["weight"] == 1).all()
    assert (maps["threshold"] == np.float32(0.3)).all()


def test_boxes_without_area_are_left_out():
    quads = [box(10, 10, 0, 12), box(10, 10, 30, 0), box(10, 10, 0, 0)]
    assert (label_maps(quads, (40, 60))["weight"] == 1).all()


@pytest.mark.parametrize("corner", [(-30, -8), (70, 50), (-200, 10), (30, 500)])
def test_boxes_may_reach_beyond_the_picture(corner):
    """The same as a part of the maps of a larger picture."""
    quad, margin = box(*corner, 60, 20, 5), 40
    larger = label_maps(quad + margin, (60 + 2 * margin, 100 + 2 * margin))
    for key, got in label_maps(quad, (60, 100)).items():
        want = larger[key][margin:-margin, margin:-margin]
        np.testing.assert_allclose(got, want, atol=1e-4, err_msg=key)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.floats(-50, 150), min_size=8, max_size=8), max_size=4))
def test_any_four_corners_give_maps_in_their_ranges(quads):
    maps = label_maps(np.reshape(quads, (-1, 4, 2)), (64, 96))
    for array in maps.values():
        assert array.shape == (64, 96) and array.dtype == np.float32
        assert np.isfinite(array).all() and array.min() >= 0
    assert maps["shrunk"].max() <= 1
    assert maps["threshold"].min() >= 0.2999 and maps["threshold"].max() <= 0.7001
    assert set(np.unique(maps["threshold_mask"])) <= {0, 1}
    assert set(np.unique(maps["weight"])) <= {0, 1, NEAR_WEIGHT, GAP_WEIGHT}
