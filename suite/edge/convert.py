"""The child under TensorFlow: from model.keras to a SavedModel and LiteRT files.

Reads job.json and inputs.npz of its working folder; leaves FORMAT.tflite for each
format, saved_model/, reference.npz (outputs of the float32 Keras model on the inputs)
and converted.json there.
"""

from __future__ import annotations

import importlib.metadata
import json
import logging
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from suite.console.errors import UserError
from suite.edge import complaints, samples
from suite.edge.child import child_main
from suite.edge.compact import compact
from suite.edge.metric import measured
from suite.edge.rebuild import for_phone, left_as_they_are, load_float32, parameters
from suite.edge.rebuilt import unlike_saved
from suite.edge.verify import difference
from suite.engine.contract import Signature, mismatch
from suite.engine.folder import KERAS, SAVED_MODEL, read_config, read_json
from suite.engine.keras_engine import (
    REGISTERED,
    KerasModel,
    by_name,
    part_of,
)
from suite.engine.operators import operator_names
from suite.engine.saved_model import digest, open_saved_model

_log = logging.getLogger(__name__)
_PACKAGES = ("keras", "tensorflow", "ai-edge-litert", "numpy")


def convert(work: Path) -> None:
    """Does the job that the working folder describes.

    Raises:
        UserError: The model cannot be loaded, traced or converted.
    """
    job = read_json(work / "job.json")
    folder = Path(job["folder"])
    config, signatures = read_config(folder)
    model, saved = load_float32(folder / KERAS, (*REGISTERED, *job["modules"]))
    inputs = samples.load(work / samples.INPUTS)
    formats = [] if job.get("reference_only") else job["formats"]
    if formats:
        # first: a model that does not fit its signatures is refused here
        save_signatures(for_phone(model), signatures, work / SAVED_MODEL)
    reference = _reference(model, signatures, inputs)
    samples.save(work / samples.REFERENCE, reference)
    for name in formats:
        content = to_litert(
            work / SAVED_MODEL, signatures, name, _calibration(work, signatures, name)
        )
        (work / f"{name}.tflite").write_bytes(content)
    rebuilt: float | None = 0.0
    if saved is not model:
        try:
            rebuilt = unlike_saved(reference, _reference(saved, signatures, inputs))
        except Exception as error:  # no kernel of an operation for half precision, say
            _log.info("not compared as saved: %s", complaints.of_call(error))
            rebuilt = None
    found = {name: importlib.metadata.version(name) for name in _PACKAGES}
    kept = {}
    if job.get("saved_model"):
        saved = open_saved_model(work, config, signatures)
        differences = [
            difference(saved(name, inputs[name]), wanted)
            for name, wanted in reference.items()
        ]
        kept = {"sha256": digest(work / SAVED_MODEL), "difference": max(differences)}
    result = {
        "saved_model": kept,
        "metric": measured(job, KerasModel(model, config, signatures, KERAS)),
        "parameters": parameters(model),
        "rebuilt_difference": rebuilt,
        "left_as_they_are": left_as_they_are(model),
        "versions": {"python": platform.python_version(), **found},
    }
    (work / "converted.json").write_text(json.dumps(result), encoding="utf-8")


def save_signatures(
    model: Any, signatures: Mapping[str, Signature], path: Path
) -> None:
    """Writes a SavedModel with one concrete function for each signature.

    Args:
        model: A Keras model on the tensorflow backend.
        signatures: Names and fixed shapes.
        path: The folder to write.

    Raises:
        UserError: The model cannot be traced with these shapes, or gives others.
    """
    import tensorflow as tf

    # Keras variables are invisible to TensorFlow's tracking: unless something owns
    # the tf.Variables, the file is written without weights and without an error.
    root = tf.Module()
    root.variables_of_model = [variable.value for variable in model.variables]
    functions = {}
    for name, signature in signatures.items():
        specs = {
            tensor: tf.TensorSpec(spec.shape, spec.dtype, name=tensor)
            for tensor, spec in signature.inputs.items()
        }
        function = tf.function(_entry(model, signature), autograph=False)
        try:
            functions[name] = function.get_concrete_function(**specs)
        except Exception as error:  # whatever a layer's `call` raises
            raise UserError(
                f"signature {name!r}: the model cannot be called with these shapes: "
                f"{complaints.of_call(error)}",
                f"Inputs: {', '.join(f'{k} {v}' for k, v in signature.inputs.items())}",
            ) from error
        _check_outputs(name, signature, functions[name].structured_outputs)
    tf.saved_model.save(root, str(path), signatures=functions)


