"""The classics that keras.applications has, under our names and our one call.

Weights are drawn anew unless `weights="imagenet"` asks for a download. What a core
takes is what those weights were trained on; `suite.models.for_inference` makes it of
uint8 pixels. ResNet-50, 101 and 152 have biases there that the paper's count lacks, see
`suite.models.resnet`. VGG is arXiv:1409.1556, Inception v3 arXiv:1512.00567 and
Inception-ResNet v2 arXiv:1602.07261, ResNet arXiv:1512.03385 and its second version
arXiv:1603.05027, DenseNet arXiv:1608.06993, the MobileNets arXiv:1704.04861,
arXiv:1801.04381 and arXiv:1905.02244, the EfficientNets arXiv:1905.11946 and
arXiv:2104.00298.
"""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass

import keras

from suite.layers.divisible import scaled_width
from suite.models.classifier_inference import classifier_for_inference
from suite.models.conv_norm import check_classes, picture_input
from suite.models.registry import register


@dataclass(frozen=True)
class ApplicationConfig:
    """Configuration of a network of keras.applications."""

    kind: str = "ResNet50"
    """Its function there."""
    classes: int = 1000
    """Number of classes; 1000 with weights."""
    size: int = 224
    """Pixels a side."""
    width: float | None = None
    """Width multiplier of the MobileNets, `alpha` there; 1 when None. The first one
    must keep numbers of channels even; the others round them to multiples of 8."""
    weights: str | None = None
    """None, or imagenet, which downloads."""


def application(config: ApplicationConfig) -> keras.Model:
    """Build a network of keras.applications.

    Args:
        config: Its configuration.

    Returns:
        Functional model of "picture", float32 `(batch, size, size, 3)`, to a dict of
        "logits", float32 `(batch, classes)`. The picture's range is the one of its
        published weights: -1..1 for the Inceptions, ResNet v2 and the first two
        MobileNets, ImageNet's mean 0 and deviation 1 for DenseNet, blue, green, red
        less their means for VGG and ResNet, and 0..255 for EfficientNet and
        MobileNetV3, which do the rest themselves.

    Raises:
        ValueError: There is no such function, the picture is too small, the network
            takes no width multiplier, or it is not positive or gives an odd width, or
            there are fewer than two classes.
    """
    check_classes(config.classes)
    if config.kind not in LEAST:
        raise ValueError(
            f"`kind` must be one of {', '.join(LEAST)}. Received: kind={config.kind!r}"
        )
    picture = picture_input(config.size, 3, LEAST[config.kind])
    make = getattr(keras.applications, config.kind)
    options = {}
    if config.width is not None:
        if "alpha" not in inspect.signature(make).parameters:
            raise ValueError(
                f"{config.kind} takes no width multiplier. Received: "
                f"width={config.width:g}. Nearest: None"
            )
        if not 0 < config.width < math.inf:  # keras.applications would build it
            raise ValueError(
                "`width` must be above 0, and 1 is as published. Received: "
                f"width={config.width:g}"
            )
        if config.kind == "MobileNet":
            scaled_width(32, config.width, 32)  # all are multiples of the first 32
        options["alpha"] = config.width
    inner = make(
        weights=config.weights,
        classes=config.classes,
        classifier_activation=None,
        input_tensor=picture,
        **options,
    )
    return keras.Model(
        {"picture": picture}, {"logits": inner.output}, name=config.kind.lower()
    )


TABLE: dict[str, tuple[str, int, str, int]] = {
    # name: function, pixels a side as published, what it takes, smallest side
    "vgg_16": ("VGG16", 224, "means", 32),
    "vgg_19": ("VGG19", 224, "means", 32),
    "inception_v3": ("InceptionV3", 299, "signed", 75),
    "inception_resnet_v2": ("InceptionResNetV2", 299, "signed", 75),
    "resnet_50": ("ResNet50", 224, "means", 32),
    "resnet_101": ("ResNet101", 224, "means", 32),
    "resnet_152": ("ResNet152", 224, "means", 32),
    "resnet_50_v2": ("ResNet50V2", 224, "signed", 32),
    "resnet_101_v2": ("ResNet101V2", 224, "signed", 32),
    "resnet_152_v2": ("ResNet152V2", 224, "signed", 32),
    "densenet_121": ("DenseNet121", 224, "standardized", 32),
    "densenet_169": ("DenseNet169", 224, "standardized", 32),
    "densenet_201": ("DenseNet201", 224, "standardized", 32),
    "mobilenet": ("MobileNet", 224, "signed", 32),
    "mobilenet_v2": ("MobileNetV2", 224, "signed", 32),
    "mobilenet_v3_small": ("MobileNetV3Small", 224, "plain", 32),
    "mobilenet_v3_large": ("MobileNetV3Large", 224, "plain", 32),
    **{
        f"efficientnet_b{number}": (f"EfficientNetB{number}", size, "plain", 32)
        for number, size in enumerate((224, 240, 260, 300, 380, 456, 528, 600))
    },
    **{
        f"efficientnet_v2_b{number}": (f"EfficientNetV2B{number}", size, "plain", 32)
        for number, size in enumerate((224, 240, 260, 300))
    },
    "efficientnet_v2_small": ("EfficientNetV2S", 384, "plain", 32),
    "efficientnet_v2_medium": ("EfficientNetV2M", 480, "plain", 32),
    "efficientnet_v2_large": ("EfficientNetV2L", 480, "plain", 32),
}
LEAST = {kind: least for kind, _, _, least in TABLE.values()}
"""The smallest side that each takes."""

for _name, (_kind, _size, _pixels, _) in TABLE.items():
    register(
        _name,
        ApplicationConfig(_kind, size=_size),
        application,
        classifier_for_inference(_pixels),
    )
