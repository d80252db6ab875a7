"""A classifier of pictures made of DeLighT's encoder blocks.

The picture is cut into patches, each a token, as in Dosovitskiy et al. 2021,
arXiv:2010.11929; the blocks are those of Mehta et al. 2021, arXiv:2008.00623, deeper
and wider towards the output by block-wise scaling. No paper has published this network:
its counts are its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import layers

from suite.layers import (
    DelightEncoderBlock,
    SinusoidalPositions,
    block_wise_scaling,
)
from suite.layers.divisible import check_positive
from suite.layers.group_plan import chosen_groups
from suite.models.classifier_inference import classifier_for_inference
from suite.models.conv_norm import check_classes, classified, picture_input
from suite.models.registry import register


@dataclass(frozen=True)
class DelightClassifierConfig:
    """Configuration of the DeLighT classifier."""

    classes: int = 10
    """Number of classes."""
    size: int = 32
    """Pixels a side, a multiple of `patch`."""
    channels: int = 3
    """Channels of the picture."""
    patch: int = 4
    """Pixels a side of what becomes a token."""
    units: int = 128
    """Width between the blocks, d_m, a multiple of 32."""
    shallowest: int = 3
    """Group linear layers of the first block."""
    deepest: int = 6
    """Group linear layers of the last block."""
    blocks: int | None = None
    """Number of blocks; as many as `deepest` when None."""
    width: float = 2.0
    """Width multiplier of the first block."""
    max_groups: int | None = None
    """Most groups of a layer; by `units` when None."""
    dropout: float = 0.0
    """On sub-layers, attention weights and layers of the transforms."""
    dtype: str = "float32"
    """Dtype policy of all layers but the last, which is float32."""


def delight_classifier(config: DelightClassifierConfig) -> keras.Model:
    """Build the DeLighT classifier.

    Args:
        config: Its configuration.

    Returns:
        Functional model of "picture", float32 `(batch, size, size, channels)`, -1..1,
        to a dict of "logits", float32 `(batch, classes)`.

    Raises:
        ValueError: `patch` is not positive or does not divide the picture, `units` is
            no multiple of 32, groups do not divide a width they meet, or there are
            fewer than two classes.
    """
    check_classes(config.classes)
    check_positive("patch", config.patch)
    patch, units, policy = config.patch, config.units, config.dtype
    groups = chosen_groups(units, config.max_groups, config.deepest)
    picture = picture_input(config.size, config.channels, patch, patch)
    cells = (config.size // patch) ** 2
    x = layers.Conv2D(units, patch, patch, dtype=policy, name="patches")(picture)
    x = layers.Reshape((cells, units), dtype=policy, name="tokens")(x)
    x = SinusoidalPositions(dtype=policy, name="positions")(x)
    blocks = config.deepest if config.blocks is None else config.blocks
    scaling = block_wise_scaling(
        config.shallowest, config.deepest, blocks, config.width
    )
    for number, (depth, width) in enumerate(scaling):
        x = DelightEncoderBlock(
            units,
            depth,
            width,
            groups,
            pre_norm=True,  # trains without warm-up
            dropout=config.dropout,
            attention_dropout=config.dropout,
            transform_dropout=config.dropout,
            dtype=policy,
            name=f"encoder_{number}",
        )(x)
    norm = layers.LayerNormalization(epsilon=1e-5, dtype=policy, name="norm")
    mean = layers.GlobalAveragePooling1D(dtype="float32", name="mean")
    logits = classified(mean(norm(x)), config.classes, config.dropout)
    return keras.Model(
        {"picture": picture}, {"logits": logits}, name="delight_classifier"
    )


register(
    "delight_classifier",
    DelightClassifierConfig(),
    delight_classifier,
    classifier_for_inference("signed"),
    reduced={
        "classes": 3,
        "size": 8,
        "units": 32,
        "shallowest": 2,
        "deepest": 3,
        "blocks": 2,
        "max_groups": 4,
    },
)
