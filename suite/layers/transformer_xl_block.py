"""The block of Transformer-XL, which remembers the segment before."""

from typing import Any

import keras

from suite.layers.attention_block import AttentionBlock
from suite.layers.feed_forward import FeedForward
from suite.layers.relative_attention import RelativeAttention


@keras.saving.register_keras_serializable(package="suite")
class TransformerXLBlock(AttentionBlock):
    """Relative attention to segment and memory, then the feed-forward layer.

    Args:
        units: Positive int, D, a multiple of `heads`.
        heads: Positive int.
        hidden: Positive int, width inside the feed-forward layer.
        pre_norm: Bool. Normalize in front of each sub-layer instead of after the
            addition.
        dropout: Float in [0, 1), on the result of each sub-layer and inside the
            feed-forward layer.
        attention_dropout: Float in [0, 1), on the attention weights.
        shared_biases: Bool. As in `RelativeAttention`.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, T, D)`.
        memory: Optional float tensor of shape `(batch, M, D)`, what this block was
            given for the segment before.
        biases: As in `RelativeAttention`.
        training: Bool, whether dropout is active.

    Returns:
        Tensor of the shape of `inputs`.

    Raises:
        ValueError: If `heads` does not divide `units`, or D is not `units`.

    Example:

    >>> block = TransformerXLBlock(units=410, heads=10, hidden=2100)
    >>> block(keras.ops.ones((2, 5, 410)), keras.ops.ones((2, 3, 410))).shape
    (2, 5, 410)

    References:
        - Dai et al. 2019, arXiv:1901.02860
    """

    def __init__(
        self,
        units: int,
        heads: int,
        hidden: int,
        pre_norm: bool = False,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        shared_biases: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.heads = heads
        self.hidden = hidden
        self.pre_norm = pre_norm
        self.dropout = dropout
        self.attention_dropout = attention_dropout
        self.shared_biases = shared_biases
        policy = self.dtype_policy
        self.compose(
            RelativeAttention(
                units,
                heads,
                attention_dropout,
                shared_biases,
                dtype=policy,
                name="attention",
            ),
            FeedForward(hidden, "relu", dropout, dtype=policy, name="feed_forward"),
            dropout,
        )

    def call(
        self,
        inputs: Any,
        memory: Any = None,
        biases: Any = None,
        training: bool | None = None,
    ) -> Any:
        def attend(x: Any) -> Any:
            before = memory
            if before is not None and self.pre_norm:
                before = self.attention_norm(before)
            return self.attention(x, before, biases, training=training)

        x = self.residual(self.attention_norm, inputs, attend, training)
        return self.fed_forward(x, training)

    def compute_output_spec(
        self,
        inputs: Any,
        memory: Any = None,
        biases: Any = None,
        training: bool | None = None,
    ) -> Any:
        return keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)
