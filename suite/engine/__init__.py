"""The contract between a model and everything around it: NumPy in, NumPy out.

    model = open_model("saved_models/ocr/recognizer")
    model("read_320", {"image": image, "width": width})["logits"]

Three engines keep it: `litert` (the default), `keras`, `saved_model`. Importing this
package imports none of their frameworks.
"""

from suite.engine.contract import Model, Signature, TensorSpec
from suite.engine.opening import (
    ENGINES,
    PRECISIONS,
    find_model,
    open_model,
    shipped_models,
)

__all__ = [
    "ENGINES",
    "PRECISIONS",
    "Model",
    "Signature",
    "TensorSpec",
    "find_model",
    "open_model",
    "shipped_models",
]
