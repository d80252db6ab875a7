"""Random states outside of the model's variables."""

import random
import sys
from typing import Any

import numpy as np


def random_state() -> dict[str, Any]:
    """The states of Python's and NumPy's global generators, as plain data."""
    return {"python": random.getstate(), "numpy": np.random.get_state()}


def set_random_state(state: dict[str, Any]) -> None:
    """Puts back what `random_state` returned."""
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])


def seed_update(seed: int, step: int) -> None:
    """Makes what the backend draws in one update a function of seed and step.

    keras' Dropout without a seed draws from torch's global generator under torch
    (keras 3.15), of which no variable of the model knows. Under TensorFlow and JAX
    all randomness of a layer is in its seed generator, a variable of the model.
    """
    import keras

    # keras.utils.set_random_seed would do, but loads TensorFlow where it is installed
    # and reseeds NumPy with each call; torch is loaded already.
    if keras.config.backend() == "torch":
        sys.modules["torch"].manual_seed((seed * 1_000_003 + step) % 2**63)
