"""The blocks of the standard Transformer, with the interface of DeLighT's."""

from typing import Any

import keras

from suite.layers.attention_block import DecoderBlock, EncoderBlock
from suite.layers.feed_forward import FeedForward
from suite.layers.projected_attention import ProjectedAttention


@keras.saving.register_keras_serializable(package="suite")
class TransformerEncoderBlock(EncoderBlock):
    """Attention with several heads, then the wide feed-forward layer.

    Called like `DelightEncoderBlock`, and gives the same shapes.

    Args:
        units: Positive int, D, a multiple of `heads`.
        heads: Positive int.
        hidden: Positive int, width inside the feed-forward layer.
        activation: Name of the activation there.
        pre_norm: Bool. Normalize in front of each sub-layer instead of after the
            addition.
        dropout: Float in [0, 1), on the result of each sub-layer.
        attention_dropout: Float in [0, 1), on the attention weights.
        activation_dropout: Float in [0, 1), inside the feed-forward layer.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, steps, D)`.
        mask: Optional bool tensor of shape `(batch, steps)`, True for true steps: no
            step attends to the others.
        return_attention: Bool. Give the attention weights, too.
        training: Bool, whether dropout is active.

    Returns:
        Tensor of the shape of `inputs`; with `return_attention` also float32
        `(batch, heads, steps, steps)`.

    Raises:
        ValueError: If `heads` does not divide `units`, or D is not `units`.

    Example:

    >>> block = TransformerEncoderBlock(units=128, heads=4, hidden=256)
    >>> block(keras.ops.ones((2, 5, 128))).shape, block.count_params()
    (2, 5, 128), 132480

    References:
        - Vaswani et al. 2017, arXiv:1706.03762. Base: D 512, 8 heads, hidden 2048.
    """

    def __init__(
        self,
        units: int,
        heads: int,
        hidden: int,
        activation: str = "relu",
        pre_norm: bool = False,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        activation_dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.heads = heads
        self.hidden = hidden
        self.activation = activation
        self.pre_norm = pre_norm
        self.dropout = dropout
        self.attention_dropout = attention_dropout
        self.activation_dropout = activation_dropout
        self.compose(**transformer_parts(self))


@keras.saving.register_keras_serializable(package="suite")
class TransformerDecoderBlock(DecoderBlock):
    """Causal attention, attention to a memory, then the wide feed-forward layer.

    Called like `DelightDecoderBlock`; its caches are twice as wide, `(batch, steps,
    2 D)`, as its keys are D wide.

    Args:
        units: Positive int, D, a multiple of `heads`.
        heads: Positive int.
        hidden: Positive int, width inside the feed-forward layer.
        activation: Name of the activation there.
        cross: Bool. With attention to a memory.
        pre_norm: Bool. Normalize in front of each sub-layer instead of after the
            addition.
        dropout: Float in [0, 1), on the result of each sub-layer.
        attention_dropout: Float in [0, 1), on the attention weights.
        activation_dropout: Float in [0, 1), inside the feed-forward layer.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, T, D)`.
        memory: Float tensor of shape `(batch, S, D)`, what the encoder gave.
        memory_mask: Optional bool tensor of shape `(batch, S)`, True for true steps.
        memory_cache: Keys and values instead of `memory`, `(batch, S, 2 D)`.
        cache: Float tensor of shape `(batch, room, 2 D)`, keys and values of the steps
            before; what it holds from `position` on does not matter.
        position: Int tensor with one element, place of the first of the T steps; with
            `cache`, as in `DelightDecoderBlock`.
        project_memory: Bool. `inputs` is the memory; give its keys and values.
        return_attention: Bool. Give the attention to the memory, too.
        training: Bool, whether dropout is active.

    Returns:
        Tensor of the shape of `inputs`. With `cache`, also the cache with the T steps
        in it; with `return_attention`, also float32 `(batch, heads, T, S)`.

    Raises:
        ValueError: If `heads` does not divide `units`, D is not `units`, a memory is
            missing, or the steps do not fit into the cache.

    Example:

    >>> block = TransformerDecoderBlock(units=128, heads=4, hidden=256)
    >>> block(keras.ops.ones((2, 5, 128)), keras.ops.ones((2, 7, 128))).shape
    (2, 5, 128)
    >>> block.count_params()
    198784

    References:
        - Vaswani et al. 2017, arXiv:1706.03762
    """

    def __init__(
        self,
        units: int,
        heads: int,
        hidden: int,
        activation: str = "relu",
        cross: bool = True,
        pre_norm: bool = False,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        activation_dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.heads = heads
        self.hidden = hidden
        self.activation = activation
        self.cross = cross
        self.pre_norm = pre_norm
        self.dropout = dropout
        self.attention_dropout = attention_dropout
        self.activation_dropout = activation_dropout
        self.compose(**transformer_parts(self, cross))


def transformer_parts(block: Any, cross: bool = False) -> dict[str, Any]:
    """The parts of a Transformer block from its arguments, for `compose`."""

    def attention(name: str, cross: bool) -> ProjectedAttention:
        return ProjectedAttention(
            block.units,
            block.units,
            block.heads,
            cross,
            block.attention_dropout,
            dtype=block.dtype_policy,
            name=name,
        )

    return {
        "attention": attention("attention", False),
        "cross_attention": attention("cross_attention", True) if cross else None,
        "feed_forward": FeedForward(
            block.hidden,
            block.activation,
            block.activation_dropout,
            dtype=block.dtype_policy,
            name="feed_forward",
        ),
        "dropout": block.dropout,
    }
