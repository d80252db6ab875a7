"""The recognizer: size, shapes, and text that does not depend on the padding."""

from functools import partial

import keras
import numpy as np
import pytest

from suite.models import build, for_inference
from suite.models.text_recognizer import FrameCount
from tests.contract import check_layer
from tests.numeric import assert_close, to_numpy

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)


def read(model, image, width):
    inputs = {"image": image.astype("float32"), "width": np.asarray(width, "int32")}
    return model.predict_on_batch(inputs)


def counted(**overrides):
    """Parameters of a full-sized model; its weights are never made."""
    with keras.StatelessScope(initialize_variables=False):
        return build("text_recognizer", **overrides).count_params()


def test_parameters():
    assert counted(classes=175) == 1_858_319
    assert counted() <= 2_500_000
    assert counted(cell="gru") < counted()


def test_default_classes_are_those_of_the_alphabet():
    from suite.models.text_recognizer import RecognizerConfig
    from suite.text import LATIN

    assert RecognizerConfig().classes == LATIN.size


WIDTHS = np.array([64, 63, 62, 61, 20, 19, 18, 17])
"""Every remainder by 4, in one shape for all tests: some backends compile for each."""
LINES = RNG.uniform(size=(8, 32, 64, 1))
TRUE = np.arange(16)[None, :] < -(-WIDTHS[:, None] // 4)  # (lines, frames)


@pytest.fixture(scope="module")
def logits(recognizer):
    """Of the lines in the narrow bucket, padded with zeros."""
    beyond = np.arange(64)[None, None, :, None] >= WIDTHS[:, None, None, None]
    return read(recognizer, np.where(beyond, 0, LINES), WIDTHS)


def test_shape_and_content_of_the_logits(logits):
    assert logits.shape == (8, 16, 6) and logits.dtype == np.float32
    assert np.isfinite(logits).all()
    assert logits[:4].std(axis=1).min() > 1e-3  # the frames differ


def test_padding_never_shows(recognizer, logits):
    """The same lines in a wider bucket, garbage in the padding."""
    wide = RNG.uniform(size=(8, 32, 128, 1))
    for row, width in enumerate(WIDTHS):
        wide[row, :, :width] = LINES[row, :, :width]
    got = read(recognizer, wide, WIDTHS)[:, :16]
    for row, width in enumerate(WIDTHS):
        name = f"width {width} in 128"
        assert_close(got[row][TRUE[row]], logits[row][TRUE[row]], atol=2e-5, name=name)


def test_company_does_not_matter(recognizer, logits):
    order = RNG.permutation(8)
    got = read(recognizer, LINES[order], WIDTHS[order])
    assert_close(got[TRUE[order]], logits[order][TRUE[order]], atol=2e-5)


def test_contrast_and_brightness_do_not_matter(recognizer, logits):
    got = read(recognizer, 0.6 + 0.3 * LINES, WIDTHS)
    assert_close(got[TRUE], logits[TRUE], atol=1e-3)


def test_inference_model(recognizer):
    model = for_inference("text_recognizer", recognizer)
    shapes = {
        name: (tensor.shape, tensor.dtype) for name, tensor in model.input.items()
    }
    assert shapes == {
        "image": ((None, 32, None, 1), "uint8"),
        "width": ((None,), "int32"),
    }
    assert {k: (x.shape, x.dtype) for k, x in model.output.items()} == {
        "logits": ((None, None, 6), "float32")
    }
    image = RNG.integers(0, 256, LINES.shape, "uint8")
    inputs = {"image": image, "width": WIDTHS.astype("int32")}
    got = model.predict_on_batch(inputs)["logits"]
    want = read(recognizer, image / np.float32(255), WIDTHS)
    assert_close(got, want, atol=1e-5, name="logits")
    assert model.count_params() == recognizer.count_params()


def test_frame_count_covers_every_pixel():
    widths = np.arange(9, dtype="int32")
    want = [len(range(0, width, 4)) for width in widths]
    assert to_numpy(FrameCount(4)(widths)).tolist() == want
    check_layer(partial(FrameCount, stride=4), widths, free_axes=(), trained=False)
