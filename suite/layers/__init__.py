"""Keras 3 layers that run alike under tensorflow, jax and torch."""

from suite.layers.column_mask import ColumnMask
from suite.layers.instance_down import InstanceDown
from suite.layers.instance_normalization import InstanceNormalization
from suite.layers.instance_residual import InstanceResidual
from suite.layers.instance_up import InstanceUp
from suite.layers.line_normalization import LineNormalization
from suite.layers.lstm_ctc import LSTMCTCHead
from suite.layers.nearest_resize import NearestResize
from suite.layers.pixel_shuffle import PixelShuffle
from suite.layers.reflection_padding import ReflectionPadding
from suite.layers.size_check import SizeCheck

__all__ = [
    "ColumnMask",
    "InstanceDown",
    "InstanceNormalization",
    "InstanceResidual",
    "InstanceUp",
    "LSTMCTCHead",
    "LineNormalization",
    "NearestResize",
    "PixelShuffle",
    "ReflectionPadding",
    "SizeCheck",
]
