"""GoogLeNet, and Inception v2: parallel convolutions of three sizes, joined.

GoogLeNet is Szegedy et al. 2014, arXiv:1409.4842, table 1, without normalization of
batches, with two auxiliary classifiers that help it train and are left out of what
ships. "Inception v2" means two networks: GoogLeNet with batch normalization, as
articles have it (`inception_v2` here), and the one published under the name
BN-Inception, which also replaces each 5x5 by two 3x3 and has another table of channels
(`bn_inception` here, Ioffe, Szegedy 2015, arXiv:1502.03167, appendix).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import keras
from keras import layers

from suite.layers import LocalResponseNormalization
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

STRIDE = 32
"""Pixels of the picture for a cell of the last map, and the least side."""


class Module(NamedTuple):
    """Channels of the four branches of a module."""

    one: int
    """1x1; 0 for none."""
    three_in: int
    """1x1 in front of the 3x3."""
    three: int
    """3x3."""
    five_in: int
    """1x1 in front of the 5x5 or its two 3x3."""
    five: int
    """5x5, or two 3x3 of as many channels each."""
    pool: int
    """1x1 behind the pooling; 0 passes its result on."""
    average: bool = False
    """Average pooling instead of the largest value."""
    strides: int = 1
    """2 in a module that halves the map."""


Stages = tuple[tuple[Module, ...], ...]

GOOGLENET: Stages = (
    (Module(64, 96, 128, 16, 32, 32), Module(128, 128, 192, 32, 96, 64)),
    (
        Module(192, 96, 208, 16, 48, 64),
        Module(160, 112, 224, 24, 64, 64),
        Module(128, 128, 256, 24, 64, 64),
        Module(112, 144, 288, 32, 64, 64),
        Module(256, 160, 320, 32, 128, 128),
    ),
    (Module(256, 160, 320, 32, 128, 128), Module(384, 192, 384, 48, 128, 128)),
)
BN_INCEPTION: Stages = (
    (
        Module(64, 64, 64, 64, 96, 32, average=True),
        Module(64, 64, 96, 64, 96, 64, average=True),
        Module(0, 128, 160, 64, 96, 0, strides=2),
    ),
    (
        Module(224, 64, 96, 96, 128, 128, average=True),
        Module(192, 96, 128, 96, 128, 128, average=True),
        Module(160, 128, 160, 128, 160, 96, average=True),
        Module(96, 128, 192, 160, 192, 96, average=True),
        Module(0, 128, 192, 192, 256, 0, strides=2),
    ),
    (
        Module(352, 192, 320, 160, 224, 128, average=True),
        Module(352, 192, 320, 192, 224, 128),
    ),
)


@dataclass(frozen=True)
class GoogLeNetConfig:
    """Configuration of GoogLeNet and of Inception v2."""

    classes: int = 1000
    """Number of classes."""
    size: int = 224
    """Pixels a side."""
    channels: int = 3
    """Channels of the picture."""
    stages: Stages = GOOGLENET
    """Modules at 1/8, 1/16 and 1/32 of the size."""
    width: float = 1.0
    """Factor on all numbers of channels, which must stay even."""
    norm: bool = False
    """Batch normalization behind each convolution instead of its bias and of the two
    local response normalizations."""
    factorized: bool = False
    """Two 3x3 in place of each 5x5."""
    auxiliary: tuple[str, ...] = ("4a", "4d")
    """Modules that an auxiliary classifier looks at in training; the paper weighs the
    loss of each 0.3, beside 1 for the main one (section 5). The two have 3,188,840 and
    3,190,888 weights beside the 6,998,552 of the network."""
    dropout: float = 0.4
    """In front of the logits."""
    dtype: str = "float32"
    """Dtype policy of all layers but the last, which is float32."""


def googlenet(config: GoogLeNetConfig) -> keras.Model:
    """Build GoogLeNet or an Inception v2.

    Args:
        config: Its configuration.

    Returns:
        Functional model of "picture", float32 `(batch, size, size, channels)`, -1..1,
        to a dict of "logits" and, where there are auxiliary classifiers,
        "auxiliary_4a" and so on, each float32 `(batch, classes)`.

    Raises:
        ValueError: The picture is too small, a number of channels odd, an auxiliary
            classifier at no module, a stage without modules, or there are fewer than
            two classes.
    """
    check_classes(config.classes)
    check_length("stages", config.stages)
    for index, modules in enumerate(config.stages):
        check_length(f"stages[{index}]", modules)
    strides = {  # of the map behind each module
        f"{stage}{'abcdefghij'[index]}": 2**stage * module.strides
        for stage, modules in enumerate(config.stages, 3)
        for index, module in enumerate(modules)
    }
    if not {*config.auxiliary} <= {*strides}:
        raise ValueError(
            f"Auxiliary classifiers stand behind modules: {', '.join(strides)}. "
            f"Received: auxiliary={config.auxiliary}"
        )
    # the pooling of an auxiliary classifier takes 5 x 5 cells
    least = max(STRIDE, *(4 * strides[name] + 1 for name in config.auxiliary), 0)
    picture = picture_input(config.size, config.channels, least)
    style = Style(
        config.dtype,
        norm=config.norm,
        bias=not config.norm,
        epsilon=1e-3,
        centred=True,
    )
    x, results = _stem(picture, config, style), {}
    remaining = iter(strides)
    for modules in config.stages:
        for module in modules:
            name = next(remaining)
            x = _module(x, module, f"inception_{name}", config, style)
            if name in config.auxiliary:
                results[f"auxiliary_{name}"] = _auxiliary(x, name, config, style)
        if modules is not config.stages[-1] and modules[-1].strides == 1:
            x = _halved(x, f"pool_{name[0]}", style)
    results["logits"] = classified(x, config.classes, config.dropout)
    return keras.Model({"picture": picture}, results, name="googlenet")


def _wide(config: GoogLeNetConfig, channels: int) -> int:
    # 8 divides GoogLeNet's numbers, and BN-Inception's
    return scaled_width(channels, config.width, 8)


def _stem(picture: Any, config: GoogLeNetConfig, style: Style) -> Any:
    def response(x: Any, number: int) -> Any:
        if config.norm:
            return x
        # Caffe's model: alpha 1e-4 over a window of five, k 1; the paper gives none
        return LocalResponseNormalization(
            2, 1.0, 2e-5, 0.75, dtype=style.policy, name=f"response_{number}"
        )(x)

    x = conv_norm(picture, _wide(config, 64), 7, "stem_1", style, strides=2)
    x = response(_halved(x, "pool_1", style), 1)
    x = conv_norm(x, _wide(config, 64), 1, "stem_2", style)
    x = conv_norm(x, _wide(config, 192), 3, "stem_3", style)
    return _halved(response(x, 2), "pool_2", style)


def _halved(x: Any, name: str, style: Style) -> Any:
    # "same" pads an even map at its end, as Caffe's pooling does
    return layers.MaxPooling2D(3, 2, "same", dtype=style.policy, name=name)(x)


def _module(
    x: Any, module: Module, name: str, config: GoogLeNetConfig, style: Style
) -> Any:
    def conv(x: Any, channels: int, kernel: int, part: str, strides: int = 1) -> Any:
        filters = _wide(config, channels)
        return conv_norm(x, filters, kernel, f"{name}_{part}", style, strides=strides)

    strides, branches = module.strides, []
    if module.one:
        branches.append(conv(x, module.one, 1, "one", strides))
    y = conv(x, module.three_in, 1, "three_in")
    branches.append(conv(y, module.three, 3, "three", strides))
    y = conv(x, module.five_in, 1, "five_in")
    if config.factorized:
        y = conv(y, module.five, 3, "five_1")
        branches.append(conv(y, module.five, 3, "five_2", strides))
    else:
        branches.append(conv(y, module.five, 5, "five", strides))
    pool = layers.AveragePooling2D if module.average else layers.MaxPooling2D
    y = pool(3, strides, "same", dtype=style.policy, name=f"{name}_pool")(x)
    branches.append(conv(y, module.pool, 1, "pool_out") if module.pool else y)
    return layers.Concatenate(dtype=style.policy, name=name)(branches)


def _auxiliary(x: Any, name: str, config: GoogLeNetConfig, style: Style) -> Any:
    """The classifier that looks at a module in the middle (section 5)."""
    name = f"auxiliary_{name}"
    policy = style.policy
    x = layers.AveragePooling2D(5, 3, dtype=policy, name=f"{name}_pool")(x)
    x = conv_norm(x, _wide(config, 128), 1, f"{name}_reduce", style)
    x = layers.Flatten(dtype=policy, name=f"{name}_flat")(x)
    x = layers.Dense(
        _wide(config, 1024), activation="relu", dtype=policy, name=f"{name}_dense"
    )(x)
    x = layers.Dropout(0.7, dtype=policy, name=f"{name}_dropout")(x)
    return layers.Dense(config.classes, dtype="float32", name=name)(x)


WITH_NORM = GoogLeNetConfig(norm=True, auxiliary=(), dropout=0.2)
"""GoogLeNet of batch-normalized convolutions; each has an offset, so no bias."""
PUBLISHED_BN = GoogLeNetConfig(
    stages=BN_INCEPTION, norm=True, factorized=True, auxiliary=(), dropout=0.2
)
"""The network of the paper on batch normalization."""

_MODULE = Module(8, 8, 16, 8, 8, 8)
_REDUCED: dict[str, Any] = {"classes": 3, "size": 33, "width": 0.25}
_PLAIN = ((_MODULE,), (_MODULE,))
_BN = ((Module(8, 8, 8, 8, 8, 8, average=True), Module(0, 8, 8, 8, 8, 0, strides=2)),)

for _name, _config, _reduced in (
    ("googlenet", GoogLeNetConfig(), {"stages": _PLAIN, "auxiliary": ("3a",)}),
    ("inception_v2", WITH_NORM, {"stages": _PLAIN}),
    ("bn_inception", PUBLISHED_BN, {"stages": (*_BN, (_MODULE,))}),
):
    register(
        _name,
        _config,
        googlenet,
        classifier_for_inference("signed"),
        reduced={**_REDUCED, **_reduced},
    )
