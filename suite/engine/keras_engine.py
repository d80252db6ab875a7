"""The Keras engine: model.keras on whatever backend `KERAS_BACKEND` names."""

from __future__ import annotations

import importlib
import threading
import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from suite.console.backend import choose_backend
from suite.console.errors import UserError
from suite.engine.contract import CheckedModel, Signature
from suite.engine.folder import KERAS
from suite.engine.tensor_names import flat, named, packed

REGISTERED = ("suite.layers", "suite.models")
"""Modules whose import registers the classes that a model.keras may name."""


class KerasModel(CheckedModel):
    """A Keras model with dictionaries of named inputs and outputs.

    Runs without gradients and in inference mode; each signature's shapes are compiled
    once (jax, tensorflow). Several times slower than LiteRT on one picture: it is
    here to be compared with.

    Args:
        model: The loaded `keras.Model`.
        config: The content of config.json.
        signatures: Its entry points by name.
        origin: The file it came from, for messages.
    """

    def __init__(
        self,
        model: Any,
        config: dict[str, Any],
        signatures: Mapping[str, Signature],
        origin: str,
    ) -> None:
        super().__init__(config, signatures, origin)
        self._model = model
        self._parts: dict[str, Any] = {}
        self._lock = threading.Lock()  # jax hands the weights over and back

    def _run(
        self, signature: str, inputs: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        names = self.signatures[signature]
        with self._lock:
            if signature not in self._parts:
                self._parts[signature] = self._part(names)
            part = self._parts[signature]
            # `predict` builds a data pipeline for each call, this does not
            call = part.predict_on_batch
            run = by_name(part, call, list(names.inputs), list(names.outputs))
            outputs = run(**inputs)
        return {name: np.asarray(value) for name, value in outputs.items()}

    def _part(self, names: Signature) -> Any:
        """What a signature runs, a model of its own over the same layers.

        Under TensorFlow, Keras traces a model that is given a second shape again for
        any shape, and bilinear UpSampling2D cannot be traced at an unknown height.
        """
        part = part_of(self._model, list(names.inputs), list(names.outputs))
        if isinstance(getattr(part, "input", None), dict):
            part = _graph(part.input, part.output, part.name)
        part.jit_compile = self._model.jit_compile
        return part


def open_keras(
    folder: Path, config: dict[str, Any], signatures: Mapping[str, Signature]
) -> KerasModel:
    """Opens model.keras of a model folder in safe mode.

    Raises:
        UserError: Keras or its backend is missing, or the file cannot be loaded.
    """
    choose_backend()
    import keras

    model = load_keras(folder / KERAS)
    # XLA takes seconds to compile and is no faster on tensorflow's CPU; torch
    # would compile with a C++ compiler that may be absent
    model.jit_compile = keras.backend.backend() == "jax"
    return KerasModel(model, config, signatures, str(folder / KERAS))


def by_name(
    model: Any, call: Callable[..., Any], inputs: Sequence[str], outputs: Sequence[str]
) -> Callable[..., dict[str, Any]]:
    """A call of a model as a function of named tensors that gives named tensors.

    A model of dictionaries has the names of `suite.engine.tensor_names.named`. Another
    one is given its inputs, and gives its outputs, in the order of these names.

    Args:
        model: The model, whose structure of inputs counts.
        call: What runs it on such a structure.
        inputs, outputs: Names in order.
    """

    def run(**tensors: Any) -> dict[str, Any]:
        structure = getattr(model, "input", None)  # a sequential model may have none
        ordered = [tensors[name] for name in inputs]
        if isinstance(structure, dict):
            ordered = [tensors[name] for name in named(structure, "input")]
        if isinstance(structure, (dict, list, tuple)):
            given = call(packed(structure, ordered))
        else:
            given = call(*ordered)
        if isinstance(given, dict):
            return named(given, "output")
        return dict(zip(outputs, flat(given), strict=True))

    return run


def part_of(model: Any, inputs: Sequence[str], outputs: Sequence[str]) -> Any:
    """The part of a graph that a signature names.

    A model.keras may hold several programs over one set of weights, to encode and to
    decode a step: a graph whose inputs and outputs are those of all of them.

    Args:
        model: A Keras model.
        inputs: Names of inputs that are enough for those outputs.
        outputs: Names of outputs.

    Returns:
        A functional model of the same layers. The model itself where the names are
        those of all its inputs and outputs, or where it lacks one of them or has no
        names: who calls it then says what is wrong.

    Raises:
        UserError: The outputs need further inputs.
    """
    own_inputs = getattr(model, "input", None)  # a sequential model may have none
    own_outputs = getattr(model, "output", None)
    if not (isinstance(own_inputs, dict) and isinstance(own_outputs, dict)):
        return model
    own_inputs, own_outputs = named(own_inputs, "input"), named(own_outputs, "output")
    if not (set(inputs) <= set(own_inputs) and set(outputs) <= set(own_outputs)):
        return model
    if len(inputs) == len(own_inputs) and len(outputs) == len(own_outputs):
        return model
    try:
        part = _graph(
            {name: own_inputs[name] for name in inputs},
            {name: own_outputs[name] for name in outputs},
            model.name,
        )
    except ValueError as error:
        raise UserError(
            f"the outputs {', '.join(outputs)} cannot be had from the inputs "
            f"{', '.join(inputs)} alone",
            f"The model's inputs: {', '.join(own_inputs)}.",
        ) from error
    part.jit_compile = model.jit_compile
    return part


def _graph(inputs: dict[str, Any], outputs: Any, name: str) -> Any:
    import keras

    with warnings.catch_warnings():
        # said where a key had to be another one than the name of its tensor
        warnings.filterwarnings("ignore", "When providing `inputs` as a dict")
        return keras.Model(inputs, outputs, name=name)


def load_keras(path: Path, modules: tuple[str, ...] = REGISTERED) -> Any:
    """Loads a .keras file in safe mode, without its optimizer.

    Args:
        path: The file.
        modules: Imported before, so that their registered classes are known.

    Returns:
        The `keras.Model`.

    Raises:
        UserError: It is absent, damaged, or names code that is not registered.
    """
    import keras

    if not path.is_file():
        # said here, because Keras reports any damaged file as not found
        raise UserError(f"{path}: no such file", "Train the model, or copy it here.")
    if not zipfile.is_zipfile(path):
        raise UserError(
            f"{path}: not a Keras model that can be loaded: damaged, or no .keras file",
            "Copy the file again; one of another kind (.h5) load in Keras, and save it "
            "as .keras.",
        )
    for name in modules:
        importlib.import_module(name)
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # eight kinds, by the sort of damage
        lines = str(error).strip().splitlines() or [""]
        raise UserError(
            f"{path}: not a Keras model that can be loaded: "
            f"{type(error).__name__}: {lines[0]}",
            "Copy the file again; classes of other packages must be registered by a "
            "module that kes-edge is told of (--modules); Lambda layers are refused.",
        ) from error
