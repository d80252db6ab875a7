"""Export of a model folder: `.keras` in, verified LiteRT files and SavedModel out."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import suite
from suite.console.errors import UserError
from suite.edge import rebuilt, samples, trained
from suite.edge.child import run_child
from suite.edge.install import install
from suite.edge.verify import LIMITS, remarks, remedy, verdict, worse
from suite.engine.contract import Signature
from suite.engine.folder import (
    CONFIG,
    KERAS,
    SCHEMA,
    read_bytes,
    read_config,
    read_json,
)

FORMATS = ("float32", "float16", "dynamic_int8")
"""What is made where nothing else is asked for."""
CALIBRATED = "full_int8"
ALL_FORMATS = (*FORMATS, CALIBRATED)

_log = logging.getLogger(__name__)


class VerificationError(UserError):
    """The export ran, and its files are not good enough: exit code 1, not 2.

    Args:
        message: What was exceeded, and by how much.
        hint: What to do about it.
        report: What was measured; nothing of it was written.
    """

    def __init__(
        self, message: str, hint: str | None = None, report: dict | None = None
    ) -> None:
        super().__init__(message, hint)
        self.report = report or {}


def export(
    folder: str | Path,
    *,
    inputs: Callable[[str], Mapping[str, np.ndarray]] | None = None,
    formats: Sequence[str] = FORMATS,
    saved_model: bool | str | Path = False,
    modules: Sequence[str] = (),
    metric: str | None = None,
    metric_options: Mapping[str, Any] | None = None,
    metric_drop: float = 0.01,
    seed: int = 0,
    output: str | Path | None = None,
) -> dict[str, Any]:
    """Exports `model.keras` of a model folder and proves that the files are right.

    A child process under TensorFlow loads the file in safe mode, whatever backend
    trained it, rebuilds it in float32, and converts all signatures of config.json
    into one file for each format. A second child, without TensorFlow, lists the
    operators and compares the outputs with those of the rebuilt Keras model. Nothing
    is written before all is well.

    Args:
        folder: A model folder with config.json and model.keras.
        inputs: Gives the arrays to compare on, from the name of a signature; seeded
            random ones when None. They may hold several samples, one after another
            along the first axis: the first is compared on, all calibrate "full_int8".
        formats: Of "float32", "float16", "dynamic_int8", "full_int8"; FORMAT.tflite
            each. The last one is for models without a loop, and needs `inputs`.
        saved_model: True keeps the SavedModel beside the files, in `saved_model/`, a
            path there.
        modules: Modules to import before loading, beside those of this suite, whose
            registered classes the model names.
        metric: `module:function`, the figure of the task, the higher the better;
            see `suite.edge.metric.measured`.
        metric_options: What that function takes beside the model, by name; plain
            JSON.
        metric_drop: Float >= 0; a file whose metric is lower than that of Keras by
            more fails the export.
        seed: Seed of the random inputs.
        output: Folder for the files, with config.json and model.keras beside them;
            `folder` itself when None. Of the same file system, so that the last step
            needs no space.

    Returns:
        The content of verification.json.

    Raises:
        VerificationError: A file holds other than built-in operators, differs from
            Keras by more than the limit, gives no finite numbers, or does its task
            worse than Keras; the model rebuilt in float32 is not the saved one; or
            Keras itself computes other numbers under the backend that trained.
        UserError: The folder is incomplete, the model cannot be loaded or converted,
            or the disk is full.
        ValueError: An unknown format, or inputs that do not fit their signature.
    """
    unknown = [name for name in formats if name not in ALL_FORMATS]
    if unknown:
        raise ValueError(
            f"`formats` must be some of {', '.join(ALL_FORMATS)}. Received: {formats}"
        )
    folder = Path(folder)
    target = folder if output is None else Path(output)
    check_formats(target, formats, given=inputs is not None)
    config, signatures = read_config(folder)
    if target != folder:
        _refuse_another_app(target, config)
    content = read_bytes(folder / KERAS)
    given, all_samples = inputs_of(config, signatures, inputs, seed)
    try:
        # beside the files to come, so that the last step is a rename
        with tempfile.TemporaryDirectory(prefix=".export-", dir=folder) as name:
            work = Path(name)
            samples.save(work / samples.INPUTS, given)
            if CALIBRATED in formats:
                samples.save(work / samples.CALIBRATION, all_samples)
            job = {
                "formats": list(formats),
                "modules": [*modules],
                "saved_model": saved_model is not False,
                "metric": metric,
                "metric_options": dict(metric_options or {}),
            }
            run_children(folder, work, job, target)
            report = report_of(work, content, formats)
            report["inputs"] = "given" if inputs else f"random, seed {seed}"
            report["metric"] = metric
            report["metric_options"] = _shown(metric_options or {})
            judge(target, report, metric_drop)
            report["signatures"] = list(signatures)
            if target != folder:
                for own in (CONFIG, KERAS):
                    shutil.copyfile(folder / own, work / own)
            install(work, target, report, saved_model)
    except OSError as error:
        raise UserError(
            f"{target}: cannot be written: {error.strerror or error}",
            "Free some space, or make the folder writable.",
        ) from error
    return report


def check_formats(shown: Path, formats: Sequence[str], *, given: bool) -> None:
    """Refuses an export that would make nothing, or calibrate on nothing.

    Args:
        shown: What the message is about.
        formats: As in `export`.
        given: Whether there are real inputs.

    Raises:
        UserError: No format is named, or "full_int8" without inputs.
    """
    if not formats:
        raise UserError(
            f"{shown}: no format is named (--formats)",
            f"There are {', '.join(ALL_FORMATS)}.",
        )
    if CALIBRATED in formats and not given:
        raise UserError(
            f"{shown}: {CALIBRATED} is calibrated on real inputs, and there are none",
            "Give some (--inputs), or leave that format out (--formats).",
        )


def _shown(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options for a report that others read: folders by their last names alone."""
    return {
        key: Path(value).name
        if isinstance(value, str) and Path(value).is_absolute()
        else value
        for key, value in options.items()
    }


