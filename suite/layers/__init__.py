"""Keras 3 layers that run alike under tensorflow, jax and torch."""

from suite.layers.adaptive_embedding import AdaptiveEmbedding
from suite.layers.column_mask import ColumnMask
from suite.layers.connected_conv import ConnectedConv2D
from suite.layers.define_embedding import DefineEmbedding
from suite.layers.delight_decoder_block import DelightDecoderBlock
from suite.layers.delight_encoder_block import DelightEncoderBlock
from suite.layers.delight_transform import DelightTransform
from suite.layers.expected_score import ExpectedScore
from suite.layers.feed_forward import FeedForward
from suite.layers.fixed_centres import FixedCentres
from suite.layers.group_linear import GroupLinear, phone_copy
from suite.layers.group_plan import block_wise_scaling, group_plan, most_groups
from suite.layers.hierarchical_group_transform import HierarchicalGroupTransform
from suite.layers.imagenet_pixels import ImageNetPixels
from suite.layers.instance_down import InstanceDown
from suite.layers.instance_normalization import InstanceNormalization
from suite.layers.instance_residual import InstanceResidual
from suite.layers.instance_up import InstanceUp
from suite.layers.iqt_decoder import IQTDecoder
from suite.layers.iqt_encoder import IQTEncoder
from suite.layers.line_normalization import LineNormalization
from suite.layers.local_response_normalization import LocalResponseNormalization
from suite.layers.lstm_ctc import LSTMCTCHead
from suite.layers.nearest_resize import NearestResize
from suite.layers.padded_shortcut import PaddedShortcut
from suite.layers.pixel_shuffle import PixelShuffle
from suite.layers.projected_attention import ProjectedAttention
from suite.layers.quality_attention import QualityAttention
from suite.layers.quality_block import QualityBlock
from suite.layers.quality_encoder import QualityEncoder
from suite.layers.quality_head import QualityHead
from suite.layers.quality_map import quality_map
from suite.layers.quality_token import QualityToken
from suite.layers.reflection_padding import ReflectionPadding
from suite.layers.relative_attention import RelativeAttention
from suite.layers.relative_biases import RelativeBiases
from suite.layers.sinusoidal_positions import SinusoidalPositions
from suite.layers.size_check import SizeCheck
from suite.layers.standardized_conv import StandardizedConv2D
from suite.layers.token_budget_pool import TokenBudgetPool
from suite.layers.token_table import TokenTable
from suite.layers.trained_subsampling import TrainedSubsampling
from suite.layers.transformer_block import (
    TransformerDecoderBlock,
    TransformerEncoderBlock,
)
from suite.layers.transformer_xl_block import TransformerXLBlock
from suite.layers.triq_encoder import TRIQEncoder

__all__ = [
    "AdaptiveEmbedding",
    "ColumnMask",
    "ConnectedConv2D",
    "DefineEmbedding",
    "DelightDecoderBlock",
    "DelightEncoderBlock",
    "DelightTransform",
    "ExpectedScore",
    "FeedForward",
    "FixedCentres",
    "GroupLinear",
    "HierarchicalGroupTransform",
    "IQTDecoder",
    "IQTEncoder",
    "ImageNetPixels",
    "InstanceDown",
    "InstanceNormalization",
    "InstanceResidual",
    "InstanceUp",
    "LSTMCTCHead",
    "LineNormalization",
    "LocalResponseNormalization",
    "NearestResize",
    "PaddedShortcut",
    "PixelShuffle",
    "ProjectedAttention",
    "QualityAttention",
    "QualityBlock",
    "QualityEncoder",
    "QualityHead",
    "QualityToken",
    "ReflectionPadding",
    "RelativeAttention",
    "RelativeBiases",
    "SinusoidalPositions",
    "SizeCheck",
    "StandardizedConv2D",
    "TRIQEncoder",
    "TokenBudgetPool",
    "TokenTable",
    "TrainedSubsampling",
    "TransformerDecoderBlock",
    "TransformerEncoderBlock",
    "TransformerXLBlock",
    "block_wise_scaling",
    "group_plan",
    "most_groups",
    "phone_copy",
    "quality_map",
]
