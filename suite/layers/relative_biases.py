"""The two learned vectors a head that all layers of Transformer-XL share."""

from typing import Any

import keras
from keras import ops

from suite.layers.divisible import check_multiple
from suite.layers.own_config import OwnConfig


@keras.saving.register_keras_serializable(package="suite")
class RelativeBiases(OwnConfig, keras.layers.Layer):
    """Gives u and v of `RelativeAttention`, once for a stack of such layers.

    Args:
        units: Positive int, D of those layers.
        heads: Positive int, a divisor of D.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Tensor of any shape `(batch, ...)`, for the size of its batch.

    Returns:
        Tensor of shape `(batch, 2, heads, D / heads)`: u, then v, the same in each row.

    Raises:
        ValueError: If `heads` does not divide `units`.

    Example:

    >>> RelativeBiases(units=8, heads=2)(keras.ops.ones((3, 5))).shape
    (3, 2, 2, 4)

    References:
        - Dai et al. 2019, arXiv:1901.02860, section 3.3
    """

    def __init__(self, units: int, heads: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_multiple("`units`", units, "heads", heads)
        self.units = units
        self.heads = heads

    def build(self, inputs_shape: Any) -> None:
        size = self.units // self.heads
        self.biases = self.add_weight(
            name="biases", shape=(2, self.heads, size), initializer="zeros"
        )
        self.built = True

    def call(self, inputs: Any) -> Any:
        biases = ops.cast(self.biases, self.compute_dtype)[None]
        return ops.repeat(biases, ops.shape(inputs)[0], axis=0)

    def compute_output_spec(self, inputs: Any) -> Any:
        shape = (inputs.shape[0], 2, self.heads, self.units // self.heads)
        return keras.KerasTensor(shape, dtype=self.compute_dtype)