def _refuse_another_app(target: Path, config: Mapping[str, Any]) -> None:
    """An app's config.json holds more than signatures, and would be replaced."""
    if not (target / CONFIG).is_file():
        return
    app = read_json(target / CONFIG).get("app")
    if app != config.get("app"):
        raise UserError(
            f"{target / CONFIG}: of app {app!r}, and would be replaced by that of a "
            "lone .keras file",
            f"Export the folder, kes-edge export {target}, or name another by "
            "--output.",
        )


def inputs_of(
    config: Mapping[str, Any],
    signatures: Mapping[str, Signature],
    inputs: Callable[[str], Mapping[str, np.ndarray]] | None,
    seed: int,
) -> tuple[dict[str, Mapping[str, np.ndarray]], dict[str, Mapping[str, np.ndarray]]]:
    """The arrays by signature: the first sample, and all of them.

    They are those given, else random ones.

    Raises:
        UserError, ValueError: As `suite.edge.samples.cut`.
    """
    first: dict[str, Mapping[str, np.ndarray]] = {}
    every: dict[str, Mapping[str, np.ndarray]] = {}
    for name in signatures:
        if inputs:
            every[name] = inputs(name)
        else:
            specs = config["signatures"][name]["inputs"]
            every[name] = samples.random_inputs(specs, seed)
        first[name] = samples.cut(signatures, name, every[name])[0]
    return first, every


def run_children(
    folder: Path, work: Path, job: Mapping[str, Any], shown: Path | None = None
) -> None:
    """Converts, then verifies; a failure names the folder.

    Args:
        folder: The model folder.
        work: The children's working folder, with the inputs in it.
        job: What they are to do; `reference_only` leaves the files as they lie there.
        shown: What messages call the folder, where that is a temporary one.
    """
    shown = shown or folder
    if find_spec("tensorflow") is None or find_spec("keras") is None:
        raise UserError(
            "keras or tensorflow is not installed, and export needs both",
            "Install them: pip install 'keras-edge-suite[export]'",
        )
    task = {"folder": str(folder.resolve()), **job}
    (work / "job.json").write_text(json.dumps(task), encoding="utf-8")
    try:
        _log.info("%s: converting under TensorFlow", shown)
        run_child("suite.edge.convert", work)
        _log.info("%s: verifying", shown)
        run_child("suite.edge.verify", work)
        other = trained.compare(work, shown)
        (work / trained.RESULT).write_text(json.dumps(other), encoding="utf-8")
    except UserError as error:
        message = error.message.replace(str(folder), str(shown))
        if str(shown) not in message:
            message = f"{shown}: {message}"
        raise UserError(message, error.hint) from error


def report_of(work: Path, content: bytes, formats: Sequence[str]) -> dict[str, Any]:
    """Puts together what the two children found."""
    converted = read_json(work / "converted.json")
    files = {
        name: read_json(work / f"{name}.json")
        for name in ALL_FORMATS
        if name in formats
    }
    for file in files.values():
        file["bytes_per_weight"] = file["bytes"] / max(1, converted["parameters"])
    kept = converted.get("saved_model")
    return {
        "schema": SCHEMA,
        **({"saved_model": kept} if kept else {}),
        "source": {
            "file": KERAS,
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "parameters": converted["parameters"],
            "metric": converted["metric"],
        },
        "rebuilt_difference": converted["rebuilt_difference"],
        **read_json(work / trained.RESULT),
        "left_as_they_are": converted["left_as_they_are"],
        "versions": {"keras-edge-suite": suite.__version__, **converted["versions"]},
        "files": files,
    }


def judge(folder: Path, report: dict[str, Any], metric_drop: float) -> None:
    """Raises where a file is not good enough; logs what is merely remarkable.

    Raises:
        VerificationError: As `export` says.
    """
    other = rebuilt.fault(report)
    if other:
        raise VerificationError(f"{folder}: {other}", rebuilt.REMEDY, report)
    other = trained.fault(report)
    if other:
        raise VerificationError(f"{folder}: {other}", trained.REMEDY, report)
    rebuilt.remark(folder, report)
    saved = report.get("saved_model", {"difference": 0.0})["difference"]
    if not saved <= LIMITS["float32"]:  # NaN too
        raise VerificationError(
            f"{folder}: the SavedModel differs from Keras by {saved:.1e}, limit "
            f"{LIMITS['float32']:.0e}",
            "Leave it out; the earlier files are untouched.",
            report,
        )
    for name, measured in report["files"].items():
        measured["limit"] = LIMITS.get(name)
        fault = verdict(name, measured) or worse(
            measured, report["source"]["metric"], metric_drop
        )
        if fault:
            raise VerificationError(
                f"{folder}: {name}.tflite is not good enough: {fault}",
                remedy(fault),
                report,
            )
        measured["remarks"] = remarks(name, measured)
        for remark in measured["remarks"]:
            _log.warning("%s: %s.tflite %s", folder, name, remark)
