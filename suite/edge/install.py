"""The last step of an export: new files in the place of the earlier ones."""

from __future__ import annotations

import json
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


def install(
    work: Path,
    target: Path,
    report: dict[str, Any],
    saved_model: bool | str | Path,
) -> None:
    """Moves the new files over the old ones, verification.json last.

    All that needs space is written before the first of them moves.

    Args:
        work: Where the new files lie; of the same file system as `target`.
        target: The folder for them; made if it is absent.
        report: What verification.json is to hold; entries of earlier files that are
            still right are added.
        saved_model: As in `suite.edge.export.export`.

    Raises:
        OSError, UserError: Something cannot be written.
    """
    made = [f"{name}.tflite" for name in report["files"]]
    own = [name for name in (CONFIG, KERAS) if (work / name).is_file()]
    if not own or _same_signatures(work, target):
        report["files"] = {**_still_valid(target, report), **report["files"]}
    content = json.dumps(report, indent=1) + "\n"
    (work / VERIFICATION).write_text(content, encoding="utf-8")
    if saved_model is not False:
        place = target / SAVED_MODEL if saved_model is True else Path(saved_model)
        with atomic_path(place) as temporary:
            shutil.move(work / SAVED_MODEL, temporary)
            if place.exists():  # a folder is not replaced by a rename
                shutil.move(place, work / "replaced")
    target.mkdir(parents=True, exist_ok=True)
    for name in (*own, *made, VERIFICATION):
        (work / name).replace(target / name)


def _same_signatures(work: Path, target: Path) -> bool:
    """Whether the new config.json asks of a file what the earlier one asked."""
    try:
        earlier, _ = read_config(target)
    except UserError:  # there is none that can be read
        return False
    return bool(earlier["signatures"] == read_config(work)[0]["signatures"])


def _still_valid(folder: Path, report: dict[str, Any]) -> dict[str, Any]:
    """Entries of formats that are not exported now, if they are of the same model.

    Those of another model.keras are left out, so that the engine refuses their files.
    """
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
    files = earlier.get("files")
    return files if same and isinstance(files, dict) else {}