def to_litert(
    path: Path,
    names: Iterable[str],
    precision: str,
    calibration: Mapping[str, Sequence[Mapping[str, np.ndarray]]] | None = None,
) -> bytes:
    """Converts a SavedModel into one LiteRT file with all signatures.

    Args:
        path: The SavedModel.
        names: Its signatures; their weights are shared in the file (`compact`).
        precision: "float32", "float16" (weights), "dynamic_int8" (weights; the
            activations are quantized on the fly) or "full_int8" (activations too, by
            the ranges seen on `calibration`; inputs and outputs keep their types).
        calibration: Samples by signature, for "full_int8".

    Returns:
        The content of the file.

    Raises:
        UserError: An operator of the model has no built-in form, or the model is to
            be calibrated and has a loop.
    """
    import tensorflow as tf

    if precision == "full_int8":
        _refuse_loops(to_litert(path, names, "float32"))
    converter = tf.lite.TFLiteConverter.from_saved_model(
        str(path), signature_keys=list(names)
    )
    # without this line Flex operators go in silently, and no phone runs the file
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if precision != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if precision == "full_int8":
        converter.representative_dataset = lambda: (
            (name, dict(inputs))
            for name, several in (calibration or {}).items()
            for inputs in several
        )
    try:
        content = bytes(converter.convert())
    except Exception as error:  # ConverterError and a few others
        raise UserError(
            f"{precision}: not convertible to built-in operators: "
            f"{complaints.of_converter(str(error))}",
            "Replace that operation of the model, or give its layer a for_export().",
        ) from error
    return compact(content)


def _calibration(
    work: Path, signatures: Mapping[str, Signature], precision: str
) -> dict[str, list[dict[str, np.ndarray]]] | None:
    if precision != "full_int8":
        return None
    stored = samples.load(work / samples.CALIBRATION)
    return {name: samples.cut(signatures, name, stored[name]) for name in signatures}


def _refuse_loops(content: bytes) -> None:
    """Calibrating the body of a loop ends the process with a segmentation fault."""
    loops = sorted({"WHILE", "IF"} & set(operator_names(content)))
    if loops:
        raise UserError(
            f"full_int8: the model has a loop or branch ({', '.join(loops)}), as "
            "recurrent layers do, and the converter cannot calibrate what is inside",
            "Leave full_int8 out (--formats): dynamic_int8 is smaller and faster "
            "than float32 with such layers too.",
        )


def _reference(
    model: Any,
    signatures: Mapping[str, Signature],
    inputs: Mapping[str, Mapping[str, np.ndarray]],
) -> dict[str, dict[str, np.ndarray]]:
    """Outputs of a Keras model, layers as they were trained."""
    reference = {}
    for name, signature in signatures.items():
        try:
            outputs = _entry(model, signature)(**inputs[name])
        except Exception as error:  # a token that no table has, say
            raise UserError(
                f"signature {name!r}: the model fails on these inputs: "
                f"{complaints.of_call(error)}",
                "Look at their values (--inputs).",
            ) from error
        reference[name] = {key: np.asarray(value) for key, value in outputs.items()}
    return reference


def _entry(model: Any, signature: Signature) -> Callable[..., dict[str, Any]]:
    """The model, or the part of it that a signature names, by names of tensors."""
    inputs, outputs = list(signature.inputs), list(signature.outputs)
    part = part_of(model, inputs, outputs)
    return by_name(part, partial(part, training=False), inputs, outputs)


def _check_outputs(name: str, signature: Signature, traced: Mapping[str, Any]) -> None:
    for key, value in traced.items():
        if None in value.shape.as_list():
            raise UserError(
                f"signature {name!r}: a size of output {key!r} depends on the values "
                "that come in, which a LiteRT file cannot have",
                "Give a fixed size, padded or by top_k, or leave that output out.",
            )
    shapes = {
        key: np.broadcast_to(
            np.zeros((), value.dtype.as_numpy_dtype),
            value.shape.as_list(),
        )
        for key, value in traced.items()
    }
    fault = mismatch(signature.outputs, shapes)
    if fault:
        raise UserError(
            f"signature {name!r}: the model does not give what config.json says: "
            f"output {fault}",
            "Correct the signatures in config.json.",
        )


if __name__ == "__main__":
    raise SystemExit(child_main(convert))
