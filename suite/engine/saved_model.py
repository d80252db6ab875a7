"""The SavedModel engine: tensorflow without Keras and without this suite's layers."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from suite.console.errors import UserError
from suite.engine.contract import CheckedModel, Signature, TensorSpec, check_signatures
from suite.engine.folder import SAVED_MODEL, VERIFICATION, read_json


class SavedModelModel(CheckedModel):
    """A TensorFlow SavedModel, run by its named signatures.

    Args:
        root: What `tf.saved_model.load` returned; kept, because it owns the weights.
        config: The content of config.json.
        signatures: Its entry points by name.
        origin: The folder it came from, for messages.

    Raises:
        UserError: Its signatures are not those of config.json.
    """

    def __init__(
        self,
        root: Any,
        config: dict[str, Any],
        signatures: Mapping[str, Signature],
        origin: str,
    ) -> None:
        super().__init__(config, signatures, origin)
        self._root = root
        inside = {name: _inside(entry) for name, entry in root.signatures.items()}
        check_signatures(signatures, inside, inside, origin)

    def _run(
        self, signature: str, inputs: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        import tensorflow as tf

        tensors = {name: tf.constant(array) for name, array in inputs.items()}
        try:
            outputs = self._root.signatures[signature](**tensors)
        except (tf.errors.OpError, TypeError, ValueError) as error:
            raise UserError(
                f"{self.origin}: signature {signature!r} does not run: {error}",
                "Export the model again.",
            ) from error
        return {name: value.numpy() for name, value in outputs.items()}


def digest(path: Path) -> str:
    """SHA-256 of a SavedModel: names and contents of its files, in their order."""
    found = hashlib.sha256()
    for file in sorted(one for one in path.rglob("*") if one.is_file()):
        content = file.read_bytes()
        # with its length, so that no byte can pass from one file to the next
        found.update(f"{file.relative_to(path).as_posix()}\0{len(content)}\0".encode())
        found.update(content)
    return found.hexdigest()


def _refuse_unverified(folder: Path) -> None:
    """As `read_verified`: a SavedModel of an earlier model runs without any error."""
    if not (folder / VERIFICATION).exists():
        return
    path = folder / SAVED_MODEL
    entry = read_json(folder / VERIFICATION).get("saved_model")
    if not isinstance(entry, dict):
        raise UserError(
            f"{path}: not in {VERIFICATION}", "Export the model with its SavedModel."
        )
    if entry.get("sha256") != digest(path):
        raise UserError(
            f"{path}: damaged, or not the SavedModel that was verified (SHA-256 "
            f"differs from {VERIFICATION})",
            "Copy the folder again, or export the model again.",
        )


def _inside(function: Any) -> Signature:
    """A signature as the SavedModel has it."""
    _, inputs = function.structured_input_signature
    return Signature(_specs(inputs), _specs(function.structured_outputs))


def _specs(tensors: Mapping[str, Any]) -> dict[str, TensorSpec]:
    # -1 for a size that is not fixed
    return {
        name: TensorSpec(
            tuple(-1 if size is None else size for size in _sizes(tensor)),
            tensor.dtype.name,
        )
        for name, tensor in tensors.items()
    }


def _sizes(tensor: Any) -> Sequence[int | None]:
    return () if tensor.shape.rank is None else tensor.shape.as_list()


def open_saved_model(
    folder: Path, config: dict[str, Any], signatures: Mapping[str, Signature]
) -> SavedModelModel:
    """Opens the SavedModel in `saved_model/` of a model folder.

    Raises:
        UserError: It or tensorflow is absent, it is not the one that was verified, or
            it cannot be loaded.
    """
    path = folder / SAVED_MODEL
    if not (path / "saved_model.pb").is_file():
        raise UserError(
            f"{path}: no SavedModel there", "Export the model with its SavedModel."
        )
    _refuse_unverified(folder)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        import tensorflow as tf
    except ImportError as error:
        raise UserError(
            f"tensorflow cannot be imported, and a SavedModel needs it: {error}",
            "Install it: pip install 'keras-edge-suite[tensorflow]'",
        ) from error
    try:
        root = tf.saved_model.load(str(path))
    except Exception as error:  # parse errors come from several libraries
        lines = str(error).strip().splitlines() or [""]
        raise UserError(
            f"{path}: not a SavedModel that can be loaded: {lines[0]}",
            "Export the model again.",
        ) from error
    return SavedModelModel(root, config, signatures, str(path))
