"""What a user brings along: a function that measures, a class of their own."""

import numpy as np


def share_of_positive(model) -> float:
    """A metric: of any model with one signature and one output."""
    (name, signature), *_ = model.signatures.items()
    rng = np.random.default_rng(1)
    inputs = {
        key: rng.integers(0, 10, spec.shape).astype(spec.dtype)
        for key, spec in signature.inputs.items()
    }
    (output,) = model(name, inputs).values()
    return float(np.mean(output > 0))


def given(model, value: float) -> float:
    """A metric that takes an option."""
    return value


def fails(model) -> float:
    raise RuntimeError("no data here")


def impossible(model) -> float:
    """Perfect in Keras, useless in LiteRT."""
    return float("LiteRT" not in type(model).__name__)
