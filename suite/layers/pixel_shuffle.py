"""Channels rearranged into pixels: upsampling without a transposed convolution."""

from typing import Any

import keras
from keras import ops

from suite.layers.divisible import check_positive
from suite.layers.own_config import OwnConfig


@keras.saving.register_keras_serializable(package="suite")
class PixelShuffle(OwnConfig, keras.layers.Layer):
    """Rearrange `(height, width, factor² · c)` into `(factor · height, ...)`.

    Output pixel `(factor·y + i, factor·x + j, k)` is input channel
    `(factor·i + j)·c + k` at `(y, x)`: the order of TensorFlow's `depth_to_space`.

    Args:
        factor: Positive int, the enlargement of height and width.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Tensor of shape `(batch, height, width, channels)`; height and width
            may be None.

    Returns:
        Tensor of shape `(batch, factor * height, factor * width,
        channels / factor²)`.

    Raises:
        ValueError: If `channels` is not a multiple of `factor²`.

    Example:

    >>> PixelShuffle(2)(keras.ops.array([[[[1.0, 2.0, 3.0, 4.0]]]]))[0, :, :, 0]
    [[1., 2.], [3., 4.]]

    References:
        - Shi et al. 2016, arXiv:1609.05158 (sub-pixel convolution)
    """

    def __init__(self, factor: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_positive("factor", factor)
        self.factor = factor

    def build(self, input_shape: Any) -> None:
        if input_shape[-1] % self.factor**2:
            raise ValueError(
                "The channels must be a multiple of `factor` squared. Received: "
                f"channels={input_shape[-1]}, factor={self.factor}"
            )
        self.built = True

    def call(self, inputs: Any) -> Any:
        batch, height, width, _ = ops.shape(inputs)
        f, depth = self.factor, inputs.shape[-1] // self.factor**2
        # five axes at most: XNNPACK's transpose takes no more than six, and the
        # batch can share an axis with the rows
        x = ops.reshape(inputs, (batch * height, width, f, f * depth))
        x = ops.transpose(x, (0, 2, 1, 3))  # (rows, f, width, f * depth)
        return ops.reshape(x, (batch, f * height, f * width, depth))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        batch, height, width, channels = input_shape
        f = self.factor
        return (
            batch,
            height and f * height,
            width and f * width,
            channels // f**2,
        )
