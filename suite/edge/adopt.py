"""A model folder made from anybody's .keras file."""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from suite.console.errors import UserError
from suite.edge.child import run_child
from suite.engine.folder import CONFIG, KERAS, SCHEMA, read_json

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def adopted(
    model: str | Path,
    output: str | Path,
    *,
    batch: int | None = None,
    shapes: Mapping[str, Sequence[int]] | None = None,
    signatures: Mapping[str, tuple[Sequence[str], Sequence[str]] | None] | None = None,
    modules: Sequence[str] = (),
) -> Iterator[Path]:
    """A folder of config.json and model.keras for the time of an export.

    Args:
        model: A .keras file, whatever backend wrote it.
        output: The folder that is to hold the exported files, or is still to be made:
            it stays as it is. The temporary one is of the same file system.
        batch: Samples of a call, > 0; if None, what the model fixes, else 1.
        shapes: Shapes without the batch of inputs whose sizes the model leaves open.
        signatures: Entry points by name; of each the names of its inputs and of its
            outputs, or None for all of the model's. "serve" with all where none is
            given.
        modules: Modules to import first, whose registered classes the model names.

    Yields:
        The temporary folder; `suite.edge.export.export` with this `output` makes the
        files there and moves them all at the end.

    Raises:
        UserError: The file cannot be loaded, a size is not fixed, a shape or the batch
            fits no input, an output is there twice, or nothing can be written at
            `output`.
        ValueError: `batch` is below 1.
    """
    if batch is not None and batch < 1:
        raise ValueError(f"`batch` must be at least 1. Received: {batch}")
    model, output = Path(model), Path(output)
    job = {
        "model": str(model.resolve()),
        "modules": list(modules),
        "batch": batch,
        "shapes": {key: list(value) for key, value in (shapes or {}).items()},
        "signatures": signatures or {"serve": None},
    }
    try:
        place = next(
            path for path in (output, *output.absolute().parents) if path.exists()
        )
        with tempfile.TemporaryDirectory(prefix=".edge-", dir=place) as name:
            folder = Path(name)
            (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
            run_child("suite.edge.describe", folder)
            described = read_json(folder / "described.json")
            config = {
                "schema": SCHEMA,
                "app": "edge",
                "model": model.stem,
                "signatures": described,
            }
            taken = _samples(described)
            if batch is None and taken > 1:
                said = "%s: a call takes %d samples, as the model was built (--batch)"
                _log.warning(said, model, taken)
            content = json.dumps(config, indent=1) + "\n"
            (folder / CONFIG).write_text(content, encoding="utf-8")
            shutil.copyfile(model, folder / KERAS)
            yield folder
    except OSError as error:
        raise UserError(
            f"{output}: cannot be written: {error.strerror or error}",
            "Free some space, or name another folder by --output.",
        ) from error


def _samples(signatures: Mapping[str, Mapping[str, Any]]) -> int:
    """The most samples that an input of config.json takes in a call."""
    return max(
        entry["shape"][0] if entry["shape"] else 1
        for signature in signatures.values()
        for entry in signature["inputs"].values()
    )
