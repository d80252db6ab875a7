"""Residual networks: ResNet, its second version, ResNeXt, large and for 32 x 32.

He et al. 2015, arXiv:1512.03385 (ResNet); 2016, arXiv:1603.05027 (pre-activation, and
ResNet-200); Xie et al. 2016, arXiv:1611.05431 (ResNeXt). Convolutions have no bias, as
in the public code; ResNet-50, 101 and 152 of keras.applications have
(`hidden_bias=True` gives their counts here), and come from there, since there are
weights for them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import keras
from keras import layers

from suite.layers import PaddedShortcut
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

EXPANSION = 4
"""How much wider the result of a bottleneck block is than the network's `width`."""


@dataclass(frozen=True)
class ResNetConfig:
    """Configuration of a residual network."""

    classes: int = 1000
    """Number of classes."""
    size: int = 224
    """Pixels a side."""
    channels: int = 3
    """Channels of the picture."""
    blocks: tuple[int, ...] = (3, 4, 6, 3)
    """Blocks of each stage; each stage but the first halves the size."""
    width: int = 64
    """Channels of the first stage, before a bottleneck's expansion by 4; doubled with
    each stage."""
    bottleneck: bool = True
    """Blocks of 1x1, 3x3, 1x1 instead of two 3x3."""
    groups: int = 1
    """Parts of a bottleneck's 3x3: ResNeXt's cardinality."""
    group_width: int | None = None
    """Channels of such a part in the first stage; `width` when None."""
    large_stem: bool = True
    """7x7 at stride 2 and pooling in front, for large pictures; 3x3 for 32 x 32."""
    shortcut: str = "B"
    """Where shapes change: "B", a 1x1 convolution, or "A", zeros for new channels."""
    pre_activation: bool = False
    """Normalization and ReLU in front of convolutions instead of behind: version 2."""
    stride_at: str = "3x3"
    """Convolution of a bottleneck that halves: "3x3" as in all public code since, or
    the first "1x1" as in the paper, whose 3.8 G multiply-adds of ResNet-50 need it."""
    hidden_bias: bool = False
    """Bias of convolutions, without effect in front of a normalization: 26,560
    weights more in ResNet-50, 25,583,592 instead of 25,557,032."""
    dtype: str = "float32"
    """Dtype policy of all layers but the last, which is float32."""


def resnet(config: ResNetConfig) -> keras.Model:
    """Build a residual network.

    Args:
        config: Its configuration.

    Returns:
        Functional model of "picture", float32 `(batch, size, size, channels)`, -1..1,
        to a dict of "logits", float32 `(batch, classes)`.

    Raises:
        ValueError: The picture is smaller than the stride, an argument is none of its
            choices, or there are fewer than two classes.
    """
    check_classes(config.classes)
    _check(config)
    stride = 2 ** (len(config.blocks) - 1) * (4 if config.large_stem else 1)
    picture = picture_input(config.size, config.channels, stride)
    style = Style(config.dtype, bias=config.hidden_bias, centred=True)
    x = _stem(picture, config, style)
    for stage, count in enumerate(config.blocks):
        for index in range(count):
            strides = 2 if stage and not index else 1
            name = f"stage_{stage + 1}_block_{index + 1}"
            x = _block(x, stage, strides, name, config, style)
    if config.pre_activation:
        x = relu(norm(x, "last_norm", style), "last_relu", style)
    logits = classified(x, config.classes)
    return keras.Model({"picture": picture}, {"logits": logits}, name="resnet")


def _check(config: ResNetConfig) -> None:
    if config.shortcut not in ("A", "B") or config.stride_at not in ("1x1", "3x3"):
        raise ValueError(
            "`shortcut` must be A or B, `stride_at` 1x1 or 3x3. Received: "
            f"shortcut={config.shortcut!r}, stride_at={config.stride_at!r}"
        )
    group_width = 1 if config.group_width is None else config.group_width
    numbers = (*config.blocks, config.width, config.groups, group_width)
    if not config.blocks or min(numbers) < 1:
        raise ValueError(
            "`blocks`, `width`, `groups` and `group_width` must be positive. Received: "
            f"blocks={config.blocks}, width={config.width}, groups={config.groups}, "
            f"group_width={config.group_width}"
        )
    if config.groups > 1 and not config.bottleneck:
        raise ValueError(
            "Groups are a bottleneck's. Received: "
            f"groups={config.groups}, bottleneck=False. Nearest: groups=1"
        )


def _stem(picture: Any, config: ResNetConfig, style: Style) -> Any:
    kernel, strides = (7, 2) if config.large_stem else (3, 1)
    if config.pre_activation:  # the first block normalizes
        x = conv(picture, config.width, kernel, "stem_conv", style, strides=strides)
    else:
        x = conv_norm(picture, config.width, kernel, "stem", style, strides=strides)
    return max_pool(x, 3, 2, "stem_pool", style) if config.large_stem else x


