"""A Keras model made ready for the converter: float32, phone forms of its layers."""

from __future__ import annotations

import json
import math
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from suite.console.errors import UserError
from suite.edge.replacements import phone_form, refuse_unfit
from suite.engine.keras_engine import REGISTERED, load_keras

_CONFIG = "config.json"  # of a .keras file, which is a zip
_SCOPE = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*")  # TensorFlow's rule
_NAMES = ("name", "keras_history", "input_layers", "output_layers")
_DTYPES = ("dtype", "default_policy")  # the second of a `DTypePolicyMap`


def load_float32(path: Path, modules: tuple[str, ...] = REGISTERED) -> tuple[Any, Any]:
    """Loads a .keras file with every dtype policy in float32, and the same weights.

    A model saved under mixed_bfloat16 does not convert (its loops need TensorLists),
    one under mixed_float16 holds operators that no phone has. Its variables are
    float32 anyway, so nothing is lost. Keras loads it from a copy of the file with
    another config.json: what a layer keeps beside its weights, or derives from them
    when they are loaded, comes along (`Normalization`, look-up tables). In the copy
    layers have names that TensorFlow takes, too.

    Args:
        path: The file, whatever the policies of its model.
        modules: Imported before, as `suite.engine.keras_engine.load_keras` does.

    Returns:
        The model in float32, and the model as it was saved: the same object where all
        of it is float32 and TensorFlow takes its names.

    Raises:
        UserError: The file cannot be loaded, a weight is not finite, the model is
            quantized by Keras, or holds a layer that no phone can run.
    """
    from keras import ops
    from keras.layers import InputLayer

    saved = load_keras(path, modules)
    refuse_unfit(saved)
    layers = dict.fromkeys((*saved._flatten_layers(), *_layers(saved)))
    others = scope_names(
        layer.name for layer in layers if not isinstance(layer, InputLayer)
    )
    for variable in saved.weights:
        if not np.all(np.isfinite(ops.convert_to_numpy(variable).astype("float32"))):
            raise UserError(
                f"weight {variable.path} holds NaN or infinity",
                "Export an earlier checkpoint.",
            )
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read(_CONFIG))
    wanted = _renamed(float32_config(config), others)
    if wanted == config:  # loading a large graph anew takes seconds
        return saved, saved
    with tempfile.TemporaryDirectory(prefix="float32-") as folder:
        copy = Path(folder) / path.name
        try:
            _copy_with(path, copy, json.dumps(wanted))
        except OSError as error:
            raise UserError(
                f"{path}: no copy of it can be made in {folder}: {error.strerror}",
                "Free some space, or name another folder by TMPDIR.",
            ) from error
        model = load_keras(copy, modules)
    for layer in layers:
        layer.name = others.get(layer.name, layer.name)
    return model, saved


def scope_names(names: Iterable[str]) -> dict[str, str]:
    """For names of layers that TensorFlow refuses for scopes, "dense (1)", others."""
    names = dict.fromkeys(names)
    found: dict[str, str] = {}
    for name in names:
        if not _SCOPE.fullmatch(name):
            other = "layer_" + re.sub(r"[^A-Za-z0-9_.-]", "_", name)
            while other in names or other in found.values():
                other += "_"
            found[name] = other
    return found


def _renamed(config: Any, names: Mapping[str, str], here: bool = False) -> Any:
    """A config with other names of layers, wherever Keras writes those.

    `here`: whether a string at this place is one.
    """
    if isinstance(config, list):
        return [_renamed(item, names, here) for item in config]
    if isinstance(config, dict):
        return {
            key: _renamed(value, names, here or key in _NAMES)
            for key, value in config.items()
        }
    return names.get(config, config) if here and isinstance(config, str) else config


def float32_config(config: Any) -> Any:
    """Replaces every dtype policy and every float dtype in a config by float32.

    Integer and bool dtypes stay: they are those of inputs and casts.

    Args:
        config: What `get_config` returned.

    Returns:
        A copy with the replacements.
    """
    if isinstance(config, (list, tuple)):
        return type(config)(float32_config(item) for item in config)
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "DTypePolicy" and _is_float(
        config["config"]["name"]
    ):
        return {**config, "config": {**config["config"], "name": "float32"}}
    return {
        key: "float32" if key in _DTYPES and _is_float(value) else float32_config(value)
        for key, value in config.items()
    }


def for_phone(model: Any) -> Any:
    """Replaces layers by forms that leave better for the phone.

    A layer that offers `for_export()` is replaced by what that returns, Keras' own
    LSTM, GRU, SimpleRNN and Bidirectional by loops, and what the converter cannot take
    by an equal form (`suite.edge.replacements`); others are taken as they are.
    Weights are shared. Nested functional and sequential models are gone through; what
    a layer holds inside is its own matter (`left_as_they_are`).

    Args:
        model: A `keras.Model`; one that is no graph is taken as it is.

    Returns:
        The same model where nothing is replaced, else a new one.
    """
    import keras

    if not _is_graph(model) or not any(map(phone_form, _layers(model))):
        return model

    def replace(layer: Any) -> Any:
        form = phone_form(layer)
        return form() if form else layer

    return keras.models.clone_model(model, clone_function=replace, recursive=True)


def parameters(model: Any) -> int:
    """Number of weights of a model, trained or not."""
    return sum(math.prod(variable.shape) for variable in model.weights)


def left_as_they_are(model: Any) -> dict[str, list[str]]:
    """The layers whose own `call` holds others that would leave in another form.

    Nothing is rewritten there: they take the route of TensorFlow's converter.

    Args:
        model: A functional or sequential `keras.Model`.

    Returns:
        By layer, such layers inside of it: {"reader (Own)": ["lstm (LSTM)"]}.
    """
    import keras

    found = {}
    for layer in _layers(model):
        if not isinstance(layer, keras.layers.Layer) or phone_form(layer):
            continue
        inside = layer._flatten_layers(include_self=False)
        if not _is_graph(layer) and (kept := [x for x in inside if phone_form(x)]):
            found[_said(layer)] = [_said(one) for one in kept]
    return found


def _layers(model: Any) -> list[Any]:
    """The layers and operations of a graph, and of those in it, one after the other."""
    return [
        inner
        for layer in getattr(model, "operations", model.layers)
        for inner in _with_inner(layer)
    ]


def _with_inner(layer: Any) -> list[Any]:
    import keras

    if _is_graph(layer):
        return [layer, *_layers(layer)]
    if type(layer) is keras.layers.TimeDistributed:
        return [layer, *_with_inner(layer.layer)]
    return [layer]


def _is_graph(layer: Any) -> bool:
    """Whether a layer is a functional or sequential model, not one with a `call`."""
    import keras

    functional = isinstance(layer, keras.Model) and hasattr(layer, "operations")
    return functional or isinstance(layer, keras.Sequential)


def _said(layer: Any) -> str:
    return f"{layer.name} ({type(layer).__name__})"


def _is_float(value: Any) -> bool:
    return isinstance(value, str) and ("float" in value or value == "half")


def _copy_with(path: Path, copy: Path, config: str) -> None:
    """Copies a .keras file, with another config.json."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for member in old.infolist():
            if member.filename == _CONFIG:
                new.writestr(_CONFIG, config)
                continue
            with old.open(member) as source, new.open(member.filename, "w") as target:
                shutil.copyfileobj(source, target)
