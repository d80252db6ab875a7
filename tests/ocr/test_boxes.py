"""Boxes from probability maps: label maps go in, the labelled boxes come out."""

import sys
import tracemalloc

import cv2
import numpy as np
import pytest
from PIL import Image

from suite.data.db_labels import label_maps
from suite.data.sroie import pages
from suite.imaging.geometry import iou_matrix, polygon_iou, quad_size
from suite.ocr.boxes import BoxOptions, _plateaus, find_boxes


def rotated(width, height, degrees, centre):
    turn = np.radians(degrees)
    along = np.array([np.cos(turn), np.sin(turn)]) * width / 2
    across = np.array([-np.sin(turn), np.cos(turn)]) * height / 2
    corners = [-along - across, along - across, along + across, across - along]
    return np.array(centre) + corners


def page_of(quads, margin=30):
    """Cores of boxes as the network would show them at its best."""
    low = np.min(quads, axis=(0, 1))
    assert low.min() > 0
    width, height = (np.max(quads, axis=(0, 1)) + margin).astype(int)
    return label_maps(quads, (height, width))["shrunk"]


def column_of_lines(count=12, height=18, degrees=0.0, seed=0):
    rng = np.random.default_rng(seed)
    quads = []
    for row in range(count):
        width = height * rng.uniform(1.5, 14)
        place = 40 + width / 2 + rng.uniform(0, 200), 40 + 2.1 * height * row
        quads.append(rotated(width, height * rng.uniform(0.8, 1.3), degrees, place))
    return np.array(quads)


def match(found, wanted):
    """Recall, precision, and mean IoU of the best box for each wanted one."""
    iou = iou_matrix(found, wanted)
    best = iou.max(axis=0)
    taken = {int(iou[:, j].argmax()) for j in np.flatnonzero(best >= 0.5)}
    return (best >= 0.5).mean(), len(taken) / len(found), best.mean()


@pytest.mark.parametrize("degrees", [-10, -3, -0.7, 0, 0.4, 2, 5, 10])
@pytest.mark.parametrize("height", [8, 12.3, 18, 33.3, 60])
def test_boxes_come_back(height, degrees):
    """Ratios 1 to 40; a page for each, for cores must not touch."""
    rng = np.random.default_rng(int(height))
    overlaps = []
    for ratio in (1, 1.5, 2.5, 4, 8, 15, 40):
        if ratio * height > 1400:
            continue
        width = ratio * height
        middle = np.array([width / 2 + height, height + width / 5 + 10])
        middle += rng.uniform(0, 1, 2)
        quads = [rotated(width, height, degrees, middle)]
        if ratio < 2:  # too short to show a direction: it takes that of the others
            below = middle + np.array([4, 3]) * height
            quads.append(rotated(8 * height, height, degrees, below))
        found, scores = find_boxes(page_of(np.array(quads)))
        assert len(found) == len(quads), f"ratio {ratio}"
        assert 0.8 < scores[0] <= 1
        overlaps.append(max(polygon_iou(box, quads[0]) for box in found))
    assert np.mean(overlaps) >= (0.97 if height > 8 else 0.94)
    assert min(overlaps) >= (0.96 if degrees == 0 and height > 8 else 0.84)


def test_a_round_digit_stands_upright():
    """Its core is a blob whose smallest rectangle may be turned by any angle."""
    y, x = np.mgrid[:60, :200]
    blob = np.hypot(x - 40.3, y - 29.8) < 5.2
    line = (abs(y - 30) < 4) & (abs(x - 120) < 50)
    for page in (blob, blob | line):
        boxes, _ = find_boxes(page.astype(np.float32))
        digit = boxes[boxes[:, :, 0].max(axis=1).argmin()]
        assert np.ptp(digit[:2, 1]) < 0.1
        assert np.ptp(digit[1:3, 0]) < 0.1


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.25, 0.5, 0.77])
@pytest.mark.parametrize("height", [10.0, 18.0, 24.6])
def test_upright_boxes_come_back_to_a_small_part_of_a_pixel(height, fraction):
    quad = rotated(9 * height, height, 0, (150 + fraction, 60 + fraction / 2))
    found, _ = find_boxes(page_of(quad[None]))
    np.testing.assert_allclose(found[0], quad, atol=0.15)
    assert quad_size(found[0])[1] == pytest.approx(height, abs=0.06)


@pytest.mark.parametrize("sigma", [0.7, 1.2])
def test_soft_edges_move_no_side(sigma):
    """A network is unsure of edges on both sides alike."""
    quads = column_of_lines()
    soft = cv2.GaussianBlur(page_of(quads), (0, 0), sigma)
    found, _ = find_boxes(soft)
    recall, precision, overlap = match(found, quads)
    assert (recall, precision) == (1, 1) and overlap > 0.98
    heights = [quad_size(q)[1] - quad_size(q0)[1] for q, q0 in _pairs(found, quads)]
    assert abs(np.mean(heights)) < 0.1


