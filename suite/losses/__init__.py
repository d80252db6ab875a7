"""Losses that give the same value and gradient under tensorflow, jax and torch."""

from suite.losses.adaptive_softmax import (
    adaptive_log_probabilities,
    adaptive_softmax_loss,
)
from suite.losses.adversarial import LeastSquaresLoss, MinimaxLoss, NonSaturatingLoss
from suite.losses.annealed_noise import AnnealedNoise
from suite.losses.case_merged_ctc import CaseMerge
from suite.losses.ctc import ctc_loss
from suite.losses.cycle import CycleLoss
from suite.losses.db import DBLoss
from suite.losses.quality import (
    distribution_cross_entropy,
    gaussian_labels,
    ranking_loss,
)
from suite.losses.regression import logistic_regression, multi_label, smooth_l1
from suite.losses.smoothed_cross_entropy import (
    SmoothedCrossEntropy,
    smoothed_cross_entropy,
)
from suite.losses.wasserstein import WassersteinLoss

__all__ = [
    "AnnealedNoise",
    "CaseMerge",
    "CycleLoss",
    "DBLoss",
    "LeastSquaresLoss",
    "MinimaxLoss",
    "NonSaturatingLoss",
    "SmoothedCrossEntropy",
    "WassersteinLoss",
    "adaptive_log_probabilities",
    "adaptive_softmax_loss",
    "ctc_loss",
    "distribution_cross_entropy",
    "gaussian_labels",
    "logistic_regression",
    "multi_label",
    "ranking_loss",
    "smooth_l1",
    "smoothed_cross_entropy",
]
