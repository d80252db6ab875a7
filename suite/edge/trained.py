"""The child under the backend that trained: does Keras itself compute the same there?

Reads job.json, inputs.npz and reference.npz of its working folder; leaves trained.json.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from suite.console.backend import configured
from suite.console.errors import UserError
from suite.edge import complaints, samples
from suite.edge.child import child_main, run_child
from suite.edge.verify import difference
from suite.engine.folder import KERAS, read_config, read_json

TRAINED_LIMIT = 1e-2
"""Largest difference that is accepted between Keras under two backends: bicubic
resizing differs by 0.07 under torch, average pooling by 0.33 (measured)."""
REMEDY = (
    "Train or fine-tune it under KERAS_BACKEND=tensorflow, or replace the layer that "
    "Keras computes otherwise there (pooling with padding 'same', bicubic resizing)."
)
RESULT = "trained.json"
"""Where the child leaves what it found."""
_BACKENDS = ("torch", "jax")

_log = logging.getLogger(__name__)


def compare(work: Path, folder: Path) -> dict[str, Any]:
    """Runs the model under the backend of the caller too, where that is another one.

    Args:
        work: The children's working folder, after the conversion.
        folder: The model folder, for messages.

    Returns:
        `trained_backend` and `trained_difference`, None where it does not run there;
        nothing where KERAS_BACKEND, or without it keras.json, names none of those, or
        one that is not installed.
    """
    backend = str(os.environ.get("KERAS_BACKEND") or configured())
    if backend not in _BACKENDS or find_spec(backend) is None:
        return {}
    found = None
    try:
        run_child("suite.edge.trained", work, backend)
        found = read_json(work / RESULT)["trained_difference"]
    except UserError as error:
        _log.warning("%s: not compared under %s: %s", folder, backend, error.message)
    return {"trained_backend": backend, "trained_difference": found}


def fault(report: Mapping[str, Any]) -> str | None:
    """Why the files are not what was trained; None where they are, or none can say."""
    found = report.get("trained_difference")
    if found is None or found <= TRAINED_LIMIT:
        return None
    return (
        f"under {report['trained_backend']} Keras itself computes other numbers than "
        f"under TensorFlow, by {found:.1e}, limit {TRAINED_LIMIT:g}"
    )


def run_trained(work: Path) -> None:
    """Compares the reference with the float32 model under this process' backend.

    Raises:
        UserError: The model cannot be loaded or called there.
    """
    # only the child loads Keras
    from suite.edge.rebuild import load_float32
    from suite.engine.keras_engine import REGISTERED, KerasModel

    job = read_json(work / "job.json")
    folder = Path(job["folder"])
    config, signatures = read_config(folder)
    loaded, _ = load_float32(folder / KERAS, (*REGISTERED, *job["modules"]))
    model = KerasModel(loaded, config, signatures, KERAS)
    inputs = samples.load(work / samples.INPUTS)
    reference = samples.load(work / samples.REFERENCE)
    try:
        found = max(
            difference(model(name, inputs[name]), wanted)
            for name, wanted in reference.items()
        )
    except Exception as error:  # whatever a layer's `call` raises
        raise UserError(complaints.of_call(error)) from error
    result = json.dumps({"trained_difference": found})
    (work / RESULT).write_text(result, encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(child_main(run_trained))
