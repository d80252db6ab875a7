"""Losses that give the same value and gradient under tensorflow, jax and torch."""

from suite.losses.case_merged_ctc import CaseMerge
from suite.losses.ctc import ctc_loss
from suite.losses.db import DBLoss

__all__ = ["CaseMerge", "DBLoss", "ctc_loss"]
