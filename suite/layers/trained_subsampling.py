"""Mean of each window, times a weight and plus a bias of its map: LeNet-5's pooling."""

from typing import Any

import keras
from keras import ops

from suite.layers.divisible import check_positive


@keras.saving.register_keras_serializable(package="suite")
class TrainedSubsampling(keras.layers.Layer):
    """Average pooling followed by a scale and an offset for each channel.

    The paper adds the four values of a window; a mean with a scale that starts at 1 is
    the same layer with another start.

    Args:
        size: Positive int, side of the windows, which do not overlap; rows and columns
            that fill no window are dropped.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, height, width, channels)`.

    Returns:
        Tensor of shape `(batch, height // size, width // size, channels)`.

    Raises:
        ValueError: If `size` is not positive.

    Example:

    >>> layer = TrainedSubsampling(2)
    >>> layer(keras.ops.ones((1, 28, 28, 6))).shape, layer.count_params()
    (1, 14, 14, 6), 12

    References:
        - LeCun et al. 1998, "Gradient-based learning applied to document
          recognition", section II B
    """

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_positive("size", size)
        self.size = size

    def build(self, input_shape: Any) -> None:
        channels = input_shape[-1]
        self.scale = self.add_weight((channels,), initializer="ones", name="scale")
        self.offset = self.add_weight((channels,), initializer="zeros", name="offset")
        self.built = True

    def call(self, inputs: Any) -> Any:
        means = ops.average_pool(
            inputs, self.size, self.size, "valid", data_format="channels_last"
        )
        return means * self.scale + self.offset

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        batch, *sides, channels = input_shape
        rows, columns = (n if n is None else n // self.size for n in sides)
        return batch, rows, columns, channels

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size}
