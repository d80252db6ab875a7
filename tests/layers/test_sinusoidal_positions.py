"""Positions against the published code's table and the paper's formula."""

from functools import partial

import numpy as np
import pytest

from suite.layers import SinusoidalPositions
from tests.contract import check_layer
from tests.numeric import assert_close, to_numpy
from tests.oracles.delight_reference import sinusoid

pytestmark = pytest.mark.backend
X = np.random.default_rng(0).normal(size=(2, 40, 8)).astype("float32")


def test_matches_the_published_table():
    """Row 0 of the steps is row 2: row 1 is that of padding."""
    got = to_numpy(SinusoidalPositions()(X)) - X
    assert_close(got[1], sinusoid(42, 8)[2:], atol=5e-6)


def test_matches_the_papers_formula():
    got = to_numpy(SinusoidalPositions(0, "interleaved")(X)) - X
    for step, i in np.ndindex(40, 4):
        angle = step / 10000 ** (2 * i / 8)
        want = [np.sin(angle), np.cos(angle)]
        assert_close(got[0, step, 2 * i : 2 * i + 2], want, atol=5e-6)


def test_a_step_alone_is_where_it_is_in_the_whole():
    layer = SinusoidalPositions()
    whole = to_numpy(layer(X))
    for place in (0, 7, 39):
        one = layer(X[:, place : place + 1], position=np.array([place], "int32"))
        assert_close(to_numpy(one)[:, 0], whole[:, place], atol=1e-6)


def test_nothing_is_added_to_padding():
    true = np.arange(40)[None, :] < np.array([[40], [3]])
    got = to_numpy(SinusoidalPositions()(X, true=true))
    assert_close(got[~true], X[~true], atol=0)
    assert_close(got[true], to_numpy(SinusoidalPositions()(X))[true], atol=0)


def test_contract():
    layer_fn = partial(SinusoidalPositions, first=1, layout="interleaved")
    check_layer(layer_fn, X[:, :5], mask=None)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="first=-1"):
        SinusoidalPositions(-1)
    with pytest.raises(ValueError, match=r"Received: 7\. Nearest: 6, 8"):
        SinusoidalPositions()(X[..., :7])
