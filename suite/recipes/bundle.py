"""A trained core written as a model folder: `model.keras` and `config.json`."""

from __future__ import annotations

import dataclasses
import json
import logging
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

import suite
from suite.console import UserError, atomic_path, write_atomic
from suite.models import build, for_inference

_LOG = logging.getLogger(__name__)


def save_model(
    folder: Path,
    name: str,
    core: keras.Model,
    config: Any,
    description: dict[str, Any],
) -> None:
    """Write a trained core for inference, in float32.

    Args:
        folder: The model folder; created if it is absent.
        name: Registered name of the model.
        core: The trained core, of any dtype policy.
        config: The dataclass it was built from, with a `conv_dtype`.
        description: What `config.json` holds beside schema, version and
            hyper-parameters: app, model, seed, signatures, preprocessing.
    """
    plain = dataclasses.replace(config, conv_dtype="float32")
    # the dtype policy is part of a model's configuration: it is built anew, because
    # bfloat16 layers have no kernel on the phone
    twin = build(name, plain)
    twin.set_weights([_rounded(weight) for weight in core.get_weights()])
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_path(folder / "model.keras") as path:
        for_inference(name, twin).save(path)
    content = {
        "schema": 1,
        "version": suite.__version__,
        **description,
        "architecture": name,
        "hyperparameters": dataclasses.asdict(plain),
    }
    write_atomic(
        folder / "config.json", json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    )


def _rounded(weight: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A weight with the 11 significant bits of float16, in the range of float32.

    The file then takes half the room in a repository's history, which compresses, and
    float16 exports hold the very same numbers.
    """
    if weight.dtype != np.float32:
        return weight
    bits = np.ascontiguousarray(weight).view(np.uint32)
    # half a unit of the last place that is kept, then the 13 bits below are cleared
    rounded: npt.NDArray[Any] = (bits + 0x1000 & 0xFFFFE000).view(np.float32)
    return rounded


def model_file(source: Path) -> Path:
    """The `.keras` file of a model folder, of a run folder, or itself.

    Raises:
        UserError: There is none.
    """
    candidates = [source, source / "model.keras", source / "model" / "model.keras"]
    path = next((p for p in candidates if p.is_file()), None)
    if path is None:
        raise UserError(
            f"{source}: no model.keras there (--init)",
            "Name a model folder, a run folder or a .keras file.",
        )
    return path


def load_core_weights(core: keras.Model, source: Path) -> None:
    """Start from the weights of a shipped or of one's own model.

    Weights whose layer the model lacks or has in another shape stay as they are: the
    last layer under another alphabet, the detector's threshold map, which is not
    part of the model for inference.

    Args:
        core: The core to fill, of the same architecture.
        source: A model folder, a run folder that holds `model/`, or a `.keras` file.

    Raises:
        UserError: The file is absent, or holds other weights.
    """
    path = model_file(source)
    try:
        trained = keras.saving.load_model(path, compile=False)
    except Exception as error:  # keras raises many kinds for a foreign file
        raise UserError(
            f"{path}: cannot be loaded ({type(error).__name__}: {error})"
        ) from error
    # below its input and output a model for inference holds the core as one layer
    inner = next((x for x in trained.layers if isinstance(x, keras.Model)), trained)
    # by layer and order: paths hold numbers that keras gives cells as they come
    known = {layer.name: layer.weights for layer in inner.layers}
    taken = 0
    for layer in core.layers:
        for weight, found in zip(
            layer.weights, known.get(layer.name, ()), strict=False
        ):
            if found.shape == weight.shape:
                weight.assign(found)
                taken += 1
    if not taken:
        raise UserError(f"{path}: holds no weights of a {core.name}")
    _LOG.info("%s: %d of %d weights taken", path, taken, len(core.weights))


def tensor(shape: tuple[int, ...], dtype: str) -> dict[str, Any]:
    """A tensor's description as `config.json` has it."""
    return {"shape": list(shape), "dtype": dtype}
