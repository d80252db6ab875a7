"""Feature extractors of the quality networks: published ones, and one for phones.

The published ones come from keras.applications. With `weights=None`, the default, they
are drawn anew; "imagenet" downloads, which no test does.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from suite.layers import ImageNetPixels, StandardizedConv2D
from suite.layers.divisible import check_length, check_positive

IQT_MAPS = ("mixed_5b", *(f"block35_{index}_ac" for index in (2, 4, 6, 8, 10)))
"""Six maps of 320 channels after their ReLU."""
GROUPS = 32
"""Of a normalization in the stem of R50-ViT-IQA; as many as channels, if fewer."""


def inception_resnet_maps(weights: str | None) -> keras.Model:
    """The part of Inception-ResNet-v2 that IQT looks through, frozen.

    Returns:
        Model of a picture, float32 `(batch, height, width, 3)`, -1..1, sides of at
        least 75, to six maps side by side, `(batch, rows, columns, 1920)`.
    """
    whole = keras.applications.InceptionResNetV2(include_top=False, weights=weights)
    maps = [whole.get_layer(name).output for name in IQT_MAPS]
    joined = layers.Concatenate(name="maps")(maps)
    model = keras.Model(whole.input, joined, name="backbone")
    # and with it the statistics of batch normalization: `training=False` where it is
    # called would not do it, a functional model hands its own mode to all its layers
    model.trainable = False
    return model


def inception_side(side: int) -> int:
    """Cells a side of `inception_resnet_maps` for pixels a side: 29 for 256."""
    for kernel, stride in ((3, 2), (3, 1), (3, 2), (3, 1), (3, 2)):
        side = (side - kernel) // stride + 1  # "valid"; the 3x3 between is "same"
    return side


def applications_backbone(kind: str, weights: str | None) -> keras.Model:
    """ResNet-50 or VGG16 up to their last map, at stride 32.

    Returns:
        Model of a picture, float32 `(batch, height, width, 3)`, 0..255, to a map of
        2048 or 512 channels.

    Raises:
        ValueError: If `kind` is neither "resnet50" nor "vgg16".
    """
    kinds = {
        "resnet50": keras.applications.ResNet50,
        "vgg16": keras.applications.VGG16,
    }
    if kind not in kinds:
        raise ValueError(
            f"`backbone` must be one of {', '.join([*kinds, 'edge'])}. "
            f"Received: backbone={kind!r}"
        )
    picture = keras.Input((None, None, 3))
    x = ImageNetPixels(dtype="float32", name="imagenet_pixels")(picture)
    features = kinds[kind](include_top=False, weights=weights)(x)
    return keras.Model(picture, features, name="backbone")


def edge_backbone(
    stages: tuple[tuple[int, int], ...], expansion: int, policy: str, *, joined: bool
) -> keras.Model:
    """Inverted residuals of one's own, small enough for a phone.

    Args:
        stages: Pairs of channels and blocks; each stage halves the size, after a
            first convolution that halves it, too.
        expansion: Positive int, by how much a block widens inside.
        policy: Dtype policy.
        joined: Give the results of all blocks of the last stage side by side, not only
            the last one's.

    Returns:
        Model of a picture, float32 `(batch, height, width, 3)`, -1..1, to a map.

    Raises:
        ValueError: If there are no stages, or one is not a pair of positive numbers.

    References:
        - Sandler et al. 2018, arXiv:1801.04381, section 3.3
    """
    check_length("stages", stages)
    for index, pair in enumerate(stages):
        check_length(f"stages[{index}]", pair, 2)
        check_positive(f"stages[{index}]", pair)
    picture = keras.Input((None, None, 3))
    x = _unit(picture, stages[0][0], 3, "stem", policy, strides=2)
    for stage, (channels, blocks) in enumerate(stages, 1):
        results = []
        for block in range(1, blocks + 1):
            name = f"stage_{stage}_block_{block}"
            strides = 2 if block == 1 else 1
            x = _inverted(x, channels, expansion, strides, name, policy)
            results.append(x)
    if joined and len(results) > 1:
        x = layers.Concatenate(dtype=policy, name="maps")(results)
    return keras.Model(picture, x, name="backbone")


def hybrid_stem(picture: Any, blocks: tuple[int, ...], width: int) -> Any:
    """The first stages of ResNet v2 of R50-ViT-IQA: stride 16, 16 times the width.

    Weight-standardized convolutions without bias, group normalization of 32 groups.
    11,894,848 weights for (3, 4, 9) and 64.

    Raises:
        ValueError: If a stage has no blocks, or 32 groups do not divide a number of
            channels above 32.

    References:
        - Dosovitskiy et al. 2021, arXiv:2010.11929, section 3.1 (hybrid)
    """
    check_positive("stem", blocks)
    _check_groups(width, len(blocks))
    x = _standardized(picture, width, 7, "stem", strides=2)
    x = layers.ReLU(name="stem_relu")(x)
    x = layers.MaxPooling2D(3, 2, padding="same", name="stem_pool")(x)
    for stage, count in enumerate(blocks):
        inner = width * 2**stage
        for index in range(1, count + 1):
            name = f"stage_{stage + 1}_block_{index}"
            strides = 2 if index == 1 and stage else 1
            short = x
            if index == 1:
                short = _standardized(x, 4 * inner, 1, f"{name}_short", strides=strides)
            y = layers.ReLU(name=f"{name}_relu_1")(
                _standardized(x, inner, 1, f"{name}_1")
            )
            y = _standardized(y, inner, 3, f"{name}_2", strides=strides)
            y = layers.ReLU(name=f"{name}_relu_2")(y)
            y = _standardized(y, 4 * inner, 1, f"{name}_3")
            x = layers.Add(name=f"{name}_add")([short, y])
            x = layers.ReLU(name=f"{name}_relu")(x)
    return x


def _check_groups(width: int, stages: int) -> None:
    factors = [1, *(wider * 2**s for s in range(stages) for wider in (1, 4))]

    def suits(width: int) -> bool:
        wide = [width * factor for factor in factors]
        return width > 0 and not any(n % min(GROUPS, n) for n in wide)

    if not suits(width):
        below = [n for n in range(1, width) if suits(n)][-1:]
        above = next(filter(suits, itertools.count(max(width, 0) + 1)))
        raise ValueError(
            f"The stem's numbers of channels above {GROUPS} must be multiples of "
            f"{GROUPS}. Received: stem_width={width}. "
            f"Nearest: {', '.join(map(str, [*below, above]))}"
        )


def _standardized(
    x: Any, filters: int, kernel: int, name: str, *, strides: int = 1
) -> Any:
    if kernel > 1:  # zeros on all sides: "same" is shifted by a pixel at stride 2
        x = layers.ZeroPadding2D(kernel // 2, name=f"{name}_pad")(x)
    x = StandardizedConv2D(filters, kernel, strides, name=f"{name}_conv")(x)
    groups = min(GROUPS, filters)
    return layers.GroupNormalization(groups, epsilon=1e-6, name=f"{name}_norm")(x)


def _unit(
    x: Any,
    channels: int,
    kernel: int,
    name: str,
    policy: str,
    *,
    strides: int = 1,
    depthwise: bool = False,
    relu: bool = True,
) -> Any:
    conv: Callable[..., Any] = layers.Conv2D
    first: tuple[Any, ...] = (channels, kernel)
    start = "kernel_initializer"
    if depthwise:
        conv, first, start = layers.DepthwiseConv2D, (kernel,), "depthwise_initializer"
    x = conv(
        *first,
        strides=strides,
        padding="same",
        use_bias=False,
        dtype=policy,
        name=f"{name}_conv",
        **{start: "he_normal"},
    )(x)
    x = layers.BatchNormalization(
        momentum=0.98, epsilon=1e-5, dtype=policy, name=f"{name}_norm"
    )(x)
    return layers.ReLU(6.0, dtype=policy, name=f"{name}_relu")(x) if relu else x


def _inverted(
    x: Any, channels: int, expansion: int, strides: int, name: str, policy: str
) -> Any:
    y = _unit(x, expansion * x.shape[-1], 1, f"{name}_expand", policy)
    y = _unit(y, 0, 3, f"{name}_depth", policy, strides=strides, depthwise=True)
    y = _unit(y, channels, 1, f"{name}_project", policy, relu=False)
    if strides == 1 and x.shape[-1] == channels:
        y = layers.Add(dtype=policy, name=f"{name}_add")([x, y])
    return y
