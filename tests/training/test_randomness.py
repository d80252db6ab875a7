"""What is drawn in an update depends on seed and step, not on what came before."""

import random

import keras
import numpy as np
import pytest

from suite.training.randomness import random_state, seed_update, set_random_state

pytestmark = pytest.mark.backend


def mask() -> bytes:
    """What dropout without a seed drops."""
    dropped = keras.layers.Dropout(0.5)(np.ones((8, 64), "float32"), training=True)
    return np.asarray(keras.ops.convert_to_numpy(dropped)).tobytes()


@pytest.mark.skipif(
    keras.config.backend() != "torch",
    reason="elsewhere dropout draws from a variable of the model",
)
def test_update_draws_by_seed_and_step() -> None:
    drawn = {}
    for seed, step in [(0, 1), (0, 2), (1, 1), (0, 1)]:
        seed_update(seed, step)
        again = drawn.setdefault((seed, step), mask())
        seed_update(seed, step)
        assert mask() == again
    assert len(set(drawn.values())) == 3


def test_global_generators_come_back() -> None:
    state = random_state()
    first = random.random(), np.random.rand(), np.random.normal()
    set_random_state(state)
    assert (random.random(), np.random.rand(), np.random.normal()) == first
