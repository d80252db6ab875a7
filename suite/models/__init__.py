"""Models by name: functions that build a `keras.Model` from a frozen dataclass."""

from suite.models import (
    delight_translator,
    text_detector,
    text_recognizer,
    transformer_translator,
)
from suite.models.registry import (
    build,
    for_inference,
    list_models,
    names,
    parameters,
)

__all__ = [
    "build",
    "delight_translator",
    "for_inference",
    "list_models",
    "names",
    "parameters",
    "text_detector",
    "text_recognizer",
    "transformer_translator",
]
