"""Two linear maps at each position: wide in the Transformer, narrow in DeLighT."""

from typing import Any

import keras

from suite.layers.divisible import check_positive


@keras.saving.register_keras_serializable(package="suite")
class FeedForward(keras.layers.Layer):
    """Linear map, activation, linear map back, each position by itself.

    DeLighT's light form has a quarter of the input's width inside, the Transformer's
    four times the width: sixteen times more weights.

    Args:
        hidden: Positive int. Width inside.
        activation: Activation name or callable between the maps.
        dropout: Float in [0, 1), after the activation.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(..., D)`.
        training: Bool, whether dropout is active.

    Returns:
        Tensor of the shape of `inputs`.

    Raises:
        ValueError: If `hidden` is not positive.

    Example:

    >>> light = FeedForward(hidden=32, activation="silu")
    >>> light(keras.ops.ones((2, 5, 128))).shape, light.count_params()
    (2, 5, 128), 8352

    References:
        - Vaswani et al. 2017, arXiv:1706.03762, section 3.3
        - Mehta et al. 2021, arXiv:2008.00623, section 3.1 (reduction by 4)
    """

    def __init__(
        self, hidden: int, activation: Any = "relu", dropout: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_positive("hidden", hidden)
        self.hidden = hidden
        self.activation = activation
        self.dropout = dropout
        self.supports_masking = True
        policy = self.dtype_policy
        self.inner = keras.layers.Dense(
            hidden, activation=activation, dtype=policy, name="inner"
        )
        self.drop = keras.layers.Dropout(dropout, dtype=policy, name="drop")

    def build(self, input_shape: Any) -> None:
        self.inner.build(input_shape)
        self.outer = keras.layers.Dense(
            input_shape[-1], dtype=self.dtype_policy, name="outer"
        )
        self.outer.build((*input_shape[:-1], self.hidden))
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return self.outer(self.drop(self.inner(inputs), training=training))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        activation = keras.activations.serialize(self.inner.activation)
        return {
            **super().get_config(),
            "hidden": self.hidden,
            "activation": activation,
            "dropout": self.dropout,
        }
