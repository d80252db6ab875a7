"""Each channel of each picture brought to zero mean and unit variance."""

from typing import Any

import keras
from keras import ops

from suite.layers.own_config import OwnConfig


@keras.saving.register_keras_serializable(package="suite")
class InstanceNormalization(OwnConfig, keras.layers.Layer):
    """Normalize every channel of every picture over its own height and width.

    No running statistics, so training and inference are the same function, and a
    picture never sees its batch. The statistics are computed in float32 whatever the
    dtype policy: the square of a value above 255 overflows float16 (max 65504), and
    the variance is taken of the centred values, since the difference of two large
    means would cancel.

    Args:
        epsilon: Float > 0, added to the variance. Keras' own default of 1e-3 would
            dampen the quiet channels of the published weights.
        affine: Bool. Learn a scale and an offset for each channel; CycleGAN has
            neither.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, height, width, channels)`, height and
            width may be None. A map of one pixel comes out as zero.

    Returns:
        Tensor of the shape of `inputs`, of the layer's compute dtype.

    Raises:
        ValueError: If `epsilon` is not positive.

    Example:

    >>> x = keras.ops.reshape(keras.ops.array([1.0, 3.0]), (1, 1, 2, 1))
    >>> InstanceNormalization()(x)[0, 0, :, 0]
    [-1., 1.]

    References:
        - Ulyanov et al. 2016, arXiv:1607.08022, equation 5
        - Zhu et al. 2017, arXiv:1703.10593, appendix 7.2 (CycleGAN)
    """

    def __init__(
        self, epsilon: float = 1e-5, affine: bool = False, **kwargs: Any
    ) -> None:
        # no autocast: a float32 input would lose its small differences to float16
        super().__init__(autocast=False, **kwargs)
        if epsilon <= 0:
            raise ValueError(f"`epsilon` must be positive. Received: epsilon={epsilon}")
        self.epsilon = epsilon
        self.affine = affine

    def build(self, input_shape: Any) -> None:
        if self.affine:
            shape = (input_shape[-1],)
            self.scale = self.add_weight(shape, "ones", name="scale")
            self.offset = self.add_weight(shape, "zeros", name="offset")
        self.built = True

    def call(self, inputs: Any) -> Any:
        x = ops.cast(inputs, "float32")
        x = x - ops.mean(x, axis=(1, 2), keepdims=True)
        variance = ops.mean(ops.square(x), axis=(1, 2), keepdims=True)
        x = x * ops.rsqrt(variance + self.epsilon)
        if self.affine:
            x = x * ops.cast(self.scale, "float32") + ops.cast(self.offset, "float32")
        return ops.cast(x, self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape
