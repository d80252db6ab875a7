"""LeNet-5: digits of 28 x 28 pixels in the middle of 32 x 32, in 60,000 weights.

LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document
recognition", section II B. As published, the second convolution sees some of the maps,
pooling has weights, and the output measures distances to fixed codes. What is called
LeNet-5 nowadays has none of the three (61,706 weights): `published=False`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, ops

from suite.layers import ConnectedConv2D, FixedCentres, TrainedSubsampling
from suite.layers.connected_conv import LENET_C3
from suite.layers.divisible import check_length
from suite.models.classifier_inference import classifier_for_inference
from suite.models.conv_norm import check_classes, picture_input
from suite.models.registry import register

STRIDE = 4
"""Pixels of the picture for a cell of the last map."""
SMALLEST = 32
"""Pixels a side that leave the third convolution one cell."""


@dataclass(frozen=True)
class LeNetConfig:
    """Configuration of LeNet-5."""

    classes: int = 10
    """Number of classes."""
    size: int = 32
    """Pixels a side."""
    channels: int = 1
    """Channels of the picture."""
    published: bool = True
    """Connection table, pooling with weights and fixed codes as in the paper; False
    for full convolutions, plain pooling and a dense output: 61,706 instead of 60,000
    trained weights."""
    connections: tuple[tuple[int, ...], ...] = LENET_C3
    """Which maps of the first convolution each map of the second sees (published)."""
    maps: tuple[int, int] = (6, 16)
    """Maps of the two convolutions; published, the table decides on the second."""
    units: tuple[int, int] = (120, 84)
    """Maps of the third convolution, which sees 5 x 5 cells, and units of F6."""
    dtype: str = "float32"
    """Dtype policy of all layers but the last, which is float32."""


def lenet(config: LeNetConfig) -> keras.Model:
    """Build LeNet-5.

    Args:
        config: Its configuration.

    Returns:
        Functional model of "picture", float32 `(batch, size, size, channels)`, paper
        -0.1 and ink 1.175, to a dict of "logits", float32 `(batch, classes)`.

    Raises:
        ValueError: `maps` or `units` are not two, the picture is smaller than 32
            pixels, or there are fewer than two classes.
    """
    check_classes(config.classes)
    check_length("maps", config.maps, 2)
    check_length("units", config.units, 2)
    picture = picture_input(config.size, config.channels, SMALLEST)
    policy, published = config.dtype, config.published

    def pooled(x: Any, name: str) -> Any:
        if published:
            return TrainedSubsampling(2, dtype=policy, name=name)(x)
        return layers.AveragePooling2D(2, dtype=policy, name=name)(x)

    def squashed(x: Any, name: str) -> Any:
        return layers.Activation(scaled_tanh, dtype=policy, name=name)(x)

    x = layers.Conv2D(config.maps[0], 5, dtype=policy, name="c1")(picture)
    x = squashed(pooled(squashed(x, "c1_squash"), "s2"), "s2_squash")
    if published:
        x = ConnectedConv2D(config.connections, 5, dtype=policy, name="c3")(x)
    else:
        x = layers.Conv2D(config.maps[1], 5, dtype=policy, name="c3")(x)
    x = squashed(pooled(squashed(x, "c3_squash"), "s4"), "s4_squash")
    x = layers.Conv2D(config.units[0], 5, dtype=policy, name="c5")(x)
    x = layers.Flatten(dtype=policy, name="flat")(squashed(x, "c5_squash"))
    x = layers.Dense(config.units[1], dtype=policy, name="f6")(x)
    x = squashed(x, "f6_squash")
    if published:
        last: keras.layers.Layer = FixedCentres(
            config.classes, dtype="float32", name="logits"
        )
    else:
        last = layers.Dense(config.classes, dtype="float32", name="logits")
    return keras.Model({"picture": picture}, {"logits": last(x)}, name="lenet")


@keras.saving.register_keras_serializable(package="suite")
def scaled_tanh(x: Any) -> Any:
    """`1.7159 tanh(2/3 x)`: about 1 at 1, and steepest bent there (appendix A)."""
    return 1.7159 * ops.tanh(x * (2 / 3))


_REDUCED = {"classes": 3, "units": (6, 5)}

for _name, _config in {
    "lenet_5": LeNetConfig(),
    "lenet_5_modern": LeNetConfig(published=False),
}.items():
    register(_name, _config, lenet, classifier_for_inference("ink"), reduced=_REDUCED)
