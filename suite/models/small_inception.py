"""Inception for pictures of 32 x 32, in 1.6 million weights.

Zhang, Bengio, Hardt, Recht, Vinyals 2016, arXiv:1611.03530, figure 3: modules of a 1x1
and a 3x3 side by side, and modules that halve by a strided 3x3 beside a pooling. The
paper cuts 28 x 28 out of the pictures; the mean at the end takes any size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from suite.layers.divisible import check_length, scaled_width
from suite.models.classifier_inference import classifier_for_inference
from suite.models.conv_norm import (
    Style,
    check_classes,
    classified,
    conv_norm,
    picture_input,
)
from suite.models.registry import register


@dataclass(frozen=True)
class SmallInceptionConfig:
    """Configuration of the small Inception."""

    classes: int = 10
    """Number of classes."""
    size: int = 32
    """Pixels a side; the paper's are 28."""
    channels: int = 3
    """Channels of the picture."""
    stem: int = 96
    """Channels of the first convolution."""
    stages: tuple[tuple[tuple[int, int], ...], ...] = (
        ((32, 32), (32, 48)),
        ((112, 48), (96, 64), (80, 80), (48, 96)),
        ((176, 160), (176, 160)),
    )
    """Channels of the 1x1 and of the 3x3 of each module, stage by stage."""
    halvings: tuple[int, ...] = (80, 96)
    """Channels of the strided 3x3 between the stages."""
    width: float = 1.0
    """Factor on all numbers of channels, which must stay even."""
    scale: bool = False
    """Scale (gamma) in the normalizations. Without it there are the 1,649,402 trained
    weights of the paper, with it 1,712 more."""
    dtype: str = "float32"
    """Dtype policy of all layers but the last, which is float32."""


def small_inception(config: SmallInceptionConfig) -> keras.Model:
    """Build the small Inception.

    Args:
        config: Its configuration.

    Returns:
        Functional model of "picture", float32 `(batch, size, size, channels)`, -1..1,
        to a dict of "logits", float32 `(batch, classes)`.

    Raises:
        ValueError: The picture is smaller than the stride, there is not one halving
            between each two stages, a stage has no modules, a module not two numbers,
            a number of channels is odd, or there are fewer than two classes.
    """
    check_classes(config.classes)
    for index, modules in enumerate(config.stages):
        check_length(f"stages[{index}]", modules)
        for module in modules:
            check_length(f"stages[{index}]", module, 2)
    if len(config.halvings) != len(config.stages) - 1:
        raise ValueError(
            "There must be one of `halvings` between each two stages. Received: "
            f"{len(config.stages)} stages, halvings={config.halvings}"
        )
    picture = picture_input(config.size, config.channels, 2 ** len(config.halvings))
    style = Style(config.dtype, scale=config.scale, epsilon=1e-3)

    def unit(x: Any, channels: int, kernel: int, name: str, strides: int = 1) -> Any:
        filters = scaled_width(channels, config.width, 16)
        return conv_norm(x, filters, kernel, name, style, strides=strides)

    def joined(parts: list[Any], name: str) -> Any:
        return layers.Concatenate(dtype=style.policy, name=name)(parts)

    x = unit(picture, config.stem, 3, "stem")
    for stage, modules in enumerate(config.stages):
        if stage:
            name = f"halving_{stage}"
            pool = layers.MaxPooling2D(
                3, 2, "same", dtype=style.policy, name=f"{name}_pool"
            )
            strided = unit(x, config.halvings[stage - 1], 3, f"{name}_three", 2)
            x = joined([strided, pool(x)], name)
        for index, (one, three) in enumerate(modules, 1):
            name = f"stage_{stage + 1}_{index}"
            parts = [unit(x, one, 1, f"{name}_one"), unit(x, three, 3, f"{name}_three")]
            x = joined(parts, name)
    logits = classified(x, config.classes)
    return keras.Model({"picture": picture}, {"logits": logits}, name="small_inception")


register(
    "small_inception",
    SmallInceptionConfig(),
    small_inception,
    classifier_for_inference("signed"),
    reduced={
        "classes": 3,
        "size": 8,
        "stem": 16,
        "stages": (((16, 16),), ((16, 16),)),
        "halvings": (16,),
        "width": 0.25,
    },
)
