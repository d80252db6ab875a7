"""The test that every layer passes."""

import functools
import inspect
import json
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from tests.numeric import assert_close, to_numpy

Arrays = Sequence[np.ndarray]


def check_layer(
    layer_fn: "functools.partial[keras.layers.Layer]",
    inputs: np.ndarray | Arrays,
    *,
    free_axes: Sequence[int] = (1,),
    trained: bool = True,
    mask: np.ndarray | None = None,
    atol: float = 1e-5,
) -> None:
    """The contract of a layer of this project; run it under each backend.

    Args:
        layer_fn: `functools.partial(Class, name=value, ...)` with every argument of
            the class by keyword, none at its default: a key that `get_config` forgets
            comes back as its default, and two equal configs would not show it.
        inputs: The array, or arrays, that the layer is called with; axis 0 of each is
            the batch.
        free_axes: Axes of the first input that may be None besides the batch.
        trained: False for a layer without gradient (of whole numbers, say).
        mask: A Keras mask of the first input, bool (batch, steps), for layers that
            take one: passed on unchanged, and masked steps never show in true ones.
        atol: Largest difference that saving or another way to call may make.
    """
    arrays = [inputs] if isinstance(inputs, np.ndarray) else list(inputs)
    _check_config(layer_fn)
    layer = layer_fn()
    want = to_numpy(layer(*map(ops.convert_to_tensor, arrays)))
    name = type(layer).__name__
    assert np.isfinite(want).all(), f"{name}: the result is not finite"
    free = {0, *free_axes}
    for unknown in ({0}, set(free_axes), free):
        _check_symbolic(layer, arrays, unknown, want)
    _check_graph(layer, arrays, free_axes, want, atol)
    _check_saving(layer, arrays, free, want, atol)
    _check_mixed_precision(layer_fn, arrays, layer.get_weights(), want)
    if trained:
        _check_training(layer_fn, arrays)
    if mask is not None:
        _check_mask(layer, arrays, mask, atol)


def _check_config(layer_fn: "functools.partial[keras.layers.Layer]") -> None:
    kind, given = layer_fn.func, layer_fn.keywords
    parameters = inspect.signature(kind).parameters
    assert {*given, "kwargs"} == set(parameters), f"{kind}: give {set(parameters)}"
    usual = [key for key in given if parameters[key].default == given[key]]
    assert not usual, f"{kind}: at their defaults, which shows nothing: {usual}"
    saved = keras.saving.serialize_keras_object(layer_fn())
    assert saved["registered_name"] == f"suite>{kind.__name__}"  # stored in files
    revived = keras.saving.deserialize_keras_object(json.loads(json.dumps(saved)))
    config = revived.get_config()
    for key, value in given.items():
        assert config.get(key) == value, f"{kind}: {key} came back {config.get(key)!r}"
        assert getattr(revived, key) == value, f"{kind}: attribute {key} was changed"


def _model(layer: keras.layers.Layer, arrays: Arrays, unknown: set[int]) -> keras.Model:
    symbols = []
    for number, array in enumerate(arrays):
        free = unknown if number == 0 else unknown & {0}
        shape = [None if i in free else n for i, n in enumerate(array.shape)]
        symbols.append(keras.Input(batch_shape=shape, dtype=str(array.dtype)))
    return keras.Model(symbols, layer(*symbols))


