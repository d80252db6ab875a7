"""From tokens to vectors and from vectors to scores: what language models share.

A model's layers are held in a mapping by name. The functions here connect them, once
for training and again, with the same layers, for decoding step by step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, ops

from suite.layers import AdaptiveEmbedding, DefineEmbedding, TokenTable
from suite.losses import adaptive_log_probabilities

EMBEDDINGS = ("standard", "projected", "adaptive", "define")


@dataclass(frozen=True)
class TokenConfig:
    """What every language model is told about its tokens."""

    vocabulary: int = 10_000
    """Number of tokens."""
    embedding: str = "standard"
    """standard: a table as wide as the model. projected: a narrow table and a linear
    map. adaptive: bands of falling width. define: a narrow table and a deep unit; with
    cutoffs, its table is adaptive. Each is tied with the output."""
    table_units: int = 128
    """Width of the table, for projected and define."""
    cutoffs: tuple[int, ...] = ()
    """First token of each further band, for adaptive and define."""
    factor: int = 2
    """How much narrower each band is than the one before, for adaptive."""
    expansion: int = 1024
    """Width that the unit of define grows to."""
    define_depth: int = 3
    """Group linear layers of define's unit."""
    define_groups: int = 4
    """Most groups in define's unit."""
    band_maps: bool = True
    """With a linear map for bands that are as wide as the model, for adaptive."""
    output_bias: bool = False
    """With a bias for each token's score; not for define."""
    padding: int | None = 1
    """The token that stands for nothing."""
    dtype: str = "float32"
    """Dtype policy of all layers."""


def token_layers(
    config: TokenConfig, width: int, scale: bool = True, last: int | None = None
) -> dict[str, keras.layers.Layer]:
    """The layers at both ends of a model, by name.

    Args:
        config: Its tokens and its kind of embedding.
        width: Width that the model begins with.
        scale: Multiply what the table gives by the root of its width, as transformers
            do; of each band where it has several.
        last: Width that it ends with; the same when None.

    Raises:
        ValueError: The kind is unknown, or "adaptive" has no cutoffs.
    """
    kind, policy = config.embedding, config.dtype
    if kind not in EMBEDDINGS:
        raise ValueError(
            f"`embedding` must be one of {', '.join(EMBEDDINGS)}. Received: {kind!r}"
        )
    if kind == "adaptive" and not config.cutoffs:
        raise ValueError("An adaptive embedding needs `cutoffs`. Received: cutoffs=()")
    found: dict[str, keras.layers.Layer] = {}
    units = width if kind in ("standard", "adaptive") else config.table_units
    if kind == "adaptive":
        found["table"] = AdaptiveEmbedding(
            config.vocabulary,
            units,
            config.cutoffs,
            config.factor,
            config.band_maps,
            config.output_bias,
            "band" if scale else "none",
            padding=config.padding,
            dtype=policy,
            name="table",
        )
    elif kind == "define":
        found["table"] = DefineEmbedding(
            config.vocabulary,
            width,
            units,
            config.expansion,
            config.define_depth,
            config.define_groups,
            cutoffs=config.cutoffs,
            scale=scale,
            padding=config.padding,
            dtype=policy,
            name="table",
        )
    else:
        found["table"] = TokenTable(
            config.vocabulary,
            units,
            config.padding,
            scale,
            config.output_bias,
            dtype=policy,
            name="table",
        )
    if kind == "projected":
        found["input_map"] = linear(width, "input_map", policy)
    if units != (last or width):
        found["output_map"] = linear(units, "output_map", policy)
    return found


def linear(width: int, name: str, policy: str) -> keras.layers.Dense:
    """A linear map without bias."""
    return layers.Dense(width, use_bias=False, dtype=policy, name=name)


def same_for_all_steps(rate: float, name: str, policy: str) -> keras.layers.Dropout:
    """Dropout with one mask for all steps of a sequence."""
    return layers.Dropout(rate, noise_shape=(None, 1, None), dtype=policy, name=name)


def end_norms(policy: str) -> dict[str, keras.layers.Layer]:
    """What ends both stacks of a translator whose blocks normalize in front."""
    return {
        name: layers.LayerNormalization(epsilon=1e-5, dtype=policy, name=name)
        for name in ("encoder_norm", "final_norm")
    }


def vectors(
    parts: Mapping[str, keras.layers.Layer],
    tokens: Any,
    side: str = "",
    true: Any = None,
    position: Any = None,
) -> Any:
    """Vectors of the model's width from tokens, positions added where there are any.

    Args:
        parts: The layers by name: "table", or "SIDE_table"; "SIDE_unit" or "input_map"
            where the table is narrow; "positions"; "token_dropout" after the table,
            "embedding_dropout" at the end.
        tokens: Int tensor of shape `(batch, steps)`.
        side: "source" or "target" where a model has two.
        true: Bool tensor of that shape, False for padding; or None.
        position: Place of the first step, where it is not 0.
    """
    x = part(parts, "table", side)(tokens)
    for name in ("token_dropout", f"{side}_unit", "input_map"):
        if name in parts:
            x = parts[name](x)
    if "positions" in parts:
        x = parts["positions"](x, position=position, true=true)
    return parts["embedding_dropout"](x) if "embedding_dropout" in parts else x


def scores(
    parts: Mapping[str, keras.layers.Layer], x: Any, side: str = ""
) -> dict[str, Any]:
    """Scores of all tokens from vectors of the model's width.

    Returns:
        `{"logits": (batch, steps, vocabulary)}`, or with bands of tokens "head",
        "tail_1", "tail_2" ..., for `suite.losses.adaptive_softmax_loss`.
    """
    for name in ("final_norm", "output_map"):
        if name in parts:
            x = parts[name](x)
    result = part(parts, "table", side)(x, reverse=True)
    if not isinstance(result, list | tuple):
        return {"logits": result}
    tails = {f"tail_{number}": tail for number, tail in enumerate(result[1:], 1)}
    return {"head": result[0], **tails}


def logits(parts: Mapping[str, keras.layers.Layer], x: Any, side: str = "") -> Any:
    """As `scores`, bands put together: log-probabilities in their place."""
    found = list(scores(parts, x, side).values())
    return found[0] if len(found) == 1 else adaptive_log_probabilities(found)


def named_results(result: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs in float32, each from a layer called as it: NAME_result."""
    return {
        name: layers.Identity(dtype="float32", name=f"{name}_result")(value)
        for name, value in result.items()
    }


def part(
    parts: Mapping[str, keras.layers.Layer], name: str, side: str
) -> keras.layers.Layer:
    """The layer of one side, or the one that both share."""
    own = f"{side}_{name}"
    return parts[own] if own in parts else parts[name]


def by_name(core: keras.Model) -> dict[str, keras.layers.Layer]:
    """The layers of a core, to connect them anew."""
    return {layer.name: layer for layer in core.layers}


def true_tokens(
    parts: Mapping[str, keras.layers.Layer], tokens: Any, side: str = ""
) -> Any:
    """Bool tensor, False for what the table takes for padding; None if nothing is."""
    padding = part(parts, "table", side).padding
    return None if padding is None else ops.not_equal(tokens, padding)


def numbered(parts: Mapping[str, keras.layers.Layer], start: str) -> list[Any]:
    """The layers "START_0", "START_1" ... in their order."""
    found: list[Any] = []
    while f"{start}_{len(found)}" in parts:
        found.append(parts[f"{start}_{len(found)}"])
    return found
