"""Convolution whose kernels have zero mean and unit variance."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="suite")
class StandardizedConv2D(keras.layers.Conv2D):
    """`Conv2D` of weights standardized for each output channel, without bias.

    Makes group normalization train as well as batch normalization. In an exported
    file the standardized kernel is a constant like any other.

    Args:
        filters: Positive int, channels of the result.
        kernel_size: Positive int, or pair of them.
        strides: Positive int, or pair of them.
        **kwargs: `name`, `dtype`, `padding` and the other arguments of `Conv2D`.

    Call arguments:
        inputs: Float tensor of shape `(batch, height, width, channels)`.

    Returns:
        Tensor of the shape that `Conv2D` gives.

    Example:

    >>> StandardizedConv2D(8, 3)(keras.ops.ones((1, 8, 8, 4))).shape
    (1, 6, 6, 8)

    References:
        - Qiao et al. 2019, arXiv:1903.10520, equation 6
        - Kolesnikov et al. 2020, arXiv:1912.11370, section 3.1; 1e-5 from its code
    """

    def __init__(
        self, filters: int, kernel_size: Any, strides: Any = 1, **kwargs: Any
    ) -> None:
        kwargs.setdefault("use_bias", False)
        # whatever `image_data_format` says: the kernel's axes are told apart below
        kwargs.setdefault("data_format", "channels_last")
        super().__init__(filters, kernel_size, strides, **kwargs)

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        kernel = ops.cast(kernel, "float32")
        kernel = kernel - ops.mean(kernel, axis=(0, 1, 2), keepdims=True)
        variance = ops.mean(ops.square(kernel), axis=(0, 1, 2), keepdims=True)
        kernel = kernel * ops.rsqrt(variance + 1e-5)
        return super().convolution_op(inputs, ops.cast(kernel, inputs.dtype))
