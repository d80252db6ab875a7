"""A small training with all that makes resumption hard; also run as a program.

Dropout (random state), batch normalization (state that is no weight), layers in
bfloat16, batches of two shapes, moving averages, a metric.

As a program it is killed while it writes the checkpoint after update `KILL_AT`:
`python tiny_training.py FOLDER`.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import grain
import keras
import numpy as np

from suite.training import FitConfig, FitResult, fit

FEATURES = 4
EPOCH = 7  # batches; no multiple of any interval below
KILL_AT = 10

CONFIG = FitConfig(
    steps=16,
    evaluate_every=6,
    checkpoint_every=5,
    learning_rate=0.02,
    weight_decay=0.01,
    ema=0.9,
    monitor="error",
    seed=5,
)


def make_model() -> keras.Model:
    """The same model, with the same first weights, each time."""
    keras.utils.set_random_seed(3)
    x = inputs = keras.Input((None, FEATURES), name="signal")
    x = keras.layers.Dense(6, activation="tanh", dtype="mixed_bfloat16")(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Dropout(0.3)(x)
    x = keras.layers.GlobalAveragePooling1D()(x)
    outputs = {"sum": keras.layers.Dense(1, dtype="float32")(x)}
    return keras.Model({"signal": inputs}, outputs)


def loss(targets: dict[str, Any], outputs: dict[str, Any]) -> dict[str, Any]:
    """Mean squared error, and the largest one as a second scalar."""
    error = keras.ops.square(outputs["sum"] - targets["sum"])
    return {"loss": keras.ops.mean(error), "largest": keras.ops.max(error)}


def make_batch(index: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Batch number `index`, of one of two lengths."""
    rng = np.random.default_rng(int(index))
    signal_ = rng.normal(size=(6, 5 + 3 * (index % 2), FEATURES)).astype("float32")
    return {"signal": signal_}, {"sum": signal_[:, :, 0].sum(1, keepdims=True)}


def make_batches(epochs: int | None = None) -> grain.IterDataset:
    """Shuffled anew each epoch, endless by default."""
    numbers = grain.MapDataset.source(list(range(EPOCH))).shuffle(seed=2)
    return numbers.repeat(epochs).map(make_batch).to_iter_dataset()


def evaluate(model: keras.Model) -> dict[str, float]:
    """Mean squared error on a batch that training never sees."""
    inputs, targets = make_batch(1000)
    outputs = model.predict_on_batch(inputs)["sum"]
    return {"error": float(np.mean((np.asarray(outputs) - targets["sum"]) ** 2))}


def train(folder: Path, resume: bool = False) -> FitResult:
    """The whole training."""
    return fit(
        make_model(),
        loss,
        make_batches(),
        CONFIG,
        folder,
        evaluate=evaluate,
        resume=resume,
    )


def kill_in_checkpoint() -> None:
    """Lets the process die when half of the checkpoint `KILL_AT` is written."""
    save = np.savez

    def half(file: Any, **arrays: np.ndarray) -> None:
        save(file, **arrays)
        if f"{KILL_AT}.npz" in file.name:
            file.truncate(file.tell() // 2)
            file.flush()
            os.kill(os.getpid(), signal.SIGKILL)

    np.savez = half  # type: ignore[assignment]


if __name__ == "__main__":
    kill_in_checkpoint()
    train(Path(sys.argv[1]))
