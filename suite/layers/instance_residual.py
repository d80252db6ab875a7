"""Residual block with mirrored borders and instance normalization."""

from typing import Any

import keras
from keras import ops

from suite.layers.instance_normalization import InstanceNormalization
from suite.layers.own_config import OwnConfig
from suite.layers.reflection_padding import ReflectionPadding


@keras.saving.register_keras_serializable(package="suite")
class InstanceResidual(OwnConfig, keras.layers.Layer):
    """Two 3x3 convolutions, each mirrored and normalized, added to the input.

    ReLU follows the first alone; nothing follows the sum, so the blocks of a
    generator add to one another's results unclipped.

    Args:
        use_bias: Bool. Bias of the convolutions: without effect before the
            normalization, but part of the published count.
        affine: Bool. Scale and offset in the normalizations.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, height, width, channels)`, sides of at
            least 2; height and width may be None.

    Returns:
        Tensor of the shape of `inputs`.

    Example:

    >>> InstanceResidual()(keras.ops.ones((1, 8, 8, 4))).shape
    (1, 8, 8, 4)

    References:
        - Zhu et al. 2017, arXiv:1703.10593, appendix 7.2
        - Johnson et al. 2016, arXiv:1603.08155, section 3 (no ReLU after the sum)
    """

    def __init__(
        self, use_bias: bool = True, affine: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.use_bias = use_bias
        self.affine = affine
        policy = self.dtype_policy
        self.pads = [ReflectionPadding(1, dtype=policy, name=f"pad_{i}") for i in "12"]
        self.norms = [
            InstanceNormalization(affine=affine, dtype=policy, name=f"norm_{i}")
            for i in "12"
        ]

    def build(self, input_shape: Any) -> None:
        self.convs = [
            keras.layers.Conv2D(
                input_shape[-1],
                3,
                data_format="channels_last",
                use_bias=self.use_bias,
                kernel_initializer=keras.initializers.RandomNormal(stddev=0.02),
                dtype=self.dtype_policy,
                name=f"conv_{i}",
            )
            for i in "12"
        ]
        padded = self.pads[0].compute_output_shape(input_shape)
        for pad, conv, norm in zip(self.pads, self.convs, self.norms, strict=True):
            pad.build(input_shape)
            conv.build(padded)
            norm.build(input_shape)
        self.built = True

    def call(self, inputs: Any) -> Any:
        x = inputs
        for pad, conv, norm in zip(self.pads, self.convs, self.norms, strict=True):
            x = norm(conv(pad(x)))
            if norm is self.norms[0]:
                x = ops.relu(x)
        return inputs + x

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape
