"""The decoder block of DeLighT, for whole sequences and for one step at a time."""

from typing import Any

import keras

from suite.layers.attention_block import DecoderBlock
from suite.layers.delight_encoder_block import delight_parts
from suite.layers.group_linear import phone_copy


@keras.saving.register_keras_serializable(package="suite")
class DelightDecoderBlock(DecoderBlock):
    """Transform and causal attention, attention to a memory, feed-forward.

    The transform stands in front of the causal attention alone; queries for the
    memory come straight from the block's input width. Without `cross` it is the block
    of the language model. `depth + 4` layers deep by the article's count.

    Step by step: keys and values of the steps so far lie side by side in a cache of
    fixed room, those of the memory are computed once:

        keys_values = block(memory, project_memory=True)
        y, cache = block(x, memory_cache=keys_values, cache=cache, position=[t])

    Args:
        units: Positive int, D, a multiple of 32: d_m of the paper.
        depth: Positive int, N of the paper.
        width: Float > 0, w of the paper.
        max_groups: Positive int; `most_groups(units)` when None.
        reduction: Positive int, a divisor of `units`: how much narrower the
            feed-forward layer is inside.
        cross: Bool. With attention to a memory.
        pre_norm: Bool. Normalize in front of each sub-layer (and of the transform)
            instead of after the addition.
        dropout: Float in [0, 1), on the result of each sub-layer.
        attention_dropout: Float in [0, 1), on the attention weights.
        activation_dropout: Float in [0, 1), inside the feed-forward layer.
        transform_dropout: Float in [0, 1), after each layer of the transform.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, T, D)`.
        memory: Float tensor of shape `(batch, S, D)`, what the encoder gave.
        memory_mask: Optional bool tensor of shape `(batch, S)`, True for true steps.
        memory_cache: Keys and values instead of `memory`, `(batch, S, D)`.
        cache: Float tensor of shape `(batch, room, D)`, keys and values of the steps
            before; what it holds from `position` on does not matter.
        position: Int tensor with one element, place of the first of the T steps; with
            `cache`. `position + T` is at most the room: where it is known when the
            layer is called, more is refused; in a compiled graph the caller sees to it.
        project_memory: Bool. `inputs` is the memory; give its keys and values.
        return_attention: Bool. Give the attention to the memory, too.
        training: Bool, whether dropout is active.

    Returns:
        Tensor of the shape of `inputs`. With `cache`, also the cache with the T steps
        in it; with `return_attention`, also float32 `(batch, 1, T, S)`.

    Raises:
        ValueError: If D is not `units`, groups do not divide a width they meet, a
            memory is missing, or the steps do not fit into the cache.

    Example:

    >>> block = DelightDecoderBlock(units=128, depth=4, width=2.0)
    >>> block(keras.ops.ones((2, 5, 128)), keras.ops.ones((2, 7, 128))).shape
    (2, 5, 128)
    >>> block.count_params()
    121760

    References:
        - Mehta et al. 2021, arXiv:2008.00623, section 3.1; code sacmehta/delight
    """

    def __init__(
        self,
        units: int,
        depth: int = 4,
        width: float = 2.0,
        max_groups: int | None = None,
        reduction: int = 4,
        cross: bool = True,
        pre_norm: bool = False,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        activation_dropout: float = 0.0,
        transform_dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.depth = depth
        self.width = width
        self.max_groups = max_groups
        self.reduction = reduction
        self.cross = cross
        self.pre_norm = pre_norm
        self.dropout = dropout
        self.attention_dropout = attention_dropout
        self.activation_dropout = activation_dropout
        self.transform_dropout = transform_dropout
        self.compose(**delight_parts(self, cross))

    def for_export(self, form: str = "convolution") -> "DelightDecoderBlock":
        """An equal layer for the phone, see `GroupLinear.for_export`."""
        return phone_copy(self, form)
