"""Small models of the shipped architectures, built once."""

import numpy as np
import pytest

from suite.models.registry import entry

RECOGNIZER = entry("text_recognizer").reduced
DETECTOR = entry("text_detector").reduced


def scrambled(model, spread=0.3):
    """The model with all weights drawn anew: biases and moving means are not zero."""
    rng = np.random.default_rng(3)
    for weight in model.weights:
        values = rng.normal(0, spread, weight.shape)
        if "variance" in weight.path or "gamma" in weight.path:
            values = rng.uniform(0.5, 1.5, weight.shape)
        weight.assign(values.astype("float32"))
    return model


@pytest.fixture(scope="session")
def recognizer():
    """Training core of a small recognizer, not to be trained."""
    from suite.models import build

    return scrambled(build("text_recognizer", **RECOGNIZER))


@pytest.fixture(scope="session")
def detector():
    """Training core of a small detector, not to be trained."""
    from suite.models import build

    return scrambled(build("text_detector", **DETECTOR))
