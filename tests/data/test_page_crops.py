"""Crops of pages: where the boxes go, the pixels go."""

import numpy as np
import pytest

from suite.data import page_crops
from suite.data.page_crops import TEXT_HEIGHT, crop_page, text_height
from suite.imaging.geometry import box_quad

SHAPE = (300, 420)  # height, width of the page


@pytest.fixture(autouse=True)
def as_printed(monkeypatch):
    """Crops keep their grey levels."""
    monkeypatch.setattr(page_crops, "degrade_crop", lambda image, rng: image)


def drawn(left, top, right, bottom, scale):
    """A white page of `scale` times SHAPE with a black box, and its quad."""
    left, top, right, bottom = (side * scale for side in (left, top, right, bottom))
    page = np.full([side * scale for side in SHAPE], 255, np.uint8)
    page[top:bottom, left:right] = 0
    return page, box_quad(left, top, right, bottom)[None]


def ink(image):
    """Area and centre of what is black, in continuous coordinates."""
    dark = (255.0 - image) / 255
    y, x = np.mgrid[: image.shape[0], : image.shape[1]] + 0.5
    area = dark.sum()
    return area, np.array([(dark * x).sum(), (dark * y).sum()]) / area


def area_and_centre(quad):
    """The same of a polygon."""
    quad = np.asarray(quad, np.float64)
    cross = quad[:, 0] * np.roll(quad[:, 1], -1) - quad[:, 1] * np.roll(quad[:, 0], -1)
    middle = ((quad + np.roll(quad, -1, axis=0)) * cross[:, None]).sum(0)
    return cross.sum() / 2, middle / (3 * cross.sum())


@pytest.mark.parametrize("scale", [1, 2, 5])  # 2 and 5 are averaged down at first
def test_a_box_stays_on_its_pixels(scale):
    (page, quads), whole = drawn(170, 140, 215, 160, scale), 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        crop, moved = crop_page(page, quads, rng, size=256)
        assert crop.shape == (256, 256) and crop.dtype == np.uint8
        if len(moved) and moved.min() > 1 and moved.max() < 255:
            whole += 1
            (got, place), (want, centre) = ink(crop), area_and_centre(moved[0])
            assert got == pytest.approx(want, rel=0.03)
            np.testing.assert_allclose(place, centre, atol=0.12)
            assert 0.55 < text_height(moved) / TEXT_HEIGHT < 1.8
    assert whole > 25


def test_boxes_out_of_sight_are_left_out():
    quads = np.stack([box_quad(x, 20, x + 30, 40) for x in range(0, 4000, 100)])
    page = np.full((60, 4000), 255, np.uint8)
    for seed in range(10):
        _, moved = crop_page(page, quads, np.random.default_rng(seed), size=128)
        assert len(moved) < 10
        assert (moved.max(1) > 0).all() and (moved.min(1) < 128).all()


def test_a_page_without_text_and_the_same_draws_again():
    page = np.random.default_rng(0).integers(0, 256, SHAPE, np.uint8)
    none = np.empty((0, 4, 2), np.float32)
    one, two, other = (
        crop_page(page, none, np.random.default_rng(seed), size=64)
        for seed in (1, 1, 2)
    )
    assert one[1].shape == (0, 4, 2)
    np.testing.assert_array_equal(one[0], two[0])
    assert (one[0] != other[0]).any()


def test_the_height_of_text_is_the_median_of_left_sides():
    quads = [box_quad(0, 0, 50, height) for height in (10, 12, 40)]
    assert text_height(np.stack(quads)) == 12
    assert text_height(np.empty((0, 4, 2))) is None
    turned = np.array([[[0, 0], [4, 3], [-2, 11], [-6, 8]]], np.float32)
    assert text_height(turned) == pytest.approx(10)
