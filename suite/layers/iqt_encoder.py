"""The encoder of IQT, which reads how two pictures differ."""

from typing import Any

import keras

from suite.layers.quality_encoder import QualityEncoder


@keras.saving.register_keras_serializable(package="suite")
class IQTEncoder(QualityEncoder):
    """Post-norm blocks with GELU and without dropout; defaults as published.

    Args:
        blocks: Positive int; 1 in IQT-C.
        heads: Positive int.
        units: Positive int, of each block's inner dense layer.
        head_size: Positive int, or None for `features / heads`. The argument that
            tells the paper from the public re-implementation, whose heads are each as
            wide as all features.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, tokens, features)`, the quality token
            first, then the difference of the features of both pictures.
        return_attention_scores: Bool. Return the attention weights, too.

    Returns:
        Tensor of the shape of `inputs`; on request with it a list, one a block, of
        weights, float32 `(batch, heads, tokens, tokens)`.

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> IQTEncoder()(keras.ops.ones((1, 842, 256))).shape  # 1,579,520 weights
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
        super().__init__(blocks, heads, units, head_size=head_size, **kwargs)
