"""DeLighT for translation: deep, light blocks that widen towards the output.

Mehta, Ghazvininejad, Iyer, Zettlemoyer, Hajishirzi 2021, "DeLighT: Deep and
Light-weight Transformer", arXiv:2008.00623; the released code, sacmehta/delight,
where it departs from the paper. Published for WMT'14 En-De (43,736 tokens, joint):
8.09, 13.79, 23.25, 36.76 and 54.04 M parameters at d_m 128, 256, 384, 512 and 640;
without the table of 128 features a token 2,496,224, 8,190,376, 17,647,864, 31,165,580
and 48,438,028. A stack of 8 blocks with N 4-8 is 77 layers deep, at N + 4 a block.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import keras

from suite.layers import (
    DelightDecoderBlock,
    DelightEncoderBlock,
    DelightTransform,
    SinusoidalPositions,
    TokenTable,
    block_wise_scaling,
)
from suite.layers.group_plan import chosen_groups
from suite.models.registry import register
from suite.models.token_layers import end_norms, linear, same_for_all_steps
from suite.models.translator import PARTS, translator_core, translator_for_inference

DATA = ("en-de", "en-fr", "en-ro", "iwslt")
SIZES = (128, 256, 384, 512, 640)
REDUCED = {
    "vocabulary": 20,
    "units": 32,
    "table_units": 16,
    "shallowest": 2,
    "deepest": 3,
    "blocks": 2,
    "max_groups": 4,
}
"""What tests build in place of each of them."""


@dataclass(frozen=True)
class DelightTranslatorConfig:
    """Configuration of the DeLighT encoder-decoder."""

    vocabulary: int = 43_736
    """Number of tokens of both languages together, or of the source's."""
    target_vocabulary: int | None = None
    """Number of the target's tokens, where it has a table of its own."""
    units: int = 128
    """Width between the blocks, d_m, a multiple of 32."""
    table_units: int = 128
    """Width of the table of tokens."""
    shallowest: int = 4
    """Group linear layers of the first block of each stack."""
    deepest: int = 8
    """Group linear layers of the last block."""
    blocks: int | None = None
    """Blocks of the encoder, and of the decoder; as many as `deepest` when None."""
    width: float = 2.0
    """Width multiplier of the first block, and of the embedding's units."""
    max_groups: int | None = None
    """Most groups of a layer; by `units` when None."""
    pre_norm: bool = False
    """Normalize in front of each sub-layer instead of after the addition."""
    dropout: float = 0.0
    """On the result of each sub-layer."""
    attention_dropout: float = 0.0
    """On the attention weights."""
    transform_dropout: float = 0.0
    """After each layer of the transforms."""
    embedding_dropout: float = 0.1
    """On the table's vectors, and again after the positions."""
    padding: int = 1
    """The token that stands for nothing."""
    dtype: str = "float32"
    """Dtype policy of all layers."""


def published_dropout(units: int, data: str = "en-de") -> dict[str, Any]:
    """The dropout that the released code trains with on a data set.

    Args:
        units: d_m.
        data: "en-de", "en-fr", "en-ro" or "iwslt".

    Returns:
        Fields of `DelightTranslatorConfig`.

    Raises:
        ValueError: No recipe for these data was released.
    """
    if data not in DATA:
        raise ValueError(
            f"`data` must be one of {', '.join(DATA)}. Received: data={data!r}"
        )
    most = 0.1 if data == "en-fr" else 0.3
    base = 512 if data == "iwslt" else 1024
    rates = {
        "dropout": min(most, most * units / base),
        "attention_dropout": min(0.1, 0.1 * units / base),
        "transform_dropout": 0.0,
    }
    if data in ("en-ro", "iwslt"):
        rates["transform_dropout"] = min(0.1, 0.1 * units / 512)
    return {name: round(rate, 2) for name, rate in rates.items()}


def delight_translator(config: DelightTranslatorConfig) -> keras.Model:
    """Build the training core; see `translator_core` for its inputs and outputs.

    Raises:
        ValueError: Groups do not divide half the width, or a number is not positive.
    """
    units, policy = config.units, config.dtype
    groups = chosen_groups(units, config.max_groups, config.deepest)
    parts: dict[str, keras.layers.Layer] = {}

    def table(name: str, vocabulary: int) -> None:
        parts[name] = TokenTable(
            vocabulary,
            config.table_units,
            config.padding,
            scale=True,
            dtype=policy,
            name=name,
        )

    table("table", config.vocabulary)
    if config.target_vocabulary is not None:
        table("target_table", config.target_vocabulary)
    for side in ("source", "target"):
        parts[f"{side}_unit"] = DelightTransform(
            units,
            config.shallowest,
            config.width,
            groups,
            projection=units // 2,
            dropout=config.transform_dropout,
            dtype=policy,
            name=f"{side}_unit",
        )
    parts["positions"] = SinusoidalPositions(dtype=policy, name="positions")
    for name in ("token_dropout", "embedding_dropout"):
        parts[name] = same_for_all_steps(config.embedding_dropout, name, policy)
    for stack, kind in (
        ("encoder", DelightEncoderBlock),
        ("decoder", DelightDecoderBlock),
    ):
        for number, (depth, width) in enumerate(
            block_wise_scaling(
                config.shallowest,
                config.deepest,
                config.deepest if config.blocks is None else config.blocks,
                config.width,
            )
        ):
            name = f"{stack}_{number}"
            parts[name] = kind(
                units,
                depth,
                width,
                groups,
                pre_norm=config.pre_norm,
                dropout=config.dropout,
                attention_dropout=config.attention_dropout,
                transform_dropout=config.transform_dropout,
                dtype=policy,
                name=name,
            )
    if config.pre_norm:
        parts.update(end_norms(policy))
    if units != config.table_units:
        parts["output_map"] = linear(config.table_units, "output_map", policy)
    return translator_core(parts)


for _units in SIZES:
    register(
        f"delight_translator_{_units}",
        replace(DelightTranslatorConfig(units=_units), **published_dropout(_units)),
        delight_translator,
        translator_for_inference,
        reduced=REDUCED,
        parts=PARTS,
    )
