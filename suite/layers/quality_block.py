"""One block of a quality Transformer: attention, then a small network, each added."""

from typing import Any

import keras

from suite.layers.own_config import OwnConfig
from suite.layers.quality_attention import QualityAttention


@keras.saving.register_keras_serializable(package="suite")
class QualityBlock(OwnConfig, keras.layers.Layer):
    """Block of an encoder or, with `cross`, of a decoder without mask.

    Post-norm: `x = LN(x + part(x))` for each part; pre-norm: `x = x + part(LN(x))`.
    The parts are self-attention, attention to `memory` with `cross`, and two dense
    layers. No mask: the quality token is the first one, and under a causal mask it
    would see itself alone (a public re-implementation of IQT does so).

    Args:
        heads: Positive int, of each attention.
        units: Positive int, of the inner dense layer.
        activation: Name of the inner activation.
        dropout: Float in [0, 1), of each part's result.
        head_size: Positive int, or None for `features / heads`.
        pre_norm: Bool, see above.
        cross: Bool. Attend to `memory`, too.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, tokens, features)`.
        memory: Float tensor of shape `(batch, keys, depth)`, with `cross` alone.
        return_attention_scores: Bool. Return the attention weights, too.
        training: Bool, whether dropout is active.

    Returns:
        Tensor of the shape of `inputs`; on request with it a list of the weights of
        each attention, float32 `(batch, heads, tokens, keys)`.

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> QualityBlock(heads=4, units=64)(keras.ops.ones((1, 10, 32))).shape
    (1, 10, 32)

    References:
        - Cheon et al. 2021, arXiv:2104.14730 (post-norm)
    """

    def __init__(
        self,
        heads: int,
        units: int,
        activation: str = "gelu",
        dropout: float = 0.0,
        head_size: int | None = None,
        pre_norm: bool = False,
        cross: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if units < 1 or not 0 <= dropout < 1:  # Keras takes a dropout of 1
            raise ValueError(
                "`units` must be positive and `dropout` in [0, 1). Received: "
                f"units={units}, dropout={dropout}"
            )
        self.heads = heads
        self.units = units
        self.activation = activation
        self.dropout = dropout
        self.head_size = head_size
        self.pre_norm = pre_norm
        self.cross = cross
        policy = self.dtype_policy
        self.attentions = [
            QualityAttention(heads, head_size, dtype=policy, name=name)
            for name in (("self", "cross") if cross else ("self",))
        ]
        self.norms = [
            # 1e-6 as in TRIQ and ViT; 1e-12 of a re-implementation is 0 in float16
            keras.layers.LayerNormalization(
                epsilon=1e-6, dtype=policy, name=f"norm_{index}"
            )
            for index in range(1, 4 if cross else 3)
        ]
        self.inner = keras.layers.Dense(
            units, activation, dtype=policy, name="inner_dense"
        )
        self.drop = keras.layers.Dropout(dropout, dtype=policy, name="drop")

    def build(self, inputs_shape: Any, memory_shape: Any = None) -> None:
        for attention, shape in zip(
            self.attentions, (None, memory_shape), strict=False
        ):
            attention.build(inputs_shape, shape)
        for norm in self.norms:
            norm.build(inputs_shape)
        self.inner.build(inputs_shape)
        self.outer = keras.layers.Dense(
            inputs_shape[-1], dtype=self.dtype_policy, name="outer_dense"
        )
        self.outer.build((*inputs_shape[:-1], self.units))
        self.built = True

    def call(
        self,
        inputs: Any,
        memory: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
    ) -> Any:
        x, scores = inputs, []
        for index, norm in enumerate(self.norms):
            y = norm(x) if self.pre_norm else x
            if index < len(self.attentions):
                seen = memory if index else y
                y, weights = self.attentions[index](
                    y, seen, return_attention_scores=True, training=training
                )
                scores.append(weights)
            else:
                y = self.outer(self.inner(y))
            x = x + self.drop(y, training=training)
            if not self.pre_norm:
                x = norm(x)
        return (x, scores) if return_attention_scores else x

    def compute_output_spec(
        self,
        inputs: Any,
        memory: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
    ) -> Any:
        result, scores = keras.KerasTensor(inputs.shape, self.compute_dtype), []
        for attention, seen in zip(self.attentions, (None, memory), strict=False):
            spec = attention.compute_output_spec(inputs, seen, True)
            scores.append(spec[1])
        return (result, scores) if return_attention_scores else result
