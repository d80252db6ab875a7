"""The test that every layer passes."""

import functools
import inspect
import json
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from suite.edge import samples
from suite.engine import open_model
from suite.engine.folder import CONFIG, KERAS, SCHEMA
from tests.exports import exported
from tests.numeric import assert_close, to_numpy

CLOSE = 1e-4
"""Largest difference that an export may make, of the largest number where that is
above 1."""


def check_layer(
    layer_fn: "functools.partial[keras.layers.Layer]",
    inputs: np.ndarray | Sequence[np.ndarray],
    *,
    elsewhere: Sequence[str] = (),
    free_axes: Sequence[int] = (1,),
    trained: bool = True,
    mask: np.ndarray | None = None,
    atol: float = 1e-5,
) -> dict[str, int]:
    """The contract of a layer of this project; run it under each backend.

    Args:
        layer_fn: `functools.partial(Class, name=value, ...)` with every argument of
            the class by keyword, none at its default: a key that `get_config` forgets
            comes back as its default, and two equal configs would not show it.
        inputs: Array, or arrays, that the layer is called with, batch first.
        elsewhere: Arguments that stay at their defaults, as another case of the same
            test gives them: those that do not go together with one given here.
        free_axes: Axes of the first input that may be None besides the batch.
        trained: False for a layer without gradient (of whole numbers, say).
        mask: bool (batch, steps), where the layer takes a Keras mask: it is passed
            on unchanged, and masked steps never show in true ones.
        atol: Largest difference that saving or another way to call may make.

    Returns:
        How often the exported file holds each operator; nothing under another backend
        than tensorflow, which alone exports.
    """
    arrays = [inputs] if isinstance(inputs, np.ndarray) else list(inputs)
    _check_config(layer_fn, elsewhere)
    layer, name = layer_fn(), layer_fn.func.__name__
    want = to_numpy(layer(*map(ops.convert_to_tensor, arrays)))
    case = _Case(layer_fn, layer, name, arrays, {0, *free_axes}, want, atol)
    assert np.isfinite(want).all(), f"{name}: the result is not finite"
    for unknown in ({0}, set(free_axes), case.free):
        _check_symbolic(case, unknown)
    _check_graph(case)
    _check_saving(case)
    _check_mixed_precision(case)
    if trained:
        _check_training(case)
    if mask is not None:
        _check_mask(case, mask)
    # whatever trained
    exports = keras.backend.backend() == "tensorflow"
    return _check_export(case, mask) if exports else {}


@dataclass
class _Case:
    layer_fn: "functools.partial[keras.layers.Layer]"
    layer: keras.layers.Layer
    name: str
    arrays: list[np.ndarray]
    free: set[int]
    want: np.ndarray
    atol: float

    def model(self, layer: keras.layers.Layer, unknown: set[int]) -> keras.Model:
        symbols = []
        for number, array in enumerate(self.arrays):
            free = unknown if number == 0 else unknown & {0}
            shape = [None if i in free else n for i, n in enumerate(array.shape)]
            symbols.append(keras.Input(batch_shape=shape, dtype=str(array.dtype)))
        return keras.Model(symbols, layer(*symbols))


def _check_config(
    layer_fn: "functools.partial[keras.layers.Layer]", elsewhere: Sequence[str]
) -> None:
    kind, given = layer_fn.func, layer_fn.keywords
    parameters = inspect.signature(kind).parameters
    named = {*given, *elsewhere, "kwargs"}
    assert named == set(parameters), f"{kind}: give {set(parameters)}"
    usual = [key for key in given if parameters[key].default == given[key]]
    assert not usual, f"{kind}: at their defaults, which shows nothing: {usual}"
    saved = keras.saving.serialize_keras_object(layer_fn())
    assert saved["registered_name"] == f"suite>{kind.__name__}"  # stored in files
    revived = keras.saving.deserialize_keras_object(json.loads(json.dumps(saved)))
    for key, value in given.items():
        again = revived.get_config().get(key)
        assert again == value, f"{kind}: {key} came back {again!r}"
        assert getattr(revived, key) == value, f"{kind}: attribute {key} was changed"


def _check_symbolic(case: _Case, unknown: set[int]) -> None:
    """Shape and dtype that the layer states, and those that tracing it gives."""
    want = case.want
    for layer, how in ((case.layer, "states"), (_Traced(case.layer), "gives")):
        output = case.model(layer, unknown).output
        dtype = keras.backend.standardize_dtype(output.dtype)
        fits = len(output.shape) == want.ndim and all(
            n in (None, m) for n, m in zip(output.shape, want.shape, strict=True)
        )
        assert fits and dtype == str(want.dtype), (
            f"{case.name} with axes {sorted(unknown)} unknown {how} symbolic "
            f"{dtype} {output.shape}, is {want.dtype} {want.shape}"
        )


class _Traced(keras.layers.Layer):
    """Another layer without its own word on shapes: Keras has to trace the call."""

    def __init__(self, inner: keras.layers.Layer) -> None:
        super().__init__(dtype=inner.dtype_policy)
        self.inner = inner

    def build(self, *shapes: Any) -> None:
        self.built = True

    def call(self, *inputs: Any) -> Any:
        return self.inner(*inputs)


def _check_graph(case: _Case) -> None:
    """The same numbers from a compiled function of sizes that change."""
    model, larger = case.model(case.layer, case.free), case.arrays[0]
    for axis in case.free - {0}:
        larger = np.concatenate([larger, larger], axis)
    if keras.backend.backend() != "jax":  # which compiles for each size by itself
        model.predict_on_batch([larger, *case.arrays[1:]])
    # TensorFlow sees another size and traces anew, now for any size
    got = model.predict_on_batch(case.arrays)
    assert_close(got, case.want, atol=case.atol, name=f"{case.name} in a graph")


