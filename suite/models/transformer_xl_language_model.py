"""Transformer-XL: a language model that remembers the segment before.

Dai et al. 2019, arXiv:1901.02860. Published for WikiText-103 (267,735 words): 16
layers, d 410, 10 heads, feed-forward 2100, segments and memory of 150 steps,
151,107,538 parameters, test perplexity 24.0. All layers share the two learned vectors
of each head; with its own in each layer (`shared_biases=False`), 15 x 820 more.
`_define` is the one of Mehta et al. 2020, arXiv:1911.12385, table 2, with n 128: three
layers that widen to 4096 and end in 384. By the rule of the released code that is
78.8 M parameters, where the paper's table says 72.9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, ops

from suite.layers import RelativeBiases, TransformerXLBlock
from suite.models.registry import register
from suite.models.token_layers import (
    TokenConfig,
    by_name,
    logits,
    named_results,
    numbered,
    scores,
    token_layers,
    vectors,
)


@dataclass(frozen=True)
class TransformerXLConfig(TokenConfig):
    """Configuration of the Transformer-XL language model."""

    vocabulary: int = 267_735
    """Number of tokens, sorted by frequency where there are cutoffs."""
    embedding: str = "adaptive"
    """As in `TokenConfig`."""
    cutoffs: tuple[int, ...] = (20_000, 40_000, 200_000)
    """First token of each further band, for adaptive and define."""
    factor: int = 1
    """How much narrower each band is than the one before, for adaptive."""
    band_maps: bool = False
    """With a linear map for bands that are as wide as the model, for adaptive."""
    output_bias: bool = True
    """With a bias for each token's score; not for define."""
    padding: int | None = None
    """The token that stands for nothing; segments have none."""
    units: int = 410
    """Width between the blocks."""
    blocks: int = 16
    """Number of blocks."""
    heads: int = 10
    """Heads of each attention."""
    hidden: int = 2100
    """Width inside the feed-forward layers."""
    memory: int = 150
    """Steps remembered of the segment before."""
    shared_biases: bool = True
    """One pair of vectors u and v a head for all blocks, as published; else each block
    has a pair of its own."""
    pre_norm: bool = False
    """Normalize in front of each sub-layer instead of after the addition."""
    dropout: float = 0.1
    """On embedding, sub-layers, feed-forward layers and output."""
    attention_dropout: float = 0.0
    """On the attention weights."""


def transformer_xl(config: TransformerXLConfig) -> keras.Model:
    """Build the training core.

    Args:
        config: Its configuration.

    Returns:
        Functional model of a dict of "tokens", int32 `(batch, steps)`, and "memory",
        float `(batch, blocks, remembered steps, units)`. Its output is a dict of the
        scores of what follows each token, "head", "tail_1" ... or "logits", and
        "memory", to be given with the segment that follows.

    Raises:
        ValueError: `blocks` or `memory` is not positive, heads do not divide the
            width, or the embedding is unknown.
    """
    if config.blocks < 1 or config.memory < 1:
        raise ValueError(
            "`blocks` and `memory` must be positive. Received: "
            f"blocks={config.blocks}, memory={config.memory}. Nearest: "
            f"blocks={max(config.blocks, 1)}, memory={max(config.memory, 1)}"
        )
    parts = token_layers(config, config.units)
    for name in ("embedding_dropout", "output_dropout"):
        parts[name] = layers.Dropout(config.dropout, dtype=config.dtype, name=name)
    for number in range(config.blocks):
        parts[f"decoder_{number}"] = TransformerXLBlock(
            config.units,
            config.heads,
            config.hidden,
            config.pre_norm,
            config.dropout,
            config.attention_dropout,
            config.shared_biases,
            dtype=config.dtype,
            name=f"decoder_{number}",
        )
    if config.shared_biases:
        parts["biases"] = RelativeBiases(
            config.units, config.heads, dtype=config.dtype, name="biases"
        )
    if config.pre_norm:
        parts["final_norm"] = layers.LayerNormalization(
            epsilon=1e-5, dtype=config.dtype, name="final_norm"
        )
    inputs = _inputs(config.blocks, config.memory, config.units)
    x, memory = _remembered(parts, inputs)
    found = scores(parts, parts["output_dropout"](x))
    return keras.Model(inputs, {**found, "memory": memory}, name="core")


def transformer_xl_for_inference(core: keras.Model) -> keras.Model:
    """The core with log-probabilities of all tokens, or logits, as "logits"."""
    parts, blocks = by_name(core), numbered(by_name(core), "decoder")
    inputs = _inputs(len(blocks), core.input["memory"].shape[2], blocks[0].units)
    x, memory = _remembered(parts, inputs)
    result = {"logits": logits(parts, x), "memory": memory}
    return keras.Model(
        inputs,
        named_results(result),
        name="language_model",
    )


def _inputs(blocks: int, memory: int, units: int) -> dict[str, Any]:
    return {
        "tokens": keras.Input((None,), dtype="int32", name="tokens"),
        "memory": keras.Input((blocks, memory, units), name="memory"),
    }


def _remembered(
    parts: dict[str, keras.layers.Layer], inputs: dict[str, Any]
) -> tuple[Any, Any]:
    """What the last block gives, and the last inputs of each block."""
    x, before, after = vectors(parts, inputs["tokens"]), inputs["memory"], []
    length = before.shape[2]
    biases = parts["biases"](inputs["tokens"]) if "biases" in parts else None
    for number, block in enumerate(numbered(parts, "decoder")):
        own = before[:, number]
        after.append(ops.concatenate([own, x], 1)[:, -length:])
        x = block(x, own, biases)
    return x, ops.stop_gradient(ops.stack(after, axis=1))


_REDUCED: dict[str, Any] = {
    "vocabulary": 20,
    "units": 8,
    "blocks": 2,
    "heads": 2,
    "hidden": 12,
    "memory": 3,
}
_REDUCED_TABLE: dict[str, Any] = {"table_units": 4, "expansion": 16}

for _name, _config, _reduced in (
    ("transformer_xl_language_model", TransformerXLConfig(), {"cutoffs": (10, 15)}),
    (
        "transformer_xl_language_model_standard",
        TransformerXLConfig(embedding="standard", cutoffs=()),
        {},
    ),
    (
        "transformer_xl_language_model_projected",
        TransformerXLConfig(embedding="projected", cutoffs=()),
        _REDUCED_TABLE,
    ),
    (
        "transformer_xl_language_model_define",
        TransformerXLConfig(
            embedding="define", cutoffs=(), units=384, heads=8, expansion=4096
        ),
        _REDUCED_TABLE,
    ),
):
    register(
        _name,
        _config,
        transformer_xl,
        transformer_xl_for_inference,
        reduced={**_REDUCED, **_reduced},
    )
