"""The encoder block of DeLighT: deep transform, one head, light feed-forward."""

from typing import Any

import keras

from suite.layers.attention_block import EncoderBlock
from suite.layers.delight_transform import DelightTransform
from suite.layers.divisible import nearest_divisors
from suite.layers.feed_forward import FeedForward
from suite.layers.group_linear import phone_copy
from suite.layers.group_plan import chosen_groups
from suite.layers.projected_attention import ProjectedAttention


@keras.saving.register_keras_serializable(package="suite")
class DelightEncoderBlock(EncoderBlock):
    """Transform D -> D / 2, attention with one head D / 2 -> D, feed-forward D / 4.

    What the attention projects has been through `depth + 2` layers, so one head of
    half the width is enough. `depth + 4` layers deep by the article's count.

    Args:
        units: Positive int, D, a multiple of 32: d_m of the paper.
        depth: Positive int, N of the paper.
        width: Float > 0, w of the paper.
        max_groups: Positive int; `most_groups(units)` when None.
        reduction: Positive int, a divisor of `units`: how much narrower the
            feed-forward layer is inside.
        pre_norm: Bool. Normalize in front of each sub-layer (and of the transform)
            instead of after the addition.
        dropout: Float in [0, 1), on the result of each sub-layer.
        attention_dropout: Float in [0, 1), on the attention weights.
        activation_dropout: Float in [0, 1), inside the feed-forward layer.
        transform_dropout: Float in [0, 1), after each layer of the transform.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, steps, D)`.
        mask: Optional bool tensor of shape `(batch, steps)`, True for true steps: no
            step attends to the others.
        return_attention: Bool. Give the attention weights, too.
        training: Bool, whether dropout is active.

    Returns:
        Tensor of the shape of `inputs`; with `return_attention` also float32
        `(batch, 1, steps, steps)`.

    Raises:
        ValueError: If D is not `units`, or groups do not divide a width they meet.

    Example:

    >>> block = DelightEncoderBlock(units=128, depth=4, width=2.0)
    >>> block(keras.ops.ones((2, 5, 128))).shape, block.count_params()
    (2, 5, 128), 88416

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
        self.pre_norm = pre_norm
        self.dropout = dropout
        self.attention_dropout = attention_dropout
        self.activation_dropout = activation_dropout
        self.transform_dropout = transform_dropout
        self.compose(**delight_parts(self))

    def for_export(self, form: str = "convolution") -> "DelightEncoderBlock":
        """An equal layer for the phone, see `GroupLinear.for_export`."""
        return phone_copy(self, form)


def delight_parts(block: Any, cross: bool = False) -> dict[str, Any]:
    """The parts of a DeLighT block from its arguments, for `compose`."""
    units, policy = block.units, block.dtype_policy
    groups = chosen_groups(units, block.max_groups, block.depth)
    if block.reduction < 1 or units % block.reduction:
        raise ValueError(
            "`reduction` must divide `units`. "
            f"Received: units={units}, reduction={block.reduction}. "
            f"Nearest: {nearest_divisors(units, block.reduction)}"
        )
    half = units // 2

    def attention(name: str, cross: bool) -> ProjectedAttention:
        return ProjectedAttention(
            half,
            units,
            cross=cross,
            dropout=block.attention_dropout,
            dtype=policy,
            name=name,
        )

    return {
        "transform": DelightTransform(
            half,
            block.depth,
            block.width,
            groups,
            dropout=block.transform_dropout,
            dtype=policy,
            name="transform",
        ),
        "attention": attention("attention", False),
        "cross_attention": attention("cross_attention", True) if cross else None,
        "feed_forward": FeedForward(
            units // block.reduction,
            "silu",
            block.activation_dropout,
            dtype=policy,
            name="feed_forward",
        ),
        "dropout": block.dropout,
    }
