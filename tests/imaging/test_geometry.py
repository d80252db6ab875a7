"""Quads: the shrink and its inverse, offsets, order, overlap; line crops."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suite.imaging import geometry
from suite.imaging.geometry import (
    bounding_box,
    box_quad,
    grow_distance,
    iou_matrix,
    offset_quad,
    polygon_iou,
    quad_size,
    quad_sizes,
    rectify,
    shrink_distance,
    transform_quad,
)


def rotated(width, height, degrees, centre=(300.0, 200.0)):
    """Quad of a rectangle turned clockwise on the screen, by plain trigonometry."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = [(-width, -height), (width, -height), (width, height), (-width, height)]
    return np.array(
        [
            (centre[0] + (x * cos - y * sin) / 2, centre[1] + (x * sin + y * cos) / 2)
            for x, y in corners
        ],
        np.float32,
    )


# --- shrink and its inverse -----------------------------------------------------------


@pytest.mark.parametrize("degrees", [0, 7, -33, 90, 180])
@pytest.mark.parametrize("ratio", range(1, 41))
def test_shrink_then_grow_returns_the_box(ratio, degrees):
    quad = rotated(ratio * 20, 20, degrees)
    core = offset_quad(quad, -shrink_distance(*quad_size(quad)))
    back = offset_quad(core, grow_distance(*quad_size(core)))
    assert np.abs(back - quad).max() < 0.01


@pytest.mark.parametrize(
    ("box", "core"),  # reference table: 1.5 gives other boxes, the inverse these
    [
        ((20, 20), (11.6, 11.6)),
        ((100, 20), (86.0, 6.0)),
        ((400, 20), (384.0, 4.0)),
        ((200, 8), (193.5, 1.5)),
    ],
)
def test_shrink_distance_of_known_boxes(box, core):
    distance = shrink_distance(*box)
    assert np.subtract(box, 2 * distance) == pytest.approx(core, abs=0.06)
    assert grow_distance(*np.subtract(box, 2 * distance)) == pytest.approx(distance)


@given(st.floats(1, 5000), st.floats(1, 5000), st.floats(0.05, 1.0, exclude_max=True))
def test_grow_inverts_shrink_at_any_ratio(width, height, ratio):
    distance = shrink_distance(width, height, ratio)
    assert 0 <= 2 * distance < min(width, height)
    again = grow_distance(width - 2 * distance, height - 2 * distance, ratio)
    assert again == pytest.approx(distance, rel=1e-6, abs=1e-6)


def test_empty_box_has_no_distance():
    assert shrink_distance(0, 0) == 0 == grow_distance(0, 0)


# --- offsets --------------------------------------------------------------------------


@pytest.mark.parametrize("degrees", [0, 12.5, 45, 90, -160])
@pytest.mark.parametrize("distance", [3.5, 0, -2.25])
def test_offset_of_a_rectangle_is_a_rectangle(degrees, distance):
    moved = offset_quad(rotated(80, 24, degrees), distance)
    want = rotated(80 + 2 * distance, 24 + 2 * distance, degrees)
    np.testing.assert_allclose(moved, want, atol=1e-3)


def test_offset_of_a_trapezium_moves_each_side_by_the_distance():
    quad = np.array([(10, 10), (90, 20), (100, 60), (0, 50)], np.float64)
    moved = offset_quad(quad, 4.0)
    for i in range(4):
        a, b = quad[i], quad[(i + 1) % 4]
        direction = (b - a) / np.linalg.norm(b - a)
        for corner in (moved[i], moved[(i + 1) % 4]):
            outwards = -(
                direction[0] * (corner - a)[1] - direction[1] * (corner - a)[0]
            )
            assert outwards == pytest.approx(4.0, abs=1e-4)


def test_offset_works_on_many_quads_at_once():
    quads = np.stack([rotated(80, 24, 10), rotated(30, 40, -20)])
    together = offset_quad(quads, np.array([2.0, -3.0]))
    np.testing.assert_array_equal(together[0], offset_quad(quads[0], 2.0))
    np.testing.assert_array_equal(together[1], offset_quad(quads[1], -3.0))


@pytest.mark.parametrize(
    ("quad", "want"),
    [
        (box_quad(5, 5, 25, 5), box_quad(3, 3, 27, 7)),  # a row of pixel centres
        (box_quad(5, 5, 5, 25), box_quad(3, 3, 7, 27)),
        (box_quad(5, 5, 5, 5), box_quad(3, 3, 7, 7)),
    ],
)
def test_offset_of_a_core_without_area(quad, want):
    np.testing.assert_allclose(offset_quad(quad, 2.0), want, atol=1e-5)


