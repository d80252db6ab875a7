import numpy as np
import pytest
from PIL import Image

samples = pytest.importorskip("suite.ocr.samples")

CONFIG = {
    "signatures": {
        "detect_64x48": {"inputs": {"image": {"shape": [1, 64, 48, 1]}}},
        "detect_200x300": {"inputs": {"image": {"shape": [1, 200, 300, 1]}}},
        "read_64": {
            "inputs": {"image": {"shape": [1, 32, 64, 1]}, "width": {"shape": [1]}}
        },
    }
}


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    """Inputs from a white page, 120 x 200, with print in rows 80-95."""
    page = np.full((120, 200), 255, np.uint8)
    page[80:96, 100:150:3] = 0
    Image.fromarray(page).save(tmp_path / "sample.png")
    monkeypatch.setattr(samples, "sample", lambda: tmp_path / "sample.png")
    return samples.sample_inputs(CONFIG)


def test_the_piece_with_print(inputs):
    arrays = inputs("read_64")
    assert arrays["image"].shape == (1, 32, 64, 1)
    assert arrays["image"].dtype == np.uint8
    assert arrays["image"].min() == 0
    assert arrays["width"].dtype == np.int32
    assert arrays["width"].tolist() == [64]
    assert (inputs("detect_64x48")["image"] == 0).sum() > 100
    assert set(inputs("detect_64x48")) == {"image"}


def test_several_pieces_the_best_one_first(inputs):
    several = samples.sample_inputs(CONFIG, count=3)("read_64")
    assert several["image"].shape == (3, 32, 64, 1)
    assert several["width"].tolist() == [64] * 3
    np.testing.assert_array_equal(several["image"][:1], inputs("read_64")["image"])
    spread = several["image"].std(axis=(1, 2, 3))
    assert spread[0] >= spread[1] >= spread[2]
    # a page has fewer pieces of its whole size
    assert len(samples.sample_inputs(CONFIG, count=3)("detect_200x300")["image"]) == 1


def test_a_page_that_is_too_small_is_padded_with_white(inputs):
    image = inputs("detect_200x300")["image"][0, :, :, 0]
    assert image.shape == (200, 300)
    assert (image[120:] == 255).all()
    assert (image[:, 200:] == 255).all()
    assert (image[80:96, 100:150:3] == 0).all()
