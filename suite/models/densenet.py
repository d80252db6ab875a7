"""DenseNet: each layer sees the maps of all layers before it in its block.

Huang et al. 2016, arXiv:1608.06993. The forms for 32 x 32, the 161 layers of the
released code and the 264 of the paper; 121, 169 and 201 come from keras.applications,
with the counts that this builder gives for them, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import keras
from keras import layers

from suite.models.classifier_inference import classifier_for_inference
from suite.models.conv_norm import (
    Style,
    check_classes,
    classified,
    conv,
    conv_norm,
    max_pool,
    norm,
    norm_conv,
    picture_input,
    relu,
)
from suite.models.registry import register

BOTTLENECK = 4
"""Times the growth: channels between the 1x1 and the 3x3 of a layer."""


@dataclass(frozen=True)
class DenseNetConfig:
    """Configuration of DenseNet."""

    classes: int = 10
    """Number of classes."""
    size: int = 32
    """Pixels a side."""
    channels: int = 3
    """Channels of the picture."""
    blocks: tuple[int, ...] = (6, 6, 6)
    """Layers of each block; between blocks the size is halved."""
    growth: int = 12
    """Channels that a layer adds, k."""
    bottleneck: bool = True
    """A 1x1 to 4 k channels in front of each 3x3: the B of BC."""
    compression: float = 0.5
    """Share of the channels that go on to the next block: below 1, the C of BC."""
    stem: int | None = None
    """Channels of the first convolution; 2 k when None. 16 in the forms without BC,
    and 170,450 instead of 176,122 weights where BC-40-12 is built with it."""
    large_stem: bool = False
    """7x7 at stride 2 and pooling in front, for large pictures."""
    dropout: float = 0.0
    """After each convolution: 0.2 where pictures are not augmented."""
    dtype: str = "float32"
    """Dtype policy of all layers but the last, which is float32."""


def densenet(config: DenseNetConfig) -> keras.Model:
    """Build DenseNet.

    Args:
        config: Its configuration.

    Returns:
        Functional model of "picture", float32 `(batch, size, size, channels)`, -1..1,
        to a dict of "logits", float32 `(batch, classes)`.

    Raises:
        ValueError: The picture is smaller than the stride, a number is not positive,
            or there are fewer than two classes.
    """
    check_classes(config.classes)
    numbers = (*config.blocks, config.growth, 1 if config.stem is None else config.stem)
    positive = config.blocks and min(numbers) > 0
    if not positive or not 0 < config.compression <= 1:
        raise ValueError(
            "`blocks`, `growth` and `stem` must be positive, `compression` above 0 and "
            f"at most 1. Received: blocks={config.blocks}, growth={config.growth}, "
            f"stem={config.stem}, compression={config.compression}"
        )
    stride = 2 ** (len(config.blocks) - 1) * (4 if config.large_stem else 1)
    picture = picture_input(config.size, config.channels, stride)
    style = Style(config.dtype, centred=True)
    filters = 2 * config.growth if config.stem is None else config.stem
    if config.large_stem:
        x = conv_norm(picture, filters, 7, "stem", style, strides=2)
        x = max_pool(x, 3, 2, "stem_pool", style)
    else:
        x = conv(picture, filters, 3, "stem_conv", style)
    for block, count in enumerate(config.blocks, 1):
        for index in range(1, count + 1):
            name = f"block_{block}_{index}"
            y = _layer(x, name, config, style)
            x = layers.Concatenate(dtype=style.policy, name=name)([x, y])
        if block < len(config.blocks):
            kept = int(config.compression * x.shape[-1])
            name = f"transition_{block}"
            x = _dropped(norm_conv(x, kept, 1, name, style), name, config, style)
            pool = layers.AveragePooling2D(2, dtype=style.policy, name=f"{name}_pool")
            x = pool(x)
    x = relu(norm(x, "last_norm", style), "last_relu", style)
    logits = classified(x, config.classes)
    return keras.Model({"picture": picture}, {"logits": logits}, name="densenet")


def _layer(x: Any, name: str, config: DenseNetConfig, style: Style) -> Any:
    if config.bottleneck:
        x = norm_conv(x, BOTTLENECK * config.growth, 1, f"{name}_in", style)
        x = _dropped(x, f"{name}_in", config, style)
    x = norm_conv(x, config.growth, 3, f"{name}_out", style)
    return _dropped(x, f"{name}_out", config, style)


def _dropped(x: Any, name: str, config: DenseNetConfig, style: Style) -> Any:
    if not config.dropout:
        return x
    return layers.Dropout(config.dropout, dtype=style.policy, name=f"{name}_drop")(x)


PLAIN = DenseNetConfig(blocks=(12, 12, 12), bottleneck=False, compression=1.0, stem=16)
"""DenseNet, L 40, k 12: 1,019,722 weights."""
LARGE = DenseNetConfig(
    classes=1000, size=224, growth=32, blocks=(6, 12, 64, 48), large_stem=True
)

CONFIGS = {
    "densenet_161": replace(LARGE, growth=48, blocks=(6, 12, 36, 24)),
    "densenet_264": LARGE,
    "densenet_40_12": PLAIN,
    "densenet_bc_40_12": DenseNetConfig(),
    "densenet_bc_100_12": DenseNetConfig(blocks=(16, 16, 16)),
}
"""The names, and what they stand for."""

_REDUCED: dict[str, Any] = {"classes": 3, "growth": 4, "blocks": (2, 1)}

for _name, _config in CONFIGS.items():
    register(
        _name,
        _config,
        densenet,
        classifier_for_inference("signed"),
        reduced={**_REDUCED, "size": 16 if _config.large_stem else 8},
    )
