"""Exports that succeed or are refused, all in one TensorFlow process.

    python -m tests.edge.cases FOLDER      prints {case: what was said, or the report}

Each case is a model folder below FOLDER; test_cases.py looks at the answers.
"""

import importlib
import json
import os
import sys
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from suite.console import UserError
from suite.edge import export as edge
from tests.edge.phone_layer import Best, Opaque, Reader, Whole

F32 = "float32"


def spec(*shape, dtype=F32):
    return {"shape": list(shape), "dtype": dtype}


def two_inputs():
    """Inputs in a list, outputs in a tuple: names come from config.json."""
    a, b = keras.Input((3,)), keras.Input((2,))
    joined = layers.Concatenate()([a, layers.Dense(3)(b)])
    return keras.Model([a, b], (layers.Dense(2)(joined), layers.Dense(1)(joined)))


def nested(best=Best):
    inner_input = keras.Input((4,))
    inner = keras.Model(inner_input, best(name="best")(layers.Dense(5)(inner_input)))
    x = keras.Input((4,), name="x")
    return keras.Model({"x": x}, {"y": inner(x)})


def opaque():
    x = keras.Input((4,), name="x")
    return keras.Model({"x": x}, {"y": Opaque(name="strange")(layers.Dense(4)(x))})


def nan_weight():
    model = dense()
    kernel, bias = model.get_weights()
    kernel[1, 1] = np.nan
    model.set_weights([kernel, bias])
    return model


def dense():
    x = keras.Input((4,), name="x")
    return keras.Model({"x": x}, {"y": layers.Dense(4, name="dense")(x)})


def overflow():
    x = keras.Input((4,), name="x")
    return keras.Model({"x": x}, {"y": ops.log(layers.Dense(4)(x) * 0 - 1)})


class Unregistered(layers.Layer):
    def call(self, x):
        return x


def unregistered():
    x = keras.Input((4,), name="x")
    return keras.Model({"x": x}, {"y": Unregistered()(x)})


def unsafe():
    x = keras.Input((4,), name="x")
    ran = layers.Lambda(lambda v: __import__("pathlib").Path("ran").touch() or v)
    return keras.Model({"x": x}, {"y": ran(x)})


def convolutions():
    """No loop in it: may be calibrated."""
    x = keras.Input((8, 8, 2), dtype="uint8", name="x")
    y = layers.Rescaling(1 / 255)(x)
    for _ in range(2):
        y = layers.Conv2D(8, 3, padding="same", activation="relu")(y)
    return keras.Model({"x": x}, {"y": layers.Conv2D(1, 1)(y)})


def sequential():
    return keras.Sequential(
        [keras.Input((8, 3)), layers.GRU(4, return_sequences=True), layers.Dense(2)]
    )


def adapted(policy="mixed_bfloat16"):
    """A layer that derives something from its weights when they are loaded."""
    levels = layers.Normalization(dtype=policy)
    levels.adapt(np.random.default_rng(0).normal(5, 3, (64, 4)).astype("float32"))
    x = keras.Input((4,), name="x")
    return keras.Model({"x": x}, {"y": layers.Dense(4, dtype=policy)(levels(x))})


def too_large():
    """Above what float16 holds, and not above what float32 does."""
    x = keras.Input((4,), name="x")
    y = layers.Dense(4, dtype="mixed_float16")(x)
    return keras.Model({"x": x}, {"y": layers.Rescaling(1e6, dtype="mixed_float16")(y)})


def reader():
    x = keras.Input((8, 3), name="x")
    return keras.Model({"x": x}, {"y": Reader(4, name="reader")(x)})


def whole():
    model = Whole(name="whole")
    model(np.zeros((1, 4), "float32"))
    return model


def wrapped():
    x = keras.Input((4,), name="x")
    return keras.Model({"x": x}, {"y": Whole(name="whole")(x)})


