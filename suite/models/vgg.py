"""VGG: stages of 3x3 convolutions, each ended by a halving, three dense layers.

Simonyan, Zisserman 2014, arXiv:1409.1556, configurations A and B; D and E, VGG-16 and
VGG-19, come from keras.applications (`suite.models.applications`), with the counts that
this builder gives for them, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import layers

from suite.models.classifier_inference import classifier_for_inference
from suite.models.conv_norm import Style, check_classes, conv_norm, picture_input
from suite.models.registry import register


@dataclass(frozen=True)
class VGGConfig:
    """Configuration of VGG."""

    classes: int = 1000
    """Number of classes."""
    size: int = 224
    """Pixels a side; at least 2 to the power of the stages: 32."""
    channels: int = 3
    """Channels of the picture."""
    blocks: tuple[int, ...] = (1, 1, 2, 2, 2)
    """Convolutions of each stage."""
    filters: tuple[int, ...] = (64, 128, 256, 512, 512)
    """Channels of each stage."""
    units: int = 4096
    """Width of the two dense layers."""
    dropout: float = 0.5
    """After each of the two dense layers."""
    dtype: str = "float32"
    """Dtype policy of all layers but the last, which is float32."""


def vgg(config: VGGConfig) -> keras.Model:
    """Build VGG.

    Args:
        config: Its configuration.

    Returns:
        Functional model of "picture", float32 `(batch, size, size, channels)`, -1..1,
        to a dict of "logits", float32 `(batch, classes)`.

    Raises:
        ValueError: The picture is smaller than the stride, `blocks` and `filters` are
            not of one length, or there are fewer than two classes.
    """
    check_classes(config.classes)
    if len(config.blocks) != len(config.filters):
        raise ValueError(
            "`blocks` and `filters` must have an entry for each stage. Received: "
            f"blocks={config.blocks}, filters={config.filters}"
        )
    picture = picture_input(config.size, config.channels, 2 ** len(config.blocks))
    style = Style(config.dtype, norm=False, bias=True)
    x = picture
    for stage, (count, filters) in enumerate(
        zip(config.blocks, config.filters, strict=True), 1
    ):
        for index in range(1, count + 1):
            x = conv_norm(x, filters, 3, f"stage_{stage}_{index}", style)
        pool = layers.MaxPooling2D(2, dtype=style.policy, name=f"stage_{stage}_pool")
        x = pool(x)
    x = layers.Flatten(dtype=style.policy, name="flat")(x)
    for number in (1, 2):
        x = layers.Dense(
            config.units,
            activation="relu",
            kernel_initializer="he_normal",
            dtype=style.policy,
            name=f"dense_{number}",
        )(x)
        if config.dropout:
            x = layers.Dropout(
                config.dropout, dtype=style.policy, name=f"dropout_{number}"
            )(x)
    logits = layers.Dense(config.classes, dtype="float32", name="logits")(x)
    return keras.Model({"picture": picture}, {"logits": logits}, name="vgg")


_REDUCED = {"classes": 3, "size": 8, "blocks": (1, 2), "filters": (4, 6), "units": 6}

for _name, _config in {
    "vgg_11": VGGConfig(),
    "vgg_13": VGGConfig(blocks=(2,) * 5),
}.items():
    register(_name, _config, vgg, classifier_for_inference("signed"), reduced=_REDUCED)
