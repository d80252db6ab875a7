"""A vector for each token, which also scores tokens at the other end of a model."""

from typing import Any

import keras
from keras import ops

from suite.layers.own_config import OwnConfig


@keras.saving.register_keras_serializable(package="suite")
class TokenTable(OwnConfig, keras.layers.Layer):
    """Table of a vector a token, tied: called in reverse, it scores all tokens.

    Args:
        vocabulary: Int > 1. Number of tokens.
        units: Positive int. Width of a vector.
        padding: Int or None. The token whose vector is always zero where it is looked
            up. Its row is scored like the others.
        scale: Bool. Multiply what is looked up by the root of `units`, as
            transformers do.
        bias: Bool. A bias for each token when scoring.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Int tensor of tokens, of any shape; in reverse a float tensor of shape
            `(..., units)`.
        reverse: Bool. Score instead of looking up.

    Returns:
        Tensor of shape `(..., units)`; in reverse, scores of shape
        `(..., vocabulary)`.

    Raises:
        ValueError: If a size is out of range, or what is to be scored has another
            width.

    Example:

    >>> table = TokenTable(vocabulary=10, units=4, padding=1)
    >>> table(table(keras.ops.array([[3, 1]])), reverse=True).shape
    (1, 2, 10)

    References:
        - Press and Wolf 2017, arXiv:1608.05859 (tied input and output)
        - Initial values N(0, 1 / units): code sacmehta/delight
    """

    def __init__(
        self,
        vocabulary: int,
        units: int,
        padding: int | None = None,
        scale: bool = False,
        bias: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if vocabulary < 2 or units < 1 or not -1 < (padding or 0) < vocabulary:
            raise ValueError(
                "`vocabulary` must be above 1, `units` positive, `padding` a token. "
                f"Received: vocabulary={vocabulary}, units={units}, padding={padding}"
            )
        self.vocabulary = vocabulary
        self.units = units
        self.padding = padding
        self.scale = scale
        self.bias = bias

    def build(self, input_shape: Any = None) -> None:
        self.table = self.add_weight(
            name="table",
            shape=(self.vocabulary, self.units),
            initializer=keras.initializers.RandomNormal(stddev=self.units**-0.5),
        )
        if self.bias:
            self.token_bias = self.add_weight(
                name="bias", shape=(self.vocabulary,), initializer="zeros"
            )
        self.built = True

    def call(self, inputs: Any, reverse: bool = False) -> Any:
        if reverse:
            if inputs.shape[-1] != self.units:
                raise ValueError(
                    f"Layer {self.name!r} scores vectors of its own width. Received: "
                    f"{inputs.shape[-1]}, units={self.units}"
                )
            scores = ops.matmul(inputs, ops.transpose(self.table))
            return scores + self.token_bias if self.bias else scores
        tokens = ops.cast(inputs, "int32")
        vectors = ops.take(self.table, tokens, axis=0)
        vectors = vectors * self.units**0.5 if self.scale else vectors
        if self.padding is None:
            return vectors
        kept = ops.cast(tokens != self.padding, vectors.dtype)
        return vectors * kept[..., None]

    def compute_output_spec(self, inputs: Any, reverse: bool = False) -> Any:
        if reverse:
            shape = (*inputs.shape[:-1], self.vocabulary)
        else:
            shape = (*inputs.shape, self.units)
        return keras.KerasTensor(shape, dtype=self.compute_dtype)
