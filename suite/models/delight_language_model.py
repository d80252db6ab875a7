"""DeLighT as a language model: blocks without a memory, adaptive input and softmax.

Mehta et al. 2021, arXiv:2008.00623; the released code, sacmehta/delight. Published for
WikiText-103 (267,744 words): 99,247,668 parameters at d_m 1024, test perplexity 24.14;
by the same rule 14,346,164, 18,794,540, 24,997,032 and 35,101,170 at d_m 128, 256, 384
and 512.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras
from keras import ops

from suite.layers import (
    AdaptiveEmbedding,
    DelightDecoderBlock,
    DelightTransform,
    SinusoidalPositions,
    TokenTable,
    block_wise_scaling,
)
from suite.layers.group_plan import chosen_groups
from suite.models.registry import register
from suite.models.token_layers import (
    by_name,
    linear,
    logits,
    named_results,
    numbered,
    same_for_all_steps,
    scores,
    true_tokens,
    vectors,
)

SIZES = (128, 256, 384, 512, 1024)
REDUCED = {
    "vocabulary": 20,
    "cutoffs": (10, 15),
    "units": 32,
    "table_units": 16,
    "shallowest": 2,
    "deepest": 3,
    "max_groups": 4,
}
"""What tests build in place of each of them."""


@dataclass(frozen=True)
class DelightLanguageModelConfig:
    """Configuration of the DeLighT language model."""

    vocabulary: int = 267_744
    """Number of tokens, sorted by frequency where there are cutoffs."""
    cutoffs: tuple[int, ...] = (20_000, 60_000)
    """First token of each further band; none for a plain table and softmax."""
    factor: int = 2
    """How much narrower each band's table is than the one before."""
    units: int = 128
    """Width between the blocks, d_m, a multiple of 32."""
    table_units: int = 128
    """Width of the first band's table."""
    shallowest: int = 4
    """Group linear layers of the first block."""
    deepest: int = 12
    """Group linear layers of the last block."""
    blocks: int | None = None
    """Number of blocks; as many as `deepest` when None."""
    width: float = 2.0
    """Width multiplier of the first block, and of the embedding's unit."""
    max_groups: int | None = None
    """Most groups of a layer; by `units` when None."""
    dropout: float = 0.0
    """On sub-layers, attention weights and layers of the transforms."""
    embedding_dropout: float = 0.1
    """On the table's vectors, after the positions, and in the adaptive softmax."""
    padding: int = 1
    """The token that stands for nothing."""
    dtype: str = "float32"
    """Dtype policy of all layers."""


def delight_language_model(config: DelightLanguageModelConfig) -> keras.Model:
    """Build the training core.

    Args:
        config: Its configuration.

    Returns:
        Functional model of a dict of "tokens", int32 `(batch, steps)`, to a dict of
        "head", "tail_1" ... (or "logits" without cutoffs), float scores `(batch,
        steps, tokens)` of what follows each token.

    Raises:
        ValueError: Groups do not divide a width they meet.
    """
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    parts = _parts(config)
    x = vectors(parts, tokens, "target", true_tokens(parts, tokens))
    for block in numbered(parts, "decoder"):
        x = block(x)
    return keras.Model({"tokens": tokens}, scores(parts, x), name="core")


def delight_language_model_for_inference(core: keras.Model) -> keras.Model:
    """The same layers for one step, with an explicit cache.

    Returns:
        Functional model with the inputs "token", int32 `(batch, 1)`; "position", int32
        `(1,)`, the place of that token, from 0; "cache", float32 `(batch, blocks, room,
        units)`, zeros at first. Outputs are "logits", `(batch, vocabulary)`,
        log-probabilities where there are bands, and "cache".
    """
    parts = by_name(core)
    blocks = numbered(parts, "decoder")
    token = keras.Input((1,), dtype="int32", name="token")
    position = keras.Input(batch_shape=(1,), dtype="int32", name="position")
    shape = (len(blocks), None, blocks[0].units)
    cache = keras.Input(shape, dtype="float32", name="cache")
    x, caches = vectors(parts, token, "target", position=position), []
    for number, block in enumerate(blocks):
        x, new = block(x, cache=cache[:, number], position=position)
        caches.append(new)
    result = {"cache": ops.stack(caches, axis=1), "logits": logits(parts, x)[:, 0]}
    return keras.Model(
        {"token": token, "position": position, "cache": cache},
        named_results(result),
        name="language_model",
    )


def _parts(config: DelightLanguageModelConfig) -> Mapping[str, keras.layers.Layer]:
    units, policy = config.units, config.dtype
    groups = chosen_groups(units, config.max_groups, config.deepest)
    shared: dict[str, Any] = {
        "padding": config.padding,
        "dtype": policy,
        "name": "table",
    }
    parts: dict[str, keras.layers.Layer] = {
        "table": AdaptiveEmbedding(
            config.vocabulary,
            config.table_units,
            config.cutoffs,
            config.factor,
            dropout=config.embedding_dropout,
            **shared,
        )
        if config.cutoffs
        else TokenTable(config.vocabulary, config.table_units, scale=True, **shared),
        "target_unit": DelightTransform(
            units,
            config.shallowest,
            config.width,
            groups,
            projection=units // 2,
            dropout=config.dropout,
            dtype=policy,
            name="target_unit",
        ),
        "positions": SinusoidalPositions(dtype=policy, name="positions"),
    }
    for name in ("token_dropout", "embedding_dropout"):
        parts[name] = same_for_all_steps(config.embedding_dropout, name, policy)
    blocks = config.deepest if config.blocks is None else config.blocks
    for number, (depth, width) in enumerate(
        block_wise_scaling(config.shallowest, config.deepest, blocks, config.width)
    ):
        parts[f"decoder_{number}"] = DelightDecoderBlock(
            units,
            depth,
            width,
            groups,
            cross=False,
            pre_norm=True,  # and no normalization at the end, as released
            dropout=config.dropout,
            attention_dropout=config.dropout,
            transform_dropout=config.dropout,
            dtype=policy,
            name=f"decoder_{number}",
        )
    if units != config.table_units:
        parts["output_map"] = linear(config.table_units, "output_map", policy)
    return parts


for _units in SIZES:
    register(
        f"delight_language_model_{_units}",
        replace(
            DelightLanguageModelConfig(units=_units),
            dropout=round(min(0.1, 0.1 * _units / 1024), 2),
        ),
        delight_language_model,
        delight_language_model_for_inference,
        reduced=REDUCED,
    )
