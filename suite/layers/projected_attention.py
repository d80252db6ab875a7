"""Scaled dot-product attention with its projections, for whole sequences and steps."""

from typing import Any

import keras
from keras import ops

from suite.layers.divisible import check_multiple
from suite.layers.own_config import OwnConfig
from suite.layers.scaled_attention import scaled_attention


@keras.saving.register_keras_serializable(package="suite")
class ProjectedAttention(OwnConfig, keras.layers.Layer):
    """Attention with one head, as in DeLighT, or several, as in the Transformer.

    Queries, keys and values are linear maps of the input, made by one kernel in that
    order; with `cross`, queries come from the input, keys and values from a memory.
    Queries are divided by the root of a head's width after their bias. Scores and
    softmax are float32 whatever the dtype policy.

    Args:
        units: Positive int. Width of queries, of keys and of values, all heads
            together.
        output_units: Positive int. Width of the result.
        heads: Positive int, a divisor of `units`. One in DeLighT.
        cross: Bool. Keys and values are taken from a memory.
        dropout: Float in [0, 1), on the attention weights.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, T, D)`.
        memory: With `cross`, a float tensor of shape `(batch, S, E)`; S is T without.
        allowed: Optional bool tensor that fits `(batch, T, S)` by broadcasting: what
            each step may attend to.
        mask: Optional bool tensor of shape `(batch, T)`: without `cross`, what no step
            attends to is false. Keras gives it where `inputs` is the only tensor: who
            gives `allowed`, too, has to give this one, or to have it in there.
        memory_mask: With `cross`, an optional bool tensor of shape `(batch, S)`, the
            memory's. Keras gives it.
        return_weights: Bool. Give the attention weights, too.
        training: Bool, whether dropout is active.

    Returns:
        Tensor of shape `(batch, T, output_units)`; with `return_weights` and, in
        float32, the weights before dropout, `(batch, heads, T, S)`.

    Raises:
        ValueError: If `heads` does not divide `units`, or a memory is missing or not
            wanted.

    Example:

    >>> attention = ProjectedAttention(units=64, output_units=128)
    >>> attention(keras.ops.ones((2, 5, 64))).shape
    (2, 5, 128)

    References:
        - Vaswani et al. 2017, arXiv:1706.03762, section 3.2
        - Mehta et al. 2021, arXiv:2008.00623, section 3.1 (one head)
    """

    def __init__(
        self,
        units: int,
        output_units: int,
        heads: int = 1,
        cross: bool = False,
        dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_multiple("`units`", units, "heads", heads)
        self.units = units
        self.output_units = output_units
        self.heads = heads
        self.cross = cross
        self.dropout = dropout
        self.supports_masking = True
        policy = self.dtype_policy

        def dense(width: int, name: str) -> keras.layers.Dense:
            return keras.layers.Dense(width, dtype=policy, name=name)

        if cross:
            self.query = dense(units, "query")
            self.key_value = dense(2 * units, "key_value")
        else:
            self.query_key_value = dense(3 * units, "query_key_value")
        self.output_map = dense(output_units, "output_map")
        self.drop = keras.layers.Dropout(dropout, dtype=policy, name="drop")

    def build(self, inputs_shape: Any, memory_shape: Any = None) -> None:
        if self.cross:
            self.query.build(inputs_shape)
            self.key_value.build(memory_shape or inputs_shape)
        else:
            self.query_key_value.build(inputs_shape)
        self.output_map.build((*inputs_shape[:-1], self.units))
        self.built = True

    def call(
        self,
        inputs: Any,
        memory: Any = None,
        allowed: Any = None,
        mask: Any = None,
        memory_mask: Any = None,
        return_weights: bool = False,
        training: bool | None = None,
    ) -> Any:
        queries, keys_values = self.project(inputs, memory)
        true = memory_mask if self.cross else mask
        if true is not None:
            true = ops.cast(true, "bool")[:, None, :]
            allowed = true if allowed is None else ops.logical_and(allowed, true)
        result, weights = self.attend(queries, keys_values, allowed, training)
        return (result, weights) if return_weights else result

    def project(self, inputs: Any, memory: Any = None) -> tuple[Any, Any]:
        """Queries `(batch, T, units)`, and keys beside values, `(batch, S, 2 units)`:
        the form in which a cache holds them."""
        if self.cross:
            if memory is None:
                raise ValueError(f"Layer {self.name!r} has `cross`: give it a memory.")
            return self.query(inputs), self.key_value(memory)
        if memory is not None:
            raise ValueError(f"Layer {self.name!r} has no `cross`, so no memory.")
        x = self.query_key_value(inputs)
        return x[..., : self.units], x[..., self.units :]

    def attend(
        self,
        queries: Any,
        keys_values: Any,
        allowed: Any = None,
        training: bool | None = None,
    ) -> tuple[Any, Any]:
        """The result and the weights, from what `project` gives."""
        keys, values = keys_values[..., : self.units], keys_values[..., self.units :]

        def drop(weights: Any) -> Any:
            return self.drop(weights, training=training)

        x, weights = scaled_attention(queries, keys, values, self.heads, drop, allowed)
        return self.output_map(x), weights

    def compute_output_spec(
        self,
        inputs: Any,
        memory: Any = None,
        allowed: Any = None,
        mask: Any = None,
        memory_mask: Any = None,
        return_weights: bool = False,
        training: bool | None = None,
    ) -> Any:
        shape = (*inputs.shape[:-1], self.output_units)
        result = keras.KerasTensor(shape, dtype=self.compute_dtype)
        if not return_weights:
            return result
        seen = (inputs if memory is None else memory).shape[1]
        shape = (inputs.shape[0], self.heads, inputs.shape[1], seen)
        return result, keras.KerasTensor(shape, dtype="float32")
