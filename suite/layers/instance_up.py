"""Twice the size: as published, or in a form for phones."""

from typing import Any

import keras
from keras import ops

from suite.layers.instance_normalization import InstanceNormalization
from suite.layers.nearest_resize import NearestResize
from suite.layers.own_config import OwnConfig
from suite.layers.reflection_padding import ReflectionPadding

FORMS = ("transposed", "nearest")


@keras.saving.register_keras_serializable(package="suite")
class InstanceUp(OwnConfig, keras.layers.Layer):
    """Enlarge by 2 with a 3x3 kernel, then instance normalization and ReLU.

    Both forms have the same number of weights. "transposed" is the published one: a
    transposed convolution of which the first row and column are cut off (Keras'
    "same" cuts the last ones, so its result is shifted by a pixel against it).
    "nearest" repeats the pixels, mirrors the border and convolves: no transposed
    convolution, and no checkerboard.

    Args:
        filters: Positive int, channels of the result.
        form: "transposed" or "nearest".
        use_bias: Bool. Bias of the convolution, without effect before the
            normalization, but part of the published count.
        affine: Bool. Scale and offset in the normalization.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, height, width, channels)`; height and
            width may be None.

    Returns:
        Tensor of shape `(batch, 2 * height, 2 * width, filters)`.

    Raises:
        ValueError: If `filters` is not positive or `form` unknown.

    Example:

    >>> InstanceUp(4, form="nearest")(keras.ops.ones((1, 8, 8, 8))).shape
    (1, 16, 16, 4)

    References:
        - Zhu et al. 2017, arXiv:1703.10593, appendix 7.2 (the block u)
    """

    def __init__(
        self,
        filters: int,
        form: str,
        use_bias: bool = True,
        affine: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if filters < 1 or form not in FORMS:
            raise ValueError(
                f"`filters` must be positive and `form` one of {', '.join(FORMS)}. "
                f"Received: filters={filters}, form={form!r}"
            )
        self.filters = filters
        self.form = form
        self.use_bias = use_bias
        self.affine = affine
        policy = self.dtype_policy
        kind, strides = keras.layers.Conv2DTranspose, 2
        if form == "nearest":
            kind, strides = keras.layers.Conv2D, 1
            self.resize = NearestResize(dtype=policy, name="resize")
            self.pad = ReflectionPadding(1, dtype=policy, name="pad")
        self.conv = kind(
            filters,
            3,
            strides,
            data_format="channels_last",
            use_bias=use_bias,
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.02),
            dtype=policy,
            name="conv",
        )
        self.norm = InstanceNormalization(affine=affine, dtype=policy, name="norm")

    def build(self, input_shape: Any) -> None:
        self.conv.build(input_shape)
        self.norm.build(self.compute_output_shape(input_shape))
        self.built = True

    def call(self, inputs: Any) -> Any:
        if self.form == "nearest":
            x = self.conv(self.pad(self.resize(inputs)))
        else:
            x = self.conv(inputs)[:, 1:, 1:]  # of 2n + 1 rows
        return ops.relu(self.norm(x))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        batch, height, width, _ = input_shape
        return batch, height and 2 * height, width and 2 * width, self.filters
