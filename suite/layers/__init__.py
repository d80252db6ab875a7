"""Keras 3 layers that run alike under tensorflow, jax and torch."""

from suite.layers.column_mask import ColumnMask
from suite.layers.delight_transform import DelightTransform
from suite.layers.group_linear import GroupLinear, phone_copy
from suite.layers.group_plan import block_wise_scaling, group_plan, most_groups
from suite.layers.hierarchical_group_transform import HierarchicalGroupTransform
from suite.layers.line_normalization import LineNormalization
from suite.layers.lstm_ctc import LSTMCTCHead
from suite.layers.pixel_shuffle import PixelShuffle

__all__ = [
    "ColumnMask",
    "DelightTransform",
    "GroupLinear",
    "HierarchicalGroupTransform",
    "LSTMCTCHead",
    "LineNormalization",
    "PixelShuffle",
    "block_wise_scaling",
    "group_plan",
    "most_groups",
    "phone_copy",
]
