"""What blocks of the Transformer and of DeLighT share: residuals, masks, caches."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from suite.layers.cache_room import check_room
from suite.layers.feed_forward import FeedForward
from suite.layers.own_config import OwnConfig
from suite.layers.projected_attention import ProjectedAttention
from suite.layers.several_results import SeveralResults


class AttentionBlock(OwnConfig, SeveralResults, keras.layers.Layer):
    """Base of the blocks: a subclass stores its arguments, then calls `compose`.

    Each sub-layer stands in a residual connection, with its normalization after the
    addition ("post-norm", as first published) or in front of the sub-layer.
    """

    units: int
    pre_norm: bool

    def compose(
        self,
        attention: ProjectedAttention,
        feed_forward: FeedForward,
        dropout: float,
        transform: keras.layers.Layer | None = None,
        cross_attention: ProjectedAttention | None = None,
    ) -> None:
        """Takes the parts in the order in which they run and are saved.

        Args:
            attention: Self-attention; its input is what `transform` gives.
            feed_forward: The last sub-layer.
            dropout: Float in [0, 1), on the result of each sub-layer.
            transform: A layer in front of the self-attention, or None.
            cross_attention: Attention to a memory, or None.
        """
        policy = self.dtype_policy

        def norm(name: str) -> keras.layers.Layer:
            return keras.layers.LayerNormalization(
                epsilon=1e-5,  # the published codes'; Keras takes 1e-3
                dtype=policy,
                name=name,
            )

        self.supports_masking = True
        if transform is not None:
            self.inner = transform
        self.attention = attention
        self.attention_norm = norm("attention_norm")
        self.cross_attention = cross_attention
        if cross_attention is not None:
            self.cross_norm = norm("cross_norm")
        self.feed_forward = feed_forward
        self.feed_forward_norm = norm("feed_forward_norm")
        self.drop = keras.layers.Dropout(dropout, dtype=policy, name="drop")

    def build(self, inputs_shape: Any) -> None:
        if inputs_shape[-1] != self.units:
            raise ValueError(
                f"Layer {self.name!r} adds to its input, so their widths must agree. "
                f"Received: {inputs_shape[-1]}, units={self.units}"
            )
        shape = inner = (None, None, self.units)
        if hasattr(self, "inner"):
            self.inner.build(shape)
            inner = self.inner.compute_output_shape(shape)
        self.attention.build(inner)
        self.attention_norm.build(shape)
        if self.cross_attention is not None:
            self.cross_attention.build(shape, shape)
            self.cross_norm.build(shape)
        self.feed_forward.build(shape)
        self.feed_forward_norm.build(shape)
        self.built = True

    def residual(
        self,
        norm: keras.layers.Layer,
        x: Any,
        sublayer: Callable[[Any], Any],
        training: bool | None,
    ) -> Any:
        """x plus the sub-layer's result, normalized where the block does it."""
        y = sublayer(norm(x) if self.pre_norm else x)
        x = x + self.drop(y, training=training)
        return x if self.pre_norm else norm(x)

    def fed_forward(self, x: Any, training: bool | None) -> Any:
        """The last sub-layer."""

        def feed(y: Any) -> Any:
            return self.feed_forward(y, training=training)

        return self.residual(self.feed_forward_norm, x, feed, training)

    def transformed(self, x: Any, training: bool | None) -> Any:
        """What the self-attention's projections see of x."""
        return self.inner(x, training=training) if hasattr(self, "inner") else x


