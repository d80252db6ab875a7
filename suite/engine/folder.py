"""A model folder: its config.json, and files that are what was verified."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from suite.console.errors import UserError
from suite.engine.contract import Signature, TensorSpec

SCHEMA = 1
"""The form of config.json and verification.json that is read and written here."""
CONFIG = "config.json"
VERIFICATION = "verification.json"
KERAS = "model.keras"
SAVED_MODEL = "saved_model"

_EXPORT = "Export the model again."


def model_of(folder: Path) -> Path:
    """The model's own folder where that of its training is named, else the same.

    A run folder's config.json holds the settings; the model is in `model/` beside it.
    """
    inner = folder / "model"
    is_run = (folder / CONFIG).is_file() and (inner / CONFIG).is_file()
    return inner if is_run else folder


def read_config(folder: Path) -> tuple[dict[str, Any], dict[str, Signature]]:
    """Reads config.json of a model folder.

    Args:
        folder: The folder of one model.

    Returns:
        Its content, and the signatures in it.

    Raises:
        UserError: There is no such folder or file, or it is not one of this suite.
    """
    if not folder.is_dir():
        raise UserError(
            f"{folder}: no such model folder", "Name a folder that holds config.json."
        )
    config = read_json(folder / CONFIG)
    if config.get("schema") != SCHEMA:
        raise UserError(
            f"{folder / CONFIG}: schema {config.get('schema')!r}, this version reads "
            f"{SCHEMA}",
            "Use a model of this suite, or the version of the suite that wrote it.",
        )
    try:
        signatures = signatures_of(config)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(
            f"{folder / CONFIG}: the signatures cannot be read: {error!r}",
            "Each needs inputs and outputs, each of these a shape and a dtype.",
        ) from error
    if not signatures:
        raise UserError(f"{folder / CONFIG}: no signatures", _EXPORT)
    return config, signatures


def signatures_of(config: Mapping[str, Any]) -> dict[str, Signature]:
    """The entry points that a config.json describes, by name."""
    return {
        name: Signature(_specs(entry["inputs"]), _specs(entry["outputs"]))
        for name, entry in config["signatures"].items()
    }


def read_json(path: Path) -> dict[str, Any]:
    """Reads a JSON object.

    Raises:
        UserError: There is no such file, or it holds something else.
    """
    content = read_bytes(path)
    try:
        value = json.loads(content)
    except ValueError as error:  # broken JSON and broken UTF-8
        raise UserError(f"{path}: not a JSON file: {error}", _EXPORT) from error
    if not isinstance(value, dict):
        raise UserError(f"{path}: not a JSON object", _EXPORT)
    return value


def read_bytes(path: Path) -> bytes:
    """Reads a file of a model folder whole.

    Raises:
        UserError: It is absent (the folder's other files are named) or unreadable.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        there = sorted(entry.name for entry in path.parent.glob("[!.]*"))
        raise UserError(
            f"{path}: no such file; the folder holds {', '.join(there) or 'nothing'}",
            "Export the model, or choose another engine or precision.",
        ) from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error


def read_verified(folder: Path, precision: str) -> bytes:
    """Reads a LiteRT file and compares it with its checksum.

    One in five files with four random bytes changed runs without any error and gives
    other numbers (measured), so the checksum of verification.json decides. The bytes
    that were checked are those returned: nobody can exchange the file in between.

    Args:
        folder: The folder of one model.
        precision: float32, float16, dynamic_int8, ...

    Returns:
        The file's content.

    Raises:
        UserError: The file is absent, or not the one that was verified. A folder
            without verification.json is taken as it is.
    """
    path = folder / f"{precision}.tflite"
    content = read_bytes(path)
    if not (folder / VERIFICATION).exists():
        return content
    files = read_json(folder / VERIFICATION).get("files")
    entry = files.get(precision) if isinstance(files, dict) else None
    if not isinstance(entry, dict):
        raise UserError(f"{path}: not in {VERIFICATION}", _EXPORT)
    if entry.get("sha256") != hashlib.sha256(content).hexdigest():
        raise UserError(
            f"{path}: damaged, or not the file that was verified (SHA-256 differs "
            f"from {VERIFICATION})",
            "Copy the folder again, or export the model again.",
        )
    return content


def _specs(entries: Mapping[str, Any]) -> dict[str, TensorSpec]:
    return {name: _spec(entry) for name, entry in entries.items()}


def _spec(entry: Mapping[str, Any]) -> TensorSpec:
    shape = tuple(entry["shape"])
    if not all(type(size) is int and size > 0 for size in shape):
        raise ValueError(f"shape {list(shape)}: sizes must be positive integers")
    return TensorSpec(shape, np.dtype(entry["dtype"]).name)
