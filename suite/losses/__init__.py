"""Losses that give the same value and gradient under tensorflow, jax and torch."""

from suite.losses.adaptive_softmax import (
    adaptive_log_probabilities,
    adaptive_softmax_loss,
)
from suite.losses.case_merged_ctc import CaseMerge
from suite.losses.ctc import ctc_loss
from suite.losses.db import DBLoss
from suite.losses.smoothed_cross_entropy import (
    SmoothedCrossEntropy,
    smoothed_cross_entropy,
)

__all__ = [
    "CaseMerge",
    "DBLoss",
    "SmoothedCrossEntropy",
    "adaptive_log_probabilities",
    "adaptive_softmax_loss",
    "ctc_loss",
    "smoothed_cross_entropy",
]
