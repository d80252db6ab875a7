"""Pages larger and smaller than the network: tiles go out, one map comes back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suite.data.db_labels import label_maps
from suite.imaging.geometry import iou_matrix
from suite.ocr.detection import BoxOptions, Detector, find_boxes

CANVASES = ((960, 960), (960, 480), (640, 480))


class FakeModel:
    """A detector that sees what the picture shows: probability = grey / 255.

    Args:
        blind: Pixels at each side of a tile in which it sees only noise, as a network
            does whose view is cut off.
    """

    def __init__(self, canvases=CANVASES, blind=0):
        self.config = {
            "preprocessing": {"text_height": 18.0},
            "postprocessing": {"shrink_ratio": 0.75},
        }
        self.signatures = {f"detect_{h}x{w}": None for h, w in canvases}
        self.signatures["describe"] = None  # not one of tiles
        self.blind = blind
        self.calls = []

    def __call__(self, signature, inputs):
        (image,) = inputs.values()
        self.calls.append((signature, image))
        assert f"detect_{image.shape[1]}x{image.shape[2]}" == signature
        assert image.dtype == np.uint8 and image.shape[::3] == (1, 1)
        found = image.astype(np.float32) / 255
        if self.blind:
            seen = np.zeros(found.shape, bool)
            seen[:, self.blind : -self.blind, self.blind : -self.blind] = True
            found[~seen] = -1
        return {"probability": found}


def picture(height, width, seed=0):
    """Specks of 4 pixels, of any grey: print everywhere."""
    rng = np.random.default_rng(seed)
    specks = rng.integers(0, 256, (height // 4 + 1, width // 4 + 1), np.uint8)
    return np.kron(specks, np.ones((4, 4), np.uint8))[:height, :width]


@pytest.mark.parametrize(
    "size",
    [
        (16, 16),
        (640, 480),
        (100, 900),
        (961, 481),
        (2000, 1500),
        (641, 480),
        (3000, 70),
    ],
)
def test_the_map_is_that_of_the_whole_page(size):
    image, model = picture(*size), FakeModel()
    found = Detector(model).probability(image)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, image.astype(np.float32) / 255)


@settings(max_examples=30, deadline=None)
@given(st.integers(12, 1200), st.integers(12, 1200))
def test_any_size_is_covered(height, width):
    image = picture(height, width)
    detector = Detector(FakeModel(((192, 160), (160, 320))))
    np.testing.assert_array_equal(detector.probability(image), image / np.float32(255))


@settings(max_examples=30, deadline=None)
@given(st.integers(641, 3000), st.integers(481, 2000))
def test_seams_lie_where_both_tiles_see_their_surroundings(height, width):
    """All but the page's own border comes from at least half the overlap inside."""
    blind = Detector.overlap // 2 - 1  # 1 for rounding
    found = Detector(FakeModel(((640, 480),), blind)).probability(
        picture(height, width)
    )
    inner = found[blind : height - blind, blind : width - blind]
    assert (inner >= 0).all()


@pytest.mark.parametrize(
    ("size", "canvas", "tiles"),
    [
        ((600, 400), (640, 480), 1),
        ((700, 400), (960, 480), 1),
        ((900, 900), (960, 960), 1),
        ((1000, 470), (640, 480), 2),
        ((1700, 470), (960, 480), 2),
        ((1790, 900), (960, 960), 2),
        ((1856, 900), (960, 960), 2),
        ((1857, 900), (960, 960), 3),
    ],
)
def test_the_fewest_pixels_are_computed(size, canvas, tiles):
    model = FakeModel()
    Detector(model).probability(picture(*size))
    assert [name for name, _ in model.calls] == [
        f"detect_{canvas[0]}x{canvas[1]}"
    ] * tiles


def test_blank_paper_costs_nothing():
    image = np.random.default_rng(0).normal(225, 3, (1800, 900)).astype(np.uint8)
    image[1000:1003, 100:103] = 60  # a speck
    image[1300:1750:100, 300:302] = 60
    model = FakeModel()
    assert not Detector(model).probability(image).any() and not model.calls
    image[200:212, 300:320] = 205  # faint, two letters
    found = Detector(model).probability(image)
    assert [name for name, _ in model.calls] == ["detect_640x480"]
    assert found[200:212, 300:320].all() and not found[700:].any()


def test_what_lies_beyond_the_page_has_its_background():
    image = np.full((100, 80), 231, np.uint8)
    image[40:44, 10:70] = 12
    model = FakeModel()
    Detector(model).probability(image)
    ((_, tile),) = model.calls
    assert (tile[0, 100:] == 231).all() and (tile[0, :, 80:] == 231).all()
    np.testing.assert_array_equal(tile[0, :100, :80, 0], image)


def test_lines_across_seams_are_found_once():
    x = np.arange(40, 1700, 420)
    quads = np.array(
        [
            [(left, top), (left + 380, top), (left + 380, top + 20), (left, top + 20)]
            for left in x
            for top in range(30, 1400, 60)
        ],
        float,
    )
    core = label_maps(quads, (1450, 1750))["shrunk"]
    found, scores = Detector(FakeModel())(np.rint(255 * core).astype(np.uint8))
    assert len(found) == len(scores) == len(quads)
    assert iou_matrix(found, quads).max(axis=0).min() > 0.97


def test_settings_come_from_the_model_unless_given():
    model = FakeModel()
    assert Detector(model).options == BoxOptions(shrink_ratio=0.75)
    assert Detector(model).text_height == 18
    assert Detector(model).canvases == list(CANVASES)
    model.config["postprocessing"]["shrink_ratio"] = 0.5
    assert Detector(model).options.shrink_ratio == 0.5
    strict = BoxOptions(score=0.99)
    page = np.full((60, 200), 10, np.uint8)
    page[20:30, 20:180] = 240
    assert len(Detector(model)(page)[0]) == 1
    assert len(Detector(model, strict)(page)[0]) == 0


def test_boxes_are_those_of_the_map():
    page = np.full((60, 200), 10, np.uint8)
    page[20:30, 20:180] = 240
    for got, want in zip(
        Detector(FakeModel())(page),
        find_boxes(page.astype(np.float32) / 255, BoxOptions(shrink_ratio=0.75)),
        strict=True,
    ):
        np.testing.assert_array_equal(got, want)
