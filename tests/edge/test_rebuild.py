"""Float32 rebuilding and phone forms, on whatever backend runs the tests."""

import zipfile

import numpy as np
import pytest

from suite.console import UserError

pytestmark = pytest.mark.backend
keras = pytest.importorskip("keras")

from suite.edge.rebuild import (  # noqa: E402
    _copy_with,
    for_phone,
    load_float32,
    parameters,
)
from tests.edge.phone_layer import Best, PhoneBest  # noqa: E402
from tests.numeric import assert_close  # noqa: E402


def mixed(policy: str):
    keras.utils.set_random_seed(0)
    inner_image = keras.Input((6, 6, 1), dtype="uint8", name="inner_image")
    x = keras.layers.Rescaling(1 / 255, dtype="float32")(inner_image)
    x = keras.layers.Conv2D(4, 3, dtype=policy)(x)
    x = keras.layers.BatchNormalization(dtype=policy)(x)
    x = keras.layers.Reshape((4, 16), dtype=policy)(x)
    cell = keras.layers.GRU(3, return_sequences=True, dtype=policy)
    x = keras.layers.Bidirectional(cell, dtype=policy)(x)
    core = keras.Model(inner_image, keras.ops.cast(x, "bfloat16"), name="core")
    image = keras.Input((6, 6, 1), dtype="uint8", name="image")
    return keras.Model({"image": image}, {"y": core(image)})


def to_float32(model, folder):
    """What is loaded of a model, and how it was saved."""
    model.save(folder / "model.keras")
    return load_float32(folder / "model.keras")


def policies(model) -> set[str]:
    return {
        layer.compute_dtype
        for layer in model._flatten_layers()
        if not isinstance(layer, keras.layers.InputLayer)
    }


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "float32"])
def test_everything_is_float32_and_the_weights_stay(policy, tmp_path):
    model = mixed(policy)
    rebuilt, saved = to_float32(model, tmp_path)
    assert policies(saved) == policies(model)
    assert policies(rebuilt) == {"float32"}
    assert rebuilt.input["image"].dtype == "uint8"
    assert rebuilt.output["y"].dtype == "float32"
    for before, after in zip(model.weights, rebuilt.weights, strict=True):
        assert before.path.split("/")[-1] == after.path.split("/")[-1]
        np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (before, after)))
    image = np.random.default_rng(0).integers(0, 256, (2, 6, 6, 1), "uint8")
    a = np.asarray(model.predict_on_batch({"image": image})["y"], "float32")
    b = rebuilt.predict_on_batch({"image": image})["y"]
    np.testing.assert_allclose(a, b, atol=0.03)  # bfloat16 has eight bits


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16"])
def test_what_a_layer_derives_from_its_weights_comes_along(policy, tmp_path):
    """Keras' `Normalization` divides by a root that it takes when it is loaded."""
    layer = keras.layers.Normalization(dtype=policy)
    layer.adapt(np.random.default_rng(0).normal(100, 10, (64, 4)).astype("float32"))
    x = keras.Input((4,), name="x")
    model = keras.Model({"x": x}, {"y": keras.layers.ReLU(dtype=policy)(layer(x))})
    rebuilt, saved = to_float32(model, tmp_path)
    assert policies(rebuilt) == {"float32"}
    values = {"x": np.array([[100.0, 110.0, 120.0, 90.0]], "float32")}
    got, want = (m.predict_on_batch(values)["y"] for m in (rebuilt, saved))
    np.testing.assert_allclose(got, np.asarray(want, "float32"), atol=0.05)
    assert 1.5 < got[0, 2] < 2.5


