"""A model folder made from anybody's .keras file."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from suite.console.errors import UserError
from suite.console.files import atomic_path, write_atomic
from suite.edge.child import run_child
from suite.engine.folder import CONFIG, KERAS, SCHEMA, read_json


def adopt(
    model: str | Path,
    output: str | Path,
    *,
    batch: int = 1,
    shapes: Mapping[str, Sequence[int]] | None = None,
    signatures: Mapping[str, tuple[Sequence[str], Sequence[str]] | None] | None = None,
    modules: Sequence[str] = (),
) -> Path:
    """Makes a folder of config.json and model.keras, ready for `export`.

    Args:
        model: A .keras file, whatever backend wrote it.
        output: The folder; made if it is absent. A config.json that lies there is
            replaced, and with it what vouched for earlier files.
        batch: Samples of a call, > 0.
        shapes: Shapes without the batch of inputs whose sizes the model leaves open.
        signatures: Entry points by name; of each the names of its inputs and of its
            outputs, or None for all of the model's. "serve" with all where none is
            given.
        modules: Modules to import first, whose registered classes the model names.

    Returns:
        The folder.

    Raises:
        UserError: The file cannot be loaded, a size is not fixed, or the folder
            cannot be written.
        ValueError: `batch` is below 1.
    """
    if batch < 1:
        raise ValueError(f"`batch` must be at least 1. Received: {batch}")
    model, output = Path(model), Path(output)
    try:
        output.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".adopt-", dir=output) as name:
            work = Path(name)
            job = {
                "model": str(model.resolve()),
                "modules": list(modules),
                "batch": batch,
                "shapes": {key: list(value) for key, value in (shapes or {}).items()},
                "signatures": signatures or {"serve": None},
            }
            write_atomic(work / "job.json", json.dumps(job))
            run_child("suite.edge.describe", work)
            config = {
                "schema": SCHEMA,
                "app": "edge",
                "model": model.stem,
                "signatures": read_json(work / "described.json"),
            }
        if not (output / KERAS).exists() or not model.samefile(output / KERAS):
            with atomic_path(output / KERAS) as temporary:
                shutil.copyfile(model, temporary)
        write_atomic(output / CONFIG, json.dumps(config, indent=1) + "\n")
    except OSError as error:
        raise UserError(
            f"{output}: cannot be written: {error.strerror or error}",
            "Free some space, or name another folder by --output.",
        ) from error
    return output
