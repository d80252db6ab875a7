"""CycleGAN: the ResNet generators, the 70x70 PatchGAN, and a generator for phones.

After Zhu, Park, Isola, Efros 2017, arXiv:1703.10593, appendix 7.2, in the form of its
public code: instance normalization without scale and offset, so that every convolution
has a bias (without effect before the normalization, but part of the published count),
weights drawn from N(0, 0.02), padding by PyTorch's rules instead of "same".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from suite.layers import (
    InstanceDown,
    InstanceNormalization,
    InstanceResidual,
    InstanceUp,
    ReflectionPadding,
    SizeCheck,
)
from suite.layers.divisible import check_positive
from suite.models.registry import register

STRIDE = 4
"""Height and width of a generator's input must be multiples of this."""
SMALLEST_PICTURE = 16
"""Pixels a side: below, a residual block would normalize maps of next to nothing."""
SMALLEST_PATCH = 24
"""Pixels a side that give the PatchGAN one output."""


@dataclass(frozen=True)
class GeneratorConfig:
    """Configuration of a CycleGAN generator."""

    channels: int = 3
    """Channels of the picture, in and out."""
    width: int = 64
    """Channels of the first convolution; doubled at each of two halvings."""
    blocks: int = 9
    """Residual blocks: 6 for pictures of 128 pixels, 9 from 256 on (the paper)."""
    up: str = "transposed"
    """Enlargement, "transposed" as published or "nearest"."""
    hidden_bias: bool = True
    """Bias of convolutions that a normalization follows; without, 5,248 weights less
    (ResNet-9)."""
    affine: bool = False
    """Scale and offset in the normalizations; with them 10,496 weights more
    (ResNet-9)."""
    conv_dtype: str = "float32"
    """Dtype policy of the convolutions; the last activation is float32."""


@dataclass(frozen=True)
class DiscriminatorConfig:
    """Configuration of the PatchGAN discriminator."""

    channels: int = 3
    """Channels of the picture."""
    width: int = 64
    """Channels of the first convolution; doubled with each layer up to eightfold."""
    hidden_bias: bool = True
    """Bias of convolutions that a normalization follows."""
    affine: bool = False
    """Scale and offset in the normalizations."""
    normalize: bool = True
    """False leaves the normalizations out; the receptive field is 70 pixels then, with
    them every output sees the whole picture."""
    conv_dtype: str = "float32"
    """Dtype policy of the convolutions but the last, which is float32."""


def generator(config: GeneratorConfig) -> keras.Model:
    """Build a generator.

    Args:
        config: Its configuration.

    Returns:
        Functional model of "picture", float32 `(batch, height, width, channels)`,
        -1..1, sides multiples of 4 and at least 16, to a picture of the same shape
        and range.

    Raises:
        ValueError: If there are no blocks, or a number of channels is not positive.
    """
    for name in ("blocks", "channels", "width"):
        check_positive(name, getattr(config, name))
    policy, bias, affine = config.conv_dtype, config.hidden_bias, config.affine
    common: dict[str, Any] = {"use_bias": bias, "affine": affine, "dtype": policy}
    picture = keras.Input((None, None, config.channels), name="picture")
    x = SizeCheck(STRIDE, SMALLEST_PICTURE, dtype=policy, name="size")(picture)
    x = ReflectionPadding(3, dtype=policy, name="stem_pad")(x)
    x = _convolution(config.width, 7, policy, "stem_conv", bias=bias)(x)
    x = InstanceNormalization(affine=affine, dtype=policy, name="stem_norm")(x)
    x = layers.ReLU(dtype=policy, name="stem_relu")(x)
    for index in (1, 2):
        x = InstanceDown(2**index * config.width, name=f"down_{index}", **common)(x)
    for index in range(1, config.blocks + 1):
        x = InstanceResidual(name=f"block_{index}", **common)(x)
    for index in (1, 2):
        filters = config.width * 2 ** (2 - index)
        x = InstanceUp(filters, config.up, name=f"up_{index}", **common)(x)
    x = ReflectionPadding(3, dtype=policy, name="last_pad")(x)
    x = _convolution(config.channels, 7, policy, "last_conv")(x)
    x = layers.Activation("tanh", dtype="float32", name="tanh")(x)
    return keras.Model({"picture": picture}, x, name="generator")


