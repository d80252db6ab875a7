"""A map made small enough for a budget of tokens, whichever way it is turned."""

from typing import Any

import keras
from keras import ops

from suite.layers.divisible import check_positive
from suite.layers.own_config import OwnConfig


@keras.saving.register_keras_serializable(package="suite")
class TokenBudgetPool(OwnConfig, keras.layers.Layer):
    """Max-pool by the smallest window with which the cells fit the budget.

    The window is the smallest p with `floor(height / p) * floor(width / p) <=
    budget`, so portrait and landscape give equally many cells. (The public code of
    TRIQ looks at the height alone: it pools 512 x 384 to 48 tokens and leaves 384 x
    512 at 192; what is larger than its table crashes.) A side below p becomes one
    cell. A map that fits is passed on.

    The window follows from the size, so a compiled TensorFlow function needs a fixed
    one.

    Args:
        budget: Positive int, the most cells of the result.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, height, width, channels)`; height and
            width may be None while a functional model is built.

    Returns:
        Tensor of shape `(batch, floor(height / p), floor(width / p), channels)`.

    Raises:
        ValueError: If `budget` is not positive, or the size is unknown when a graph
            is compiled.

    Example:

    >>> TokenBudgetPool(192)(keras.ops.ones((1, 32, 24, 8))).shape
    (1, 16, 12, 8)

    References:
        - You, Korhonen 2021, arXiv:2101.01097
    """

    def __init__(self, budget: int = 192, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_positive("budget", budget)
        self.budget = budget

    def call(self, inputs: Any) -> Any:
        height, width = inputs.shape[1:3]
        if not (isinstance(height, int) and isinstance(width, int)):
            raise ValueError(
                "The window depends on the size, which must be known when a graph is "
                f"compiled. Received: height={height}, width={width}"
            )
        window = self.window(height, width)
        if window == (1, 1):
            return inputs
        # strides given: left out, Keras 3.15 on jax makes six of them
        return ops.max_pool(inputs, window, window, data_format="channels_last")

    def window(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns that become one cell."""
        size = 1
        while max(1, height // size) * max(1, width // size) > self.budget:
            size += 1
        return min(size, height), min(size, width)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        batch, height, width, channels = input_shape
        if height is None or width is None:
            return batch, None, None, channels
        down, across = self.window(height, width)
        return batch, height // down, width // across, channels
