"""Inception v4: a stem that branches, three kinds of modules, no residuals.

Szegedy, Ioffe, Vanhoucke, Alemi 2016, arXiv:1602.07261, figures 3 to 9. Inception v3
and Inception-ResNet v2 come from keras.applications (`suite.models.applications`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from suite.layers.divisible import check_length, check_positive, scaled_width
from suite.models.classifier_inference import classifier_for_inference
from suite.models.conv_norm import (
    Style,
    check_classes,
    classified,
    conv_norm,
    picture_input,
)
from suite.models.registry import register

SMALLEST = 75
"""Pixels a side that leave the last map one cell."""


@dataclass(frozen=True)
class InceptionV4Config:
    """Configuration of Inception v4."""

    classes: int = 1000
    """Number of classes."""
    size: int = 299
    """Pixels a side."""
    channels: int = 3
    """Channels of the picture."""
    blocks: tuple[int, int, int] = (4, 7, 3)
    """Modules of the kinds A, B and C."""
    width: float = 1.0
    """Factor on all numbers of channels, which must stay even."""
    scale: bool = True
    """Scale (gamma) in the normalizations, 42,679,816 trained weights; the authors'
    code leaves it out, since a convolution follows: 42,648,232."""
    dropout: float = 0.2
    """In front of the logits: the paper keeps 0.8."""
    dtype: str = "float32"
    """Dtype policy of all layers but the last, which is float32."""


def inception_v4(config: InceptionV4Config) -> keras.Model:
    """Build Inception v4.

    Args:
        config: Its configuration.

    Returns:
        Functional model of "picture", float32 `(batch, size, size, channels)`, -1..1,
        to a dict of "logits", float32 `(batch, classes)`.

    Raises:
        ValueError: There are not three positive `blocks`, the picture is smaller than
            75 pixels, a number of channels is odd, or there are fewer than two classes.
    """
    check_classes(config.classes)
    check_length("blocks", config.blocks, 3)
    check_positive("blocks", config.blocks)
    picture = picture_input(config.size, config.channels, SMALLEST)
    net = _Branches(config)
    a, b, c = config.blocks
    x = _stem(net, picture)
    for index in range(1, a + 1):
        x = _module_a(net, x, f"a_{index}")
    x = _reduction_a(net, x)
    for index in range(1, b + 1):
        x = _module_b(net, x, f"b_{index}")
    x = _reduction_b(net, x)
    for index in range(1, c + 1):
        x = _module_c(net, x, f"c_{index}")
    logits = classified(x, config.classes, config.dropout)
    return keras.Model({"picture": picture}, {"logits": logits}, name="inception_v4")


Step = tuple[int, Any, str]
"""Channels, kernel, and "same", "valid" or "half" (valid at stride 2)."""


class _Branches:
    """Chains of convolutions, named, in the style of one network."""

    def __init__(self, config: InceptionV4Config) -> None:
        self.width = config.width
        self.style = Style(
            config.dtype, scale=config.scale, momentum=0.9997, epsilon=1e-3
        )

    def chain(self, x: Any, name: str, *steps: Step) -> Any:
        for index, (channels, kernel, how) in enumerate(steps, 1):
            x = conv_norm(
                x,
                scaled_width(channels, self.width, 32),
                kernel,
                f"{name}_{index}",
                self.style,
                strides=2 if how == "half" else 1,
                padding="same" if how == "same" else "valid",
            )
        return x

    def halved(self, x: Any, name: str) -> Any:
        return layers.MaxPooling2D(3, 2, dtype=self.style.policy, name=name)(x)

    def averaged(self, x: Any, channels: int, name: str) -> Any:
        pool = layers.AveragePooling2D(
            3, 1, "same", dtype=self.style.policy, name=f"{name}_pool"
        )
        return self.chain(pool(x), f"{name}_pool", (channels, 1, "same"))

    def joined(self, parts: list[Any], name: str) -> Any:
        return layers.Concatenate(dtype=self.style.policy, name=name)(parts)


def _stem(net: _Branches, x: Any) -> Any:
    """Figure 3: 384 channels at 35 x 35 of 299 x 299."""
    x = net.chain(x, "stem_1", (32, 3, "half"), (32, 3, "valid"), (64, 3, "same"))
    x = net.joined(
        [net.halved(x, "stem_2_pool"), net.chain(x, "stem_2", (96, 3, "half"))],
        "stem_2",
    )
    short = net.chain(x, "stem_3_short", (64, 1, "same"), (96, 3, "valid"))
    long = net.chain(
        x,
        "stem_3_long",
        (64, 1, "same"),
        (64, (7, 1), "same"),
        (64, (1, 7), "same"),
        (96, 3, "valid"),
    )
    x = net.joined([short, long], "stem_3")
    return net.joined(
        [net.chain(x, "stem_4", (192, 3, "half")), net.halved(x, "stem_4_pool")],
        "stem_4",
    )


def _module_a(net: _Branches, x: Any, name: str) -> Any:
    """Figure 4."""
    return net.joined(
        [
            net.averaged(x, 96, name),
            net.chain(x, f"{name}_one", (96, 1, "same")),
            net.chain(x, f"{name}_two", (64, 1, "same"), (96, 3, "same")),
            net.chain(
                x, f"{name}_three", (64, 1, "same"), (96, 3, "same"), (96, 3, "same")
            ),
        ],
        name,
    )


def _reduction_a(net: _Branches, x: Any) -> Any:
    """Figure 7 with k, l, m, n = 192, 224, 256, 384."""
    name = "reduction_a"
    return net.joined(
        [
            net.chain(x, f"{name}_one", (384, 3, "half")),
            net.chain(
                x, f"{name}_two", (192, 1, "same"), (224, 3, "same"), (256, 3, "half")
            ),
            net.halved(x, f"{name}_pool"),
        ],
        name,
    )


def _module_b(net: _Branches, x: Any, name: str) -> Any:
    """Figure 5."""
    return net.joined(
        [
            net.averaged(x, 128, name),
            net.chain(x, f"{name}_one", (384, 1, "same")),
            net.chain(
                x,
                f"{name}_two",
                (192, 1, "same"),
                (224, (1, 7), "same"),
                (256, (7, 1), "same"),
            ),
            net.chain(
                x,
                f"{name}_three",
                (192, 1, "same"),
                (192, (7, 1), "same"),
                (224, (1, 7), "same"),
                (224, (7, 1), "same"),
                (256, (1, 7), "same"),
            ),
        ],
        name,
    )


def _reduction_b(net: _Branches, x: Any) -> Any:
    """Figure 8."""
    name = "reduction_b"
    return net.joined(
        [
            net.chain(x, f"{name}_one", (192, 1, "same"), (192, 3, "half")),
            net.chain(
                x,
                f"{name}_two",
                (256, 1, "same"),
                (256, (1, 7), "same"),
                (320, (7, 1), "same"),
                (320, 3, "half"),
            ),
            net.halved(x, f"{name}_pool"),
        ],
        name,
    )


def _module_c(net: _Branches, x: Any, name: str) -> Any:
    """Figure 6: the two longer branches end in a pair each."""
    two = net.chain(x, f"{name}_two", (384, 1, "same"))
    three = net.chain(
        x,
        f"{name}_three",
        (384, 1, "same"),
        (448, (3, 1), "same"),
        (512, (1, 3), "same"),
    )
    pairs = [
        net.chain(y, f"{name}_{branch}_{end}", (256, kernel, "same"))
        for branch, y in (("two", two), ("three", three))
        for end, kernel in (("row", (1, 3)), ("column", (3, 1)))
    ]
    parts = [net.averaged(x, 256, name), net.chain(x, f"{name}_one", (256, 1, "same"))]
    return net.joined(parts + pairs, name)


register(
    "inception_v4",
    InceptionV4Config(),
    inception_v4,
    classifier_for_inference("signed"),
    # 107: of one cell and two pictures a normalization would leave signs alone
    reduced={"classes": 3, "size": 107, "blocks": (1, 1, 1), "width": 0.0625},
)
