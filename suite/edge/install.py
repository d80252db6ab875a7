"""The last step of an export: new files in the place of the earlier ones."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any

from suite.console.errors import UserError
from suite.console.files import atomic_path
from suite.engine.folder import (
    CONFIG,
    KERAS,
    SAVED_MODEL,
    VERIFICATION,
    read_config,
    read_json,
)
from suite.engine.opening import PRECISIONS
from suite.engine.saved_model import digest

_log = logging.getLogger(__name__)


def install(
    work: Path,
    target: Path,
    report: dict[str, Any],
    saved_model: bool | str | Path,
) -> None:
    """Moves the new files over the old ones, verification.json last.

    All that needs space is written before the first of them moves. The folder's
    files are of one model: what an earlier one left there, and nothing vouches for any
    more, goes.

    Args:
        work: Where the new files lie; of the same file system as `target`.
        target: The folder for them; made if it is absent.
        report: What verification.json is to hold; entries of earlier files that are
            still right are added, and `removed`, the names of what goes.
        saved_model: As in `suite.edge.export.export`.

    Raises:
        OSError, UserError: Something cannot be written.
    """
    made = [f"{name}.tflite" for name in report["files"]]
    own = [name for name in (CONFIG, KERAS) if (work / name).is_file()]
    place = target / SAVED_MODEL if saved_model is True else Path(saved_model or "")
    inside = saved_model is not False and (
        place.resolve() == (target / SAVED_MODEL).resolve()
    )
    if not inside:  # nothing beside the files that could be vouched for
        report.pop("saved_model", None)
    if not own or _same_signatures(work, target):
        earlier = _still_valid(target, report)
        report["files"] = {**earlier.get("files", {}), **report["files"]}
        if not inside and _is_kept(target, earlier.get("saved_model")):
            report["saved_model"] = earlier["saved_model"]
    report["removed"] = _not_vouched_for(target, report)
    content = json.dumps(report, indent=1) + "\n"
    (work / VERIFICATION).write_text(content, encoding="utf-8")
    if saved_model is not False:
        with atomic_path(place) as temporary:
            shutil.move(work / SAVED_MODEL, temporary)
            if place.exists():  # a folder is not replaced by a rename
                shutil.move(place, work / "replaced")
    target.mkdir(parents=True, exist_ok=True)
    (work / "removed").mkdir()
    for name in report["removed"]:
        (target / name).replace(work / "removed" / name)
        _log.warning("%s: %s was of an earlier model and is removed", target, name)
    for name in (*own, *made, VERIFICATION):
        (work / name).replace(target / name)


def _not_vouched_for(target: Path, report: dict[str, Any]) -> list[str]:
    """Names of what may be in the folder, and is, but not in the report."""
    names = [f"{name}.tflite" for name in PRECISIONS if name not in report["files"]]
    if "saved_model" not in report:
        names.append(SAVED_MODEL)
    return [name for name in names if (target / name).exists()]


def _is_kept(target: Path, entry: Any) -> bool:
    """Whether the earlier SavedModel is there, and the one that was verified."""
    path = target / SAVED_MODEL
    return (
        isinstance(entry, dict)
        and path.is_dir()
        and entry.get("sha256") == digest(path)
    )


def _same_signatures(work: Path, target: Path) -> bool:
    """Whether the new config.json asks of a file what the earlier one asked."""
    try:
        earlier, _ = read_config(target)
    except UserError:  # there is none that can be read
        return False
    return bool(earlier["signatures"] == read_config(work)[0]["signatures"])


def _still_valid(folder: Path, report: dict[str, Any]) -> dict[str, Any]:
    """The earlier report, if it is of the same model; of another one nothing holds."""
    path = folder / VERIFICATION
    if not path.exists():
        return {}
    try:
        earlier = read_json(path)
    except UserError:  # damaged: it vouches for nothing
        return {}
    same = (
        earlier.get("source") == report["source"]
        and earlier.get("signatures") == report["signatures"]
    )
    return earlier if same and isinstance(earlier.get("files"), dict) else {}
