"""Pages kept in memory, and the crops that a detector is trained on."""

import numpy as np
import pytest
from PIL import Image

from suite.data.page_batches import PageSource, load_page, page_batches
from suite.data.page_crops import text_height
from suite.data.sroie import Box, LabelledPage
from suite.imaging.geometry import box_quad


def page(folder, name, boxes, size=(200, 150), level=255):
    picture = np.full(size[::-1], level, np.uint8)
    for left, top, right, bottom in boxes:
        picture[top:bottom, left:right] = 0
    Image.fromarray(picture).save(folder / f"{name}.png")
    quads = tuple(Box(box_quad(*box), "x") for box in boxes)
    return LabelledPage(name, folder / f"{name}.png", quads)


def test_large_text_is_reduced_and_its_box_with_it(tmp_path):
    image, quads = load_page(page(tmp_path, "a", [(60, 60, 300, 120)], (601, 403)))
    assert image.shape == (round(403 * 0.45), round(601 * 0.45))
    assert text_height(quads) == pytest.approx(27, rel=0.01)
    left, top = quads[0].min(0)
    right, bottom = quads[0].max(0)
    dark = (255.0 - image) / 255
    assert dark.sum() == pytest.approx((right - left) * (bottom - top), rel=0.01)
    centre = (dark.sum(0) @ (np.arange(image.shape[1]) + 0.5)) / dark.sum()
    assert centre == pytest.approx((left + right) / 2, abs=0.05)


@pytest.mark.parametrize("boxes", [[], [(20, 20, 90, 40)]])
def test_other_pages_stay_as_they_are(tmp_path, boxes):
    image, quads = load_page(page(tmp_path, "a", boxes))
    assert image.shape == (150, 200)
    assert quads.shape == (len(boxes), 4, 2) and quads.dtype == np.float32


def test_batches(tmp_path):
    sources = [
        PageSource([page(tmp_path, "text", [(20, 20, 90, 40)] * 3)], 0.8),
        PageSource([page(tmp_path, "free", [], level=128)], 0.2),
    ]
    batches = [
        list(page_batches(sources, 12, seed, batch=3, size=64, threads=threads))
        for seed, threads in ((1, 1), (1, 3), (2, 1))
    ]
    one, same, other = batches
    text = 0
    for (inputs, targets), (again, _) in zip(one, same, strict=True):
        image = inputs["image"]
        assert image.shape == (3, 64, 64, 1) and image.dtype == np.float32
        assert 0 <= image.min() <= image.max() <= 1
        for value in targets.values():
            assert value.shape == image.shape and value.dtype == np.float32
        text += sum(crop.any() for crop in targets["shrunk"])
        np.testing.assert_array_equal(image, again["image"])
    assert 8 < text < 34  # of 36: not all on text, not none
    assert (one[0][0]["image"] != other[0][0]["image"]).any()
