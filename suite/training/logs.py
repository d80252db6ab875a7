"""What a run leaves for people: metrics, configuration, environment."""

import csv
import importlib
import importlib.metadata
import io
import json
import logging
import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NoReturn

from suite.console import UserError, write_atomic
from suite.training.config import FREE_FIELDS

logger = logging.getLogger(__name__)

_PACKAGES = (
    "keras-edge-suite",
    "keras",
    "tensorflow",
    "jax",
    "torch",
    "grain",
    "numpy",
    "opencv-python-headless",
    "pillow",
)


class RunLog:
    """The rows of `metrics.jsonl`, and the same as `metrics.csv` and TensorBoard.

    TensorBoard is written where tensorboardX is installed (the extra `logs`).

    Args:
        folder: The run's folder.
        last: Rows of later steps are removed: a resumed run writes them again. None
            removes all.
    """

    def __init__(self, folder: Path, last: int | None = None) -> None:
        self.rows: list[dict[str, Any]] = []
        self._jsonl = folder / "metrics.jsonl"
        self._csv = folder / "metrics.csv"
        if self._jsonl.exists():
            self.rows = _read_rows(self._jsonl)
        self.truncate(-1 if last is None else last)
        self._board = _tensorboard(folder / "tensorboard", last)

    def append(self, row: Mapping[str, Any]) -> None:
        """Adds one row.

        Args:
            row: Numbers by name, `step` among them; those that are not finite become
                null, because JSON has no word for them.
        """
        row = {name: _plain(value) for name, value in row.items()}
        self.rows.append(row)
        self._write()
        if self._board is not None:
            for name, value in row.items():
                if name != "step" and value is not None:
                    self._board.add_scalar(name, value, row["step"])
            self._board.flush()

    def truncate(self, last: int) -> None:
        """Removes the rows of later steps than `last`, from the files too."""
        self.rows = [row for row in self.rows if row["step"] <= last]
        self._write()

    def close(self) -> None:
        """Closes what TensorBoard reads."""
        if self._board is not None:
            self._board.close()

    def _write(self) -> None:
        # Anew each time: hundreds of rows cost little, a full disk costs no row.
        columns = dict.fromkeys(name for row in self.rows for name in row)
        text = "".join(json.dumps(row) + "\n" for row in self.rows)
        write_atomic(self._jsonl, text)
        table = io.StringIO(newline="")
        writer = csv.DictWriter(table, list(columns))
        writer.writeheader()
        writer.writerows(self.rows)
        write_atomic(self._csv, table.getvalue())


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _read_rows(path: Path) -> list[dict[str, Any]]:
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            # Cut short by another program; the resumed run writes that row again.
            logger.warning("%s: a broken line was removed", path)
    return rows


def _tensorboard(folder: Path, last: int | None) -> Any:
    try:
        tensorboard = importlib.import_module("tensorboardX")
    except ImportError:
        return None
    purge = None if last is None else last + 1
    return tensorboard.SummaryWriter(str(folder), purge_step=purge)


def write_run_config(
    folder: str | os.PathLike[str],
    config: Mapping[str, Any],
    *,
    ignore: Collection[str] = FREE_FIELDS,
) -> None:
    """Writes `config.json`, all that a run was told; to be called before `fit`.

    Args:
        folder: The run's folder; made where missing.
        config: Plain data that JSON can hold; paths become text.
        ignore: Names, at any depth, that may differ between run and resumption.

    Raises:
        UserError: The folder holds a run that was told something else, and the message
            names the field; or it holds a model.
    """
    _refuse_model(Path(folder))
    path = Path(folder) / "config.json"
    new = _as_json(config)
    if holds_run(Path(folder)):
        _refuse_other(path, new, ignore)
    write_atomic(path, json.dumps(new, indent=2, ensure_ascii=False) + "\n")


def holds_run(folder: Path) -> bool:
    """Whether the folder holds a run that can be resumed."""
    return next(folder.glob("checkpoints/step-*.npz"), None) is not None


