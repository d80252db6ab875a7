"""Pixels as the weights of keras.applications were trained on them."""

from typing import Any

import keras
from keras import ops

MEANS = (103.939, 116.779, 123.68)  # blue, green, red, of ImageNet


@keras.saving.register_keras_serializable(package="suite")
class ImageNetPixels(keras.layers.Layer):
    """Put blue first and subtract the means of ImageNet, what ResNet-50 and VGG expect.

    The public code of TRIQ feeds -1..1 to these weights instead, which trains, but
    frozen features would be wrong. In float32 under any policy.

    Args:
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, height, width, 3)`, red, green, blue,
            0..255.

    Returns:
        Float32 tensor of that shape: blue, green, red.

    Raises:
        ValueError: If there are not three channels.

    Example:

    >>> ImageNetPixels()(keras.ops.array([[[[255.0, 0.0, 0.0]]]]))[0, 0, 0]
    [-103.939, -116.779, 131.32]
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)

    def build(self, input_shape: Any) -> None:
        if input_shape[-1] != 3:
            raise ValueError(
                "A picture must have three channels, red, green, blue. Received: "
                f"channels={input_shape[-1]}"
            )
        self.built = True

    def call(self, inputs: Any) -> Any:
        x = ops.cast(inputs, "float32")
        # slices, not a reversed axis, which GPUs of phones don't take
        x = ops.concatenate([x[..., i : i + 1] for i in (2, 1, 0)], axis=-1)
        return x - ops.convert_to_tensor(MEANS, "float32")

    def compute_output_spec(self, inputs: Any) -> Any:
        return keras.KerasTensor(inputs.shape, dtype="float32")
