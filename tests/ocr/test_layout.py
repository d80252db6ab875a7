"""Reading order of pages that were laid out here, so that the order is known."""

import numpy as np
import pytest

from suite.imaging.geometry import box_quad
from suite.ocr.layout import page_angle, reading_order

HEIGHT = 20.0


def line(x, y, width, height=HEIGHT):
    return box_quad(x, y, x + width, y + height)


def turned(quads, degrees, about=(300.0, 400.0)):
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return [(np.asarray(q) - about) @ turn + about for q in quads]


def shuffled(quads, seed=0):
    return np.random.default_rng(seed).permutation(len(quads))


def check(quads, rows, seed=0):
    """`quads` stand in reading order, `rows[i]` is the row of the i-th."""
    permutation = shuffled(quads, seed)
    order, got_rows = reading_order(np.array([quads[i] for i in permutation]))
    assert [int(permutation[i]) for i in order] == list(range(len(quads)))
    assert got_rows == list(rows)


def receipt():
    quads, rows = [], []
    widths = np.random.default_rng(3).integers(60, 330, 14)
    for row, width in enumerate(widths.tolist()):
        y = 30 + 27 * row
        quads.append(line(20, y, width))
        rows.append(row)
        if row > 2:
            quads.append(line(470, y + 2, 70, HEIGHT - 3))
            rows.append(row)
    return quads, rows


def prose(x, y, count, width, rng, leading=26.0):
    """Justified lines, the last of a paragraph shorter, the first indented."""
    quads = []
    for i in range(count):
        last = i % 6 == 5
        start = 15 if i % 6 == 0 else 0
        stop = width * rng.uniform(0.2, 0.9) if last else width
        quads.append(line(x + start, y + leading * i, stop - start))
    return quads


def two_columns(leading=26.0, title=True):
    rng = np.random.default_rng(1)
    head = [line(40, 20, 560, 36)] if title else []
    left = prose(20, 90, 20, 280, rng)
    right = prose(340, 90 + 11, 17, 280, rng, leading)
    return head + left + right


def test_a_receipt_is_read_row_by_row():
    check(*receipt())


@pytest.mark.parametrize("degrees", [-15, -6, -1, 2, 8, 15])
def test_a_skewed_receipt_keeps_its_rows(degrees):
    quads, rows = receipt()
    check(turned(quads, degrees), rows)


def test_a_bent_receipt_keeps_its_rows():
    quads, rows = receipt()
    bent = []
    for quad in quads:
        x = quad[:, 0]
        bent.append(np.stack([x, quad[:, 1] + 25 * (x / 300 - 1) ** 2], axis=1))
    check(bent, rows)


def test_a_receipt_photographed_from_the_side_keeps_its_rows():
    quads, rows = receipt()
    seen = []
    for quad in quads:
        x, y = quad[:, 0], quad[:, 1]
        seen.append(np.stack([x, y + (x - 20) * (y - 200) / 1500], axis=1))
    check(seen, rows)


@pytest.mark.parametrize("title", [True, False])
@pytest.mark.parametrize("leading", [26.0, 23.5])
def test_two_columns_are_read_one_after_the_other(leading, title):
    quads = two_columns(leading, title)
    check(quads, range(len(quads)))


@pytest.mark.parametrize("degrees", [-5, 3])
def test_skewed_columns(degrees):
    quads = two_columns()
    check(turned(quads, degrees), range(len(quads)))


def test_columns_whose_lines_are_aligned_stay_columns():
    rng = np.random.default_rng(2)
    quads = prose(20, 50, 15, 270, rng) + prose(330, 50, 15, 270, rng)
    check(quads, range(30))


def test_three_columns_below_text_of_full_width_and_above_a_foot():
    rng = np.random.default_rng(4)
    top = prose(20, 20, 12, 700, rng)
    columns = [q for x in (20, 260, 500) for q in prose(x, 350, 9, 220, rng)]
    foot = [line(300, 620, 100)]
    quads = top + columns + foot
    check(quads, range(len(quads)))


@pytest.mark.parametrize("x", [20, 560])
def test_running_head_and_page_number_belong_to_no_column(x):
    head, foot = line(x, 30, 40), line(600 - x, 640, 30)
    quads = [head, *two_columns(title=False), foot]
    check(quads, range(len(quads)))