class EncoderBlock(AttentionBlock):
    """Each step attends to all true steps; then the feed-forward layer."""

    def call(
        self,
        inputs: Any,
        mask: Any = None,
        return_attention: bool = False,
        training: bool | None = None,
    ) -> Any:
        allowed = None if mask is None else ops.cast(mask, "bool")[:, None, :]
        seen = []

        def attend(x: Any) -> Any:
            x = self.transformed(x, training)
            x, weights = self.attention(
                x, allowed=allowed, return_weights=True, training=training
            )
            seen.append(weights)
            return x

        x = self.residual(self.attention_norm, inputs, attend, training)
        x = self.fed_forward(x, training)
        return (x, seen[0]) if return_attention else x

    def compute_output_spec(
        self,
        inputs: Any,
        mask: Any = None,
        return_attention: bool = False,
        training: bool | None = None,
    ) -> Any:
        result = keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)
        if not return_attention:
            return result
        batch, steps, _ = inputs.shape
        shape = (batch, self.attention.heads, steps, steps)
        return result, keras.KerasTensor(shape, dtype="float32")


class DecoderBlock(AttentionBlock):
    """Each step attends to itself and those before it, then to a memory if any."""

    def call(
        self,
        inputs: Any,
        memory: Any = None,
        memory_mask: Any = None,
        memory_cache: Any = None,
        cache: Any = None,
        position: Any = None,
        project_memory: bool = False,
        return_attention: bool = False,
        training: bool | None = None,
    ) -> Any:
        if project_memory:
            return self._crossing(True).key_value(inputs)
        seen: list[Any] = []

        def attend(x: Any) -> Any:
            x = self.transformed(x, training)
            queries, keys_values = self.attention.project(x)
            start = 0
            if cache is not None:
                check_room(self.name, cache.shape[1], inputs.shape[1], position)
                start = ops.reshape(ops.cast(position, "int32"), ())
                keys_values = ops.slice_update(
                    cache, ops.stack([0, start, 0]), ops.cast(keys_values, cache.dtype)
                )
                seen.append(keys_values)
            steps = ops.arange(ops.shape(queries)[1], dtype="int32") + start
            places = ops.arange(ops.shape(keys_values)[1], dtype="int32")
            allowed = (places[None, :] <= steps[:, None])[None]  # (1, T, S)
            return self.attention.attend(queries, keys_values, allowed, training)[0]

        def cross(x: Any) -> Any:
            attention = self._crossing(memory is not None or memory_cache is not None)
            keys_values = memory_cache
            if keys_values is None:
                keys_values = attention.key_value(memory)
            allowed = None
            if memory_mask is not None:
                allowed = ops.cast(memory_mask, "bool")[:, None, :]
            x, weights = attention.attend(
                attention.query(x), keys_values, allowed, training
            )
            seen.append(weights)
            return x

        x = self.residual(self.attention_norm, inputs, attend, training)
        if self.cross_attention is not None:
            x = self.residual(self.cross_norm, x, cross, training)
        x = self.fed_forward(x, training)
        results = (x, *seen) if return_attention else (x, *seen[: cache is not None])
        return results if len(results) > 1 else x

    def _crossing(self, given: bool) -> ProjectedAttention:
        if self.cross_attention is None or not given:
            raise ValueError(
                f"Layer {self.name!r} needs `cross` to be True and a `memory` or a "
                f"`memory_cache`. Received: cross={self.cross_attention is not None}, "
                f"memory {'given' if given else 'missing'}"
            )
        return self.cross_attention

    def compute_output_spec(
        self,
        inputs: Any,
        memory: Any = None,
        memory_mask: Any = None,
        memory_cache: Any = None,
        cache: Any = None,
        position: Any = None,
        project_memory: bool = False,
        return_attention: bool = False,
        training: bool | None = None,
    ) -> Any:
        def spec(shape: Any, dtype: str = self.compute_dtype) -> Any:
            return keras.KerasTensor(shape, dtype=dtype)

        batch, steps, _ = inputs.shape
        if project_memory:
            return spec((batch, steps, 2 * self._crossing(True).units))
        results = [spec(inputs.shape)]
        if cache is not None:
            results.append(spec(cache.shape))
        if return_attention and self.cross_attention is not None:
            room = (memory if memory_cache is None else memory_cache).shape[1]
            shape = (batch, self.cross_attention.heads, steps, room)
            results.append(spec(shape, "float32"))
        return tuple(results) if len(results) > 1 else results[0]