def test_offset_inwards_stops_at_a_line():
    collapsed = offset_quad(box_quad(0, 0, 100, 20), -50)
    np.testing.assert_allclose(collapsed, box_quad(10, 10, 90, 10), atol=1e-4)


# --- sizes, maps ----------------------------------------------------------------------


def test_sizes_and_boxes():
    assert quad_size(rotated(80, 24, 33)) == pytest.approx((80, 24), abs=1e-4)
    assert quad_size([(10, 0), (90, 0), (100, 20), (0, 20)])[0] == 90
    assert bounding_box(box_quad(1, 2, 3.5, 4)) == (1, 2, 3.5, 4)


def test_transform_quad_agrees_with_cv2():
    quad, affine = rotated(80, 24, 5), np.array([[0.5, 0.1, 3], [-0.2, 2, 7.0]])
    perspective = np.vstack([affine, [1e-3, 2e-3, 1]])
    wanted = cv2.transform(quad[None], affine)[0]
    np.testing.assert_allclose(transform_quad(quad, affine), wanted, rtol=1e-5)
    wanted = cv2.perspectiveTransform(quad[None], perspective)[0]
    np.testing.assert_allclose(transform_quad(quad, perspective), wanted, rtol=1e-5)


# --- overlap --------------------------------------------------------------------------


def common_area(a, b):
    """OpenCV's answer; b drawn in by 1e-4, for it fails on sides that coincide."""
    inner = b.mean(0) + (b - b.mean(0)) * (1 - 1e-4)
    first, second = ((p - a.mean(0)).astype(np.float32) for p in (a, inner))
    return cv2.intersectConvexConvex(first, second)[0]


@settings(max_examples=300, deadline=None)
@given(
    *[st.tuples(st.floats(5, 300), st.floats(5, 60), st.floats(-180, 180))] * 2,
    st.floats(-150, 150),
    st.floats(-40, 40),
)
def test_iou_agrees_with_clipping(first, second, dx, dy):
    a = rotated(*first).astype(np.float64)
    b = rotated(*second, centre=(300 + dx, 200 + dy)).astype(np.float64)
    common = common_area(a, b)
    union = first[0] * first[1] + second[0] * second[1] - common
    assert polygon_iou(a, b) == pytest.approx(common / union, abs=2e-3)
    assert polygon_iou(a, b[::-1]) == pytest.approx(polygon_iou(a, b), abs=1e-6)


@pytest.mark.parametrize("degrees", range(0, 180, 17))
@pytest.mark.parametrize(
    ("second", "want"),
    [((85, 5.5), 5 / 5.5), ((40, 5), 40 / 85), ((85, 5), 1), ((20, 9), 100 / 505)],
)
def test_iou_of_rectangles_with_sides_on_one_line(second, want, degrees):
    a, b = rotated(85, 5, degrees), rotated(*second, degrees)
    assert polygon_iou(a, b) == pytest.approx(want, abs=1e-4)
    assert polygon_iou(b, a) == pytest.approx(want, abs=1e-4)


@pytest.mark.parametrize("degrees", range(0, 180, 5))
def test_iou_of_a_box_with_itself_is_one(degrees):
    quad = rotated(211.3, 17.7, degrees, centre=(4321.5, 6789.25))
    assert polygon_iou(quad, quad) == pytest.approx(1, abs=1e-3)


