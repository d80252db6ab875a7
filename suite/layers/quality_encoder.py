"""Blocks one after the other, with the attention weights of all of them on request."""

from typing import Any

import keras

from suite.layers.divisible import check_positive
from suite.layers.own_config import OwnConfig
from suite.layers.quality_block import QualityBlock


@keras.saving.register_keras_serializable(package="suite")
class QualityEncoder(OwnConfig, keras.layers.Layer):
    """Stack of `QualityBlock`s, as IQT, TRIQ and ViT-IQA share it.

    Args:
        blocks: Positive int.
        heads: Positive int, of each attention.
        units: Positive int, of each block's inner dense layer.
        activation: Name of the inner activation.
        dropout: Float in [0, 1), of the tokens and of each part of a block.
        head_size: Positive int, or None for `features / heads`.
        pre_norm: Bool. Normalize before each part and once after the stack, as ViT;
            else after each part, as IQT and TRIQ.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, tokens, features)`; tokens may be None.
        return_attention_scores: Bool. Return the attention weights, too.
        training: Bool, whether dropout is active.

    Returns:
        Tensor of the shape of `inputs`; on request with it a list, one a block, of
        weights, float32 `(batch, heads, tokens, tokens)`.

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> encoder = QualityEncoder(blocks=2, heads=4, units=1024)
    >>> y, weights = encoder(keras.ops.ones((1, 9, 256)), return_attention_scores=True)
    >>> y.shape, [scores.shape for scores in weights]
    (1, 9, 256), [(1, 4, 9, 9), (1, 4, 9, 9)]

    References:
        - Dosovitskiy et al. 2021, arXiv:2010.11929, equations 1 to 4 (pre-norm)
    """

    def __init__(
        self,
        blocks: int,
        heads: int,
        units: int,
        activation: str = "gelu",
        dropout: float = 0.0,
        head_size: int | None = None,
        pre_norm: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_positive("blocks", blocks)
        self.blocks = blocks
        self.heads = heads
        self.units = units
        self.activation = activation
        self.dropout = dropout
        self.head_size = head_size
        self.pre_norm = pre_norm
        policy = self.dtype_policy
        self.drop = keras.layers.Dropout(dropout, dtype=policy, name="drop")
        self.stack = [
            QualityBlock(
                heads,
                units,
                activation,
                dropout,
                head_size,
                pre_norm,
                dtype=policy,
                name=f"block_{index}",
            )
            for index in range(1, blocks + 1)
        ]
        if pre_norm:
            self.norm = keras.layers.LayerNormalization(
                epsilon=1e-6, dtype=policy, name="norm"
            )

    def build(self, inputs_shape: Any) -> None:
        for block in self.stack:
            block.build(inputs_shape)
        if self.pre_norm:
            self.norm.build(inputs_shape)
        self.built = True

    def call(
        self,
        inputs: Any,
        return_attention_scores: bool = False,
        training: bool | None = None,
    ) -> Any:
        x, scores = self.drop(inputs, training=training), []
        for block in self.stack:
            x, (weights,) = block(x, return_attention_scores=True, training=training)
            scores.append(weights)
        if self.pre_norm:
            x = self.norm(x)
        return (x, scores) if return_attention_scores else x

    def compute_output_spec(
        self,
        inputs: Any,
        return_attention_scores: bool = False,
        training: bool | None = None,
    ) -> Any:
        batch, tokens, _ = inputs.shape
        result = keras.KerasTensor(inputs.shape, self.compute_dtype)
        shape = (batch, self.heads, tokens, tokens)
        scores = [keras.KerasTensor(shape, "float32") for _ in self.stack]
        return (result, scores) if return_attention_scores else result
