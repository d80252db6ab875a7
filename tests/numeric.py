"""Numbers of tests: compared so that a failure says where, and gradients of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from keras import ops


def assert_close(
    got: Any, want: Any, *, atol: float = 1e-5, rtol: float = 0.0, name: str = "output"
) -> None:
    """Equal shapes and `|got - want| <= atol + rtol * |want|` everywhere.

    The message tells the largest and the mean error and where the largest one is.
    """
    got, want = (np.asarray(to_numpy(x), np.float64) for x in (got, want))
    assert got.shape == want.shape, f"{name}: shape {got.shape}, expected {want.shape}"
    same = (got == want) | (np.isnan(got) & np.isnan(want))  # infinities, too
    error = np.abs(np.subtract(got, want, out=np.zeros_like(got), where=~same))
    wrong = ~(error <= atol + rtol * np.abs(want))  # NaN is wrong, too
    if wrong.any():
        excess = np.where(np.isnan(error), np.inf, error - rtol * np.abs(want))
        at = tuple(int(i) for i in np.unravel_index(excess.argmax(), excess.shape))
        raise AssertionError(
            f"{name}: {wrong.sum()} of {wrong.size} values differ by more than "
            f"{atol:g} + {rtol:g}·|expected|: max error {error.max():.3g}, mean "
            f"{error.mean():.3g}; at {at} {got[at]!r}, expected {want[at]!r}"
        )


def run(model: keras.Model, inputs: Any) -> Any:
    """What a model gives in inference, as arrays, by one compiled function.

    Called layer by layer, jax would compile each operation for itself; XLA on top of
    tensorflow's graph would take seconds, and torch needs a compiler for it.
    """
    model.jit_compile = keras.backend.backend() == "jax"
    arrays = keras.tree.map_structure(to_numpy, inputs)
    return keras.tree.map_structure(to_numpy, model.predict_on_batch(arrays))


def gradient_of(
    loss_fn: Callable[[Any], Any], value: np.ndarray
) -> tuple[float, np.ndarray]:
    """A scalar of keras operations and its gradient, on any backend.

    The gradient is read off a step of plain descent with a learning rate of 1, the
    only way to one that all backends share; about 1e-7 of `value` is rounded off.
    """
    value = np.asarray(value, np.float32)
    holder = _Holder(value)
    x = keras.Input(value.shape[1:], batch_size=value.shape[0])
    model = keras.Model(x, holder(x))
    jit = keras.backend.backend() == "jax"  # see `run`
    model.compile(keras.optimizers.SGD(1.0), lambda _, y: loss_fn(y), jit_compile=jit)
    loss = model.train_on_batch(np.zeros_like(value), np.zeros_like(value))
    return float(loss), value - to_numpy(holder.value)


@contextmanager
def double_precision() -> Iterator[None]:
    """float64 in all that is made within.

    JAX has it on request only, and the operations of Keras 3.15 give float32 for
    float64 under jax and torch, whatever its settings say: a table inside says so.
    """
    from keras.src.backend.common import dtypes

    usual = dtypes.BIT64_TO_BIT32_DTYPE["float64"]
    _set_precision("float64", "float64", dtypes)
    try:
        yield
    finally:
        _set_precision("float32", usual, dtypes)


def _set_precision(name: str, wide: str, dtypes: Any) -> None:
    if keras.config.backend() == "jax":
        import jax

        jax.config.update("jax_enable_x64", name == "float64")
    keras.config.set_floatx(name)
    keras.config.set_dtype_policy(name)
    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = wide


class _Holder(keras.layers.Layer):
    """Gives a weight back, whatever comes in."""

    def __init__(self, start: np.ndarray) -> None:
        super().__init__()
        self.start = start

    def build(self, input_shape: Any) -> None:
        self.value = self.add_weight(shape=self.start.shape, name="value")
        self.value.assign(self.start)

    def call(self, inputs: Any) -> Any:
        return inputs * 0 + self.value


def to_numpy(x: Any) -> np.ndarray:
    """A tensor of any backend, a variable or numbers; bfloat16 as float32."""
    if isinstance(x, np.ndarray | list | tuple | float | int):
        return np.asarray(x)
    if keras.backend.standardize_dtype(x.dtype) == "bfloat16":
        x = ops.cast(x, "float32")
    return ops.convert_to_numpy(x)
