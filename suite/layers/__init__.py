"""Keras 3 layers that run alike under tensorflow, jax and torch."""

from suite.layers.column_mask import ColumnMask
from suite.layers.line_normalization import LineNormalization
from suite.layers.lstm_ctc import LSTMCTCHead
from suite.layers.pixel_shuffle import PixelShuffle

__all__ = ["ColumnMask", "LSTMCTCHead", "LineNormalization", "PixelShuffle"]
