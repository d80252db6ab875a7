"""From a name or a folder to a model that runs."""

from __future__ import annotations

import os
from pathlib import Path

import suite
from suite.console.errors import UserError
from suite.engine.contract import Model
from suite.engine.folder import CONFIG, model_of, read_config

ENGINES = ("litert", "keras", "saved_model")
PRECISIONS = ("dynamic_int8", "float16", "float32", "full_int8")
VARIABLE = "KERAS_EDGE_SUITE_MODELS"
"""Environment variable: a folder with APP/MODEL below it."""


def open_model(
    folder: str | os.PathLike[str],
    engine: str = "litert",
    *,
    precision: str = "dynamic_int8",
    threads: int = 2,
    keep: int | None = None,
    isolated: bool = False,
) -> Model:
    """Opens a model folder.

    Args:
        folder: The folder with config.json and the files of one model.
        engine: "litert", "keras" or "saved_model".
        precision: Which LiteRT file: "dynamic_int8", "float16", "float32" or
            "full_int8". The other two engines compute as their file says.
        threads: Threads of the LiteRT interpreter.
        keep: LiteRT only: number of signatures that hold working memory at a time,
            None for all. 1 for a model of large pictures.
        isolated: LiteRT only: whether the file runs in a child process, so that a file
            of unknown origin that crashes or never ends is a `UserError`. A call takes
            longer by the copying of its arrays.

    Returns:
        The model: `model(signature, {name: array}) -> {name: array}`.

    Raises:
        UserError: The folder lacks a file, holds a foreign or damaged one, or the
            engine is not installed.
        ValueError: An unknown engine or precision, `threads` or `keep` below 1,
            `isolated` with another engine.
    """
    if engine not in ENGINES or precision not in PRECISIONS:
        raise ValueError(
            f"`engine` must be one of {', '.join(ENGINES)}, `precision` one of "
            f"{', '.join(PRECISIONS)}. Received: engine={engine!r}, "
            f"precision={precision!r}"
        )
    if isolated and engine != "litert":
        raise ValueError(f"`isolated` is for LiteRT files. Received: engine={engine!r}")
    folder = Path(folder)
    config, signatures = read_config(folder)
    # each engine's module is imported only when it is asked for
    if engine == "keras":
        from suite.engine.keras_engine import open_keras

        return open_keras(folder, config, signatures)
    if engine == "saved_model":
        from suite.engine.saved_model import open_saved_model

        return open_saved_model(folder, config, signatures)
    if isolated:
        from suite.engine.isolated import IsolatedModel

        return IsolatedModel(
            folder, config, signatures, precision=precision, threads=threads, keep=keep
        )
    from suite.engine.litert import open_litert

    return open_litert(
        folder, config, signatures, precision=precision, threads=threads, keep=keep
    )


def find_model(app: str, model: str, override: Path | None = None) -> Path:
    """Finds the folder of a shipped model, or of the user's own.

    Order: `override` (`--model`), the environment variable KERAS_EDGE_SUITE_MODELS,
    `saved_models/` of the checkout, the copy in the installed package.

    Args:
        app: The application, such as "ocr".
        model: The model in it, such as "recognizer".
        override: A folder that holds APP/MODEL or MODEL, a model folder, or a run
            folder; nothing else is looked at where it is given.

    Returns:
        A folder with a config.json in it, which is not read here.

    Raises:
        UserError: There is none; names every place that was looked at.
    """
    if override is not None:
        override = model_of(Path(override))
        places = [override / app / model, override / model, override]
    else:
        places = [root / app / model for root in _roots()]
    for place in places:
        if (place / CONFIG).is_file():
            return place
    looked = ", ".join(map(str, places))
    raise UserError(
        f"no {app} model {model!r}: no {CONFIG} in {looked}",
        f"Name a model folder (--model), or set {VARIABLE} to a folder of models.",
    )


def shipped_models() -> list[Path]:
    """Folders of all models that `find_model` finds by name, sorted by APP/MODEL.

    Raises:
        UserError: There is none.
    """
    found: dict[tuple[str, ...], Path] = {}
    for root in _roots():
        for path in root.glob(f"*/*/{CONFIG}"):
            found.setdefault(path.parent.parts[-2:], path.parent)
    if not found:
        looked = ", ".join(map(str, _roots()))
        raise UserError(
            f"no model: no APP/MODEL/{CONFIG} in {looked}",
            f"Name one, or set {VARIABLE} to a folder of models.",
        )
    return [found[name] for name in sorted(found)]


def _roots() -> list[Path]:
    """Where APP/MODEL is looked for, the first one first."""
    package = Path(suite.__file__).parent
    roots = [package.parent / "saved_models", package / "saved_models"]
    if os.environ.get(VARIABLE):
        roots.insert(0, Path(os.environ[VARIABLE]))
    return roots
