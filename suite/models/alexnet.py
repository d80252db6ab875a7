"""AlexNet: five convolutions, three of them in two halves, three dense layers.

Krizhevsky, Sutskever, Hinton 2012, "ImageNet classification with deep convolutional
neural networks". Two graphics cards held half of the channels each, so the second,
fourth and fifth convolution see one half: groups. Pictures must have 227 pixels a side;
the paper prints 224, which does not give its 55 x 55. One tower without groups and
normalization is Krizhevsky 2014, arXiv:1404.5997, in the form of torchvision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from suite.layers import LocalResponseNormalization
from suite.layers.divisible import check_length, check_multiple
from suite.models.classifier_inference import classifier_for_inference
from suite.models.conv_norm import check_classes, picture_input
from suite.models.registry import register

SMALLEST = 67
"""Pixels a side that leave the last pooling one cell, without padding at the start."""


@dataclass(frozen=True)
class AlexNetConfig:
    """Configuration of AlexNet."""

    classes: int = 1000
    """Number of classes."""
    size: int = 227
    """Pixels a side."""
    channels: int = 3
    """Channels of the picture."""
    filters: tuple[int, int, int, int, int] = (96, 256, 384, 384, 256)
    """Channels of the five convolutions, multiples of `groups`."""
    units: int = 4096
    """Width of the two dense layers."""
    groups: int = 2
    """Parts that the second, fourth and fifth convolution see one of: 2 as published,
    60,965,224 weights; 1 gives 62,378,344."""
    response: bool = True
    """Local response normalization after the first two convolutions."""
    padding: int = 0
    """Zeros around the picture: 0 as published, 2 in torchvision, for 224 pixels."""
    dropout: float = 0.5
    """In front of the two dense layers."""
    dtype: str = "float32"
    """Dtype policy of all layers but the last, which is float32."""


def alexnet(config: AlexNetConfig) -> keras.Model:
    """Build AlexNet.

    Args:
        config: Its configuration.

    Returns:
        Functional model of "picture", float32 `(batch, size, size, channels)`, -1..1,
        to a dict of "logits", float32 `(batch, classes)`.

    Raises:
        ValueError: There are not five `filters`, groups do not divide them, the
            picture is too small, or there are fewer than two classes.
    """
    check_classes(config.classes)
    check_length("filters", config.filters, 5)
    for filters in config.filters:
        check_multiple("Each of `filters`", filters, "groups", config.groups)
    picture = picture_input(config.size, config.channels, SMALLEST - 2 * config.padding)
    policy, groups = config.dtype, config.groups

    def conv(x: Any, number: int, kernel: int, strides: int, groups: int) -> Any:
        name = f"conv_{number}"
        x = layers.Conv2D(
            config.filters[number - 1],
            kernel,
            strides,
            "valid" if strides > 1 else "same",
            groups=groups,
            kernel_initializer=_normal(0.01),
            # ones where the paper has them: the ReLUs behind start alive (section 5)
            bias_initializer="ones" if number in (2, 4, 5) else "zeros",
            dtype=policy,
            name=name,
        )(x)
        return layers.ReLU(dtype=policy, name=f"{name}_relu")(x)

    def pooled(x: Any, number: int) -> Any:
        return layers.MaxPooling2D(3, 2, dtype=policy, name=f"pool_{number}")(x)

    def normalized(x: Any, number: int) -> Any:
        if not config.response:
            return x
        return LocalResponseNormalization(
            2, 2.0, 1e-4, 0.75, dtype=policy, name=f"response_{number}"
        )(x)

    x = picture
    if config.padding:
        x = layers.ZeroPadding2D(config.padding, dtype=policy, name="padding")(x)
    x = pooled(normalized(conv(x, 1, 11, 4, 1), 1), 1)
    x = pooled(normalized(conv(x, 2, 5, 1, groups), 2), 2)
    x = conv(x, 3, 3, 1, 1)  # sees both halves
    x = conv(x, 4, 3, 1, groups)
    x = pooled(conv(x, 5, 3, 1, groups), 5)
    x = layers.Flatten(dtype=policy, name="flat")(x)
    for number in (6, 7):
        if config.dropout:
            x = layers.Dropout(config.dropout, dtype=policy, name=f"dropout_{number}")(
                x
            )
        x = layers.Dense(
            config.units,
            activation="relu",
            kernel_initializer=_normal(0.01),
            bias_initializer="ones",
            dtype=policy,
            name=f"dense_{number}",
        )(x)
    logits = layers.Dense(
        config.classes,
        kernel_initializer=_normal(0.01),
        dtype="float32",
        name="logits",
    )(x)
    return keras.Model({"picture": picture}, {"logits": logits}, name="alexnet")


def _normal(deviation: float) -> Any:
    return keras.initializers.RandomNormal(stddev=deviation)


ONE_TOWER = AlexNetConfig(
    size=224, filters=(64, 192, 384, 256, 256), groups=1, response=False, padding=2
)
"""61,100,840 weights, torchvision's."""

_REDUCED = {"classes": 3, "size": SMALLEST, "filters": (4, 8, 4, 4, 4), "units": 6}

for _name, _config in (("alexnet", AlexNetConfig()), ("alexnet_one_tower", ONE_TOWER)):
    register(
        _name, _config, alexnet, classifier_for_inference("signed"), reduced=_REDUCED
    )