def test_a_heading_across_both_columns_parts_them():
    rng = np.random.default_rng(5)
    quads = []
    for y in (60, 400):
        quads.append(line(150, y - 40, 340, 30))
        quads += prose(20, y, 8, 280, rng) + prose(340, y, 8, 280, rng)
    check(quads, range(len(quads)))


def test_blocks_that_are_not_side_by_side_are_read_from_the_top():
    rng = np.random.default_rng(8)
    quads = prose(340, 30, 6, 280, rng) + prose(20, 190, 6, 280, rng)
    check(quads, range(12))


def test_words_as_boxes_read_like_lines():
    rng = np.random.default_rng(6)
    quads, rows, row = [], [], 0
    for x in (20, 340):
        for i in range(12):
            start = x
            while start < x + 220:
                width = rng.uniform(30, 70)
                quads.append(line(start, 50 + 26 * i, width))
                rows.append(row)
                start += width + 12
            row += 1
    check(quads, rows)


@pytest.mark.parametrize("columns", [2, 3, 6])
def test_a_table_is_read_row_by_row(columns):
    rng = np.random.default_rng(columns)
    quads, rows = [], []
    for row in range(10):
        for column in range(columns):
            width = rng.uniform(40, 110)
            quads.append(line(20 + 170 * column, 40 + 30 * row, width))
            rows.append(row)
    check(quads, rows)


def test_a_form_of_labels_and_values_is_read_row_by_row():
    rng = np.random.default_rng(7)
    quads, rows = [], []
    for row in range(8):
        quads.append(line(20, 40 + 34 * row, rng.uniform(80, 240)))
        quads.append(line(300, 40 + 34 * row, rng.uniform(40, 290)))
        rows += [row, row]
    check(quads, rows)


def test_two_small_lines_beside_a_tall_one_are_rows_of_their_own():
    quads = [line(300, 40, 100, 18), line(20, 42, 200, 56), line(300, 76, 100, 18)]
    order, rows = reading_order(np.array(quads))
    assert sorted(order) == [0, 1, 2]
    assert rows == [0, 1, 2]


def test_overlapping_boxes_of_neighbouring_rows_are_not_joined():
    quads = [line(20, 40 + 17 * i, 200 + 3 * i, 22) for i in range(6)]
    check(quads, range(6))


def test_text_along_the_margin_comes_last():
    side = np.array([[5, 600], [5, 100], [20, 100], [20, 600]])
    quads = [line(40, 50 + 30 * i, 400) for i in range(5)] + [side]
    check(quads, range(6))


def test_nothing_and_one_line():
    assert reading_order(np.zeros((0, 4, 2))) == ([], [])
    assert reading_order([]) == ([], [])
    assert reading_order([line(3, 4, 5)]) == ([0], [0])


def test_points_and_slivers_do_no_harm():
    quads = [np.zeros((4, 2)), line(5, 5, 0), line(5, 50, 100, 0), line(5, 80, 90)]
    order, rows = reading_order(np.array(quads))
    assert sorted(order) == [0, 1, 2, 3]
    assert rows == sorted(rows)


def test_page_angle_is_that_of_long_lines():
    quads = np.array(turned([line(0, 30 * i, 300) for i in range(3)], 4))
    short = np.array(turned([line(0, 30 * i, 30) for i in range(9)], -9))
    both = np.concatenate([quads, short])
    along, across = both[:, 1] - both[:, 0], both[:, 3] - both[:, 0]
    assert np.degrees(page_angle(along, across)) == pytest.approx(4, abs=1e-3)
    assert np.degrees(page_angle(along[3:], across[3:])) == pytest.approx(-9, abs=1e-3)


@pytest.mark.parametrize("seed", range(20))
def test_any_page_gives_each_line_once_and_rising_rows(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 80))
    quads = [
        line(*rng.uniform(0, 600, 2), *rng.uniform(1, 200, 2)) for _ in range(count)
    ]
    order, rows = reading_order(np.array(quads))
    assert sorted(order) == list(range(count))
    assert rows[0] == 0
    assert set(np.diff(rows)) <= {0, 1}