def check_folder(
    folder: str | os.PathLike[str], config: Mapping[str, Any], resume: bool
) -> None:
    """Refuses a run folder, for before hours of making data; writes nothing.

    Args:
        folder: The run's folder.
        config: What `write_run_config` will be given.
        resume: Whether a run there is to go on.

    Raises:
        UserError: The folder holds a run that is not to go on, or was told something
            else; or it holds a model, or one in its folder `model` of which no run is
            left.
    """
    _refuse_model(Path(folder))
    if not holds_run(Path(folder)):
        return
    if not resume:
        refuse_second_run(Path(folder))
    _refuse_other(Path(folder) / "config.json", _as_json(config), FREE_FIELDS)


def _refuse_model(folder: Path) -> None:
    """Refuses what a training would overwrite and cannot make again."""
    made = folder / "model"
    if _is_model(folder):
        found = folder
    elif not holds_run(folder) and made.is_dir() and any(made.iterdir()):
        found = made  # of a language model, or the run was tidied away
    else:
        return
    raise UserError(
        f"{found}: holds a model already", "Choose another folder by --output."
    )


def _is_model(folder: Path) -> bool:
    """Whether files of a model lie there: what training or export writes."""
    if (folder / "model.keras").exists() or any(folder.glob("*.tflite")):
        return True
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    # a run's config.json holds settings, that of a model the version of its form
    return isinstance(config, dict) and "schema" in config


def refuse_second_run(folder: Path) -> NoReturn:
    """Raises the UserError about a folder whose run is not to go on."""
    raise UserError(
        f"{folder}: holds a run already",
        "Go on with it by --resume, or choose another folder by --output.",
    )


def refuse_change(
    path: Path, old: Any, new: Any, ignore: Collection[str] = FREE_FIELDS
) -> None:
    """Raises a UserError that names the first field in which the two differ."""
    where = _difference(_without(old, ignore), _without(new, ignore))
    if where is not None:
        raise UserError(
            f"{path}: the run was started with another `{where[0]}`: "
            f"{where[1]!r}, now {where[2]!r}",
            "Resume with the value of the run, or start anew in another folder.",
        )


def _as_json(config: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(config, default=os.fspath))


def _refuse_other(path: Path, new: Any, ignore: Collection[str]) -> None:
    if path.exists():
        refuse_change(path, json.loads(path.read_text(encoding="utf-8")), new, ignore)


def _without(config: Any, names: Collection[str]) -> Any:
    if not isinstance(config, dict):
        return config
    return {k: _without(v, names) for k, v in config.items() if k not in names}


def _difference(old: Any, new: Any, name: str = "") -> tuple[str, Any, Any] | None:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            found = _difference(old.get(key), new.get(key), f"{name}.{key}".strip("."))
            if found is not None:
                return found
        return None
    return None if old == new else (name, old, new)


def write_environment(folder: Path, step: int) -> None:
    """Writes `environment.json`: what the run was started with, and each resumption.

    Args:
        folder: The run's folder.
        step: Updates done before; 0 starts the list anew.
    """
    path = folder / "environment.json"
    sessions = []
    if step and path.exists():
        sessions = json.loads(path.read_text(encoding="utf-8"))["sessions"]
    sessions.append({"step": step, **environment()})
    write_atomic(path, json.dumps({"sessions": sessions}, indent=2) + "\n")


def environment() -> dict[str, Any]:
    """Versions, backend, commit, machine and command line, as plain data."""
    import keras

    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "backend": keras.config.backend(),
        "versions": _versions(),
        "commit": _commit(),
        "platform": platform.platform(),
        "cpu_count": os.cpu_count(),
        "command": sys.argv,
    }


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _commit() -> str | None:
    """The commit of this code, with `+` where files were changed; None off git."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None  # installed somewhere inside of another project's checkout
    git = ["git", "-C", str(root)]
    try:
        commit = subprocess.run(
            [*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        changes = subprocess.run(
            [*git, "status", "--porcelain", "--untracked-files=no"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit + ("+" if changes else "")
