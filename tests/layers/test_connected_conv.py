"""A convolution with a table against a loop over it, and LeNet-5's own table."""

from functools import partial

import keras
import numpy as np
import pytest

from suite.layers import ConnectedConv2D
from suite.layers.connected_conv import LENET_C3
from tests.contract import check_layer
from tests.layers.filled import normal_weights
from tests.numeric import assert_close

pytestmark = pytest.mark.backend
X = np.random.default_rng(0).normal(size=(2, 5, 6, 3)).astype("float32")
TABLE = ((0,), (2, 0), (0, 1, 2), (1,))


def test_matches_the_definition():
    layer = ConnectedConv2D(TABLE, 2)
    layer.build(X.shape)
    kernel, bias = normal_weights(layer).get_weights()
    want = np.tile(bias.astype("float64"), (2, 4, 5, 1))
    pairs = [(i, o) for o, seen in enumerate(TABLE) for i in seen]
    for number, (i, o) in enumerate(pairs):
        for y, x in np.ndindex(4, 5):
            window = X[:, y : y + 2, x : x + 2, i]
            want[:, y, x, o] += (window * kernel[:, :, number]).sum((1, 2))
    assert_close(layer(X), want, atol=1e-5)


def test_the_published_table():
    rows = ["".join("X" if i in seen else "." for seen in LENET_C3) for i in range(6)]
    assert rows == [  # table I
        "X...XXX..XXXX.XX",
        "XX...XXX..XXXX.X",
        "XXX...XXX..X.XXX",
        ".XXX..XXXX..X.XX",
        "..XXX..XXXX.XX.X",
        "...XXX..XXXX.XXX",
    ]
    layer = ConnectedConv2D(LENET_C3, 5)
    layer.build((None, 14, 14, 6))
    assert layer.count_params() == 1516


def test_the_start_is_as_wide_as_a_dense_kernel():
    layer = ConnectedConv2D([range(32)] * 32, 3)
    layer.build((None, 8, 8, 32))
    kernel = keras.ops.convert_to_numpy(layer.kernel)
    limit = (6 / (9 * 64)) ** 0.5
    assert 0.99 * limit < np.abs(kernel).max() <= limit


def test_contract():
    layer = partial(ConnectedConv2D, connections=TABLE, kernel_size=2)
    check_layer(layer, X, free_axes=(1, 2))


def test_bad_tables_are_named():
    for table in ((), ((0,), ()), ((1, 1),)):
        with pytest.raises(ValueError, match="Received:"):
            ConnectedConv2D(table, 2)
    with pytest.raises(ValueError, match=r"\[3\]. Received: 3 channels"):
        ConnectedConv2D(((0, 3),), 2)(X)
