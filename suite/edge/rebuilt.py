"""Is the float32 model that is exported the one that was saved?"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from suite.edge.verify import relative

REBUILT_LIMIT = 0.1
"""Largest difference that is accepted between a mixed-precision model and the same in
float32: more than three times what rounding was measured to make."""
REMEDY = (
    "Build it under keras.config.set_dtype_policy('float32'), give it these weights, "
    "look at what it gives, and export that."
)
Outputs = Mapping[str, Mapping[str, np.ndarray]]

_log = logging.getLogger(__name__)


def unlike_saved(rebuilt: Outputs, saved: Outputs) -> float | None:
    """How far a float32 model is from the one that was saved, in its float outputs.

    An index of a largest value, say, may be another one where two are near.

    Args:
        rebuilt, saved: Outputs of the two by signature and tensor.

    Returns:
        The largest difference; None where the saved model gives no finite numbers, or
        only whole ones: nothing was compared.
    """
    found = []
    for name, outputs in rebuilt.items():
        # NumPy's own kinds do not know bfloat16
        floats = [key for key, value in outputs.items() if value.dtype.kind == "f"]
        wanted = {key: saved[name][key].astype("float32") for key in floats}
        # float16 overflows where float32 does not
        if not all(np.isfinite(value).all() for value in wanted.values()):
            return None
        if floats:
            found.append(relative(outputs, wanted))
    return max(found, default=None)


def fault(report: Mapping[str, Any]) -> str | None:
    """Why the files are of another model than the saved one; None where they are not.

    Args:
        report: With `rebuilt_difference`, None where nothing could be compared.
    """
    found = report["rebuilt_difference"]
    if found is None or found <= REBUILT_LIMIT:
        return None
    return (
        "the model in float32 differs from the one that was saved by "
        f"{found:.1e}, limit {REBUILT_LIMIT:g}"
    )


def remark(folder: Path, report: Mapping[str, Any]) -> None:
    """Says what was not compared, and inside of which layers nothing was rewritten."""
    if report["rebuilt_difference"] is None:
        _log.warning(
            "%s: the model in float32 was not compared with the one that was saved: "
            "that gives no finite floats",
            folder,
        )
    for layer, inside in report["left_as_they_are"].items():
        _log.warning(
            "%s: inside of layer %s nothing is rewritten: %s left as the converter "
            "has them; a for_export() of the layer could do better",
            folder,
            layer,
            ", ".join(inside),
        )
