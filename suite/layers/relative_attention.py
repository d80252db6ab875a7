"""Attention by relative position to a segment and the memory before it."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from suite.layers.divisible import check_multiple, nearest_multiples
from suite.layers.own_config import OwnConfig
from suite.layers.scaled_attention import FORBIDDEN


@keras.saving.register_keras_serializable(package="suite")
class RelativeAttention(OwnConfig, keras.layers.Layer):
    """Causal attention with several heads whose scores depend on the distance.

    The score of step i for step j is `(q_i + u) k_j + (q_i + v) r_(i - j)`, divided by
    the root of a head's width: r is a linear map of sines and cosines of the distance,
    u and v are learned for each head. Keys and values are made of the memory, the
    hidden states of the segment before, followed by the segment itself; no gradient
    flows into the memory. No map has a bias.

    Args:
        units: Positive even int, D, width of input and result.
        heads: Positive int, a divisor of D.
        dropout: Float in [0, 1), on the attention weights.
        shared_biases: Bool. Take u and v from the call, as published: all layers of a
            stack have those of one `RelativeBiases`.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, T, D)`.
        memory: Optional float tensor of shape `(batch, M, D)`, the inputs of this
            layer in the segment before (normalized, if those are); all of it counts.
        biases: Float tensor of shape `(batch, 2, heads, D / heads)`, u and v, where
            they are shared.
        training: Bool, whether dropout is active.

    Returns:
        Tensor of the shape of `inputs`.

    Raises:
        ValueError: If `heads` does not divide `units`, `units` is odd, D is not
            `units`, or `biases` are given or missing where they should not be.

    Example:

    >>> layer = RelativeAttention(units=8, heads=2)
    >>> layer(keras.ops.ones((2, 3, 8)), keras.ops.ones((2, 5, 8))).shape
    (2, 3, 8)

    References:
        - Dai et al. 2019, arXiv:1901.02860, section 3.3 and appendix B. Published for
          WikiText-103: D 410, 10 heads, 16 layers, memory of 150 steps.
    """

    def __init__(
        self,
        units: int,
        heads: int,
        dropout: float = 0.0,
        shared_biases: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_multiple("`units`", units, "heads", heads)
        if units % 2:
            nearest = nearest_multiples(units, math.lcm(heads, 2))
            raise ValueError(
                "`units` must be even, for as many sines as cosines. Received: "
                f"units={units}, heads={heads}. Nearest: {nearest}"
            )
        self.units = units
        self.heads = heads
        self.dropout = dropout
        self.shared_biases = shared_biases
        policy = self.dtype_policy

        def linear(width: int, name: str) -> keras.layers.Dense:
            return keras.layers.Dense(width, use_bias=False, dtype=policy, name=name)

        self.query = linear(units, "query")
        self.key_value = linear(2 * units, "key_value")
        self.distance = linear(units, "distance")
        self.output_map = linear(units, "output_map")
        self.drop = keras.layers.Dropout(dropout, dtype=policy, name="drop")

    def build(
        self, inputs_shape: Any, memory_shape: Any = None, biases_shape: Any = None
    ) -> None:
        if inputs_shape[-1] != self.units:
            raise ValueError(
                f"Layer {self.name!r}: the last axis must be `units` wide. "
                f"Received: {inputs_shape[-1]}, units={self.units}"
            )
        shape = (None, None, self.units)
        for layer in (self.query, self.key_value, self.distance, self.output_map):
            layer.build(shape)
        size = self.units // self.heads
        for name in () if self.shared_biases else ("content_bias", "distance_bias"):
            weight = self.add_weight(
                name=name, shape=(self.heads, 1, size), initializer="zeros"
            )
            setattr(self, name, weight)
        half = np.arange(self.units // 2) * (2 / self.units)
        self.rates = np.exp(-half * math.log(10000)).astype("float32")
        self.built = True

    def call(
        self,
        inputs: Any,
        memory: Any = None,
        biases: Any = None,
        training: bool | None = None,
    ) -> Any:
        if self.shared_biases != (biases is not None):
            given = "missing" if biases is None else "given"
            raise ValueError(
                f"Layer {self.name!r} takes `biases` if they are shared, and then "
                f"alone. Received: shared_biases={self.shared_biases}, biases {given}"
            )
        if self.shared_biases:
            content_bias, distance_bias = biases[:, 0, :, None], biases[:, 1, :, None]
        else:
            content_bias, distance_bias = self.content_bias, self.distance_bias
        whole = inputs
        if memory is not None:
            whole = ops.concatenate([ops.stop_gradient(memory), inputs], 1)
        steps, room = ops.shape(inputs)[1], ops.shape(whole)[1]
        queries = self._split(self.query(inputs))  # (batch, heads, T, D / heads)
        keys_values = self.key_value(whole)
        keys = self._split(keys_values[..., : self.units])
        values = self._split(keys_values[..., self.units :])
        # column c of the table stands for the distance room - 1 - c
        distances = room - 1 - ops.arange(room, dtype="int32")
        rows = self._split(self.distance(self._table(distances))[None])
        # divided before the products, which would leave float16's range otherwise;
        # biases each by themselves, so that an export folds them
        scale = (self.units // self.heads) ** -0.5
        queries = queries * scale
        content = ops.matmul(queries + content_bias * scale, _turned(keys))
        placed = ops.matmul(queries + distance_bias * scale, _turned(rows))
        content, placed = (ops.cast(x, "float32") for x in (content, placed))
        scores = content + shifted(placed)
        places = ops.arange(room, dtype="int32")
        own = ops.arange(steps, dtype="int32") + (room - steps)
        scores = ops.where(places[None, :] <= own[:, None], scores, FORBIDDEN)
        weights = ops.cast(ops.softmax(scores, axis=-1), values.dtype)
        x = ops.matmul(self.drop(weights, training=training), values)
        x = ops.transpose(x, (0, 2, 1, 3))
        return self.output_map(ops.reshape(x, (-1, steps, self.units)))

    def _table(self, distances: Any) -> Any:
        rates = ops.convert_to_tensor(self.rates, "float32")
        angles = ops.cast(distances, "float32")[:, None] * rates[None]
        table = ops.concatenate([ops.sin(angles), ops.cos(angles)], -1)
        return ops.cast(table, self.compute_dtype)

    def _split(self, x: Any) -> Any:
        batch, steps, _ = ops.shape(x)
        x = ops.reshape(x, (batch, steps, self.heads, self.units // self.heads))
        return ops.transpose(x, (0, 2, 1, 3))

    def compute_output_shape(
        self, inputs_shape: Any, memory_shape: Any = None, biases_shape: Any = None
    ) -> Any:
        return tuple(inputs_shape)


def _turned(x: Any) -> Any:
    return ops.transpose(x, (0, 1, 3, 2))


def shifted(x: Any) -> Any:
    """Row i of T moved left by T - 1 - i places: from distances to steps.

    Args:
        x: Tensor of shape `(batch, heads, T, S)`, column c for distance S - 1 - c.

    Returns:
        Tensor of that shape, column j for step j. What lies ahead of a row's own step
        is of no meaning and has to be masked.
    """
    batch, heads, rows, columns = ops.shape(x)
    # a column of zeros in front, then the same numbers cut one later in each row
    x = ops.pad(x, ((0, 0), (0, 0), (0, 0), (1, 0)))
    x = ops.reshape(x, (batch, heads, columns + 1, rows))
    return ops.reshape(x[:, :, 1:], (batch, heads, rows, columns))
