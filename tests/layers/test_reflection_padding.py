"""Mirrored borders, as NumPy pads them."""

from functools import partial

import keras
import numpy as np
import pytest

from suite.layers import ReflectionPadding
from tests.contract import check_layer
from tests.numeric import assert_close, to_numpy
from tests.oracles.pictures import reflect

pytestmark = pytest.mark.backend
X = np.random.default_rng(0).normal(size=(2, 4, 5, 3)).astype("float32")


@pytest.mark.parametrize("padding", [1, 2, 3])
def test_matches_numpy(padding):
    got = ReflectionPadding(padding)(X)
    assert_close(got, reflect(X, padding), atol=0)


def test_by_hand():
    x = np.arange(9.0).reshape(1, 3, 3, 1)
    got = to_numpy(ReflectionPadding(1)(x))[0, :, :, 0].tolist()
    assert got[0] == got[2] == [4, 3, 4, 5, 4]
    assert got[1] == [1, 0, 1, 2, 1]


def test_contract():
    layer_fn = partial(ReflectionPadding, padding=2)
    operators = check_layer(layer_fn, X, free_axes=(1, 2))
    # slice and concat alone, beside the contract's own negation
    if operators:
        assert {*operators} <= {"CONCATENATION", "SLICE", "STRIDED_SLICE", "NEG"}
        assert "CONCATENATION" in operators


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="padding=0"):
        ReflectionPadding(0)
    with pytest.raises(ValueError, match="padding=4, height=4, width=5"):
        ReflectionPadding(4)(X)
    with pytest.raises(ValueError, match="padding=3, height=None, width=3"):
        ReflectionPadding(3)(keras.Input((None, 3, 1)))
