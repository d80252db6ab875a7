"""TRIQ: how people would judge a picture, seen alone and in its own size.

The last map of a backbone, few features a token, a quality token and a distribution
over five levels. After You, Korhonen 2021, arXiv:2101.01097, in the form of its public
code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, ops

from suite.layers import (
    ExpectedScore,
    QualityHead,
    QualityToken,
    SizeCheck,
    TokenBudgetPool,
    TRIQEncoder,
)
from suite.models.quality_backbones import applications_backbone, edge_backbone
from suite.models.registry import register

STRIDE = 32
"""Pixels of the picture for a cell of the backbones' last map, and the least side."""


@dataclass(frozen=True)
class TRIQConfig:
    """Configuration of TRIQ."""

    width: int = 32
    """Features of a token."""
    blocks: int = 2
    """Blocks of the encoder."""
    heads: int = 8
    """Heads of each attention."""
    units: int = 64
    """Inner units of each block."""
    head_units: int = 64
    """Units of the first layer of the head."""
    levels: int = 5
    """Levels of the distribution; 1 gives a score instead."""
    positions: int = 193
    """Learned positions, the quality token's included; the map is pooled to fit. The
    paper's text and its code have other numbers; 193 are those of the weights."""
    dropout: float = 0.1
    """Share of features dropped."""
    backbone: str = "resnet50"
    """Feature extractor: resnet50, vgg16 or edge."""
    weights: str | None = None
    """Of resnet50 and vgg16: None, or imagenet, which downloads."""
    stages: tuple[tuple[int, int], ...] = ((24, 1), (40, 2), (80, 3), (160, 3))
    """Channels and blocks of the edge backbone's stages."""
    expansion: int = 4
    """By how much a block of the edge backbone widens inside."""
    attention: bool = False
    """Give the attention of the encoder beside the result."""


def triq(config: TRIQConfig) -> keras.Model:
    """Build TRIQ.

    Args:
        config: Its configuration.

    Returns:
        Functional model of "picture", float32 `(batch, height, width, 3)`, 0..255,
        sides of at least 32, to a dict of "logits", float32 `(batch, levels)`, or, of
        one level, "score", `(batch, 1)`, and, on request, "attention", float32
        `(batch, blocks, heads, tokens, tokens)`. Under tensorflow a compiled function
        of it needs a fixed size.

    Raises:
        ValueError: If the backbone is unknown or `positions` below 2.
    """
    if config.positions < 2:
        raise ValueError(
            "`positions` must be above 1, the quality token's and one of the picture. "
            f"Received: positions={config.positions}. Nearest: 2"
        )
    picture = keras.Input((None, None, 3), name="picture")
    x = SizeCheck(minimum=STRIDE, dtype="float32", name="size")(picture)
    if config.backbone == "edge":
        x = layers.Rescaling(1 / 127.5, -1.0, dtype="float32", name="scale")(x)
        backbone = edge_backbone(
            config.stages, config.expansion, "float32", joined=False
        )
    else:
        backbone = applications_backbone(config.backbone, config.weights)
    x = backbone(x)
    head = triq_transformer(config, x.shape[-1])
    return keras.Model({"picture": picture}, head(x), name="triq")


def triq_transformer(config: TRIQConfig, channels: int) -> keras.Model:
    """Build all behind the backbone.

    Args:
        config: Its configuration.
        channels: Channels of the features.

    Returns:
        Functional model of features `(batch, rows, columns, channels)` to the result
        of `triq`.
    """
    features = keras.Input((None, None, channels), name="features")
    x = layers.Conv2D(config.width, 1, name="projection")(features)
    x = TokenBudgetPool(config.positions - 1, name="pool")(x)
    x = QualityToken(config.positions, stddev=None, name="tokens")(x)
    encoder = TRIQEncoder(
        config.blocks, config.heads, config.units, config.dropout, name="encoder"
    )
    return keras.Model(features, judged(encoder, x, config), name="transformer")


def judged(encoder: Any, tokens: Any, config: Any) -> dict[str, Any]:
    """The encoder's token 0 through the head: what TRIQ and ViT-IQA give.

    Args:
        encoder: A quality encoder.
        tokens: Its input.
        config: Has `attention`, `levels`, `head_units` and `dropout`.
    """
    result: dict[str, Any] = {}
    if config.attention:
        tokens, weights = encoder(tokens, return_attention_scores=True)
        result["attention"] = ops.stack(weights, axis=1)
    else:
        tokens = encoder(tokens)
    name = "logits" if config.levels > 1 else "score"
    result[name] = QualityHead(
        config.levels,
        config.head_units,
        dropout=config.dropout,
        dtype="float32",
        name=name,
    )(tokens)
    return result


def triq_for_inference(core: keras.Model) -> keras.Model:
    """Wrap TRIQ or ViT-IQA.

    Returns:
        Model of "picture", uint8 `(batch, height, width, 3)`, to "score", float32
        `(batch, 1)`, "distribution", float32 `(batch, levels)`, where there is one,
        and "attention" where the core gives it.
    """
    tensor = core.input["picture"]
    picture = keras.Input(tensor.shape[1:], dtype="uint8", name="picture")
    # a rescaling by 1 is the cast; the core does the rest for its backbone
    pixels = layers.Rescaling(1.0, dtype="float32", name="to_float")(picture)
    result = dict(core({"picture": pixels}))
    if "logits" in result:
        share = layers.Softmax(dtype="float32", name="distribution")
        result["distribution"] = share(result.pop("logits"))
        result["score"] = ExpectedScore(name="score")(result["distribution"])
    else:  # under its own name: the output of a signature is called as its layer
        same = layers.Activation("linear", dtype="float32", name="score")
        result["score"] = same(result["score"])
    return keras.Model({"picture": picture}, result, name=f"{core.name}_for_inference")


EDGE = TRIQConfig(backbone="edge")
"""The published head behind a backbone of its own."""

_REDUCED = {
    "width": 8,
    "blocks": 1,
    "heads": 2,
    "units": 8,
    "head_units": 8,
    "positions": 7,
    "backbone": "edge",
    "stages": ((4, 1),) * 2,  # 32 pixels are 4 x 4 cells, which have to be pooled
    "expansion": 2,
}

for _name, _config in (("triq", TRIQConfig()), ("triq_edge", EDGE)):
    register(_name, _config, triq, triq_for_inference, reduced=_REDUCED)
