"""The shortcut without weights past a block that narrows a map and adds channels."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="suite")
class PaddedShortcut(keras.layers.Layer):
    """Every `strides`-th pixel, and zeros for the channels that are new: option A.

    Args:
        filters: Positive int, channels of the result, at least those of the input.
        strides: Positive int.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, height, width, channels)`.

    Returns:
        Tensor of shape `(batch, ceil(height / strides), ceil(width / strides),
        filters)`.

    Raises:
        ValueError: If `filters` is less than the input's channels, or an argument is
            not positive.

    Example:

    >>> PaddedShortcut(8, 2)(keras.ops.ones((1, 5, 4, 3))).shape
    (1, 3, 2, 8)

    References:
        - He et al. 2015, arXiv:1512.03385, section 3.3, option A
    """

    def __init__(self, filters: int, strides: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if min(filters, strides) < 1:
            raise ValueError(
                "`filters` and `strides` must be positive. Received: "
                f"filters={filters}, strides={strides}"
            )
        self.filters = filters
        self.strides = strides

    def build(self, input_shape: Any) -> None:
        if input_shape[-1] > self.filters:
            raise ValueError(
                "A shortcut without weights can add channels, not drop them. Received: "
                f"{input_shape[-1]} channels, filters={self.filters}"
            )
        self.built = True

    def call(self, inputs: Any) -> Any:
        x = inputs[:, :: self.strides, :: self.strides]
        new = self.filters - inputs.shape[-1]
        return ops.pad(x, [(0, 0), (0, 0), (0, 0), (0, new)]) if new else x

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        batch, *sides, _ = input_shape
        rows, columns = (n if n is None else -(-n // self.strides) for n in sides)
        return batch, rows, columns, self.filters

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "strides": self.strides,
        }
