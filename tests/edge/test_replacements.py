"""Forms of Keras' layers for the phone, and layers that are refused, by name."""

import numpy as np
import pytest

from suite.console import UserError

pytestmark = pytest.mark.backend
keras = pytest.importorskip("keras")

from keras import layers, ops  # noqa: E402

from suite.edge.rebuild import (  # noqa: E402
    float32_config,
    for_phone,
    left_as_they_are,
    parameters,
)
from suite.edge.replacements import phone_form, refuse_unfit  # noqa: E402
from tests.edge.phone_layer import Reader  # noqa: E402
from tests.numeric import assert_close, to_numpy  # noqa: E402

ROOM, PICTURE = (5, 7, 6, 4), (7, 10, 4)
CASES = {
    "LargestIndex": (PICTURE, lambda x: ops.argmin(x, axis=2, keepdims=True)),
    "ErrorFunction": (PICTURE, ops.erf),
    "FlatPooling3D-max": (ROOM, layers.MaxPooling3D((2, 3, 1), 2, "same")),
    "FlatPooling3D-mean": (ROOM, layers.AveragePooling3D((2, 3, 2), (1, 2, 3), "same")),
    "PlainConv3D-groups": (ROOM, layers.Conv3D(6, 2, 2, groups=2, activation="relu")),
    "PlainConv3D-dilated": (ROOM, layers.Conv3D(3, 2, dilation_rate=(1, 3, 2))),
    "AdaptivePooling-1": (PICTURE, layers.AdaptiveMaxPooling2D((1, 4))),
    "AdaptivePooling-3": (ROOM, layers.AdaptiveAveragePooling3D((3, 4, 1))),
    "SummedCategories": ((5,), layers.CategoryEncoding(4, output_mode="count")),
    "CentredGroupNormalization": (PICTURE, layers.GroupNormalization(2)),
    "CentredGroupNormalization-3": (PICTURE, layers.GroupNormalization(2, axis=3)),
    "FoldedTime-layer": (ROOM, layers.TimeDistributed(layers.Conv2D(3, 2))),
    "FoldedTime-loop": ((3, 5, 2), layers.TimeDistributed(layers.LSTM(4))),
    "Resize-up": (PICTURE, layers.UpSampling2D((2, 3))),
    "Resize-kernel": (PICTURE, layers.Resizing(11, 4, "bicubic", antialias=True)),
    "Resize-operation": (PICTURE, lambda x: ops.image.resize(x, (3, 5), "lanczos3")),
}


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="exported there")
@pytest.mark.parametrize("case", CASES)
def test_a_form_gives_the_numbers_of_its_layer(case):
    shape, connect = CASES[case]
    rng = np.random.default_rng(0)
    integers = case == "SummedCategories"
    values = (
        rng.integers(0, 4, (2, *shape)) if integers else rng.normal(size=(2, *shape))
    )
    kind = "int32" if integers else "float32"
    x = keras.Input(shape, dtype=kind, name="x")
    model = keras.Model(x, connect(x))
    for weight in model.weights:
        weight.assign(rng.normal(size=weight.shape))
    phone = for_phone(model)
    assert type(phone.operations[-1]).__name__ == case.partition("-")[0]
    assert parameters(phone) == parameters(model)
    values = values.astype(kind)
    got, want = (to_numpy(m(values, training=False)) for m in (phone, model))
    assert got.dtype == want.dtype
    assert_close(got, want, atol=1e-5, name=case)


def test_a_picture_without_a_batch_is_resized_as_keras_does_it():
    x = keras.Input(batch_shape=(7, 10, 4))
    model = keras.Model(x, ops.image.resize(x, (3, 5)))
    assert for_phone(model) is model


def held(layer):
    """Classes of a layer and of all that it holds."""
    return {type(one).__name__ for one in layer._flatten_layers()}


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="exported there")
def test_what_time_is_folded_around_is_in_its_phone_form():
    inside = keras.Input((5, 2))
    inner = keras.Model(inside, layers.Bidirectional(layers.GRU(2))(inside))
    x = keras.Input((3, 4, 5, 2))
    outer = layers.TimeDistributed(layers.TimeDistributed(inner))
    form = phone_form(keras.Model(x, outer(x)).layers[-1])()
    assert "BidirectionalLoop" in held(form)
    values = np.random.default_rng(0).normal(size=(2, 3, 4, 5, 2)).astype("float32")
    assert_close(to_numpy(form(values)), to_numpy(outer(values)), atol=1e-6)


