"""The mean opinion of a distribution over levels."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="suite")
class ExpectedScore(keras.layers.Layer):
    """Sum of level times probability, levels counted from 1.

    In float32 under any policy: bfloat16 has no number between 4 and 4.03.

    Args:
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, levels)` that sums to one.

    Returns:
        Float32 tensor of shape `(batch, 1)`, from 1 to `levels`.

    Example:

    >>> ExpectedScore()(keras.ops.array([[0.01, 0.08, 0.11, 0.3, 0.5]]))
    [[4.2]]

    References:
        - You, Korhonen 2021, arXiv:2101.01097
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)

    def call(self, inputs: Any) -> Any:
        levels = ops.arange(1, inputs.shape[-1] + 1, dtype="float32")
        x = ops.cast(inputs, "float32") * levels
        return ops.sum(x, axis=-1, keepdims=True)

    def compute_output_spec(self, inputs: Any) -> Any:
        return keras.KerasTensor((inputs.shape[0], 1), dtype="float32")
