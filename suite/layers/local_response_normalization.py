"""Each channel divided by a power of the energy of its neighbours."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="suite")
class LocalResponseNormalization(keras.layers.Layer):
    """`x / (bias + alpha * sum of the squares of `radius` channels a side)^beta`.

    The normalization of AlexNet and GoogLeNet, before batch normalization. In float32
    under any policy: the square of 256 overflows float16.

    Args:
        radius: Int >= 0. Neighbours on each side; a window of n channels has a radius
            of `n // 2`. What lies beyond the first and the last channel is zero.
        bias: Float > 0, k of the paper.
        alpha: Float > 0, for each channel of the window. Caffe's is divided by the
            window's size: its 1e-4 is 2e-5 here at a radius of 2.
        beta: Float > 0.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(..., channels)`.

    Returns:
        Tensor of the shape of `inputs`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> layer = LocalResponseNormalization(radius=0, bias=1.0, alpha=1.0, beta=1.0)
    >>> layer(keras.ops.array([[1.0, 2.0]]))
    [[0.5, 0.4]]

    References:
        - Krizhevsky et al. 2012, "ImageNet classification with deep convolutional
          neural networks", section 3.3: k 2, n 5, alpha 1e-4, beta 0.75
    """

    def __init__(
        self,
        radius: int = 2,
        bias: float = 2.0,
        alpha: float = 1e-4,
        beta: float = 0.75,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if radius < 0 or min(bias, alpha, beta) <= 0:
            raise ValueError(
                "`radius` must not be negative, `bias`, `alpha` and `beta` must be "
                f"positive. Received: radius={radius}, bias={bias}, alpha={alpha}, "
                f"beta={beta}"
            )
        self.radius = radius
        self.bias = bias
        self.alpha = alpha
        self.beta = beta
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        x = ops.cast(inputs, "float32")
        square, channels = ops.square(x), inputs.shape[-1]
        ends = [(0, 0)] * (len(inputs.shape) - 1) + [(self.radius, self.radius)]
        square = ops.pad(square, ends)  # (..., channels + 2 radius)
        energy = sum(
            square[..., start : start + channels]
            for start in range(2 * self.radius + 1)
        )
        scale = ops.power(self.bias + self.alpha * energy, -self.beta)
        return ops.cast(x * scale, self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "radius": self.radius,
            "bias": self.bias,
            "alpha": self.alpha,
            "beta": self.beta,
        }
