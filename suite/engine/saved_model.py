"""The SavedModel engine: tensorflow without Keras and without this suite's layers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from suite.console.errors import UserError
from suite.engine.contract import CheckedModel, Signature
from suite.engine.folder import SAVED_MODEL


class SavedModelModel(CheckedModel):
    """A TensorFlow SavedModel, run by its named signatures.

    Args:
        root: What `tf.saved_model.load` returned; kept, because it owns the weights.
        config: The content of config.json.
        signatures: Its entry points by name.
        origin: The folder it came from, for messages.

    Raises:
        UserError: It lacks a signature that config.json names.
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
        missing = [name for name in signatures if name not in root.signatures]
        if missing:
            raise UserError(
                f"{origin}: no signature {missing[0]!r}, but "
                f"{', '.join(root.signatures) or 'none'}",
                "Files of different models lie in one folder: export it again.",
            )

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


def open_saved_model(
    folder: Path, config: dict[str, Any], signatures: Mapping[str, Signature]
) -> SavedModelModel:
    """Opens the SavedModel in `saved_model/` of a model folder.

    Raises:
        UserError: It or tensorflow is absent, or it cannot be loaded.
    """
    path = folder / SAVED_MODEL
    if not (path / "saved_model.pb").is_file():
        raise UserError(
            f"{path}: no SavedModel there", "Export the model with its SavedModel."
        )
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
