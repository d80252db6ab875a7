"""The child without TensorFlow: are the exported files what the Keras model is?

Reads job.json, inputs.npz, reference.npz and the .tflite files of its working folder;
leaves FORMAT.json for each.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from suite.edge import samples
from suite.edge.child import child_main
from suite.edge.compiled import CompiledRunner
from suite.edge.metric import measured
from suite.edge.operators import histogram, objections, variables
from suite.edge.timing import time_call
from suite.engine.contract import Model
from suite.engine.folder import read_config, read_json
from suite.engine.litert import LiteRTModel

LIMITS = {"float32": 1e-5, "float16": 1e-2}
"""Largest difference from Keras that is accepted; a greater one fails the export."""
WARNINGS = {"dynamic_int8": 5e-2, "full_int8": 5e-2}
"""Difference above which a file is remarked on: its task metric decides."""

_REMEDIES = {
    "weights are not in the file": "A layer assigns variables in its call: let it "
    "give the new values as an output instead.",
    "keeps state between calls": "A layer assigns variables in its call: let it give "
    "the new values as an output instead.",
    "is an input as it came": "Leave that output out of the signature: the caller has "
    "it already.",
    "is custom": "Replace that operation of the model, or give its layer a "
    "for_export().",
    "not finite": "Look at what the model gives on these inputs; name real ones by "
    "--inputs.",
    "entries of": "A whole number between two that are near falls either way: give "
    "the scores as outputs, and round or choose after the model.",
    "difference from Keras": "Compare on real inputs (--inputs): random ones may be "
    "far from all that the model was trained on.",
    "its metric is": "Leave that format out (--formats), or allow more by "
    "--metric-drop.",
}
"""What to do about a fault, by a part of its sentence."""

Outputs = Mapping[str, np.ndarray]


def verify(work: Path) -> None:
    """Measures every file of the working folder.

    Raises:
        UserError: A file does not run.
    """
    job = read_json(work / "job.json")
    config, signatures = read_config(Path(job["folder"]))
    inputs = samples.load(work / samples.INPUTS)
    reference = samples.load(work / samples.REFERENCE)
    for name in job["formats"]:
        content = (work / f"{name}.tflite").read_bytes()
        report = describe(content)
        if not report["objections"]:
            model = LiteRTModel(content, config, signatures, threads=1, origin=name)
            try:
                report |= measure(content, model, inputs, reference)
                report["metric"] = measured(job, model)
            except RuntimeError as error:  # the interpreter's are `UserError`s
                said = (str(error).strip().splitlines() or ["it gives no reason"])[0]
                report["objections"].append(f"CompiledModel refuses it: {said}")
        (work / f"{name}.json").write_text(json.dumps(report), encoding="utf-8")


def describe(content: bytes) -> dict[str, Any]:
    """What is known of a LiteRT file before it runs.

    Args:
        content: The content of the file.

    Returns:
        Size, checksum, operators, number of tensors that keep state, and why phones
        would refuse it.
    """
    return {
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "objections": objections(content),
        "operators": histogram(content),
        "variable_tensors": len(variables(content)),
    }


def measure(
    content: bytes,
    model: LiteRTModel,
    inputs: Mapping[str, Outputs],
    reference: Mapping[str, Outputs],
) -> dict[str, Any]:
    """Runs one LiteRT file, on one thread.

    Args:
        content: The content of the file.
        model: The same, opened.
        inputs: Inputs by signature and tensor.
        reference: Outputs of the float32 Keras model on them.

    Returns:
        By signature the differences of two calls of the interpreter (the second shows
        operators that keep state) and of one of CompiledModel, and the median
        milliseconds of each; the largest difference and the largest mean one.
    """
    differences: dict[str, dict[str, float]] = {}
    latency: dict[str, dict[str, float]] = {}
    for name, wanted in reference.items():
        once, twice = (model(name, inputs[name]) for _ in range(2))
        interpreter = _median(model, name, inputs[name])
        # the interpreter's memory goes before CompiledModel takes as much again
        model.release()
        compiled = CompiledRunner(content, model.config, model.signatures)
        first = compiled(name, inputs[name])
        differences[name] = {
            "interpreter": difference(once, wanted),
            "interpreter_again": difference(twice, wanted),
            "compiled_model": difference(first, wanted),
            "mean": mean_difference(once, wanted),
        }
        latency[name] = {
            "interpreter_ms": interpreter,
            "compiled_model_ms": _median(compiled, name, inputs[name]),
        }
    return {
        "differences": differences,
        "difference": max(max(entry.values()) for entry in differences.values()),
        "mean_difference": max(entry["mean"] for entry in differences.values()),
        "latency": latency,
    }


def _median(model: Model, name: str, inputs: Outputs) -> float:
    return time_call(lambda: model(name, inputs), runs=9, seconds=0.5).median


def verdict(name: str, measured: Mapping[str, Any]) -> str | None:
    """Judges a file.

    Args:
        name: Its format.
        measured: What `measure` returned.

    Returns:
        Why it is not good enough, None where it is.
    """
    if measured["objections"]:
        return "; ".join(measured["objections"])
    largest, limit = measured["difference"], LIMITS.get(name, math.inf)
    if not math.isfinite(largest):
        return "its outputs are not finite"
    if largest > limit:
        worst = max(
            (entry[way], signature, way)
            for signature, entry in measured["differences"].items()
            for way in entry
        )
        return (
            f"difference from Keras {largest:.1e}, limit {limit:.0e} "
            f"({worst[1]}, {worst[2]})"
        )
    return None


def remedy(fault: str) -> str:
    """What to do about a fault that `verdict` or `worse` found."""
    said = next((hint for part, hint in _REMEDIES.items() if part in fault), "")
    return f"{said} The earlier files are untouched.".strip()


def worse(measured: Mapping[str, Any], before: float | None, drop: float) -> str | None:
    """Why a file does its task too much worse than Keras; None where it does not.

    Args:
        measured: What was measured of the file, its `metric` among it.
        before: The metric of the Keras model; None where there is none.
        drop: By how much it may be lower.
    """
    if before is None or measured["metric"] >= before - drop:
        return None
    return (
        f"its metric is {measured['metric']:.4g}, that of Keras {before:.4g}: a drop "
        f"by more than {drop:g}"
    )


def difference(got: Outputs, wanted: Outputs) -> float:
    """Largest `max|a-b| / max(1, max|b|)` over the outputs; infinite for NaN."""
    return max(_relative(got[name], wanted[name], np.max) for name in wanted)


def mean_difference(got: Outputs, wanted: Outputs) -> float:
    """Largest `mean|a-b| / max(1, max|b|)` over the outputs; infinite for NaN."""
    return max(_relative(got[name], wanted[name], np.mean) for name in wanted)


def _relative(got: np.ndarray, wanted: np.ndarray, reduce: Any) -> float:
    a, b = got.astype("float64"), wanted.astype("float64")
    if not (np.all(np.isfinite(a)) and np.all(np.isfinite(b))):
        return math.inf  # `max` would pass over a NaN
    return float(reduce(np.abs(a - b)) / max(1.0, float(np.max(np.abs(b)))))


if __name__ == "__main__":
    raise SystemExit(child_main(verify, keras=False))
