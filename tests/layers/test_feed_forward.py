"""Two linear maps, written out."""

from functools import partial

import numpy as np
import pytest

from suite.layers import FeedForward
from tests.contract import check_layer
from tests.layers.filled import normal_weights
from tests.numeric import assert_close

pytestmark = pytest.mark.backend
X = np.random.default_rng(0).normal(size=(2, 3, 8)).astype("float32")


def test_matches_the_definition():
    layer = FeedForward(2, "silu")
    layer.build(X.shape)
    normal_weights(layer)
    a, b, c, d = (w.astype("float64") for w in layer.get_weights())
    inner = X @ a + b
    assert_close(layer(X), inner / (1 + np.exp(-inner)) @ c + d, atol=1e-5)


def test_contract():
    check_layer(partial(FeedForward, hidden=6, activation="silu", dropout=0.1), X)


def test_bad_width_is_named():
    with pytest.raises(ValueError, match="hidden=0"):
        FeedForward(0)
