"""Convolution in which an output sees some of the inputs: LeNet-5's C3."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

LENET_C3 = (
    *((i, (i + 1) % 6, (i + 2) % 6) for i in range(6)),
    *(tuple(sorted((i + k) % 6 for k in range(4))) for i in range(6)),
    *(tuple(sorted((i, (i + 1) % 6, (i + 3) % 6, (i + 4) % 6))) for i in range(3)),
    tuple(range(6)),
)
"""Table I of the paper: the six maps of S2 that each of the 16 maps of C3 sees."""


@keras.saving.register_keras_serializable(package="suite")
class ConnectedConv2D(keras.layers.Layer):
    """A convolution with a table of which input maps feed which output map.

    Weights exist for the connections alone. They are put into a dense kernel, zero
    elsewhere, which is a constant in an exported file.

    Args:
        connections: For each output map the numbers of the input maps it sees.
        kernel_size: Positive int, side of the kernel. No padding, stride 1.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, height, width, channels)`.

    Returns:
        Tensor of shape `(batch, height - kernel_size + 1, width - kernel_size + 1,
        len(connections))`.

    Raises:
        ValueError: If an output sees nothing, the same map twice, or a map that the
            input doesn't have.

    Example:

    >>> layer = ConnectedConv2D(LENET_C3, 5)
    >>> layer(keras.ops.ones((1, 14, 14, 6))).shape, layer.count_params()
    (1, 10, 10, 16), 1516

    References:
        - LeCun et al. 1998, "Gradient-based learning applied to document
          recognition", section II B, table I
    """

    def __init__(
        self, connections: Sequence[Sequence[int]], kernel_size: int, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        wrong = [seen for seen in connections if not seen or len({*seen}) < len(seen)]
        if wrong or not connections or kernel_size < 1:
            raise ValueError(
                "Each output map must see one input map or more, each once, and "
                f"`kernel_size` must be positive. Received: {wrong or connections}, "
                f"kernel_size={kernel_size}"
            )
        self.connections = tuple(tuple(seen) for seen in connections)
        self.kernel_size = kernel_size

    def build(self, input_shape: Any) -> None:
        channels = input_shape[-1]
        pairs = [(i, o) for o, seen in enumerate(self.connections) for i in seen]
        beyond = sorted({i for i, _ in pairs if not 0 <= i < channels})
        if beyond:
            raise ValueError(
                f"The table names maps that the input does not have: {beyond}. "
                f"Received: {channels} channels"
            )
        outputs = len(self.connections)
        self._places = np.zeros((len(pairs), channels * outputs), "float32")
        for row, (i, o) in enumerate(pairs):
            self._places[row, i * outputs + o] = 1.0
        # Glorot by what an output sees on average, as for a dense kernel
        area = self.kernel_size**2
        limit = (6 / (area * (len(pairs) / outputs + len(pairs) / channels))) ** 0.5
        self.kernel = self.add_weight(
            (self.kernel_size, self.kernel_size, len(pairs)),
            initializer=keras.initializers.RandomUniform(-limit, limit),
            name="kernel",
        )
        self.bias = self.add_weight((outputs,), initializer="zeros", name="bias")
        self.channels = channels
        self.built = True

    def call(self, inputs: Any) -> Any:
        size, outputs = self.kernel_size, len(self.connections)
        places = ops.convert_to_tensor(self._places, self.compute_dtype)
        dense = ops.matmul(self.kernel, places)  # (size, size, channels * outputs)
        dense = ops.reshape(dense, (size, size, self.channels, outputs))
        x = ops.conv(inputs, dense, padding="valid", data_format="channels_last")
        return x + self.bias

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        batch, *sides, _ = input_shape
        less = self.kernel_size - 1
        rows, columns = (n if n is None else n - less for n in sides)
        return batch, rows, columns, len(self.connections)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "connections": self.connections,
            "kernel_size": self.kernel_size,
        }
