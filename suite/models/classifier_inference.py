"""From a classifier's training core to what ships: uint8 pixels to probabilities."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import keras
from keras import layers

from suite.layers import ImageNetPixels

MEAN = (0.485, 0.456, 0.406)
"""Red, green, blue of ImageNet, 0..1."""
DEVIATION = (0.229, 0.224, 0.225)

PIXELS: dict[str, Callable[[], keras.layers.Layer]] = {
    # -1..1
    "signed": lambda: layers.Rescaling(
        1 / 127.5, -1.0, dtype="float32", name="normalized"
    ),
    # mean 0, deviation 1 over ImageNet, channel by channel
    "standardized": lambda: layers.Rescaling(
        [1 / (255 * deviation) for deviation in DEVIATION],
        [-mean / deviation for mean, deviation in zip(MEAN, DEVIATION, strict=True)],
        dtype="float32",
        name="normalized",
    ),
    # blue, green, red, less their means
    "means": lambda: ImageNetPixels(dtype="float32", name="normalized"),
    # 0..255: the core does the rest
    "plain": lambda: layers.Rescaling(1.0, dtype="float32", name="normalized"),
    # LeNet-5: paper -0.1, ink 1.175, so that the mean of a digit is about 0 and its
    # deviation about 1 (LeCun et al. 1998, section II B)
    "ink": lambda: layers.Rescaling(
        1.275 / 255, -0.1, dtype="float32", name="normalized"
    ),
}
"""What a core takes, and the layer that makes it of pixels 0..255."""


@cache  # one function a family: whoever compares registrations finds it the same
def classifier_for_inference(pixels: str) -> Callable[[keras.Model], keras.Model]:
    """The function that wraps the classifiers of one family.

    Args:
        pixels: What the family's cores take, a key of `PIXELS`.

    Returns:
        Function of a core, a model of "picture" to "logits" (and, in training,
        auxiliary logits, which are left out), that returns a model of "picture",
        uint8 `(batch, height, width, channels)`, to "probabilities", float32
        `(batch, classes)`.
    """

    def wrap(core: keras.Model) -> keras.Model:
        taken = core.input["picture"]
        picture = keras.Input(taken.shape[1:], dtype="uint8", name="picture")
        logits = without_auxiliary(core)({"picture": PIXELS[pixels]()(picture)})
        share = layers.Softmax(dtype="float32", name="probabilities")
        result: dict[str, Any] = {"probabilities": share(logits["logits"])}
        return keras.Model(
            {"picture": picture}, result, name=f"{core.name}_for_inference"
        )

    return wrap


def without_auxiliary(core: keras.Model) -> keras.Model:
    """The core with "logits" as its only output; the same layers and weights."""
    if set(core.output) == {"logits"}:
        return core
    return keras.Model(core.input, {"logits": core.output["logits"]}, name=core.name)
