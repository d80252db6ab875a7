"""The decoder of IQT: the reference asks what the difference means."""

from typing import Any

import keras

from suite.layers.divisible import check_positive
from suite.layers.own_config import OwnConfig
from suite.layers.quality_block import QualityBlock


@keras.saving.register_keras_serializable(package="suite")
class IQTDecoder(OwnConfig, keras.layers.Layer):
    """Post-norm blocks of self-attention and attention to the encoder, no mask.

    A public re-implementation masks the self-attention causally. The quality token is
    number 0, so it saw itself alone there, and the score had no gradient to any
    token of the reference.

    Args:
        blocks: Positive int; 1 in IQT-C.
        heads: Positive int, of each attention.
        units: Positive int, of each block's inner dense layer.
        head_size: Positive int, or None for `features / heads`.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, tokens, features)`, the quality token
            first, then the features of the reference; tokens may be None.
        memory: Float tensor of shape `(batch, keys, features)`, from the encoder.
        return_attention_scores: Bool. Return the attention weights, too.

    Returns:
        Tensor of the shape of `inputs`; on request with it a dict of "self" and
        "cross", lists, one a block, of weights, float32 `(batch, heads, tokens,
        tokens or keys)`.

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> tokens = keras.ops.ones((1, 842, 256))
    >>> IQTDecoder()(tokens, tokens).shape  # 2,106,880 weights
    (1, 842, 256)

    References:
        - Cheon et al. 2021, arXiv:2104.14730
    """

    def __init__(
        self,
        blocks: int = 2,
        heads: int = 4,
        units: int = 1024,
        head_size: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_positive("blocks", blocks)
        self.blocks = blocks
        self.heads = heads
        self.units = units
        self.head_size = head_size
        self.stack = [
            QualityBlock(
                heads,
                units,
                head_size=head_size,
                cross=True,
                dtype=self.dtype_policy,
                name=f"block_{index}",
            )
            for index in range(1, blocks + 1)
        ]

    def build(self, inputs_shape: Any, memory_shape: Any) -> None:
        for block in self.stack:
            block.build(inputs_shape, memory_shape)
        self.built = True

    def call(
        self, inputs: Any, memory: Any, return_attention_scores: bool = False
    ) -> Any:
        scores: dict[str, list[Any]] = {"self": [], "cross": []}
        x = inputs
        for block in self.stack:
            x, (own, cross) = block(x, memory, return_attention_scores=True)
            scores["self"].append(own)
            scores["cross"].append(cross)
        return (x, scores) if return_attention_scores else x

    def compute_output_spec(
        self, inputs: Any, memory: Any, return_attention_scores: bool = False
    ) -> Any:
        batch, tokens, _ = inputs.shape
        scores = {
            name: [
                keras.KerasTensor((batch, self.heads, tokens, keys), "float32")
                for _ in self.stack
            ]
            for name, keys in (("self", tokens), ("cross", memory.shape[1]))
        }
        result = keras.KerasTensor(inputs.shape, self.compute_dtype)
        return (result, scores) if return_attention_scores else result
