"""The shortcut without weights: every other pixel, zeros for new channels."""

from functools import partial

import numpy as np
import pytest

from suite.layers import PaddedShortcut
from tests.contract import check_layer
from tests.numeric import assert_close

pytestmark = pytest.mark.backend
X = np.random.default_rng(0).normal(size=(2, 5, 4, 3)).astype("float32")


@pytest.mark.parametrize(("filters", "strides"), [(3, 1), (5, 1), (3, 2), (7, 3)])
def test_matches_the_definition(filters, strides):
    rows, columns = -(-5 // strides), -(-4 // strides)
    want = np.zeros((2, rows, columns, filters), "float32")
    for i, j in np.ndindex(rows, columns):
        want[:, i, j, :3] = X[:, i * strides, j * strides]
    assert_close(PaddedShortcut(filters, strides)(X), want, atol=0)


def test_contract():
    check_layer(partial(PaddedShortcut, filters=5, strides=2), X, free_axes=(1, 2))


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="filters=4, strides=0"):
        PaddedShortcut(4, 0)
    with pytest.raises(ValueError, match="3 channels, filters=2"):
        PaddedShortcut(2)(X)
