"""Is an exported folder still what it was? The proof, done again any day."""

from __future__ import annotations

import hashlib
import logging
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
    SAVED_MODEL,
    VERIFICATION,
    read_bytes,
    read_config,
    read_json,
)
from suite.engine.saved_model import digest

_log = logging.getLogger(__name__)


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
    files = {
        name: read_bytes(folder / f"{name}.tflite")
        for name in ALL_FORMATS
        if (folder / f"{name}.tflite").is_file()
    }
    if not files:
        raise UserError(
            f"{folder}: no LiteRT file there to verify", "Export the model first."
        )
    # before anything of them runs
    _compare(folder, {KERAS: content, **{f"{n}.tflite": c for n, c in files.items()}})
    formats = list(files)
    given, _ = inputs_of(config, signatures, inputs, seed)
    with tempfile.TemporaryDirectory(prefix="verify-") as name:
        work = Path(name)
        samples.save(work / samples.INPUTS, given)
        for format_, file in files.items():
            (work / f"{format_}.tflite").write_bytes(file)
        job = {"formats": formats, "modules": [*modules], "metric": metric}
        run_children(folder, work, {**job, "reference_only": True})
        report = report_of(work, content, formats)
    report["inputs"] = "given" if inputs else f"random, seed {seed}"
    judge(folder, report, metric_drop)
    return report


def _compare(folder: Path, found: Mapping[str, bytes]) -> None:
    """Are these the files that verification.json vouches for?

    Args:
        folder: The model folder.
        found: The content of its files by name.
    """
    if not (folder / VERIFICATION).is_file():
        _log.warning("%s: no %s: nothing vouches for its files", folder, VERIFICATION)
        return
    earlier = read_json(folder / VERIFICATION)
    try:
        wanted = {KERAS: earlier["source"]["sha256"]}
        for name, entry in earlier["files"].items():
            wanted[f"{name}.tflite"] = entry["sha256"]
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{folder / VERIFICATION}: damaged: it names no source and files with "
            "their checksums",
            "Copy the folder again, or export the model again.",
        ) from error
    missing = [name for name in wanted if name not in found]
    if missing:  # as in a checkout, which holds what runs by default
        _log.warning("%s: not there to verify: %s", folder, ", ".join(missing))
    sums = {name: hashlib.sha256(one).hexdigest() for name, one in found.items()}
    if (folder / SAVED_MODEL).is_dir():
        saved = earlier.get("saved_model") or {}
        wanted[SAVED_MODEL] = saved.get("sha256")
        sums[SAVED_MODEL] = digest(folder / SAVED_MODEL)
    other = [name for name, found_sum in sums.items() if wanted.get(name) != found_sum]
    if other:
        raise VerificationError(
            f"{folder}: not what {VERIFICATION} vouches for: {', '.join(other)}",
            "Copy the folder again, or export the model again.",
        )