def test_iou_by_hand():
    a = box_quad(0, 0, 10, 10)
    assert polygon_iou(a, box_quad(5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert polygon_iou(a, box_quad(10, 0, 20, 10)) == 0
    assert polygon_iou(a, box_quad(2, 2, 4, 4)[::-1]) == pytest.approx(0.04)
    assert polygon_iou(box_quad(2, 2, 4, 4)[::-1], a) == pytest.approx(0.04)
    assert polygon_iou(a, box_quad(3, 3, 3, 8)) == 0
    assert polygon_iou(box_quad(3, 3, 3, 8), box_quad(3, 3, 3, 8)) == 0


def test_iou_matrix_is_iou_of_pairs():
    rng = np.random.default_rng(0)
    quads = np.stack(
        [rotated(60, 20, a, centre=rng.uniform(0, 80, 2)) for a in range(0, 90, 10)]
    )
    matrix = iou_matrix(quads, quads[:4])
    assert matrix.shape == (9, 4)
    wanted = [[polygon_iou(a, b) for b in quads[:4]] for a in quads]
    np.testing.assert_allclose(matrix, wanted, atol=1e-6)
    assert iou_matrix([], quads).shape == (0, 9)


# --- crops ----------------------------------------------------------------------------


def noise(rows=90, columns=400, channels=None, seed=0):
    shape = (rows, columns) if channels is None else (rows, columns, channels)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def mean_over(image, left, top, right, bottom):
    """Integral of squares of constant colour over a box, divided by its area."""
    total = 0.0
    for y in range(math.floor(top), math.ceil(bottom)):
        for x in range(math.floor(left), math.ceil(right)):
            width = min(x + 1, right) - max(x, left)
            height = min(y + 1, bottom) - max(y, top)
            total = total + width * height * image[y, x].astype(np.float64)
    return total / ((right - left) * (bottom - top))


@pytest.mark.parametrize("channels", [None, 3])
@pytest.mark.parametrize(
    "box", [(3, 5, 203, 69), (3.3, 5.75, 100.1, 40.5), (0, 0, 400, 90)]
)
def test_shrinking_an_upright_box_is_the_mean_over_areas(box, channels):
    image, height = noise(channels=channels), 16
    got = rectify(image, box_quad(*box), height)
    width = round(height * (box[2] - box[0]) / (box[3] - box[1]))
    assert got.shape[:2] == (height, width) and got.dtype == np.uint8
    columns = np.linspace(box[0], box[2], width + 1)
    rows = np.linspace(box[1], box[3], height + 1)
    for y, x in [(0, 0), (7, 9), (height - 1, width - 1), (3, width // 2)]:
        want = mean_over(image, columns[x], rows[y], columns[x + 1], rows[y + 1])
        np.testing.assert_allclose(got[y, x], want, atol=0.51)


def test_box_of_the_output_size_is_copied():
    image = noise()
    np.testing.assert_array_equal(
        rectify(image, box_quad(17, 20, 217, 52), 32), image[20:52, 17:217]
    )


@pytest.mark.parametrize("max_width", [None, 150])
def test_enlarging_an_upright_box_is_bilinear(max_width):
    image, (left, top, right, bottom) = noise(), (17.5, 20.25, 217.5, 36.25)
    quad = box_quad(left, top, right, bottom)
    got = rectify(image, quad, 32, max_width=max_width)
    width = max_width or 400
    assert got.shape == (32, width)
    for row, column in [(0, 0), (0, 77), (13, 101), (31, 149), (30, 60)]:
        # shrinking in x: each result is the mean of two samples half a step apart
        parts = (0.25, 0.75) if max_width else (0.5,)
        y = top + (row + 0.5) * (bottom - top) / 32 - 0.5
        values = []
        for part in parts:
            x = left + (column + part) * (right - left) / width - 0.5
            i, j = math.floor(y), math.floor(x)
            near, far = image[i : i + 2, j : j + 2].astype(float).T
            line = near + (x - j) * (far - near)
            values.append(line[0] + (y - i) * (line[1] - line[0]))
        assert got[row, column] == pytest.approx(np.mean(values), abs=5)


@pytest.mark.parametrize("turns", range(4))
def test_text_in_four_directions_comes_out_upright(turns):
    """The page turned clockwise by quarter turns, the quad with it."""
    image = noise(64, 96)
    quad = box_quad(10, 8, 74, 40)
    page = np.rot90(image, -turns)
    for i in range(turns):
        height = (64, 96)[i % 2]
        quad = np.stack([height - quad[:, 1], quad[:, 0]], -1)
    got = rectify(page, quad, 32)
    np.testing.assert_array_equal(got, image[8:40, 10:74])


def plane(rows, columns, gx, gy, offset):
    """Picture whose value at continuous (x, y) is gx x + gy y + offset, rounded."""
    x, y = np.arange(columns) + 0.5, np.arange(rows) + 0.5
    return np.rint(gx * x + gy * y[:, None] + offset).astype(np.uint8)


@pytest.mark.parametrize("height", [12, 20, 32, 61])
@pytest.mark.parametrize("degrees", [0, 2.5, -17, 60, 88])
def test_gradient_keeps_its_values_at_continuous_coordinates(degrees, height):
    """On a plane the mean over a cell is the value at its middle: exact oracle."""
    gx, gy, offset = 0.31, 0.27, 5
    image = plane(400, 500, gx, gy, offset)
    quad = rotated(200.6, 31.3, degrees, centre=(250.2, 200.7))
    got = rectify(image, quad, height).astype(np.float64)
    u = (np.arange(got.shape[1]) + 0.5) / got.shape[1]
    v = (np.arange(height) + 0.5) / height
    place = (
        quad[0]
        + u[None, :, None] * (quad[1] - quad[0])
        + v[:, None, None] * (quad[3] - quad[0])
    )
    want = place @ np.array([gx, gy]) + offset
    # half a level for rounding the picture, half for rounding the result
    assert np.abs(got - want).max() < 1.05
    assert abs((got - want).mean()) < 0.13  # half a pixel off in x alone: 0.155


def test_rotated_shrink_is_the_mean_over_turned_cells():
    image = cv2.GaussianBlur(noise(300, 300, seed=1), (0, 0), 1.2)
    image = cv2.normalize(image, None, 0, 255, cv2.NORM_MINMAX)
    quad, height = rotated(220, 80, 20, centre=(150, 150)), 16
    got = rectify(image, quad, height).astype(np.float64)
    fine = 20  # brute force: nearest pixel at 20 x 20 places of each cell
    u = (np.arange(got.shape[1] * fine) + 0.5) / (got.shape[1] * fine)
    v = (np.arange(height * fine) + 0.5) / (height * fine)
    place = (
        quad[0]
        + u[None, :, None] * (quad[1] - quad[0])
        + v[:, None, None] * (quad[3] - quad[0])
    )
    index = np.floor(place).astype(int)
    values = image[index[..., 1], index[..., 0]].astype(np.float64)
    want = values.reshape(height, fine, -1, fine).mean((1, 3))
    assert want.std() > 8  # the page has something to blur
    assert np.abs(got - want).mean() < 0.6
    # without averaging the samples are far off, so the bound above can fail
    middle = values[fine // 2 :: fine, fine // 2 :: fine]
    assert np.abs(middle - want).mean() > 5


def test_paths_agree_on_a_page_almost_upright():
    """A tilt of a twentieth of a pixel changes the code path, not the crop."""
    image = cv2.GaussianBlur(noise(90, 400), (0, 0), 1.5)
    upright, tilted = box_quad(20, 10, 340, 70), box_quad(20, 10, 340, 70)
    tilted[1, 1] += 0.05
    a, b = (rectify(image, q, 32).astype(float) for q in (upright, tilted))
    assert np.abs(a - b).mean() < 1.0


def test_perspective_quad_maps_corners_to_corners():
    quad = np.array([(20, 20), (180, 35), (175, 75), (25, 90)], np.float32)
    page = np.full((120, 200), 255, np.uint8)
    cv2.fillConvexPoly(page, np.rint(quad * 16 - 8).astype(np.int32), 0, shift=4)
    got = rectify(page, quad, 40)
    assert got[2:-2, 2:-2].max() < 40  # all of the quad, ...
    outside = rectify(page, offset_quad(quad, 12), 60)
    assert min(outside[2, 2], outside[2, -3], outside[-3, 2], outside[-3, -3]) > 215


def test_width_limit_squeezes_and_degenerate_quads_stay_small():
    image = noise()
    assert rectify(image, box_quad(0, 10, 400, 20), 32, max_width=320).shape == (
        32,
        320,
    )
    assert rectify(image, box_quad(0, 10, 400, 10), 32).shape == (
        32,
        geometry.MAX_WIDTH,
    )
    assert rectify(image, box_quad(5, 5, 5, 5), 32).shape == (32, 1)
    assert rectify(image, box_quad(5, 5, 6, 45), 32).shape == (32, 1)


def test_outside_of_the_picture():
    image = np.full((40, 60), 7, np.uint8)
    quad = box_quad(-20, 10, 44, 26)
    assert (rectify(image, quad, 16) == 7).all()
    filled = rectify(image, quad, 16, fill=200)
    assert (filled[:, :19] == 200).all() and (filled[:, 21:] == 7).all()
    assert (rectify(image, box_quad(500, 500, 600, 520), 20, fill=9) == 9).all()


def test_line_wider_than_cv2_can_warp():
    image = np.tile(np.arange(0, 256, 2, dtype=np.uint8), (50, 300))  # 38,400 wide
    quad = box_quad(0.5, 0.5, 38_399.5, 49.5)
    quad[1:3, 1] += 0.2
    got = rectify(image, quad, 16)
    assert got.shape == (16, round(16 * 38_399 / 49))
    assert abs(got.mean() - image.mean()) < 1


def test_sizes_of_many_quads_are_those_of_each():
    quads = np.array([rotated(80, 24, 33), [(10, 0), (90, 0), (100, 20), (0, 20)]])
    assert quad_sizes(quads).tolist() == [list(quad_size(quad)) for quad in quads]
    assert quad_sizes(quads[:0]).shape == (0, 2)
