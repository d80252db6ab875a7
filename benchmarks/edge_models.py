"""The networks of the edge benchmark as model folders with one signature each."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from suite.engine.folder import CONFIG, KERAS, SCHEMA, read_config

CRNN = "crnn"
CRNN_SIGNATURE = "read_320"
CHANNELS = (32, 64, 96, 128)
POOLS = ((2, 2), (2, 2), (2, 1), (2, 1))
UNITS, CLASSES = 128, 97


def crnn() -> Any:
    """The reference network: a text recognizer with nothing of this suite in it.

    Four 3x3 convolutions with batch normalization, ReLU and pooling, then two
    bidirectional LSTM layers of 128 units over 80 steps of 256 features.

    Returns:
        `keras.Model` of "image", float32 `(1, 32, 320, 1)`, to "logits", float32
        `(1, 80, 97)`; seeded weights, not trained.
    """
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    x = image = keras.Input(batch_shape=(1, 32, 320, 1), name="image")
    for channels, pool in zip(CHANNELS, POOLS, strict=True):
        x = layers.Conv2D(channels, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        x = layers.MaxPooling2D(pool)(x)
    # rows into the features: one step a column
    x = layers.Reshape((80, 256))(layers.Permute((2, 1, 3))(x))
    for _ in range(2):
        x = layers.Bidirectional(layers.LSTM(UNITS, return_sequences=True))(x)
    logits = layers.Dense(CLASSES, name="logits")(x)
    return keras.Model({"image": image}, {"logits": logits}, name=CRNN)


def write_crnn(folder: Path) -> None:
    """Writes the reference network; on the Keras backend of this process."""
    crnn().save(folder / KERAS)


def prepare(
    folder: Path, source: Path | None, signature: str
) -> Mapping[str, np.ndarray]:
    """Makes a model folder with one signature.

    Args:
        folder: Where; made.
        source: A shipped model's folder; None for the reference network, whose
            model.keras `write_crnn` adds.
        signature: The signature to keep.

    Returns:
        Its inputs, several samples along the first axis; the first is compared on.
    """
    folder.mkdir(parents=True)
    if source is None:
        entry = {
            "inputs": {"image": {"shape": [1, 32, 320, 1], "dtype": "float32"}},
            "outputs": {"logits": {"shape": [1, 80, CLASSES], "dtype": "float32"}},
        }
        config: dict[str, Any] = {"schema": SCHEMA, "app": "edge", "model": CRNN}
        image = np.random.default_rng(0).random((1, 32, 320, 1), "float32")
    else:
        config, _ = read_config(source)
        entry = config["signatures"][signature]
        shutil.copyfile(source / KERAS, folder / KERAS)
    config = {**config, "signatures": {signature: entry}}
    (folder / CONFIG).write_text(json.dumps(config), encoding="utf-8")
    if source is None:
        return {"image": image}
    from suite.ocr.samples import sample_inputs

    return sample_inputs(config, count=16)(signature)