def discriminator(config: DiscriminatorConfig) -> keras.Model:
    """Build a PatchGAN: each of its outputs judges a patch of 70 x 70 pixels.

    Args:
        config: Its configuration.

    Returns:
        Functional model of "picture", float32 `(batch, height, width, channels)`,
        -1..1, sides of at least 24, to float32 logits of shape `(batch, rows,
        columns, 1)`: 30 x 30 for 256 x 256.

    Raises:
        ValueError: If a number of channels is not positive.
    """
    for name in ("channels", "width"):
        check_positive(name, getattr(config, name))
    policy = config.conv_dtype
    picture = keras.Input((None, None, config.channels), name="picture")
    x = SizeCheck(1, SMALLEST_PATCH, dtype=policy, name="size")(picture)
    for index, (factor, strides) in enumerate([(1, 2), (2, 2), (4, 2), (8, 1)], 1):
        norm = config.normalize and index > 1
        bias = config.hidden_bias or index == 1
        name = f"conv_{index}"
        # zeros on all sides, then "valid": "same" would give 32 x 32
        x = layers.ZeroPadding2D(1, dtype=policy, name=f"pad_{index}")(x)
        x = _convolution(
            factor * config.width, 4, policy, name, strides=strides, bias=bias
        )(x)
        if norm:
            x = InstanceNormalization(
                affine=config.affine, dtype=policy, name=f"norm_{index}"
            )(x)
        x = layers.LeakyReLU(0.2, dtype=policy, name=f"relu_{index}")(x)
    x = layers.ZeroPadding2D(1, dtype="float32", name="pad_5")(x)
    # float32: one channel costs little, and torch cannot train such a convolution in
    # bfloat16 on a CPU ("grad_weight must be contiguous")
    logits = _convolution(1, 4, "float32", "logits")(x)
    return keras.Model({"picture": picture}, logits, name="discriminator")


def generator_for_inference(core: keras.Model) -> keras.Model:
    """Wrap a generator.

    Returns:
        Model of "picture", uint8 `(batch, height, width, channels)`, to "result",
        float32 of that shape, 0..255. Not rounded in the model: a last bit more or
        less would look like a fault of a whole step when files are compared.
    """
    shape = core.input["picture"].shape[1:]
    picture = keras.Input(shape, dtype="uint8", name="picture")
    scaled = layers.Rescaling(1 / 127.5, -1.0, dtype="float32", name="scale")(picture)
    made = core({"picture": scaled})
    result = layers.Rescaling(127.5, 127.5, dtype="float32", name="result")(made)
    return keras.Model({"picture": picture}, {"result": result}, name="cyclegan")


def discriminator_for_inference(core: keras.Model) -> keras.Model:
    """Wrap a discriminator.

    Returns:
        Model of "picture", uint8 `(batch, height, width, channels)`, to "logits".
    """
    shape = core.input["picture"].shape[1:]
    picture = keras.Input(shape, dtype="uint8", name="picture")
    scaled = layers.Rescaling(1 / 127.5, -1.0, dtype="float32", name="scale")(picture)
    logits = core({"picture": scaled})
    return keras.Model({"picture": picture}, {"logits": logits}, name="patchgan")


def _convolution(
    filters: int,
    kernel: int,
    policy: str,
    name: str,
    *,
    strides: int = 1,
    bias: bool = True,
) -> Any:
    return layers.Conv2D(
        filters,
        kernel,
        strides,
        use_bias=bias,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.02),
        dtype=policy,
        name=name,
    )


EDGE = GeneratorConfig(width=24, blocks=5, up="nearest")
"""941,379 weights, no transposed convolution, no gather; channels in multiples of 8."""

for _name, _config in (
    ("cyclegan_resnet_9", GeneratorConfig()),
    ("cyclegan_resnet_6", GeneratorConfig(blocks=6)),
    ("cyclegan_edge", EDGE),
):
    register(
        _name,
        _config,
        generator,
        generator_for_inference,
        # a bias before a normalization has no effect, and so no gradient
        reduced={"width": 4, "blocks": 1, "hidden_bias": False},
    )
register(
    "patchgan_70",
    DiscriminatorConfig(),
    discriminator,
    discriminator_for_inference,
    reduced={"width": 4, "hidden_bias": False},
)