def test_a_float32_model_is_loaded_once(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    rebuilt, saved = to_float32(model, tmp_path)
    assert rebuilt is saved


def test_names_that_tensorflow_refuses_for_scopes_are_replaced(tmp_path):
    # what the other backends build without a word
    x = keras.Input((3,))
    inner = keras.Sequential([keras.layers.Dense(3, name="x")], name="inner")
    inner.build((None, 3))
    model = keras.Model(x, keras.layers.Dense(2, name="y")(inner(x)))
    path = tmp_path / "m.keras"
    model.save(path)
    config = {'"x"': '"größe"', '"y"': '"dense (1)"', '"inner"': '"layer_dense__1_"'}
    copy = tmp_path / "copy.keras"
    with zipfile.ZipFile(path) as old:
        said = old.read("config.json").decode()
        for name, other in config.items():
            said = said.replace(f'"name": {name}', f'"name": {other}')
            said = said.replace(f"[{name}", f"[{other}")
    _copy_with(path, copy, said)
    loaded, _ = load_float32(copy)
    names = [layer.name for layer in loaded._flatten_layers()]
    assert {"layer_dense__1_", "layer_dense__1__", "layer_gr__e"} <= set(names)
    assert not any(set(" (ö") & set(weight.path) for weight in loaded.weights)
    assert_close(loaded(np.ones((1, 3))), model(np.ones((1, 3))), atol=1e-6)


def test_a_weight_that_is_not_finite_is_named(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="last")])
    model.layers[0].bias.assign([np.inf])
    with pytest.raises(UserError, match=r"last/bias holds NaN or infinity"):
        to_float32(model, tmp_path)


def test_a_file_of_another_kind_is_refused(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.save(tmp_path / "model.h5")
    (tmp_path / "one.keras").write_bytes(b"x")
    for name in ("model.h5", "one.keras"):
        with pytest.raises(UserError, match=r"damaged, or no \.keras file") as error:
            load_float32(tmp_path / name)
        assert "save it as .keras" in error.value.hint


@pytest.mark.parametrize("mode", ["int8", "int4", "float8"])
def test_a_model_quantized_by_keras_is_refused(mode, tmp_path):
    layers = [keras.Input((8,)), keras.layers.Dense(4, name="last")]
    model = keras.Sequential(layers)
    model.layers[0].quantize(mode)
    with pytest.raises(UserError, match=r"'last' .* is quantized by Keras"):
        to_float32(model, tmp_path)


def test_phone_forms_replace_layers_of_nested_models_and_share_weights():
    inner_input = keras.Input((4,))
    dense = keras.layers.Dense(5)
    inner = keras.Model(inner_input, Best(name="best")(dense(inner_input)))
    x = keras.Input((4,), name="x")
    model = keras.Model({"x": x}, {"y": inner(x), "z": Best()(x)})
    phone = for_phone(model)
    kinds = [type(layer) for layer in phone._flatten_layers()]
    assert kinds.count(PhoneBest) == 2 and Best not in kinds
    assert parameters(phone) == parameters(model) == 25
    dense.kernel.assign(np.eye(4, 5)[:, ::-1])
    dense.bias.assign(np.zeros(5))
    values = np.array([[0.0, 3.0, 1.0, 2.0]], "float32")
    for outputs in (m.predict_on_batch({"x": values}) for m in (model, phone)):
        assert (int(outputs["y"][0]), int(outputs["z"][0])) == (3, 1)


def test_a_model_without_phone_forms_is_taken_as_it_is():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    assert for_phone(model) is model


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="exported there")
def test_recurrent_layers_of_keras_become_loops_of_the_same_numbers():
    ids = keras.Input((6,), dtype="int32", name="ids", batch_size=2)
    x = keras.layers.Embedding(9, 4, mask_zero=True)(ids)
    x = keras.layers.Bidirectional(keras.layers.GRU(3, return_sequences=True))(x)
    x, *states = keras.layers.LSTM(5, return_state=True)(x)
    again = keras.layers.RepeatVector(4)(x)
    decoder = keras.layers.LSTM(5, return_sequences=True)
    model = keras.Model({"ids": ids}, {"y": decoder(again, initial_state=states)})
    phone = for_phone(model)
    kinds = [type(layer).__name__ for layer in phone.layers]
    assert kinds.count("RecurrentLoop") == 2 and kinds.count("BidirectionalLoop") == 1
    assert parameters(phone) == parameters(model)
    values = {"ids": np.array([[3, 1, 4, 1, 0, 0], [5, 8, 2, 6, 5, 3]], "int32")}
    got, want = (m.predict_on_batch(values)["y"] for m in (phone, model))
    np.testing.assert_allclose(got, want, atol=1e-6)
