"""Columns beyond a picture's true width set to zero."""

from typing import Any

import keras
from keras import ops

from suite.layers.divisible import check_positive
from suite.layers.own_config import OwnConfig


@keras.saving.register_keras_serializable(package="suite")
class ColumnMask(OwnConfig, keras.layers.Layer):
    """Set the feature columns beyond the true width of each picture to zero.

    Lines of text are padded on the right to the width of their batch or bucket.
    A convolution that follows normalization and ReLU would carry what stands in the
    padding into the last true columns, so a line would be read differently in a
    wider bucket. With zeros there, as "same" padding puts them at a picture's
    border, the result for the true columns is the same in every bucket.

    Args:
        stride: Positive int. Pixels of the picture per feature column. A column
            that covers at least one true pixel is kept.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, height, columns, channels)`.
        widths: Int tensor of shape `(batch,)`, true widths in pixels.

    Returns:
        Tensor of the shape and dtype of `inputs`.

    Raises:
        ValueError: If `stride` is not positive.

    Example:

    >>> mask = ColumnMask(stride=4)
    >>> mask(keras.ops.ones((1, 1, 3, 1)), keras.ops.array([5]))[0, 0, :, 0]
    [1., 1., 0.]
    """

    def __init__(self, stride: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_positive("stride", stride)
        self.stride = stride

    def call(self, inputs: Any, widths: Any) -> Any:
        starts = ops.arange(ops.shape(inputs)[2], dtype="int32") * self.stride
        keep = starts[None, :] < ops.cast(widths, "int32")[:, None]  # (batch, columns)
        return inputs * ops.cast(keep, inputs.dtype)[:, None, :, None]

    def compute_output_shape(self, inputs_shape: Any, widths_shape: Any = None) -> Any:
        return inputs_shape
