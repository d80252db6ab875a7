"""Child processes whose failure is a sentence."""

from __future__ import annotations

import errno
import importlib
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from suite.console.errors import UserError

REFUSED = 3
"""Exit code of a child that says why on the last line of its stdout."""

_FULL = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))

_log = logging.getLogger(__name__)


def run_child(module: str, work: Path, backend: str = "tensorflow") -> None:
    """Runs `python -m MODULE WORK` and waits for it.

    Args:
        module: A module of this package that calls `child_main`.
        work: The folder in which parent and child exchange files.
        backend: That of Keras in the child.

    Raises:
        UserError: What the child refused, or that it crashed.
    """
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        # converting needs no GPU, and TensorFlow would take all of its memory
        "CUDA_VISIBLE_DEVICES": "-1",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    # -P: no module of the current folder in place of an installed one
    done = subprocess.run(
        [sys.executable, "-P", "-m", module, str(work)],
        capture_output=True,
        text=True,
        errors="replace",
        env=environment,
        check=False,
    )
    _log.debug("%s: exit code %s\n%s", module, done.returncode, done.stderr)
    if done.returncode == 0:
        return
    if done.returncode == REFUSED and done.stdout.strip():
        said = json.loads(done.stdout.strip().splitlines()[-1])
        raise UserError(said["message"], said["hint"])
    if done.returncode < 0:
        name = signal.Signals(-done.returncode).name
        raise UserError(
            f"{module} crashed ({name})",
            "The earlier files are untouched. SIGKILL: memory ran out. SIGSEGV: the "
            "converter cannot take an operator of this model.",
        )
    last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    raise UserError(
        f"{module} failed with exit code {done.returncode}: {last}",
        "The earlier files are untouched; --verbose shows all it said.",
    )


def child_main(work: Callable[[Path], None], *, keras: bool = True) -> int:
    """The main function of such a child.

    Args:
        work: What it does, in the folder named by the first argument.
        keras: Whether it may load Keras: then the `modules` that the folder's job.json
            names are imported first.

    Returns:
        The exit code: 0, or `REFUSED` after a `UserError` or on a full disk.
    """
    folder = Path(sys.argv[1])
    try:
        if keras:
            _import_modules(folder / "job.json")
        work(folder)
    except UserError as error:
        return _refuse(error)
    except Exception as error:
        # by its text: TensorFlow has kinds of its own for what the system says
        if not any(said in str(error) for said in _FULL):
            raise
        return _refuse(
            UserError(
                "no space left on the disk for what is exported",
                "Free some; the earlier files are untouched.",
            )
        )
    return 0


def _import_modules(job: Path) -> None:
    """Imports a stranger's modules; where that fails, the sentence names the one."""
    names = json.loads(job.read_text("utf-8"))["modules"] if job.is_file() else ()
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:
            raise UserError(
                f"{name}: cannot be imported: {type(error).__name__}: {error} "
                "(--modules)",
                "Name a module that is installed or lies in the current folder.",
            ) from error


def _refuse(error: UserError) -> int:
    said = {"message": error.message, "hint": error.hint}
    sys.stdout.write("\n" + json.dumps(said) + "\n")
    return REFUSED
