"""Is an exported folder still what it was? The proof, done again any day."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from suite.console.errors import UserError
from suite.edge import samples
from suite.edge.export import (
    ALL_FORMATS,
    VerificationError,
    inputs_of,
    judge,
    report_of,
    run_children,
)
from suite.engine.folder import (
    KERAS,
    VERIFICATION,
    read_bytes,
    read_config,
    read_json,
)


def recheck(
    folder: str | Path,
    *,
    inputs: Callable[[str], Mapping[str, np.ndarray]] | None = None,
    modules: Sequence[str] = (),
    metric: str | None = None,
    metric_drop: float = 0.01,
    seed: int = 0,
) -> dict[str, Any]:
    """Verifies the files of a model folder against its model.keras.

    Args:
        folder: A model folder with config.json, model.keras and LiteRT files.
        inputs, modules, metric, metric_drop, seed: As in `suite.edge.export.export`.

    Returns:
        A report like that of `export`; nothing is written.

    Raises:
        VerificationError: A file is not the one that was verified, or no longer good
            enough.
        UserError: The folder is incomplete, or the model cannot be loaded.
    """
    folder = Path(folder)
    config, signatures = read_config(folder)
    content = read_bytes(folder / KERAS)
    formats = [name for name in ALL_FORMATS if (folder / f"{name}.tflite").is_file()]
    if not formats:
        raise UserError(
            f"{folder}: no LiteRT file there to verify", "Export the model first."
        )
    given, _ = inputs_of(config, signatures, inputs, seed)
    with tempfile.TemporaryDirectory(prefix="verify-") as name:
        work = Path(name)
        samples.save(work / samples.INPUTS, given)
        for format_ in formats:
            shutil.copyfile(folder / f"{format_}.tflite", work / f"{format_}.tflite")
        job = {"formats": formats, "modules": [*modules], "metric": metric}
        run_children(folder, work, {**job, "reference_only": True})
        report = report_of(work, content, formats)
    report["inputs"] = "given" if inputs else f"random, seed {seed}"
    _compare(folder, report)
    judge(folder, report, metric_drop)
    return report


def _compare(folder: Path, report: dict[str, Any]) -> None:
    """Are these the files that verification.json vouches for?"""
    if not (folder / VERIFICATION).is_file():
        return
    earlier = read_json(folder / VERIFICATION)
    wanted = {KERAS: earlier.get("source", {}).get("sha256")}
    found = {KERAS: report["source"]["sha256"]}
    for name, measured in report["files"].items():
        entry = earlier.get("files", {}).get(name, {})
        wanted[f"{name}.tflite"] = entry.get("sha256")
        found[f"{name}.tflite"] = measured["sha256"]
    other = [name for name in wanted if wanted[name] != found[name]]
    if other:
        raise VerificationError(
            f"{folder}: not what {VERIFICATION} vouches for: {', '.join(other)}",
            "Copy the folder again, or export the model again.",
            report,
        )