def _pairs(found, wanted):
    return zip(found[iou_matrix(found, wanted).argmax(axis=0)], wanted, strict=True)


def test_boxes_of_receipts_come_back(shared_data):
    """SROIE's validation pages at the scale that the detector works at."""
    folder = shared_data / "sroie"
    if not folder.is_dir():
        pytest.skip("needs ../shared/data/sroie")
    wanted, found, hits, overlaps = 0, 0, 0, []
    for page in pages(folder, split="validation")[::2]:
        quads = _without_doubles(np.array([box.quad for box in page.boxes]))
        scale = 18 / np.median([quad_size(quad)[1] for quad in quads])
        with Image.open(page.image) as image:
            columns, rows = (int(np.ceil(side * scale)) for side in image.size)
        boxes, scores = find_boxes(label_maps(quads * scale, (rows, columns))["shrunk"])
        assert scores.min() > 0 and scores.max() <= 1
        iou = iou_matrix(boxes, quads * scale)
        wanted, found = wanted + len(quads), found + len(boxes)
        hits += (iou.max(axis=0) >= 0.5).sum()
        overlaps += iou.max(axis=0).tolist()
    assert hits == wanted > 1000
    assert hits / found >= 0.99
    assert np.mean(overlaps) >= 0.99


def _without_doubles(quads):
    """Boxes that overlap none before them: some lines are labelled twice."""
    iou = np.triu(iou_matrix(quads, quads), 1)
    return quads[iou.max(axis=0) < 0.1]


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_a_scaled_page_has_the_same_boxes(scale):
    quads = column_of_lines(height=20, degrees=1.5)
    found, _ = find_boxes(page_of(quads))
    scaled, _ = find_boxes(page_of(quads * scale))
    assert len(found) == len(scaled) == len(quads)
    best = [scaled[iou_matrix(scaled, q[None] * scale).argmax()] / scale for q in found]
    np.testing.assert_allclose(best, found, atol=2.0)
    assert np.abs(np.array(best) - found).mean() < 0.4


@pytest.mark.parametrize("gap", [0.39, 0.1])
def test_neighbours_stay_apart(gap):
    height = 18
    pair = [
        rotated(100, height, 0, (80, 40)),
        rotated(70, height, 0, (130 + gap * height + 35, 40)),
        rotated(100, height, 0, (80, 40 + height * (1 + gap))),
    ]
    found, _ = find_boxes(page_of(np.array(pair)))
    assert match(found, np.array(pair))[:2] == (1, 1) and len(found) == 3


@pytest.mark.parametrize("value", [0.0, 0.4, 0.39, 1e-9])
def test_a_page_without_text_has_no_boxes(value):
    found, scores = find_boxes(np.full((50, 70), value, np.float32))
    assert found.shape == (0, 4, 2) and scores.shape == (0,)
    assert found.dtype == scores.dtype == np.float32


def test_specks_and_doubtful_cores_are_no_text():
    page = np.zeros((60, 200), np.float32)
    page[10, 10] = page[20, 10:40] = 1  # a pixel, a hair
    page[30:40, 20:90] = 0.55  # above the threshold, below the score
    page[30:40, 120:190] = 0.65
    found, scores = find_boxes(page)
    assert len(found) == 1 and scores[0] == pytest.approx(0.65)
    assert found[0, 0, 0] > 100
    found, _ = find_boxes(page, BoxOptions(score=0.5))
    assert len(found) == 2
    found, _ = find_boxes(page, BoxOptions(threshold=0.6, min_core=0.9))
    assert len(found) == 3
    slanting = np.zeros((60, 200), np.float32)  # a hair in a box six pixels high
    for step in range(6):
        slanting[30 + step, 20 + 15 * step : 36 + 15 * step] = 1
    assert len(find_boxes(slanting)[0]) == 0
    assert len(find_boxes(slanting, BoxOptions(min_core=0.9))[0]) == 1


def test_best_first():
    page = np.zeros((100, 100), np.float32)
    for row, value in enumerate([0.7, 0.95, 0.8]):
        page[10 + 30 * row : 20 + 30 * row, 10:90] = value
    found, scores = find_boxes(page)
    np.testing.assert_allclose(scores, [0.95, 0.8, 0.7], rtol=1e-6)
    assert (np.diff(found[:, 0, 1]) != 0).all() and found[0, 0, 1] > found[2, 0, 1]


