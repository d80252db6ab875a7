"""The standard Transformer for translation, with the interface of DeLighT's.

Vaswani et al. 2017, "Attention Is All You Need", arXiv:1706.03762. "base": d 512, 6 + 6
blocks, 44,138,496 parameters without the table of 512 features a token. "tiny": d 128,
4 + 4 blocks, 1,325,056 without the table, the size that reads Multi30k best (Wu et al.
2021, arXiv:2105.14462). "base_define" has the embedding of DeFINE (Mehta et al. 2020,
arXiv:1911.12385, table 3: n 128, k 1024, three layers). Of 66.5 M parameters with the
43,736 tokens of DeLighT's WMT'14 it leaves 51.4 M, 23 % less; the paper saves 26 %, 92
to 68 M, of tables whose size it does not state.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras

from suite.layers import (
    SinusoidalPositions,
    TransformerDecoderBlock,
    TransformerEncoderBlock,
)
from suite.layers.divisible import check_positive
from suite.models.registry import register
from suite.models.token_layers import TokenConfig, end_norms, token_layers
from suite.models.translator import PARTS, translator_core, translator_for_inference


@dataclass(frozen=True)
class TransformerTranslatorConfig(TokenConfig):
    """Configuration of the Transformer encoder-decoder."""

    units: int = 512
    """Width between the blocks."""
    blocks: int = 6
    """Blocks of the encoder, and of the decoder."""
    heads: int = 8
    """Heads of each attention."""
    hidden: int = 2048
    """Width inside the feed-forward layers."""
    activation: str = "relu"
    """Activation there."""
    pre_norm: bool = False
    """Normalize in front of each sub-layer instead of after the addition."""
    dropout: float = 0.1
    """On the result of each sub-layer, and after the positions."""
    attention_dropout: float = 0.0
    """On the attention weights."""


def transformer_translator(config: TransformerTranslatorConfig) -> keras.Model:
    """Build the training core; see `translator_core` for its inputs and outputs.

    Raises:
        ValueError: `blocks` is not positive, heads do not divide the width, or the
            embedding is unknown.
    """
    check_positive("blocks", config.blocks)
    policy = config.dtype
    parts = token_layers(config, config.units)
    parts["positions"] = SinusoidalPositions(dtype=policy, name="positions")
    parts["embedding_dropout"] = keras.layers.Dropout(
        config.dropout, dtype=policy, name="embedding_dropout"
    )
    for stack, kind in (
        ("encoder", TransformerEncoderBlock),
        ("decoder", TransformerDecoderBlock),
    ):
        for number in range(config.blocks):
            name = f"{stack}_{number}"
            parts[name] = kind(
                config.units,
                config.heads,
                config.hidden,
                config.activation,
                pre_norm=config.pre_norm,
                dropout=config.dropout,
                attention_dropout=config.attention_dropout,
                dtype=policy,
                name=name,
            )
    if config.pre_norm:
        parts.update(end_norms(policy))
    return translator_core(parts)


_REDUCED = {"vocabulary": 20, "units": 16, "blocks": 2, "heads": 2, "hidden": 24}

register(
    "transformer_translator_base",
    TransformerTranslatorConfig(),
    transformer_translator,
    translator_for_inference,
    reduced=_REDUCED,
    parts=PARTS,
)
register(
    "transformer_translator_base_define",
    TransformerTranslatorConfig(vocabulary=43_736, embedding="define"),
    transformer_translator,
    translator_for_inference,
    reduced={**_REDUCED, "table_units": 8, "expansion": 32},
    parts=PARTS,
)
register(
    "transformer_translator_tiny",
    TransformerTranslatorConfig(
        vocabulary=9712, units=128, blocks=4, heads=4, hidden=256, dropout=0.3
    ),
    transformer_translator,
    translator_for_inference,
    reduced=_REDUCED,
    parts=PARTS,
)