def long_integers():
    ids = keras.Input((3,), dtype="int64", name="ids")
    x = layers.Embedding(9, 4)(ids)
    return keras.Model({"ids": ids}, {"x": x, "next": ids + 1})


X, Y = {"x": spec(1, 4)}, {"y": spec(1, 4)}
CASES = {
    "two_inputs": (
        two_inputs,
        {"a": spec(1, 3), "b": spec(1, 2)},
        {"two": spec(1, 2), "one": spec(1, 1)},
    ),
    "sequential": (sequential, {"x": spec(1, 8, 3)}, {"y": spec(1, 8, 2)}),
    "nested": (nested, X, {"y": spec(1, dtype="int32")}),
    "adapted": (adapted, X, Y),
    "reader": (reader, {"x": spec(1, 8, 3)}, {"y": spec(1, 8, 4)}),
    "whole": (whole, X, Y),
    "wrapped": (wrapped, X, Y),
    "too_large": (too_large, X, Y),
    "long_integers": (
        long_integers,
        {"ids": spec(1, 3, dtype="int64")},
        {"x": spec(1, 3, 4), "next": spec(1, 3, dtype="int64")},
    ),
    "opaque": (opaque, X, Y),
    "nan_weight": (nan_weight, X, Y),
    "not_finite": (overflow, X, Y),
    "other_output": (dense, X, {"y": spec(1, 5)}),
    "other_name": (dense, X, {"z": spec(1, 4)}),
    "other_input": (dense, {"x": spec(1, 5)}, Y),
    "unregistered": (unregistered, X, Y),
    "unsafe": (unsafe, X, Y),
}
PIXELS = {"x": spec(1, 8, 8, 2, dtype="uint8")}, {"y": spec(1, 8, 8, 1)}
DAMAGED = {"empty": b"", "random": bytes(range(256)) * 8, "truncated": None}


def make(folder: Path, build, inputs, outputs) -> None:
    folder.mkdir(parents=True)
    keras.utils.set_random_seed(0)
    build().save(folder / "model.keras")
    config = {
        "schema": 1,
        "signatures": {"run": {"inputs": inputs, "outputs": outputs}},
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


def answer(folder: Path, **options) -> dict:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    try:
        result = {"report": edge.export(folder, **{"formats": ["float32"], **options})}
    except UserError as error:
        result = {
            "kind": type(error).__name__,
            "message": error.message,
            "hint": error.hint,
            "untouched": before
            == {path.name: path.read_bytes() for path in folder.iterdir()},
        }
    return result


def main(root: Path) -> None:
    def in_process(module: str, work: Path) -> None:
        getattr(importlib.import_module(module), module.rpartition(".")[2])(work)

    setattr(edge, "run_child", in_process)  # noqa: B010 - one TensorFlow start for all
    os.chdir(root)  # where a Lambda writes, should one be run
    answers = {}
    for name, (build, inputs, outputs) in CASES.items():
        make(root / name, build, inputs, outputs)
        ran = {"ran_when_made": (root / "ran").exists()}
        (root / "ran").unlink(missing_ok=True)
        answers[name] = answer(root / name, saved_model=name == "two_inputs")
        answers[name] |= {**ran, "ran": (root / "ran").exists()}
    for name, content in DAMAGED.items():
        make(root / name, dense, X, Y)
        path = root / name / "model.keras"
        path.write_bytes(path.read_bytes()[:900] if content is None else content)
        answers[name] = answer(root / name)
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 2), "uint8")
    make(root / "calibrated", convolutions, *PIXELS)
    answers["calibrated"] = answer(
        root / "calibrated",
        formats=["float32", "full_int8"],
        inputs=lambda name: {"x": pixels},
    )
    make(root / "loop", *CASES["sequential"])
    answers["loop"] = answer(
        root / "loop",
        formats=["full_int8"],
        inputs=lambda name: {"x": np.ones((4, 8, 3), "float32")},
    )
    (root / "answers.json").write_text(json.dumps(answers), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
