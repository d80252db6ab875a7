"""Models and layers side by side in one process, under one backend.

Started by `benchmarks.layers`, never by hand; `KERAS_BACKEND` says which backend:

    python -m benchmarks.layers_worker '{"task": "train", ...}'

The last line of stdout is the answer, JSON.
"""

from __future__ import annotations

import functools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from suite.console import UserError
from suite.edge.convert import save_signatures, to_litert
from suite.edge.rebuild import for_phone, parameters
from suite.edge.timing import time_model
from suite.engine.contract import Signature, TensorSpec
from suite.engine.keras_engine import part_of
from suite.engine.litert import LiteRTModel
from suite.layers import GroupLinear
from suite.losses import smoothed_cross_entropy
from suite.models import build, for_inference, multiply_adds
from suite.training import FitConfig
from suite.training.step import SupervisedStep

FORMATS = ("float32", "dynamic_int8")
LAYERS = {"GroupLinear": GroupLinear, "Dense": keras.layers.Dense}
Contender = Mapping[str, Any]
"""`name` of a registered model, or of one of `LAYERS`; `options` of its
configuration or of its arguments, and for a layer `features`, the input's width;
`as_it_is` where it is to be converted without what `for_export` makes of it."""


def train(job: Mapping[str, Any]) -> dict[str, Any]:
    """Figures of training: parameters, multiply-adds, milliseconds of an update.

    The contenders take turns, after two updates each that do not count, so that other
    load on the machine meets all of them.

    Args:
        job: `contenders`, by title; `sentences` of `tokens` tokens make a batch; `runs`
            updates are timed.

    Returns:
        Figures by title.
    """
    batch, steps = job["sentences"], job["tokens"]
    updates: dict[str, Callable[[], Any]] = {}
    figures: dict[str, dict[str, Any]] = {}
    for title, contender in job["contenders"].items():
        keras.utils.set_random_seed(0)
        model, inputs, targets, loss = _task(contender, batch, steps)
        sizes = {name: array.shape[1:] for name, array in inputs.items()}
        figures[title] = {
            "parameters": parameters(model),
            "multiply_adds": multiply_adds(model, sizes),
        }
        update = SupervisedStep(model, loss, FitConfig(ema=0))
        # its loss is a float: nothing is left to be done when it returns
        updates[title] = functools.partial(update, inputs, targets)
    times: dict[str, list[float]] = {title: [] for title in updates}
    for turn in range(job["runs"] + 2):
        for title, once in updates.items():
            start = time.perf_counter()
            once()
            if turn > 1:
                times[title].append(1000 * (time.perf_counter() - start))
    for title, some in times.items():
        figures[title]["update_ms"] = statistics.median(some)
    return figures


def _task(contender: Contender, batch: int, steps: int) -> tuple[Any, Any, Any, Any]:
    """A model, a batch of inputs and targets, and a loss."""
    rng = np.random.default_rng(0)
    model = _model(contender)
    if contender["name"] in LAYERS:
        shape = (batch, steps, contender["features"])
        x = rng.normal(size=shape).astype("float32")

        def squares(targets: Any, outputs: Any) -> dict[str, Any]:
            return {"loss": keras.ops.mean(keras.ops.square(outputs["y"]))}

        return model, {"x": x}, {"y": x}, squares

    def entropy(targets: Any, outputs: Any) -> dict[str, Any]:
        loss = smoothed_cross_entropy(targets["next"], outputs["logits"], 0.1, 1)
        return {"loss": loss}

    tokens = rng.integers(4, contender["options"]["vocabulary"], (3, batch, steps))
    source, target, following = tokens.astype("int32")
    return model, {"source": source, "target": target}, {"next": following}, entropy


def _model(contender: Contender) -> keras.Model:
    kind = LAYERS.get(contender["name"])
    if kind is None:
        return build(contender["name"], **contender["options"])
    x = keras.Input((None, contender["features"]), name="x")
    return keras.Model({"x": x}, {"y": kind(**contender["options"], name="y")(x)})


def phone(job: Mapping[str, Any]) -> dict[str, Any]:
    """Figures of LiteRT files: kilobytes and milliseconds of each signature, batch 1.

    Args:
        job: `contenders`, `tokens` and `runs` as for `train`; `threads`.

    Returns:
        Figures by title; "refused", a sentence, where the converter takes it not.
    """
    figures: dict[str, Any] = {title: {} for title in job["contenders"]}
    opened: dict[str, dict[tuple[str, str], LiteRTModel]] = {}
    for title, contender in job["contenders"].items():
        keras.utils.set_random_seed(0)
        opened[title] = {}
        for name, (part, shapes) in _parts(contender, job["tokens"]).items():
            try:
                changed = part if contender.get("as_it_is") else for_phone(part)
                files = _converted(changed, name, shapes)
            except UserError as error:
                figures[title]["refused"] = f"{name}: {error}"
                continue
            for precision, (content, signature) in files.items():
                config = {"signatures": {name: _entry(signature)}}
                opened[title][name, precision] = LiteRTModel(
                    content, config, {name: signature}, threads=job["threads"]
                )
                figures[title][f"{name}_{precision}_kB"] = len(content) / 1000
    keys = dict.fromkeys(key for models in opened.values() for key in models)
    for name, precision in keys:
        for title, models in opened.items():  # one after the other
            if (name, precision) in models:
                latency = time_model(models[name, precision], runs=job["runs"])
                figures[title][f"{name}_{precision}_ms"] = latency[name].median
    return figures


def _parts(contender: Contender, tokens: int) -> dict[str, tuple[Any, dict[str, Any]]]:
    """Models to convert by the name of their signature, with shapes of the inputs."""
    if contender["name"] in LAYERS:
        shape = (1, tokens, contender["features"])
        return {"call": (_model(contender), {"x": shape})}
    model = for_inference(contender["name"], _model(contender))
    caches = {
        name: (1, model.input[name].shape[1], tokens, model.input[name].shape[3])
        for name in ("cache", "memory_cache")
    }
    source = {"source": (1, tokens)}
    step = {**source, "token": (1, 1), "position": (1,), **caches}
    return {
        "encode": (part_of(model, list(source), ["memory_cache"]), source),
        "step": (part_of(model, list(step), ["cache", "logits"]), step),
    }


def _converted(
    part: keras.Model, name: str, shapes: Mapping[str, Sequence[int]]
) -> dict[str, tuple[bytes, Signature]]:
    """LiteRT files by precision, with their signature."""
    dtypes = {key: tensor.dtype for key, tensor in part.input.items()}
    symbols = {key: keras.KerasTensor(s, dtypes[key]) for key, s in shapes.items()}
    results = part(symbols)
    signature = Signature(
        {key: TensorSpec(tuple(s), dtypes[key]) for key, s in shapes.items()},
        {key: TensorSpec(tuple(x.shape), x.dtype) for key, x in results.items()},
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "saved_model"
        save_signatures(part, {name: signature}, path)
        return {x: (to_litert(path, [name], x), signature) for x in FORMATS}


def _entry(signature: Signature) -> dict[str, Any]:
    def plain(specs: Mapping[str, TensorSpec]) -> dict[str, Any]:
        return {k: {"shape": list(s.shape), "dtype": s.dtype} for k, s in specs.items()}

    return {"inputs": plain(signature.inputs), "outputs": plain(signature.outputs)}


def main(text: str) -> None:
    """Does a job and prints its figures."""
    job = json.loads(text)
    figures = {"train": train, "phone": phone}[job["task"]](job)
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1])