def test_a_last_word_less_sure_stays_in_its_line():
    quad = rotated(300, 18, 0, (200, 40))
    page = page_of(quad[None])
    page[:, 300:350] *= 0.48
    found, _ = find_boxes(page)
    np.testing.assert_allclose(found, quad[None], atol=1.5)


def test_a_box_around_a_better_one_is_dropped():
    page = np.zeros((60, 140), np.float32)
    page[10:50, 10:130] = 0.8
    page[12:48, 12:128] = 0
    page[14:46, 14:126] = 0.95
    found, scores = find_boxes(page)
    assert len(found) == 1 and scores[0] == pytest.approx(0.95)
    found, _ = find_boxes(page, BoxOptions(overlap=0.95))
    assert len(found) == 2


def test_cores_that_touch_at_a_corner_are_two():
    page = np.zeros((50, 130), np.float32)
    page[10:20, 10:60] = 1
    page[20:30, 60:110] = 0.9
    found, _ = find_boxes(page, BoxOptions(shrink_ratio=0.999))
    want = [(10, 10), (60, 10), (60, 20), (10, 20)]
    np.testing.assert_allclose(found, [want, np.add(want, (50, 10))], atol=0.015)


def test_ragged_cores_of_level_lines_are_level():
    page = np.zeros((130, 140), np.float32)
    page[10:20, 20:80] = 1
    page[20, 60:80] = 1  # half a pixel of slope over the whole
    found, _ = find_boxes(page)
    assert found[0, 0, 1] == found[0, 1, 1]
    found, _ = find_boxes(page_of(rotated(90, 60, 2.5, (80, 70))[None]))
    assert found[0, 0, 1] == found[0, 1, 1]  # short: rather level than turned wrongly


def test_slanting_lines_one_below_the_other_all_stay():
    """Their bounding boxes overlap by more than half."""
    quads = column_of_lines(degrees=8)
    found, _ = find_boxes(page_of(quads))
    assert match(found, quads)[:2] == (1, 1) and len(found) == len(quads)


def test_text_at_the_border_of_the_map():
    page = np.zeros((30, 100), np.float32)
    page[:12, :] = 1
    found, _ = find_boxes(page)
    assert found[0, 0, 0] < 0 and found[0, 2, 0] > 100 and np.isfinite(found).all()
    found, _ = find_boxes(np.ones((30, 100), np.float32))
    assert len(found) == 1


def test_the_shrink_ratio_is_undone():
    quad = rotated(150, 24, 0, (120, 50))
    core = label_maps(quad, (100, 240), 0.4)["shrunk"]
    found, _ = find_boxes(core, BoxOptions(shrink_ratio=0.4))
    np.testing.assert_allclose(found[0], quad, atol=0.6)


def test_plateaus_are_percentiles_of_the_positive():
    rng = np.random.default_rng(0)
    groups = [rng.uniform(0.1, 9, n) for n in (1, 2, 7, 30)]
    values = np.concatenate([np.append(group, [0, 0]) for group in groups])
    group = np.repeat(np.arange(4), [len(g) + 2 for g in groups])
    want = [np.percentile(g, 90) for g in groups]
    np.testing.assert_allclose(_plateaus(values, group, 4), want)


def test_noise_costs_a_bounded_time_and_gives_sound_boxes():
    noise = np.random.default_rng(0).random((300, 400)).astype(np.float32)
    found, scores = find_boxes(noise, BoxOptions(limit=100))
    assert 0 < len(found) <= 100
    assert np.isfinite(found).all() and (scores >= 0.6).all()


def test_all_cores_are_measured_at_once():
    """Calls per line, not seconds: those depend on the machine and its load."""

    def calls(count):
        # long lines: of short ones each has its direction measured by OpenCV
        quads = [rotated(200, 14, 0, (140, 30 + 20 * row)) for row in range(60)]
        page, total = page_of(np.array(quads)), [0]
        page[20 + 20 * count :] = 0  # of one size, since bands of a map count too

        def profile(frame, event, argument):
            total[0] += event in ("call", "c_call")

        sys.setprofile(profile)
        try:
            found, _ = find_boxes(page)
        finally:
            sys.setprofile(None)
        assert len(found) == count
        return total[0]

    assert (calls(60) - calls(10)) / 50 < 5


def test_a_dense_map_is_measured_in_little_memory():
    quads = [rotated(1900, 20, 0, (1000, 30 + 25 * row)) for row in range(76)]
    page = page_of(np.array(quads))
    tracemalloc.start()
    try:
        found, _ = find_boxes(page)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found) == len(quads)
    # labels take 4 bytes a pixel, mask, cores and grown cores 5 more
    assert peak < 16 * page.size
