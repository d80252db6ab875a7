"""Which backend Keras computes with."""

import importlib.util
import json
import os
import sys
from pathlib import Path

from suite.console.errors import UserError

BACKENDS = ("tensorflow", "jax", "torch")


def choose_backend(flag: str | None = None) -> str:
    """Chooses the Keras backend and sets `KERAS_BACKEND` to it; imports nothing.

    Order: the flag, `KERAS_BACKEND`, what keras.json says if that is installed (the
    first import of keras writes `tensorflow` there whatever runs), else the first
    installed of tensorflow, jax, torch. To be called before keras is imported.

    Args:
        flag: What `--backend` said; None where it was not given.

    Returns:
        `tensorflow`, `jax` or `torch`.

    Raises:
        UserError: Keras or the backend asked for is not installed, the name is not
            one of the three, or keras already runs on another one.
    """
    if flag:
        name = _required(flag, "--backend")
    elif asked := os.environ.get("KERAS_BACKEND"):
        name = _required(asked, "KERAS_BACKEND")
    else:
        name = _found()
    if not _installed("keras"):
        raise UserError("Keras is not installed, and this needs it", _remedy(name))
    running = _running()
    if running not in (None, name):
        raise UserError(
            f"keras already runs on {running}, {name} was asked for",
            f"Start a new process with KERAS_BACKEND={name}.",
        )
    os.environ["KERAS_BACKEND"] = name
    return name


def _required(name: str, where: str) -> str:
    if name not in BACKENDS:
        raise UserError(
            f"{name}: not a backend of this suite ({where})",
            f"Choose one of {', '.join(BACKENDS)}.",
        )
    if not _installed(name):
        raise UserError(f"{name} is not installed ({where})", _remedy(name))
    return name


def _found() -> str:
    installed = [name for name in BACKENDS if _installed(name)]
    if not installed:
        raise UserError("no Keras backend is installed", _remedy(BACKENDS[0]))
    named = configured()
    return str(named) if named in installed else installed[0]


def configured() -> object:
    """The backend in keras.json; None where that file is absent or broken."""
    home = os.environ.get("KERAS_HOME")
    folder = Path(home) if home else Path.home() / ".keras"
    try:
        content = json.loads((folder / "keras.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content.get("backend") if isinstance(content, dict) else None


def _running() -> str | None:
    keras = sys.modules.get("keras")
    return keras.backend.backend() if keras is not None else None


def _installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _remedy(name: str) -> str:
    return f"Install it: pip install 'keras-edge-suite[{name}]'"
