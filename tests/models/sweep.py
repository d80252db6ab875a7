"""Every registered model in its reduced form: built, fed, saved as a model folder.

What the sweep needs follows from the registration and from the model's own inputs, so
that a model registered tomorrow is swept without a line here.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

from suite.engine.folder import CONFIG, KERAS, SCHEMA
from suite.engine.keras_engine import part_of
from suite.models import build, for_inference, names
from suite.models.registry import entry
from tests.models.conftest import scrambled

ARRAYS = Path(__file__).parent / "arrays"
"""The numbers of each reduced model, the same on every backend."""
PIXELS, STEPS = 32, 6
"""Unknown sizes of a picture, a multiple of all strides, and of anything else."""
SPREAD = {"inception_v4": 0.15, "iqt": 0.6}
"""Of the seeded weights. The usual one leaves a softmax of 0 and 1 where thirty layers
follow each other and none adds to its input, and of IQT one number that hardly knows
what is in the pictures."""


def reduced(name: str, **fields: Any) -> Any:
    """The configuration that stands for a registered one: narrow, without dropout."""
    config = entry(name).config
    known = {field.name for field in dataclasses.fields(config)}
    still = {field: 0.0 for field in known if "dropout" in field}
    fields = {key: value for key, value in fields.items() if key in known}
    return dataclasses.replace(
        config, **{**still, **(entry(name).reduced or {}), **fields}
    )


def families() -> dict[str, list[str]]:
    """Names by the first of those whose reduced forms are one and the same model."""
    found: dict[str, list[str]] = {}
    first: dict[Any, str] = {}
    for name in names():
        one = entry(name)
        if one.reduced is None:
            found[name] = [name]
            continue
        key = repr((one.core, one.inference, reduced(name), one.parts))
        found.setdefault(first.setdefault(key, name), []).append(name)
    return found


def core_of(name: str, policy: str = "float32") -> keras.Model:
    """The training core of the reduced form, in a dtype policy."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        return build(name, reduced(name, dtype=policy, conv_dtype=policy))
    finally:
        keras.config.set_dtype_policy(before)


def awake(model: keras.Model, rng: np.random.Generator) -> keras.Model:
    """The model, with kernels of one sign where plain ReLUs follow each other.

    One of so few is dead by chance where no normalization shifts what goes in, and
    then nothing behind it learns. Means of what goes in keep its size.
    """
    rectified = any(isinstance(layer, keras.layers.ReLU) for layer in model.layers)
    if rectified and not any(
        "gamma" in w.path or "beta" in w.path for w in model.weights
    ):
        for weight in model.trainable_weights:
            if weight.path.endswith("kernel"):
                inputs = np.prod(weight.shape[:-1])
                weight.assign(rng.uniform(0.5, 1.5, weight.shape) / inputs)
    return model


def shape_of(tensor: Any, batch: int, width: int = PIXELS, steps: int = STEPS) -> tuple:
    """A model's input with its unknown sizes filled in.

    Of a picture `(batch, height, width, channels)` the sides are unknown and nothing
    else; other unknown sizes count steps.
    """
    first, *rest = tensor.shape
    kind = np.dtype(tensor.dtype)
    picture = len(rest) == 3 and (kind == np.uint8 or rest[0] is None)
    if picture or _row_of_pixels(tensor):
        rest = [
            size or side for size, side in zip(rest, (PIXELS, width, 1), strict=True)
        ]
    return first or batch, *(size or steps for size in rest)


def _row_of_pixels(tensor: Any) -> bool:
    """A line of a fixed height: one channel."""
    return len(tensor.shape) == 4 and tensor.shape[-1] == 1


def values(rng: np.random.Generator, tensor: Any, shape: tuple) -> np.ndarray:
    """Random numbers of an input: pixels, lengths, tokens and positions, floats."""
    kind = np.dtype(tensor.dtype)
    if kind == np.uint8:
        return rng.integers(0, 256, shape, kind)
    if kind.kind == "i":
        # one whole number a sample is its length in pixels or steps
        low, high = (PIXELS // 2, PIXELS) if tensor.shape == (None,) else (0, STEPS - 1)
        return rng.integers(low, high, shape, kind, endpoint=True)
    return rng.uniform(-1, 1, shape).astype(kind)


def save_folder(
    name: str, folder: Path, core: keras.Model | None = None, steps: int = STEPS
) -> dict[str, dict[str, np.ndarray]]:
    """Writes the folder of a model: the reduced one with seeded weights if not given.

    Returns:
        Inputs of each of its signatures. Their shapes stand in config.json, and those
        of the outputs as the model states them before anything is computed.
    """
    model = for_inference(name, core or scrambled(core_of(name), SPREAD.get(name, 0.3)))
    rng = np.random.default_rng(5)
    given = {
        key: values(rng, tensor, shape_of(tensor, 1, steps=steps))
        for key, tensor in model.input.items()
    }
    parts = entry(name).parts or {"serve": (tuple(model.input), tuple(model.output))}
    signatures = {}
    for signature, (inputs, outputs) in parts.items():
        stated = part_of(model, inputs, outputs).compute_output_spec(
            {
                key: keras.KerasTensor(given[key].shape, str(given[key].dtype))
                for key in inputs
            }
        )
        signatures[signature] = {
            "inputs": {key: _spec(given[key]) for key in inputs},
            "outputs": {key: _spec(stated[key]) for key in outputs},
        }
    folder.mkdir()
    model.save(folder / KERAS)
    config = {"schema": SCHEMA, "model": name, "signatures": signatures}
    (folder / CONFIG).write_text(json.dumps(config), encoding="utf-8")
    return {
        signature: {key: given[key] for key in inputs}
        for signature, (inputs, _) in parts.items()
    }


def _spec(tensor: Any) -> dict[str, Any]:
    return {"shape": list(tensor.shape), "dtype": str(tensor.dtype)}
