"""Pictures of a size that a network cannot take, refused before it computes."""

from typing import Any

import keras
from keras import ops

from suite.layers.own_config import OwnConfig


@keras.saving.register_keras_serializable(package="suite")
class SizeCheck(OwnConfig, keras.layers.Layer):
    """Pass a picture on if its sides suit the network behind it.

    Stands at the input of a model of unknown height and width. It leaves no operator
    in an exported file of fixed size. A side that is unknown while TensorFlow traces a
    graph is checked when the graph runs: the error is TensorFlow's own then, of a
    reshape in this layer.

    Args:
        multiple: Positive int that both sides must be a multiple of.
        minimum: Positive int, the smallest side allowed.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Tensor of shape `(batch, height, width, channels)`.

    Returns:
        `inputs`.

    Raises:
        ValueError: If an argument is not positive or a side does not suit; the
            message names the nearest sizes that do.

    Example:

    >>> SizeCheck(multiple=4, minimum=16)(keras.ops.zeros((1, 18, 16, 3)))
    Traceback (most recent call last):
    ValueError: ... Received: height=18, width=16. Nearest: 16 x 16, 20 x 16
    """

    def __init__(self, multiple: int = 1, minimum: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if multiple < 1 or minimum < 1:
            raise ValueError(
                "`multiple` and `minimum` must be positive. Received: "
                f"multiple={multiple}, minimum={minimum}"
            )
        self.multiple = multiple
        self.minimum = minimum

    def call(self, inputs: Any) -> Any:
        height, width = inputs.shape[1:3]
        check_sides(height, width, self.multiple, self.minimum)
        if None not in (height, width):
            return inputs
        # TensorFlow traces `predict` with unknown sides from the second size on: a
        # shape that the picture cannot take fails when it runs, compiled by XLA too
        batch, *sides, channels = ops.shape(inputs)
        least = -(-self.minimum // self.multiple) * self.multiple
        good = [
            n
            if isinstance(n, int)
            else ops.maximum(n // self.multiple * self.multiple, least)
            for n in sides
        ]
        return ops.reshape(inputs, (batch, *good, channels))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape


def check_sides(height: Any, width: Any, multiple: int = 1, minimum: int = 1) -> None:
    """Refuse a picture whose sides do not suit a network.

    Args:
        height: Pixels; what is not an int is unknown and passes.
        width: Pixels.
        multiple: Positive int that both must be a multiple of.
        minimum: Positive int, the smallest side allowed.

    Raises:
        ValueError: If a side does not suit; the message names the nearest sizes that
            do.
    """
    pairs = [_near(n, multiple, minimum) for n in (height, width)]
    if pairs != [(height, height), (width, width)]:
        sizes = {f"{pairs[0][i]} x {pairs[1][i]}": None for i in (0, 1)}
        rule = f"at least {minimum} pixels"
        if multiple > 1:
            rule = f"a multiple of {multiple} and {rule}"
        raise ValueError(
            f"Height and width of a picture must be {rule}. Received: "
            f"height={height}, width={width}. Nearest: {', '.join(sizes)}"
        )


def _near(side: Any, multiple: int, minimum: int) -> tuple[Any, Any]:
    """Largest good side up to this one, and the smallest from it on."""
    if not isinstance(side, int):  # unknown: None, or a symbol of JAX
        return side, side
    least = -(-minimum // multiple) * multiple
    below, above = side // multiple * multiple, -(-side // multiple) * multiple
    return max(least, below), max(least, above)