def _check_symbolic(
    layer: keras.layers.Layer, arrays: Arrays, unknown: set[int], want: np.ndarray
) -> None:
    """Shape and dtype that the layer states, and those that tracing it gives."""
    for one, how in ((layer, "states"), (_Traced(layer), "gives")):
        output = _model(one, arrays, unknown).output
        dtype = keras.backend.standardize_dtype(output.dtype)
        fits = len(output.shape) == want.ndim and all(
            n in (None, m) for n, m in zip(output.shape, want.shape, strict=True)
        )
        assert fits and dtype == str(want.dtype), (
            f"{type(layer).__name__} with axes {sorted(unknown)} unknown {how} "
            f"symbolic {dtype} {output.shape}, is {want.dtype} {want.shape}"
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


def _check_graph(
    layer: keras.layers.Layer,
    arrays: Arrays,
    free_axes: Sequence[int],
    want: np.ndarray,
    atol: float,
) -> None:
    """The same numbers from a compiled function of sizes that change."""
    model = _model(layer, arrays, {0, *free_axes})
    for times in (3, 2):  # after these, TensorFlow's function is one of free sizes
        larger = arrays[0]
        for axis in free_axes:
            larger = np.concatenate([larger] * times, axis)
        model.predict_on_batch([larger, *arrays[1:]])
    got = model.predict_on_batch(list(arrays))
    assert_close(got, want, atol=atol, name=f"{type(layer).__name__} in a graph")


def _check_saving(
    layer: keras.layers.Layer,
    arrays: Arrays,
    unknown: set[int],
    want: np.ndarray,
    atol: float,
) -> None:
    model = _model(layer, arrays, unknown)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layer.keras"
        model.save(path)
        loaded = keras.saving.load_model(path)
    name = f"{type(layer).__name__} saved and loaded"
    assert_close(_run(loaded, arrays), want, atol=atol, name=name)
    for one, two in zip(model.weights, loaded.weights, strict=True):
        assert_close(two, one, atol=0, name=f"{name}: {one.path}")


def _check_mixed_precision(
    layer_fn: Callable[..., keras.layers.Layer],
    arrays: Arrays,
    weights: Arrays,
    want: np.ndarray,
) -> None:
    layer = layer_fn(dtype="mixed_bfloat16")
    model = _model(layer, arrays, {0})
    layer.set_weights(weights)
    name = f"{type(layer).__name__} in mixed_bfloat16"
    kinds = {weight.dtype for weight in layer.weights}
    assert kinds <= {"float32"}, f"{name}: weights are {kinds}"
    result = model(list(map(ops.convert_to_tensor, arrays)))
    said = keras.backend.standardize_dtype(model.output.dtype)
    is_one = keras.backend.standardize_dtype(result.dtype)
    assert said == is_one, f"{name}: symbolic {said}, is {is_one}"
    scale = max(1.0, float(np.abs(want).max()))
    assert_close(result, want, atol=0.05 * scale, name=name)  # eight bits


def _check_training(
    layer_fn: Callable[..., keras.layers.Layer], arrays: Arrays
) -> None:
    first, *others = (keras.Input(x.shape[1:], dtype=str(x.dtype)) for x in arrays)
    # a weight in front of the layer shows that the gradient gets through it
    model = keras.Model([first, *others], layer_fn()(_Scale()(first), *others))
    rng = np.random.default_rng(0)
    target = rng.normal(size=(len(arrays[0]), *model.output.shape[1:]))
    before = [to_numpy(weight) for weight in model.trainable_weights]
    model.compile("sgd", "mse")
    with warnings.catch_warnings():  # the message below says more
        warnings.filterwarnings("ignore", "Gradients do not exist")
        model.train_on_batch(list(arrays), target.astype(np.float32))
    for weight, old in zip(model.trainable_weights, before, strict=True):
        new = to_numpy(weight)
        assert np.isfinite(new).all(), f"{weight.path}: not finite after one step"
        assert (new != old).any(), f"{weight.path}: no gradient reaches it"


class _Scale(keras.layers.Layer):
    """Multiplies each feature by a weight."""

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight(
            shape=input_shape[-1:], initializer="ones", name="scale"
        )

    def call(self, inputs: Any) -> Any:
        return inputs * self.scale


def _check_mask(
    layer: keras.layers.Layer, arrays: Arrays, mask: np.ndarray, atol: float
) -> None:
    name = f"{type(layer).__name__} under a mask"
    passed = layer.compute_mask(arrays[0], mask)
    assert passed is not None, f"{name}: the mask is not passed on"
    assert_close(to_numpy(passed), mask, atol=0, name=f"{name}: mask passed on")
    keep = mask.reshape(mask.shape + (1,) * (arrays[0].ndim - mask.ndim))
    noise = np.random.default_rng(7).normal(size=arrays[0].shape)
    spoilt = np.where(keep, arrays[0], noise).astype(arrays[0].dtype)
    clean, dirty = (
        to_numpy(layer(*map(ops.convert_to_tensor, [x, *arrays[1:]]), mask=mask))
        for x in (arrays[0], spoilt)
    )
    assert_close(dirty[mask], clean[mask], atol=atol, name=f"{name}: true steps")


def _run(model: keras.Model, arrays: Arrays) -> np.ndarray:
    return to_numpy(model(list(map(ops.convert_to_tensor, arrays)), training=False))
