"""Layers of Keras in a form that built-in operators can express: same numbers.

Each stands for a layer (or for an operation of `keras.ops` in a functional model) that
the converter cannot take, or takes badly, and refers to the weights of that layer.
Like the loops of `suite.layers.recurrent_loop` they are made when a model is exported,
under TensorFlow, and never saved or trained. `suite.edge.replacements` says which
layer is given which form.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops


class PhoneForm(keras.layers.Layer):
    """Base: outwardly the layer that it stands for.

    Args:
        layer: The built layer, or an operation of `keras.ops`.
    """

    def __init__(self, layer: Any) -> None:
        policy = getattr(layer, "dtype_policy", None)
        super().__init__(
            name=layer.name, dtype=policy, trainable=False, autocast=policy is not None
        )
        self.layer = layer
        # an operation takes a mask off without a word
        self.supports_masking = getattr(layer, "supports_masking", True)
        self.built = True

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        return self.layer.compute_output_spec(*args, **kwargs)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        if not isinstance(self.layer, keras.layers.Layer):
            return None
        return self.layer.compute_mask(inputs, previous_mask)


class Unchanged(PhoneForm):
    """An augmentation, which in inference does nothing."""

    def call(self, x: Any, **options: Any) -> Any:
        return x


class LargestIndex(PhoneForm):
    """`argmax` or `argmin` as one ARG_MAX or ARG_MIN.

    The stock form treats the two zeros of floating point apart, which needs bits:
    Flex. Here they are equal, and the first of equals counts.
    """

    def call(self, x: Any) -> Any:
        import tensorflow as tf

        search = tf.argmax if type(self.layer).__name__ == "Argmax" else tf.argmin
        axis, keep, rank = self.layer.axis, self.layer.keepdims, len(x.shape)
        if axis is None:
            found = search(tf.reshape(x, [-1]), axis=0, output_type=tf.int32)
            return tf.reshape(found, [1] * rank) if keep else found
        found = search(x, axis=axis, output_type=tf.int32)
        return tf.expand_dims(found, axis) if keep else found


class ErrorFunction(PhoneForm):
    """`erf` by a polynomial in `1 / (1 + p |x|)` times `exp(-x²)`; error below 5e-7.

    References:
        - Abramowitz and Stegun 1964, formula 7.1.26
    """

    _P = 0.3275911
    _COEFFICIENTS = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)

    def call(self, x: Any) -> Any:
        size = ops.abs(x)
        t = 1 / (1 + self._P * size)
        total = t * self._COEFFICIENTS[0]
        for coefficient in self._COEFFICIENTS[1:]:
            total = (total + coefficient) * t
        return ops.sign(x) * (1 - total * ops.exp(-size * size))


class FlatPooling3D(PhoneForm):
    """Pooling of volumes: each slice as a picture, then the slices.

    The largest of the largest is the largest, and a window's mean is the mean of the
    means of its slices, at a padded border too, where all slices lack the same pixels.
    """

    def call(self, inputs: Any) -> Any:
        layer = self.layer
        pool = ops.max_pool if layer.pool_mode == "max" else ops.average_pool
        batch, depth, height, width, channels = inputs.shape
        same = {"padding": layer.padding, "data_format": "channels_last"}
        x = ops.reshape(inputs, (batch * depth, height, width, channels))
        x = pool(x, layer.pool_size[1:], layer.strides[1:], **same)
        _, height, width, _ = x.shape
        x = ops.reshape(x, (batch, depth, height * width, channels))
        x = pool(x, (layer.pool_size[0], 1), (layer.strides[0], 1), **same)
        return ops.reshape(x, (batch, x.shape[1], height, width, channels))


class AdaptivePooling(PhoneForm):
    """Adaptive pooling, one axis after the other, a slice for each of its outputs."""

    def call(self, inputs: Any) -> Any:
        reduce = ops.max if "Max" in type(self.layer).__name__ else ops.mean
        x = inputs
        for axis, wanted in enumerate(self.layer.output_size, start=1):
            size = x.shape[axis]
            parts = []
            for i in range(wanted):
                window = [slice(None)] * axis
                # the last window ends where the axis does: -(-a // b) rounds up
                window.append(slice(i * size // wanted, -(-(i + 1) * size // wanted)))
                parts.append(reduce(x[tuple(window)], axis=axis, keepdims=True))
            x = parts[0] if wanted == 1 else ops.concatenate(parts, axis=axis)
        return x


class PlainConv3D(PhoneForm):
    """A grouped or dilated convolution of volumes by plain ones.

    One convolution a group; dilation is written into the kernel, as zeros between its
    weights, which costs the multiplications by them.
    """

    def call(self, inputs: Any) -> Any:
        import tensorflow as tf

        layer = self.layer
        with tf.init_scope():  # now, not in the graph that is being traced
            kernel = _dilated(np.asarray(layer.kernel), layer.dilation_rate)
        kernels = np.split(kernel, layer.groups, axis=-1)
        parts = ops.split(inputs, layer.groups, axis=-1)
        outputs = [
            ops.conv(part, one, list(layer.strides), layer.padding, "channels_last")
            for part, one in zip(parts, kernels, strict=True)
        ]
        x = outputs[0] if len(outputs) == 1 else ops.concatenate(outputs, axis=-1)
        if layer.use_bias:
            x = x + ops.convert_to_tensor(layer.bias)
        return x if layer.activation is None else layer.activation(x)


class SummedCategories(PhoneForm):
    """`CategoryEncoding` of several categories a sample, without counting in bins."""

    def call(self, inputs: Any, count_weights: Any = None) -> Any:
        if len(inputs.shape) != 2:
            return self.layer(inputs, count_weights=count_weights)
        hot = ops.one_hot(ops.cast(inputs, "int32"), self.layer.num_tokens)
        if self.layer.output_mode == "multi_hot":
            return ops.cast(ops.max(hot, axis=1), self.compute_dtype)
        if count_weights is not None:
            hot = hot * ops.cast(count_weights, hot.dtype)[..., None]
        return ops.cast(ops.sum(hot, axis=1), self.compute_dtype)


class CentredGroupNormalization(PhoneForm):
    """`GroupNormalization` over the last axis, its variance of the centred values.

    Keras takes the difference of two large means, which cancels where a channel's
    mean is far from zero, and the square of a value above 255 overflows in the
    float16 arithmetic of phones' GPUs.
    """

    def call(self, inputs: Any) -> Any:
        layer = self.layer
        batch, *inner, channels = inputs.shape
        shape = (batch, int(np.prod(inner)), layer.groups, channels // layer.groups)
        x = ops.reshape(inputs, shape)
        x = x - ops.mean(x, axis=(1, 3), keepdims=True)
        variance = ops.mean(ops.square(x), axis=(1, 3), keepdims=True)
        x = ops.reshape(x * ops.rsqrt(variance + layer.epsilon), inputs.shape)
        if layer.scale:
            x = x * ops.convert_to_tensor(layer.gamma)
        return x + ops.convert_to_tensor(layer.beta) if layer.center else x


class Resize(PhoneForm):
    """`Resizing`, `UpSampling2D` and `ops.image.resize` of a fixed size.

    Nearest and bilinear are operators of their own. Every other kernel is linear in
    the pixels and works on rows and columns apart: two products with constant
    matrices, which are what TensorFlow makes of the unit matrix.
    """

    def call(self, inputs: Any) -> Any:
        layer = self.layer
        height, width = inputs.shape[1:3]
        if type(layer).__name__ == "UpSampling2D":
            size = (height * layer.size[0], width * layer.size[1])
        else:
            size = getattr(layer, "size", None) or (layer.height, layer.width)
        kind, antialias = layer.interpolation, getattr(layer, "antialias", False)
        x = ops.cast(inputs, "float32")
        if kind == "nearest" or (kind == "bilinear" and not antialias):
            x = _resized(x, size, kind, False)
        else:
            batch, channels = inputs.shape[0], inputs.shape[3]
            rows = _matrix(height, size[0], kind, antialias)
            x = ops.matmul(rows, ops.reshape(x, (batch, height, width * channels)))
            x = ops.reshape(x, (batch, size[0], width, channels))
            x = ops.matmul(_matrix(width, size[1], kind, antialias), x)
        return ops.cast(x, inputs.dtype) if kind == "nearest" else x


class FoldedTime(PhoneForm):
    """`TimeDistributed`: all steps in one call, as further samples of the batch.

    The stock form calls its layer for one step after another, and the file holds each
    of these calls. What is inside leaves in its own phone form.
    """

    def __init__(self, layer: Any) -> None:
        from suite.edge.rebuild import for_phone  # which asks for this form
        from suite.edge.replacements import phone_form

        super().__init__(layer)
        inner = layer.layer
        form = phone_form(inner)
        graph = isinstance(inner, keras.Model)
        self.inner = form() if form else for_phone(inner) if graph else inner

    def call(self, inputs: Any, mask: Any = None) -> Any:
        steps = inputs.shape[:2]
        x = ops.reshape(inputs, (-1, *inputs.shape[2:]))  # (batch * steps, ...)
        masked = mask is not None and self.layer.layer._call_has_mask_arg
        given = {"mask": ops.reshape(mask, (-1, *mask.shape[2:]))} if masked else {}
        x = self.inner(x, **given)
        return ops.reshape(x, (*steps, *x.shape[1:]))


def _resized(x: Any, size: tuple[int, int], kind: str, antialias: bool) -> Any:
    return ops.image.resize(
        x, size, interpolation=kind, antialias=antialias, data_format="channels_last"
    )


def _matrix(size: int, wanted: int, kind: str, antialias: bool) -> np.ndarray:
    """(wanted, size): what a resize along one axis multiplies by."""
    import tensorflow as tf

    with tf.init_scope():  # now, not in the graph that is being traced
        # columns of the unit matrix keep their number, so they stay as they are
        unit = np.eye(size, dtype="float32")[None, :, :, None]
        return np.asarray(_resized(unit, (wanted, size), kind, antialias))[0, :, :, 0]


def _dilated(kernel: np.ndarray, rates: tuple[int, ...]) -> np.ndarray:
    """The kernel with `rate - 1` zeros between its weights along each inner axis."""
    inner = [
        (size - 1) * rate + 1
        for size, rate in zip(kernel.shape[:3], rates, strict=True)
    ]
    wide = np.zeros((*inner, *kernel.shape[3:]), kernel.dtype)
    wide[tuple(slice(None, None, rate) for rate in rates)] = kernel
    return wide
