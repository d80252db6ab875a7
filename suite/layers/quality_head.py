"""From the quality token to a distribution over levels, or to a score."""

from typing import Any

import keras

from suite.layers.own_config import OwnConfig


@keras.saving.register_keras_serializable(package="suite")
class QualityHead(OwnConfig, keras.layers.Layer):
    """A dense layer with activation, dropout, and a linear one, of token 0 alone.

    Gives logits: the loss of a distribution is safest from these, and the softmax
    leaves as a layer of its own. With one level the result is the score.

    Args:
        levels: Positive int; 5 as in TRIQ, 1 for a score as in IQT.
        units: Int >= 0, of the first dense layer; 0 leaves it out, as the code of
            ViT-IQA does where its paper has TRIQ's head.
        activation: Name of the first layer's activation: GELU in TRIQ, ReLU in IQT.
        dropout: Float in [0, 1), between the two.
        use_bias: Bool, of both; a re-implementation of IQT has none.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, tokens, features)`.
        training: Bool, whether dropout is active.

    Returns:
        Tensor of shape `(batch, levels)`.

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> QualityHead()(keras.ops.ones((2, 193, 32))).shape  # 2,437 weights
    (2, 5)

    References:
        - You, Korhonen 2021, arXiv:2101.01097 (TRIQ)
        - Cheon et al. 2021, arXiv:2104.14730 (IQT)
    """

    def __init__(
        self,
        levels: int = 5,
        units: int = 64,
        activation: str = "gelu",
        dropout: float = 0.1,
        use_bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if levels < 1 or units < 0 or not 0 <= dropout < 1:
            raise ValueError(
                "`levels` must be positive, `units` not negative, `dropout` in [0, 1). "
                f"Received: levels={levels}, units={units}, dropout={dropout}"
            )
        self.levels = levels
        self.units = units
        self.activation = activation
        self.dropout = dropout
        self.use_bias = use_bias
        common: dict[str, Any] = {"use_bias": use_bias, "dtype": self.dtype_policy}
        if units:
            self.inner = keras.layers.Dense(units, activation, name="inner", **common)
        self.drop = keras.layers.Dropout(dropout, dtype=self.dtype_policy, name="drop")
        self.outer = keras.layers.Dense(levels, name="outer", **common)

    def build(self, input_shape: Any) -> None:
        shape = (input_shape[0], input_shape[-1])
        if self.units:
            self.inner.build(shape)
            shape = (input_shape[0], self.units)
        self.outer.build(shape)
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        x = inputs[:, 0]
        if self.units:
            x = self.drop(self.inner(x), training=training)
        return self.outer(x)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return input_shape[0], self.levels