def _block(
    x: Any, stage: int, strides: int, name: str, config: ResNetConfig, style: Style
) -> Any:
    """The shortcut, and the convolutions beside it: (kernel, channels, ...) each."""
    wide = config.width * 2**stage
    if config.bottleneck:
        inner = (config.group_width or config.width) * config.groups * 2**stage
        early = config.stride_at == "1x1"
        steps = [
            (1, inner, strides if early else 1, 1),
            (3, inner, 1 if early else strides, config.groups),
            (1, EXPANSION * wide, 1, 1),
        ]
    else:
        steps = [(3, wide, strides, 1), (3, wide, 1, 1)]
    if config.pre_activation:
        return _pre_activated(x, steps, strides, name, config, style)
    short = _shortcut(x, steps[-1][1], strides, name, config, style)
    y = x
    for number, (kernel, filters, step, groups) in enumerate(steps, 1):
        y = conv_norm(
            y,
            filters,
            kernel,
            f"{name}_{number}",
            style,
            strides=step,
            groups=groups,
            activate=number < len(steps),
        )
    y = layers.Add(dtype=style.policy, name=f"{name}_add")([short, y])
    return relu(y, f"{name}_relu", style)


def _pre_activated(
    x: Any,
    steps: list[tuple[int, int, int, int]],
    strides: int,
    name: str,
    config: ResNetConfig,
    style: Style,
) -> Any:
    """Nothing but the addition on the way through (2016, figure 1 b)."""
    kernel, filters, step, groups = steps[0]
    y = relu(norm(x, f"{name}_1_norm", style), f"{name}_1_relu", style)
    if config.shortcut == "B" and _changes(x, steps[-1][1], strides):
        # a projection sees what the first convolution sees, as in the public code
        x = conv(y, steps[-1][1], 1, f"{name}_short_conv", style, strides=strides)
    else:
        x = _shortcut(x, steps[-1][1], strides, name, config, style)
    y = conv(y, filters, kernel, f"{name}_1_conv", style, strides=step, groups=groups)
    for number, (kernel, filters, step, groups) in enumerate(steps[1:], 2):
        y = norm_conv(
            y, filters, kernel, f"{name}_{number}", style, strides=step, groups=groups
        )
    return layers.Add(dtype=style.policy, name=f"{name}_add")([x, y])


def _changes(x: Any, filters: int, strides: int) -> bool:
    return strides > 1 or bool(x.shape[-1] != filters)


def _shortcut(
    x: Any, filters: int, strides: int, name: str, config: ResNetConfig, style: Style
) -> Any:
    if not _changes(x, filters, strides):
        return x
    name = f"{name}_short"
    if config.shortcut == "A":
        return PaddedShortcut(filters, strides, dtype=style.policy, name=name)(x)
    return conv_norm(x, filters, 1, name, style, strides=strides, activate=False)


LARGE = ResNetConfig()
SMALL = ResNetConfig(
    classes=10,
    size=32,
    blocks=(3, 3, 3),
    width=16,
    bottleneck=False,
    large_stem=False,
    shortcut="A",
)
"""ResNet-20 as published for CIFAR-10, 269,722 weights; 272,474 with shortcut B."""
RESNEXT = ResNetConfig(groups=32, group_width=4)
SMALL_RESNEXT = replace(
    SMALL, width=64, bottleneck=True, shortcut="B", groups=32, group_width=4
)

CONFIGS = {
    "resnet_18": replace(LARGE, blocks=(2, 2, 2, 2), bottleneck=False),
    "resnet_34": replace(LARGE, bottleneck=False),
    "resnet_200": replace(LARGE, blocks=(3, 24, 36, 3)),
    "resnet_200_v2": replace(LARGE, blocks=(3, 24, 36, 3), pre_activation=True),
    "resnext_50_32x4d": RESNEXT,
    "resnext_101_32x4d": replace(RESNEXT, blocks=(3, 4, 23, 3)),
    "resnext_101_64x4d": replace(RESNEXT, blocks=(3, 4, 23, 3), groups=64),
    # for 32 x 32
    "resnet_20": SMALL,
    "resnet_32": replace(SMALL, blocks=(5, 5, 5)),
    "resnet_56": replace(SMALL, blocks=(9, 9, 9)),
    "resnet_20_v2": replace(SMALL, shortcut="B", pre_activation=True),
    "resnext_29_32x4d": SMALL_RESNEXT,
    "resnext_29_8x64d": replace(SMALL_RESNEXT, groups=8, group_width=64),
}
"""The names, and what they stand for."""

_REDUCED: dict[str, Any] = {"classes": 3, "width": 4, "blocks": (1, 1)}

for _name, _config in CONFIGS.items():
    _parts = {"groups": 2, "group_width": 2} if _config.groups > 1 else {}
    register(
        _name,
        _config,
        resnet,
        classifier_for_inference("signed"),
        reduced={**_REDUCED, "size": 16 if _config.large_stem else 8, **_parts},
    )
