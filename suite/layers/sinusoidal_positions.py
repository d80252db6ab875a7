"""Positions as sines and cosines of falling frequency, added to a sequence."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from suite.layers.own_config import OwnConfig


@keras.saving.register_keras_serializable(package="suite")
class SinusoidalPositions(OwnConfig, keras.layers.Layer):
    """Add a vector of sines and cosines for each step's place.

    Row p holds `sin(p * f_i)` and `cos(p * f_i)` with `f_i = 10000 ** (-i / n)`.
    Computed in float32 where it is needed: no table, so no longest sequence.

    Args:
        first: Int >= 0. Row of the first step: 2 in code descended from fairseq, as
            DeLighT's is, where row 1 stands for padding; 0 in the paper.
        layout: "halves", all sines before all cosines, n = D / 2 - 1 (fairseq), or
            "interleaved", sines at even and cosines at odd places, n = D / 2 (the
            paper).
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, steps, D)`, D even.
        position: Optional int tensor with one element: place of the first step, for
            decoding step by step; 0 when None.
        true: Optional bool tensor of shape `(batch, steps)`: nothing is added where
            False.

    Returns:
        Tensor of the shape of `inputs`.

    Raises:
        ValueError: If D is odd or below 4, or an argument is out of range.

    Example:

    >>> SinusoidalPositions(first=0)(keras.ops.zeros((1, 2, 4)))
    [[[0., 0., 1., 1.], [0.8415, 0.0001, 0.5403, 1.]]]

    References:
        - Vaswani et al. 2017, arXiv:1706.03762, section 3.5
    """

    def __init__(self, first: int = 2, layout: str = "halves", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if first < 0 or layout not in ("halves", "interleaved"):
            raise ValueError(
                "`first` must not be negative, `layout` halves or interleaved. "
                f"Received: first={first}, layout={layout!r}"
            )
        self.first = first
        self.layout = layout
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        width = input_shape[-1]
        if not width or width % 2 or width < 4:
            near = max((width or 0) // 2 * 2, 4)
            raise ValueError(
                f"Layer {self.name!r}: the last axis must be even, 4 at least. "
                f"Received: {width}. Nearest: {near}, {near + 2}"
            )
        half = width // 2
        steps = half - 1 if self.layout == "halves" else half
        rates = np.exp(-np.arange(half) * (math.log(10000) / steps))
        self.rates = rates.astype("float32")
        self.built = True

    def call(self, inputs: Any, position: Any = None, true: Any = None) -> Any:
        steps = ops.shape(inputs)[1]
        places = ops.arange(steps, dtype="int32") + self.first
        if position is not None:
            places = places + ops.reshape(ops.cast(position, "int32"), ())
        rates = ops.convert_to_tensor(self.rates, "float32")
        angles = ops.cast(places, "float32")[:, None] * rates[None]  # (steps, D / 2)
        sines, cosines = ops.sin(angles), ops.cos(angles)
        if self.layout == "halves":
            rows = ops.concatenate([sines, cosines], -1)
        else:
            rows = ops.reshape(ops.stack([sines, cosines], -1), (steps, -1))
        rows = ops.cast(rows, inputs.dtype)[None]
        if true is not None:
            rows = rows * ops.cast(true, inputs.dtype)[..., None]
        return inputs + rows

    def compute_output_spec(
        self, inputs: Any, position: Any = None, true: Any = None
    ) -> Any:
        return keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)
