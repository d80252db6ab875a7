"""IQT: how good a picture is, seen beside the one that it was made from.

Features of both pictures, their difference into an encoder, those of the reference
into a decoder, and a quality token whose last state is the score. After Cheon, Yoon,
Kang, Lee 2021, arXiv:2104.14730; where the public re-implementation differs (its heads
as wide as all features, no bias in the last layers) an argument chooses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, ops

from suite.layers import IQTDecoder, IQTEncoder, QualityHead, QualityToken
from suite.layers.divisible import nearest_multiples
from suite.models.picture_pair import PicturePair
from suite.models.quality_backbones import (
    edge_backbone,
    inception_resnet_maps,
    inception_side,
)
from suite.models.registry import register


@dataclass(frozen=True)
class IQTConfig:
    """Configuration of IQT."""

    size: int = 256
    """Pixels a side of the crops."""
    width: int = 256
    """Features of a token."""
    blocks: int = 2
    """Blocks of the encoder, and of the decoder."""
    heads: int = 4
    """Heads of each attention."""
    units: int = 1024
    """Inner units of each block."""
    head_units: int = 512
    """Units of the first layer of the head."""
    head_size: int | None = None
    """Features of a head; None: width / heads (the paper's formula). The width itself
    gives the re-implementation."""
    head_bias: bool = True
    """Biases in the last layers; the re-implementation has none."""
    shared_projection: bool = False
    """One 1x1 convolution before encoder and decoder; the paper leaves it open."""
    backbone: str = "inception_resnet_v2"
    """Feature extractor: inception_resnet_v2, frozen, or edge, trained."""
    weights: str | None = None
    """Of inception_resnet_v2: None, or imagenet, which downloads."""
    stages: tuple[tuple[int, int], ...] = ((24, 1), (40, 2), (80, 4))
    """Channels and blocks of the edge backbone's stages; its stride is twice two to
    the power of their number."""
    expansion: int = 4
    """By how much a block of the edge backbone widens inside."""
    attention: bool = False
    """Give the attention of the decoder to the encoder beside the score."""


def iqt(config: IQTConfig) -> keras.Model:
    """Build IQT.

    Args:
        config: Its configuration.

    Returns:
        Functional model of "reference" and "distorted", float32 `(batch, size, size,
        3)`, -1..1, the same crop of both pictures, to a dict of "score", float32
        `(batch, 1)`, without bounds, and, on request, "attention", float32 `(batch,
        blocks, heads, tokens, tokens)`, for `quality_map`.

    Raises:
        ValueError: If the backbone is unknown or has no stages, or `size` does not
            suit it; when called, if the pictures differ in size or have another than
            `size`.
    """
    pictures = {
        name: keras.Input((config.size, config.size, 3), name=name)
        for name in ("reference", "distorted")
    }
    backbone = _backbone(config)
    # one network for both: what it does to the one it does to the other
    features = {name: backbone(x) for name, x in pictures.items()}
    transformer = iqt_transformer(config, features["reference"].shape[1:])
    return PicturePair(pictures, transformer(features), name="iqt")


def iqt_transformer(config: IQTConfig, shape: Any) -> keras.Model:
    """Build all behind the backbone.

    Args:
        config: Its configuration.
        shape: Rows, columns and channels of the features.

    Returns:
        Functional model of features "reference" and "distorted" to the result of
        `iqt`.
    """
    width, positions = config.width, shape[0] * shape[1] + 1
    common = (config.blocks, config.heads, config.units, config.head_size)
    features = {
        name: keras.Input(shape, name=name) for name in ("reference", "distorted")
    }
    # before the projections: with two of them a difference behind is none any more
    difference = layers.Subtract(name="difference")(
        [features["reference"], features["distorted"]]
    )
    encoder_projection = layers.Conv2D(width, 1, name="encoder_projection")
    decoder_projection = encoder_projection
    if not config.shared_projection:
        decoder_projection = layers.Conv2D(width, 1, name="decoder_projection")
    x = encoder_projection(difference)
    x = QualityToken(positions, name="encoder_tokens")(x)
    x = IQTEncoder(*common, name="encoder")(x)
    y = decoder_projection(features["reference"])
    y = QualityToken(positions, name="decoder_tokens")(y)
    decoder = IQTDecoder(*common, name="decoder")
    result = {}
    if config.attention:
        y, weights = decoder(y, x, return_attention_scores=True)
        result["attention"] = ops.stack(weights["cross"], axis=1)
    else:
        y = decoder(y, x)
    score = QualityHead(
        1,
        config.head_units,
        "relu",
        0.0,
        config.head_bias,
        dtype="float32",
        name="score",
    )(y)
    return keras.Model(features, {"score": score, **result}, name="transformer")


def iqt_for_inference(core: keras.Model) -> keras.Model:
    """Wrap IQT.

    Returns:
        Model of "reference" and "distorted", uint8 `(batch, size, size, 3)`, to
        "score" and, where the core gives it, "attention". As the core it refuses
        pictures of other sizes.
    """
    pictures, scaled = {}, {}
    for name, tensor in core.input.items():
        pictures[name] = keras.Input(tensor.shape[1:], dtype="uint8", name=name)
        scale = layers.Rescaling(1 / 127.5, -1.0, dtype="float32", name=f"{name}_scale")
        scaled[name] = scale(pictures[name])
    result = dict(core(scaled))
    # under its own name: the output of a signature is called as its layer
    same = layers.Activation("linear", dtype="float32", name="score")
    result["score"] = same(result["score"])
    return PicturePair(pictures, result, name="iqt_for_inference")


def _backbone(config: IQTConfig) -> keras.Model:
    if config.backbone == "edge":
        stride = 2 ** (len(config.stages) + 1)
        if config.size < stride or config.size % stride:
            raise ValueError(
                f"`size` must be a multiple of the stride {stride}. Received: "
                f"size={config.size}. Nearest: {nearest_multiples(config.size, stride)}"
            )
        return edge_backbone(config.stages, config.expansion, "float32", joined=True)
    if config.backbone != "inception_resnet_v2":
        raise ValueError(
            "`backbone` must be inception_resnet_v2 or edge. Received: "
            f"backbone={config.backbone!r}"
        )
    if inception_side(config.size) < 1 or config.size < 75:
        raise ValueError(
            "`size` must be at least 75 for inception_resnet_v2. Received: "
            f"size={config.size}. Nearest: 75"
        )
    return inception_resnet_maps(config.weights)


COMPACT = IQTConfig(size=192, width=128, blocks=1, head_units=128)
"""IQT-C, its inner units as in the re-implementation; 512 would be the fourfold width
that a survey states."""
EDGE = IQTConfig(width=128, units=512, head_units=128, backbone="edge")
"""Of 257 tokens, at stride 16."""

_REDUCED = {
    "size": 32,
    "width": 8,
    "blocks": 1,
    "heads": 2,
    "units": 8,
    "head_units": 8,
    "backbone": "edge",
    "stages": ((4, 1), (4, 2)),
    "expansion": 2,
}

for _name, _config in (("iqt", IQTConfig()), ("iqt_c", COMPACT), ("iqt_edge", EDGE)):
    register(_name, _config, iqt, iqt_for_inference, reduced=_REDUCED)
