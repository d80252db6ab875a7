"""Half the size: a strided convolution, instance normalization and ReLU."""

from typing import Any

import keras
from keras import ops

from suite.layers.divisible import check_positive
from suite.layers.instance_normalization import InstanceNormalization
from suite.layers.own_config import OwnConfig


@keras.saving.register_keras_serializable(package="suite")
class InstanceDown(OwnConfig, keras.layers.Layer):
    """3x3 convolution with stride 2, instance normalization, ReLU.

    One row and column of zeros at every side, as in the published code: "same"
    padding would put none before an even side and one after, which gives the same
    shape and a result shifted by a pixel.

    Args:
        filters: Positive int, channels of the result.
        use_bias: Bool. Bias of the convolution, without effect before the
            normalization, but part of the published count.
        affine: Bool. Scale and offset in the normalization.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, height, width, channels)`; height and
            width may be None.

    Returns:
        Tensor of shape `(batch, ceil(height / 2), ceil(width / 2), filters)`.

    Raises:
        ValueError: If `filters` is not positive.

    Example:

    >>> InstanceDown(8)(keras.ops.ones((1, 16, 16, 4))).shape
    (1, 8, 8, 8)

    References:
        - Zhu et al. 2017, arXiv:1703.10593, appendix 7.2 (the block d)
    """

    def __init__(
        self, filters: int, use_bias: bool = True, affine: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_positive("filters", filters)
        self.filters = filters
        self.use_bias = use_bias
        self.affine = affine
        policy = self.dtype_policy
        self.pad = keras.layers.ZeroPadding2D(
            1, data_format="channels_last", dtype=policy, name="pad"
        )
        self.conv = keras.layers.Conv2D(
            filters,
            3,
            2,
            data_format="channels_last",
            use_bias=use_bias,
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.02),
            dtype=policy,
            name="conv",
        )
        self.norm = InstanceNormalization(affine=affine, dtype=policy, name="norm")

    def build(self, input_shape: Any) -> None:
        self.conv.build(self.pad.compute_output_shape(input_shape))
        self.norm.build(self.compute_output_shape(input_shape))
        self.built = True

    def call(self, inputs: Any) -> Any:
        return ops.relu(self.norm(self.conv(self.pad(inputs))))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        batch, height, width, _ = input_shape
        return batch, height and -(-height // 2), width and -(-width // 2), self.filters
