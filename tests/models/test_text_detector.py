"""The detector: size, shapes, two heads apart, and what is left for inference."""

import keras
import numpy as np
import pytest

from suite.engine.contract import Signature, TensorSpec
from suite.engine.keras_engine import KerasModel
from suite.models import build, for_inference
from tests.numeric import assert_close

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)
PAGE = RNG.uniform(size=(2, 64, 96, 1)).astype("float32")


def maps(model, image=PAGE):
    return model.predict_on_batch({"image": image})


def test_parameters():
    with keras.StatelessScope(initialize_variables=False):  # no weights are made
        assert build("text_detector").count_params() <= 2_500_000
        wider = build("text_detector", pyramid=64, head=48)
    assert wider.count_params() == 1_849_648


@pytest.mark.parametrize("shape", [PAGE.shape, (1, 32, 32, 1)])
def test_maps_have_the_size_of_the_page(detector, shape):
    image = RNG.uniform(size=shape).astype("float32")
    # called as it is: a function that tensorflow compiles needs one fixed size
    result = keras.tree.map_structure(
        keras.ops.convert_to_numpy, detector({"image": image})
    )
    assert set(result) == {"probability", "threshold"}
    for name, array in result.items():
        assert array.shape == shape and array.dtype == np.float32, name
        assert np.isfinite(array).all() and array.std() > 1e-3, name


def test_the_engine_runs_it_at_one_size_after_another(detector):
    sizes = [(64, 96), (96, 64), (32, 32)]
    tensors = [TensorSpec((1, *size, 1), "uint8") for size in sizes]
    signatures = {
        f"detect_{height}x{width}": Signature(
            {"image": image},
            {"probability": TensorSpec((1, height, width, 1), "float32")},
        )
        for (height, width), image in zip(sizes, tensors, strict=True)
    }
    model = for_inference("text_detector", detector)
    model.jit_compile = keras.backend.backend() == "jax"
    engine = KerasModel(model, {}, signatures, "here")
    for (height, width), name in zip(sizes, signatures, strict=True):
        image = RNG.integers(0, 256, (1, height, width, 1)).astype("uint8")
        found = engine(name, {"image": image})["probability"]
        want = model({"image": keras.ops.convert_to_tensor(image)})["probability"]
        assert_close(found, want, atol=1e-5, name=name)


@pytest.mark.parametrize(
    ("moved", "other"),
    [("probability", "threshold"), ("threshold", "probability")],
)
def test_heads_share_no_weights(detector, moved, other):
    before = maps(detector)
    layer = detector.get_layer(f"{moved}_conv")
    kept = layer.get_weights()
    layer.set_weights([w + 0.1 for w in kept])
    after = maps(detector)
    layer.set_weights(kept)
    assert_close(after[other], before[other], atol=0, name=other)
    assert np.abs(after[moved] - before[moved]).min() > 0


def test_inference_model_has_the_probability_alone(detector):
    model = for_inference("text_detector", detector)
    image = model.input["image"]
    assert set(model.input) == {"image"}
    assert (image.shape, image.dtype) == ((None, None, None, 1), "uint8")
    assert set(model.output) == {"probability"}
    assert model.output["probability"].shape == (None, None, None, 1)
    left_out = detector.get_layer("threshold_conv").count_params()
    assert model.count_params() == detector.count_params() - left_out
    assert not any("threshold" in weight.path for weight in model.weights)
    page = (255 * PAGE).astype("uint8")
    got = model.predict_on_batch({"image": page})["probability"]
    logits = maps(detector, page / np.float32(255))["probability"].astype(np.float64)
    assert np.abs(logits).min() < 3  # both ends of the sigmoid would hide a fault
    assert got.dtype == np.float32 and got.min() >= 0 and got.max() <= 1
    assert_close(got, 1 / (1 + np.exp(-logits)), atol=1e-5, name="probability")
