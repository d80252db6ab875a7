"""The encoder of TRIQ, small and with dropout."""

from typing import Any

import keras

from suite.layers.quality_encoder import QualityEncoder


@keras.saving.register_keras_serializable(package="suite")
class TRIQEncoder(QualityEncoder):
    """Post-norm blocks with ReLU inside and dropout; defaults as published.

    Args:
        blocks: Positive int.
        heads: Positive int; 8 heads of 4 features each.
        units: Positive int, of each block's inner dense layer.
        dropout: Float in [0, 1), of the tokens, and after attention and dense layers.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, tokens, features)`, the quality token
            first; tokens may be None.
        return_attention_scores: Bool. Return the attention weights, too.
        training: Bool, whether dropout is active.

    Returns:
        Tensor of the shape of `inputs`; on request with it a list, one a block, of
        weights, float32 `(batch, heads, tokens, tokens)`.

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> TRIQEncoder()(keras.ops.ones((1, 193, 32))).shape  # 17,088 weights
    (1, 193, 32)

    References:
        - You, Korhonen 2021, arXiv:2101.01097; sizes, ReLU and dropout of
          its code, junyongyou/triq
    """

    def __init__(
        self,
        blocks: int = 2,
        heads: int = 8,
        units: int = 64,
        dropout: float = 0.1,
        **kwargs: Any,
    ) -> None:
        super().__init__(blocks, heads, units, "relu", dropout, **kwargs)
