"""The recognizer: size, shapes, and text that does not depend on the padding."""

from functools import partial

import keras
import numpy as np
import pytest

from suite.models import build, for_inference
from suite.models.text_recognizer import FrameCount
from tests.contract import check_layer
from tests.models.conftest import RECOGNIZER
from tests.numeric import assert_close, to_numpy

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)


def read(model, image, width):
    inputs = {"image": image.astype("float32"), "width": np.asarray(width, "int32")}
    return to_numpy(model(inputs, training=False))


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


@pytest.mark.parametrize("first", [17, 61])
def test_padding_never_shows(recognizer, first):
    """Widths of every remainder by 4, in two buckets, the second full of garbage."""
    widths = np.arange(first, first + 4)
    bucket = -(-int(widths[-1]) // 32) * 32
    narrow = np.zeros((4, 32, bucket, 1))
    wide = RNG.uniform(size=(4, 32, bucket + 64, 1))
    for row, width in enumerate(widths):
        line = RNG.uniform(size=(32, width))
        narrow[row, :, :width, 0] = wide[row, :, :width, 0] = line
    got, want = read(recognizer, wide, widths), read(recognizer, narrow, widths)
    assert want.shape == (4, bucket // 4, 6)
    for row, width in enumerate(widths):
        frames = -(-width // 4)
        name = f"width {width} in {bucket + 64}"
        assert_close(got[row, :frames], want[row, :frames], atol=2e-5, name=name)
    assert want[:, : first // 4].std(axis=1).min() > 1e-3  # the frames differ at all


def test_a_line_is_read_alike_alone_and_in_a_batch(recognizer):
    images = RNG.uniform(size=(2, 32, 64, 1))
    together = read(recognizer, images, [64, 30])
    assert_close(read(recognizer, images[1:], [30])[0, :8], together[1, :8], atol=1e-5)


def test_contrast_and_brightness_do_not_matter(recognizer):
    image = RNG.uniform(size=(1, 32, 64, 1))
    faint = 0.6 + 0.3 * image
    assert_close(
        read(recognizer, faint, [60]), read(recognizer, image, [60]), atol=1e-3
    )


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
    image = RNG.integers(0, 256, (2, 32, 64, 1), "uint8")
    widths = np.array([64, 37], "int32")
    got = model({"image": image, "width": widths}, training=False)["logits"]
    want = read(recognizer, image / np.float32(255), widths)
    assert_close(got, want, atol=1e-5, name="logits")
    assert model.count_params() == recognizer.count_params()


def test_saved_and_loaded(recognizer, tmp_path):
    for model in (recognizer, for_inference("text_recognizer", recognizer)):
        model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
        kind = model.input["image"].dtype
        image = (255 * RNG.uniform(size=(1, 32, 64, 1))).astype(kind)
        inputs = {"image": image, "width": np.array([50], "int32")}
        got, want = loaded(inputs, training=False), model(inputs, training=False)
        if isinstance(want, dict):
            got, want = got["logits"], want["logits"]
        assert_close(got, want, atol=1e-6)


def test_every_weight_is_trained_in_mixed_precision():
    model = build("text_recognizer", **RECOGNIZER, conv_dtype="mixed_bfloat16")
    assert {weight.dtype for weight in model.weights} == {"float32"}
    assert model.output.dtype == "float32"
    before = [to_numpy(weight) for weight in model.trainable_weights]
    model.compile("sgd", "mse")
    inputs = {
        "image": RNG.uniform(size=(4, 32, 64, 1)).astype("float32"),
        "width": np.array([64, 63, 62, 30], "int32"),
    }
    model.train_on_batch(inputs, RNG.normal(size=(4, 16, 6)))
    for weight, old in zip(model.trainable_weights, before, strict=True):
        new = to_numpy(weight)
        assert np.isfinite(new).all() and (new != old).any(), weight.path


def test_frame_count_covers_every_pixel():
    widths = np.arange(9, dtype="int32")
    want = [len(range(0, width, 4)) for width in widths]
    assert to_numpy(FrameCount(4)(widths)).tolist() == want
    check_layer(partial(FrameCount, stride=4), widths, free_axes=(), trained=False)
