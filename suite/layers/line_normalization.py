"""Brightness and contrast of a text line made equal, inside the network."""

from typing import Any

import keras
from keras import ops

from suite.layers.own_config import OwnConfig


@keras.saving.register_keras_serializable(package="suite")
class LineNormalization(OwnConfig, keras.layers.Layer):
    """Zero mean and unit spread over the true columns of each line; padding is 0.

    A faint line and a black one look alike afterwards, and the exported model takes
    plain pixels, so that no phone has to repeat the arithmetic. Ink is positive, as
    if the line were printed white on black.

    Args:
        floor: Float > 0. Smallest standard deviation that is divided by, in units
            of the input, so that the noise of an empty line stays small.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, height, width, 1)`, grey values,
            0 black to 1 white. Keep to this range: sums of 0..255 overflow float16.
        widths: Int tensor of shape `(batch,)`, true widths in pixels, >= 1.

    Returns:
        Tensor of the shape of `inputs`, float32 whatever the dtype policy.

    Raises:
        ValueError: If `floor` is not positive.

    Example:

    >>> layer = LineNormalization()
    >>> layer(keras.ops.array([[[[0.0], [1.0], [1.0]]]]), keras.ops.array([2]))
    [[[[1.], [-1.], [0.]]]]
    """

    def __init__(self, floor: float = 0.05, **kwargs: Any) -> None:
        # no autocast: bfloat16 keeps eight bits, too few for a mean over a line
        super().__init__(autocast=False, **kwargs)
        if floor <= 0:
            raise ValueError(f"`floor` must be positive. Received: floor={floor}")
        self.floor = floor

    def call(self, inputs: Any, widths: Any) -> Any:
        x = ops.cast(inputs, "float32")
        columns = ops.arange(ops.shape(x)[2], dtype="int32")
        keep = columns[None, :] < ops.cast(widths, "int32")[:, None]
        keep = ops.cast(keep, "float32")[:, None, :, None]  # (batch, 1, width, 1)
        share = ops.mean(keep, axis=(1, 2, 3), keepdims=True)
        mean = ops.mean(x * keep, axis=(1, 2, 3), keepdims=True) / share
        x = (mean - x) * keep
        variance = ops.mean(x * x, axis=(1, 2, 3), keepdims=True) / share
        return x / ops.maximum(ops.sqrt(variance), self.floor)

    def compute_output_spec(self, inputs: Any, widths: Any = None) -> Any:
        return keras.KerasTensor(inputs.shape, dtype="float32")
