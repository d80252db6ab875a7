"""Models by name: functions that build a `keras.Model` from a frozen dataclass."""

from suite.models import (
    cyclegan,
    delight_language_model,
    delight_translator,
    iqt,
    lstm_language_model,
    text_detector,
    text_recognizer,
    transformer_translator,
    transformer_xl_language_model,
    triq,
    vit_iqa,
)
from suite.models.registry import build, for_inference, list_models, names, parameters

__all__ = [
    "build",
    "cyclegan",
    "delight_language_model",
    "delight_translator",
    "for_inference",
    "iqt",
    "list_models",
    "lstm_language_model",
    "names",
    "parameters",
    "text_detector",
    "text_recognizer",
    "transformer_translator",
    "transformer_xl_language_model",
    "triq",
    "vit_iqa",
]