def test_a_layer_with_a_loop_in_its_call_is_named_wherever_it_is():
    inside = keras.Input((5, 2))
    inner = keras.Model(inside, Reader(2, name="deep")(inside))
    x = keras.Input((3, 5, 2))
    model = keras.Model(x, layers.TimeDistributed(inner)(x))
    ((layer, held),) = left_as_they_are(model).items()
    assert layer == "deep (Reader)" and held == ["lstm (LSTM)"]
    assert left_as_they_are(inner) == {layer: held}
    assert left_as_they_are(keras.Model(inside, layers.LSTM(2)(inside))) == {}


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="exported there")
def test_a_mask_is_folded_with_the_time():
    ids = keras.Input((3, 4), dtype="int32")
    x = layers.Embedding(9, 2, mask_zero=True)(ids)
    x = layers.TimeDistributed(layers.LSTM(4))(x)
    model = keras.Model(ids, layers.TimeDistributed(layers.Dense(2))(x))
    values = np.random.default_rng(0).integers(0, 3, (2, 3, 4))
    got, want = (to_numpy(m(values)) for m in (for_phone(model), model))
    assert_close(got, want, atol=1e-6)


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="exported there")
def test_large_means_and_squares_do_not_spoil_a_group_normalization():
    layer = layers.GroupNormalization(1, epsilon=1e-6)
    x = 1000 + np.array([[[[-1.0], [1.0]]]], "float32")
    layer.build(x.shape)
    got = to_numpy(phone_form(layer)()(x))
    assert_close(got, np.array([[[[-1.0], [1.0]]]]), atol=1e-4)


def test_what_leaves_as_it_is():
    class Own(layers.MaxPooling3D):
        """Whatever its `call` does."""

    for layer in (
        Own(),
        layers.MaxPooling2D(),
        layers.MaxPooling3D(data_format="channels_first"),
        layers.AdaptiveAveragePooling2D(2),
        layers.Conv3D(2, 3),
        layers.GroupNormalization(2, axis=1),
        layers.Resizing(2, 2, crop_to_aspect_ratio=True),
    ):
        assert phone_form(layer) is None, layer


def one(layer, shape=(3,), **options):
    x = keras.Input(shape, **options)
    return keras.Model(x, layer(x))


def whole():
    return one(layers.Resizing(4, 5, name="whole"), (6, 6, 3), dtype="uint8")


def operation():
    return one(lambda x: ops.image.resize(x, (4, 5)), (6, 6, 3), dtype="uint8")


def enlarged():
    layer = layers.UpSampling2D(interpolation="bilinear", name="up")
    return one(layer, (6, 6, 3), dtype="uint8")


def kept():
    x = keras.Input(batch_shape=(1, 4, 3))
    inner = keras.Model(x, layers.GRU(2, stateful=True, name="kept")(x))
    y = keras.Input(batch_shape=(1, 4, 3))
    return keras.Model(y, inner(y))


def dilated():
    layer = layers.Conv1DTranspose(2, 3, dilation_rate=2, name="wide")
    return one(layer, (8, 3))


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (kept, r"layer 'kept' \(GRU\) cannot be exported: it is stateful"),
        (whole, r"layer 'whole' \(Resizing\) cannot be exported: it rounds"),
        (operation, r"layer 'resize\w*' \(Resize\) cannot be exported: it rounds"),
        (enlarged, r"layer 'up' \(UpSampling2D\) cannot be exported: it rounds"),
        (dilated, r"layer 'wide' \(Conv1DTranspose\) cannot be exported: Tens"),
    ],
)
def test_refused_by_the_name_of_the_layer(build, said):
    with pytest.raises(UserError, match=said) as error:
        refuse_unfit(build())
    assert error.value.hint


def test_a_model_of_everyday_layers_is_not_refused():
    refuse_unfit(one(layers.Dense(2)))
    refuse_unfit(one(layers.Resizing(4, 5), (6, 6, 3)))
    refuse_unfit(one(lambda x: ops.image.resize(x, (4, 5)), (6, 6, 3)))
    refuse_unfit(one(layers.UpSampling2D(), (6, 6, 3), dtype="uint8"))
    refuse_unfit(one(layers.Resizing(4, 5, "nearest"), (6, 6, 3), dtype="uint8"))


def test_policies_of_whole_numbers_stay():
    config = layers.CategoryEncoding(3, dtype="int32").get_config()
    assert float32_config(config)["dtype"] == config["dtype"]
    half = layers.Dense(3, dtype="mixed_float16").get_config()
    assert float32_config(half)["dtype"]["config"]["name"] == "float32"


def test_a_map_of_policies_becomes_float32():
    policies = keras.dtype_policies.DTypePolicyMap(default_policy="mixed_bfloat16")
    policies["inner"] = keras.DTypePolicy("mixed_float16")
    layer = layers.Dense(3, dtype=policies)
    config = float32_config(layer.get_config())["dtype"]["config"]
    assert config["default_policy"] == "float32"
    assert config["policy_map"]["inner"]["config"]["name"] == "float32"
