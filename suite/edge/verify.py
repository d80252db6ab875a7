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
USELESS = 0.5
"""Share of the largest output by which a file of `WARNINGS` may differ where no metric
was measured: one that gives the same whatever comes in differs by about as much."""

RELATIVE = 0.1
"""Share of its largest output by which a file may differ without a remark."""
_TINY = 1e-6
_WHOLE = "biu"  # kinds of NumPy: bool, signed and unsigned
_ASSIGNS = (
    "A layer assigns variables in its call: let it give the new values as an output "
    "instead."
)
_REMEDIES = {
    "weights are not in the file": _ASSIGNS,
    "keeps state between calls": _ASSIGNS,
    "is an input as it came": "Leave that output out of the signature: the caller has "
    "it already.",
    "is custom": "Replace that operation of the model, or give its layer a "
    "for_export().",
    "not finite": "Look at what the model gives on these inputs; name real ones by "
    "--inputs.",
    "entries of a whole-number": "Give the scores as outputs, and round or choose "
    "after the model: between two that are near, a choice falls either way.",
    "of the largest output": "Leave that format out (--formats), scale what goes into "
    "the model, or name the figure of its task by --metric.",
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
        milliseconds of each; the largest difference, the largest mean one, the largest
        in relation to the outputs, and the largest share of unequal whole numbers.
    """
    differences: dict[str, dict[str, float]] = {}
    latency: dict[str, dict[str, float]] = {}
    others: list[tuple[float, float]] = []
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
        others += [
            (relative(got, wanted), unequal(got, wanted))
            for got in (once, twice, first)
        ]
        latency[name] = {
            "interpreter_ms": interpreter,
            "compiled_model_ms": _median(compiled, name, inputs[name]),
        }
    return {
        "differences": differences,
        "difference": max(max(entry.values()) for entry in differences.values()),
        "mean_difference": max(entry["mean"] for entry in differences.values()),
        "relative": max(found for found, _ in others),
        "unequal": max(found for _, found in others),
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
    share = measured.get("relative", 0.0)
    if measured.get("metric") is None and (
        largest > WARNINGS.get(name, math.inf) and share > USELESS
    ):
        return f"it differs from Keras by {share:.1e} of the largest output"
    if name == "float32" and measured.get("unequal"):
        return (
            f"{measured['unequal']:.2g} of the entries of a whole-number output are "
            "not those of Keras"
        )
    return None


def remarks(name: str, measured: Mapping[str, Any]) -> list[str]:
    """What is worth a look in a file that is good enough.

    Args:
        name: Its format.
        measured: What `measure` returned.
    """
    found = []
    if measured["difference"] > WARNINGS.get(name, math.inf):
        found.append(
            f"differs from Keras by {measured['difference']:.1e}, more than "
            f"{WARNINGS[name]:.0e}"
        )
    if measured.get("relative", 0.0) > RELATIVE:
        found.append(
            f"differs from Keras by {measured['relative']:.1e} of the largest output, "
            f"more than {RELATIVE:g}"
        )
    if measured.get("unequal"):
        found.append(
            f"has {measured['unequal']:.2g} of the entries of a whole-number output "
            "other than Keras"
        )
    return found


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
    """Largest `max|a-b| / max(1, max|b|)` over float outputs; infinite for NaN."""
    return _largest(got, wanted, np.max, 1.0)


def mean_difference(got: Outputs, wanted: Outputs) -> float:
    """Largest `mean|a-b| / max(1, max|b|)` over float outputs; infinite for NaN."""
    return _largest(got, wanted, np.mean, 1.0)


def relative(got: Outputs, wanted: Outputs) -> float:
    """Largest `max|a-b| / max|b|` over float outputs; infinite for NaN.

    Outputs far below 1 are seen by this one alone.
    """
    # beside zeros only, what rounding leaves would be infinitely much
    return _largest(got, wanted, np.max, _TINY)


def unequal(got: Outputs, wanted: Outputs) -> float:
    """Largest share of entries that are not equal, over whole-number outputs.

    How far apart two indices or flags are says nothing.
    """
    shares = [
        float(np.mean(got[name] != value)) if value.size else 0.0
        for name, value in wanted.items()
        if value.dtype.kind in _WHOLE
    ]
    return max(shares, default=0.0)


def _largest(got: Outputs, wanted: Outputs, reduce: Any, least: float) -> float:
    # NumPy's own kinds do not know bfloat16
    names = [name for name in wanted if wanted[name].dtype.kind not in _WHOLE]
    found = (_relative(got[name], wanted[name], reduce, least) for name in names)
    return max(found, default=0.0)


def _relative(got: np.ndarray, wanted: np.ndarray, reduce: Any, least: float) -> float:
    a, b = got.astype("float64"), wanted.astype("float64")
    if not (np.all(np.isfinite(a)) and np.all(np.isfinite(b))):
        return math.inf  # `max` would pass over a NaN
    return float(reduce(np.abs(a - b)) / max(least, float(np.max(np.abs(b)))))


if __name__ == "__main__":
    raise SystemExit(child_main(verify, keras=False))
