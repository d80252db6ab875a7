"""Means of windows, scaled and shifted map by map."""

from functools import partial

import numpy as np
import pytest

from suite.layers import TrainedSubsampling
from tests.contract import check_layer
from tests.layers.filled import normal_weights
from tests.numeric import assert_close

pytestmark = pytest.mark.backend
X = np.random.default_rng(0).normal(size=(2, 7, 6, 3)).astype("float32")


@pytest.mark.parametrize("size", [1, 2, 3])
def test_matches_the_definition(size):
    layer = TrainedSubsampling(size)
    layer.build(X.shape)
    scale, offset = normal_weights(layer).get_weights()
    rows, columns = 7 // size, 6 // size
    want = np.empty((2, rows, columns, 3))
    for i, j in np.ndindex(rows, columns):
        window = X[:, i * size : (i + 1) * size, j * size : (j + 1) * size]
        want[:, i, j] = window.astype("float64").mean((1, 2)) * scale + offset
    assert_close(layer(X), want, atol=1e-6)


def test_starts_as_a_mean():
    assert_close(TrainedSubsampling()(np.ones((1, 4, 4, 2))), np.ones((1, 2, 2, 2)))


def test_contract():
    check_layer(partial(TrainedSubsampling, size=3), X, free_axes=(1, 2))


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="size=0"):
        TrainedSubsampling(0)
