"""Keras 3 layers that run alike under tensorflow, jax and torch."""

from suite.layers.adaptive_embedding import AdaptiveEmbedding
from suite.layers.column_mask import ColumnMask
from suite.layers.define_embedding import DefineEmbedding
from suite.layers.delight_decoder_block import DelightDecoderBlock
from suite.layers.delight_encoder_block import DelightEncoderBlock
from suite.layers.delight_transform import DelightTransform
from suite.layers.feed_forward import FeedForward
from suite.layers.group_linear import GroupLinear, phone_copy
from suite.layers.group_plan import block_wise_scaling, group_plan, most_groups
from suite.layers.hierarchical_group_transform import HierarchicalGroupTransform
from suite.layers.line_normalization import LineNormalization
from suite.layers.lstm_ctc import LSTMCTCHead
from suite.layers.pixel_shuffle import PixelShuffle
from suite.layers.projected_attention import ProjectedAttention
from suite.layers.relative_attention import RelativeAttention
from suite.layers.sinusoidal_positions import SinusoidalPositions
from suite.layers.token_table import TokenTable
from suite.layers.transformer_block import (
    TransformerDecoderBlock,
    TransformerEncoderBlock,
)
from suite.layers.transformer_xl_block import TransformerXLBlock

__all__ = [
    "AdaptiveEmbedding",
    "ColumnMask",
    "DefineEmbedding",
    "DelightDecoderBlock",
    "DelightEncoderBlock",
    "DelightTransform",
    "FeedForward",
    "GroupLinear",
    "HierarchicalGroupTransform",
    "LSTMCTCHead",
    "LineNormalization",
    "PixelShuffle",
    "ProjectedAttention",
    "RelativeAttention",
    "SinusoidalPositions",
    "TokenTable",
    "TransformerDecoderBlock",
    "TransformerEncoderBlock",
    "TransformerXLBlock",
    "block_wise_scaling",
    "group_plan",
    "most_groups",
    "phone_copy",
]