def _check_saving(case: _Case) -> None:
    model = case.model(case.layer, case.free)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layer.keras"
        model.save(path)
        loaded = keras.saving.load_model(path)
    name = f"{case.name} saved and loaded"
    got = loaded(list(map(ops.convert_to_tensor, case.arrays)), training=False)
    assert_close(got, case.want, atol=case.atol, name=name)
    for one, two in zip(model.weights, loaded.weights, strict=True):
        assert_close(two, one, atol=0, name=f"{name}: {one.path}")


def _check_mixed_precision(case: _Case) -> None:
    layer = case.layer_fn(dtype="mixed_bfloat16")
    model = case.model(layer, {0})
    layer.set_weights(case.layer.get_weights())
    name = f"{case.name} in mixed_bfloat16"
    kinds = {weight.dtype for weight in layer.weights}
    assert kinds <= {"float32"}, f"{name}: weights are {kinds}"
    policies = {part.dtype_policy.name for part in layer._flatten_layers()}
    assert policies == {"mixed_bfloat16"}, f"{name}: its layers have {policies}"
    result = model(list(map(ops.convert_to_tensor, case.arrays)))
    dtypes = [keras.backend.standardize_dtype(x.dtype) for x in (model.output, result)]
    assert dtypes[0] == dtypes[1], f"{name}: symbolic {dtypes[0]}, is {dtypes[1]}"
    atol = 0.05 * max(1.0, float(np.abs(case.want).max()))  # eight bits
    assert_close(result, case.want, atol=atol, name=name)


def _check_training(case: _Case) -> None:
    first, *others = (keras.Input(x.shape[1:], dtype=str(x.dtype)) for x in case.arrays)
    # a weight in front of the layer shows that the gradient gets through it
    model = keras.Model([first, *others], case.layer_fn()(_Scale()(first), *others))
    rng = np.random.default_rng(1723)  # no seed of a test: its input is no target
    target = rng.normal(size=case.want.shape).astype("float32")
    before = [to_numpy(weight) for weight in model.trainable_weights]
    model.compile("sgd", "mse")
    with warnings.catch_warnings():  # the message below says more
        warnings.filterwarnings("ignore", "Gradients do not exist")
        model.train_on_batch(case.arrays, target)
    for weight, old in zip(model.trainable_weights, before, strict=True):
        new = to_numpy(weight)
        assert np.isfinite(new).all(), f"{weight.path}: not finite after one step"
        assert (new != old).any(), f"{weight.path}: no gradient reaches it"


class _Scale(keras.layers.Layer):
    """Multiplies each feature by a weight."""

    def build(self, shape: Any) -> None:
        self.scale = self.add_weight(shape[-1:], initializer="ones", name="scale")

    def call(self, inputs: Any) -> Any:
        return inputs * self.scale


def _check_mask(case: _Case, mask: np.ndarray) -> None:
    name, (first, *others) = f"{case.name} under a mask", case.arrays
    passed = case.layer.compute_mask(first, mask)
    assert passed is not None, f"{name}: the mask is not passed on"
    assert_close(passed, mask, atol=0, name=f"{name}: mask passed on")
    keep = mask.reshape(mask.shape + (1,) * (first.ndim - mask.ndim))
    noise = np.random.default_rng(7).normal(size=first.shape)
    spoilt = np.where(keep, first, noise).astype(first.dtype)
    clean, dirty = (
        to_numpy(case.layer(*map(ops.convert_to_tensor, [x, *others]), mask=mask))
        for x in (first, spoilt)
    )
    assert_close(dirty[mask], clean[mask], atol=case.atol, name=f"{name}: true steps")


def _check_export(case: _Case, mask: np.ndarray | None) -> dict[str, int]:
    """The same numbers from a LiteRT file of built-in operators, all sizes fixed."""
    name, want = f"{case.name} exported", case.want
    given = {f"input_{number}": array for number, array in enumerate(case.arrays)}
    symbols = [
        keras.Input(batch_shape=array.shape, dtype=str(array.dtype), name=key)
        for key, array in given.items()
    ]
    options = {}
    if mask is not None:
        given["mask"] = mask
        options["mask"] = keras.Input(batch_shape=mask.shape, dtype="bool", name="mask")
        arrays = map(ops.convert_to_tensor, case.arrays)
        want = to_numpy(case.layer(*arrays, mask=ops.convert_to_tensor(mask)))
    inputs = dict(zip(given, [*symbols, *options.values()], strict=True))
    # negated, because a file that gives back its input alone is empty, and gives noise
    model = keras.Model(inputs, {"result": -case.layer(*symbols, **options)})
    signature = {"inputs": _specs(given), "outputs": _specs({"result": want})}
    config = {"schema": SCHEMA, "model": "layer", "signatures": {"serve": signature}}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        model.save(folder / KERAS)
        (folder / CONFIG).write_text(json.dumps(config), encoding="utf-8")
        samples.save(folder / samples.INPUTS, {"serve": given})
        # operators and CompiledModel are looked at there
        answer = exported(folder, type(case.layer).__module__)
        assert "error" not in answer, f"{name}: {answer['error']}"
        found = open_model(folder, precision="float32", threads=1)("serve", given)
    atol = CLOSE * max(1.0, float(np.abs(want).max()))
    assert_close(-found["result"], want, atol=atol, name=name)
    operators: dict[str, int] = answer["files"]["float32"]["operators"]["serve"]
    return operators


def _specs(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    return {
        key: {"shape": list(array.shape), "dtype": str(array.dtype)}
        for key, array in arrays.items()
    }
