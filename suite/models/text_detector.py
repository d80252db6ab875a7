"""Text detector: differentiable binarization over a light residual network.

A probability map of the cores of text lines (each line's box, shrunk) and a threshold
map, learned together through an approximate binarization; only the probability map is
kept for inference. After Liao et al. 2020, arXiv:1911.08947, with plain residual
stages, a pyramid that adds, and maps made by pixel shuffle from a quarter of the
resolution, so that no convolution runs on large maps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from suite.layers import PixelShuffle
from suite.layers.divisible import check_length, check_positive
from suite.models.registry import register

STRIDE = 32
"""Height and width of the input must be multiples of this."""


@dataclass(frozen=True)
class DetectorConfig:
    """Configuration of the text detector."""

    stem: int = 16
    """Channels at half the resolution."""
    stages: tuple[int, ...] = (32, 64, 128, 192)
    """Channels at 1/4, 1/8, 1/16 and 1/32 of the resolution."""
    blocks: tuple[int, ...] = (1, 1, 2, 1)
    """Residual blocks in each stage."""
    pyramid: int = 48
    """Channels of the pyramid's levels."""
    head: int = 32
    """Channels of the last level, from which the maps are made."""
    conv_dtype: str = "float32"
    """Dtype policy of the convolutions; mixed_bfloat16 is faster where the
    hardware multiplies it, and several times slower where that is emulated."""


def detector(config: DetectorConfig) -> keras.Model:
    """Build the training core of the detector.

    Args:
        config: Its configuration.

    Returns:
        Functional model of "image", float32 `(batch, height, width, 1)`, grey values
        0..1, height and width multiples of 32, to a dict of "probability" and
        "threshold", float32 logits of shape `(batch, height, width, 1)`. Under
        tensorflow a compiled function of it needs a fixed size: Keras can't trace
        bilinear up-sampling to an unknown one.

    Raises:
        ValueError: There are no `stages`, one has no positive number of channels or of
            blocks, or `blocks` are not as many.
    """
    check_length("stages", config.stages)
    check_length("blocks", config.blocks, len(config.stages))
    check_positive("stages", config.stages)
    check_positive("blocks", config.blocks)
    policy = config.conv_dtype

    def conv(
        x: Any,
        channels: int,
        kernel: int,
        name: str,
        *,
        strides: int = 1,
        relu: bool = True,
    ) -> Any:
        x = layers.Conv2D(
            channels,
            kernel,
            strides,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            dtype=policy,
            name=f"{name}_conv",
        )(x)
        x = layers.BatchNormalization(
            momentum=0.98, epsilon=1e-5, dtype=policy, name=f"{name}_norm"
        )(x)
        return layers.ReLU(dtype=policy, name=f"{name}_relu")(x) if relu else x

    def block(x: Any, name: str) -> Any:
        y = conv(x, x.shape[-1], 3, f"{name}_1")
        y = conv(y, x.shape[-1], 3, f"{name}_2", relu=False)
        x = layers.Add(dtype=policy, name=f"{name}_add")([x, y])
        return layers.ReLU(dtype=policy, name=f"{name}_relu")(x)

    def output(x: Any, name: str) -> Any:
        x = layers.Conv2D(16, 3, padding="same", dtype=policy, name=f"{name}_conv")(x)
        return PixelShuffle(4, dtype="float32", name=name)(x)

    image = keras.Input((None, None, 1), name="image")
    x = layers.Rescaling(2.0, -1.0, dtype="float32", name="centre")(image)
    x = conv(x, config.stem, 5, "stem", strides=2)
    levels = []
    for index, (channels, blocks) in enumerate(
        zip(config.stages, config.blocks, strict=True), 1
    ):
        x = conv(x, channels, 3, f"stage_{index}", strides=2)
        for number in range(1, blocks + 1):
            x = block(x, f"stage_{index}_block_{number}")
        levels.append(x)
    x = None
    for index, level in reversed(list(enumerate(levels, 1))):
        lateral = layers.Conv2D(
            config.pyramid, 1, use_bias=False, dtype=policy, name=f"lateral_{index}"
        )(level)
        if x is not None:
            # bilinear is one operator on the phone, nearest five (RESHAPE, TILE)
            x = layers.UpSampling2D(
                2, interpolation="bilinear", dtype=policy, name=f"up_{index}"
            )(x)
            lateral = layers.Add(dtype=policy, name=f"merge_{index}")([lateral, x])
        channels = config.pyramid if index > 1 else config.head
        x = conv(lateral, channels, 3, f"pyramid_{index}")
    return keras.Model(
        {"image": image},
        {
            "probability": output(x, "probability"),
            "threshold": output(x, "threshold"),
        },
        name="detector",
    )


def detector_for_inference(core: keras.Model) -> keras.Model:
    """Wrap the detector's core; the threshold map is left out.

    Returns:
        Model of "image", uint8 `(batch, height, width, 1)`, to "probability",
        float32 of the same shape, 0..1.
    """
    image = keras.Input((None, None, 1), dtype="uint8", name="image")
    probability = keras.Model(core.input, core.output["probability"], name=core.name)
    grey = layers.Rescaling(1 / 255, dtype="float32", name="to_float")(image)
    logits = probability({"image": grey})
    # under its own name: the output of a signature is called as its layer
    result = layers.Activation("sigmoid", dtype="float32", name="probability")(logits)
    return keras.Model({"image": image}, {"probability": result}, name="text_detector")


register(
    "text_detector",
    DetectorConfig(),
    detector,
    detector_for_inference,
    reduced={
        "stem": 4,
        "stages": (4,) * 4,
        "blocks": (1,) * 4,
        "pyramid": 4,
        "head": 4,
    },
)
