"""Parts that the classic classifiers share: picture in, conv + norm + ReLU, logits out.

`Style` is what all convolutions of a network have in common; the functions add one part
to a functional graph. Names of layers follow from `name`: `..._conv`, `..._norm`,
`..._relu`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from suite.layers.divisible import check_positive
from suite.layers.size_check import check_sides


@dataclass(frozen=True)
class Style:
    """What the convolutions of one network have in common."""

    policy: str = "float32"
    """Dtype policy."""
    norm: bool = True
    """Batch normalization behind the convolution."""
    scale: bool = True
    """The normalization has a scale (gamma); the offset is always there."""
    bias: bool = False
    """The convolution has a bias, without effect where a normalization follows."""
    momentum: float = 0.9
    """Of the moving statistics: what PyTorch calls 0.1."""
    epsilon: float = 1e-5
    """Of the normalization; Keras takes 1e-3."""
    centred: bool = False
    """Pad with as many zeros on each side at any stride, as Caffe and PyTorch do. With
    "same" an even picture gets all of them at the end: shifted by a pixel."""
    initializer: Any = "he_normal"
    """Of the kernels."""


def picture_input(
    size: int, channels: int, minimum: int = 1, multiple: int = 1
) -> keras.KerasTensor:
    """The square picture that a classifier takes.

    Args:
        size: Pixels a side.
        channels: 3 for colour, 1 for grey.
        minimum: The smallest side that the network behind it can take.
        multiple: What a side must be a multiple of.

    Raises:
        ValueError: If the size or the channels do not suit; the message names the
            nearest that do.
    """
    check_positive("channels", channels)
    check_sides(size, size, multiple, minimum)
    return keras.Input((size, size, channels), name="picture")


def conv(
    x: Any,
    filters: int,
    kernel: int | tuple[int, int],
    name: str,
    style: Style,
    *,
    strides: int = 1,
    padding: str = "same",
    groups: int = 1,
) -> Any:
    """A convolution alone.

    Args:
        x: Map of shape `(batch, height, width, channels)`.
        filters: Channels of the result.
        kernel: Side of the kernel, or height and width.
        name: Name of its layer, and, with `_pad`, of the padding.
        style: The network's style.
        strides: Positive int.
        padding: "same" (which `style.centred` interprets) or "valid".
        groups: Positive int, a divisor of both numbers of channels.
    """
    if style.centred and padding == "same" and strides > 1:
        zeros = (kernel if isinstance(kernel, int) else max(kernel)) // 2
        padding = "valid"
        if zeros:
            x = layers.ZeroPadding2D(zeros, dtype=style.policy, name=f"{name}_pad")(x)
    return layers.Conv2D(
        filters,
        kernel,
        strides,
        padding,
        groups=groups,
        use_bias=style.bias,
        kernel_initializer=style.initializer,
        dtype=style.policy,
        name=name,
    )(x)


def norm(x: Any, name: str, style: Style) -> Any:
    """The batch normalization of a style."""
    return layers.BatchNormalization(
        momentum=style.momentum,
        epsilon=style.epsilon,
        scale=style.scale,
        dtype=style.policy,
        name=name,
    )(x)


def relu(x: Any, name: str, style: Style) -> Any:
    """A rectifier."""
    return layers.ReLU(dtype=style.policy, name=name)(x)


def conv_norm(
    x: Any,
    filters: int,
    kernel: int | tuple[int, int],
    name: str,
    style: Style,
    *,
    strides: int = 1,
    padding: str = "same",
    groups: int = 1,
    activate: bool = True,
) -> Any:
    """Convolution, the style's normalization if it has one, ReLU if asked.

    Args:
        x, filters, kernel, name, style, strides, padding, groups: As in `conv`.
        activate: With a ReLU at the end.
    """
    x = conv(
        x,
        filters,
        kernel,
        f"{name}_conv",
        style,
        strides=strides,
        padding=padding,
        groups=groups,
    )
    if style.norm:
        x = norm(x, f"{name}_norm", style)
    return relu(x, f"{name}_relu", style) if activate else x


def norm_conv(
    x: Any,
    filters: int,
    kernel: int,
    name: str,
    style: Style,
    *,
    strides: int = 1,
    groups: int = 1,
) -> Any:
    """Normalization, ReLU, then the convolution: "pre-activation"."""
    x = relu(norm(x, f"{name}_norm", style), f"{name}_relu", style)
    return conv(
        x, filters, kernel, f"{name}_conv", style, strides=strides, groups=groups
    )


def max_pool(x: Any, size: int, strides: int, name: str, style: Style) -> Any:
    """Largest value of each window; "same" padding, or centred as the style says."""
    if style.centred and strides > 1:
        # zeros, not -inf: nothing below zero comes out of a ReLU, and where there is
        # none (the stem of ResNet v2), keras.applications pads with zeros, too
        x = layers.ZeroPadding2D(size // 2, dtype=style.policy, name=f"{name}_pad")(x)
        padding = "valid"
    else:
        padding = "same"
    return layers.MaxPooling2D(size, strides, padding, dtype=style.policy, name=name)(x)


def classified(
    x: Any, classes: int, dropout: float = 0.0, name: str = "logits"
) -> keras.KerasTensor:
    """Mean over the map, dropout where there is any, float32 logits.

    Args:
        x: Map of shape `(batch, height, width, channels)`, or features of shape
            `(batch, channels)`.
        classes: Number of classes.
        dropout: Share of the features dropped in training.
        name: Name of the last layer.
    """
    if len(x.shape) == 4:
        x = layers.GlobalAveragePooling2D(dtype="float32", name="mean")(x)
    if dropout:
        x = layers.Dropout(dropout, dtype="float32", name="dropout")(x)
    return layers.Dense(classes, dtype="float32", name=name)(x)


def check_classes(classes: int) -> None:
    """Refuse fewer than two classes."""
    if classes < 2:
        raise ValueError(
            f"A classifier needs at least two classes. Received: classes={classes}"
        )
