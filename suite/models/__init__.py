"""Models by name: functions that build a `keras.Model` from a frozen dataclass."""

from suite.models import (
    cyclegan,
    iqt,
    text_detector,
    text_recognizer,
    triq,
    vit_iqa,
)
from suite.models.registry import build, for_inference, names

__all__ = [
    "build",
    "cyclegan",
    "for_inference",
    "iqt",
    "names",
    "text_detector",
    "text_recognizer",
    "triq",
    "vit_iqa",
]
