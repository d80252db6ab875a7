"""Keras 3 layers that run alike under tensorflow, jax and torch."""

from suite.layers.column_mask import ColumnMask
from suite.layers.expected_score import ExpectedScore
from suite.layers.imagenet_pixels import ImageNetPixels
from suite.layers.instance_down import InstanceDown
from suite.layers.instance_normalization import InstanceNormalization
from suite.layers.instance_residual import InstanceResidual
from suite.layers.instance_up import InstanceUp
from suite.layers.iqt_decoder import IQTDecoder
from suite.layers.iqt_encoder import IQTEncoder
from suite.layers.line_normalization import LineNormalization
from suite.layers.lstm_ctc import LSTMCTCHead
from suite.layers.nearest_resize import NearestResize
from suite.layers.pixel_shuffle import PixelShuffle
from suite.layers.quality_attention import QualityAttention
from suite.layers.quality_block import QualityBlock
from suite.layers.quality_encoder import QualityEncoder
from suite.layers.quality_head import QualityHead
from suite.layers.quality_map import quality_map
from suite.layers.quality_token import QualityToken
from suite.layers.reflection_padding import ReflectionPadding
from suite.layers.size_check import SizeCheck
from suite.layers.standardized_conv import StandardizedConv2D
from suite.layers.token_budget_pool import TokenBudgetPool
from suite.layers.triq_encoder import TRIQEncoder

__all__ = [
    "ColumnMask",
    "ExpectedScore",
    "IQTDecoder",
    "IQTEncoder",
    "ImageNetPixels",
    "InstanceDown",
    "InstanceNormalization",
    "InstanceResidual",
    "InstanceUp",
    "LSTMCTCHead",
    "LineNormalization",
    "NearestResize",
    "PixelShuffle",
    "QualityAttention",
    "QualityBlock",
    "QualityEncoder",
    "QualityHead",
    "QualityToken",
    "ReflectionPadding",
    "SizeCheck",
    "StandardizedConv2D",
    "TRIQEncoder",
    "TokenBudgetPool",
    "quality_map",
]
