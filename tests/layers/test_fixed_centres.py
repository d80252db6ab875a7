"""Distances to codes that differ, are +1 or -1, and are not trained."""

from functools import partial

import numpy as np
import pytest

from suite.layers import FixedCentres
from tests.contract import check_layer
from tests.numeric import assert_close, to_numpy

pytestmark = pytest.mark.backend
X = np.random.default_rng(0).normal(size=(3, 9)).astype("float32")


def test_matches_the_definition():
    layer = FixedCentres(5, seed=2)
    got = layer(X)
    codes = to_numpy(layer.centres)
    assert_close(got, -((X[:, None] - codes) ** 2).sum(-1), atol=1e-5)


def test_codes():
    layer = FixedCentres(8)
    layer.build((None, 3))  # all the codes there are
    codes = to_numpy(layer.centres)
    assert len({tuple(code) for code in codes}) == 8
    assert set(codes.flat) == {-1.0, 1.0}
    assert not layer.trainable_weights
    # a code is nearest to itself, and that is the largest logit, zero
    logits = to_numpy(layer(codes))
    assert logits.argmax(-1).tolist() == list(range(8))
    assert_close(logits.max(-1), np.zeros(8))


def test_a_seed_gives_its_codes():
    first, again, other = (FixedCentres(4, seed=s) for s in (1, 1, 2))
    for layer in (first, again, other):
        layer.build((None, 84))
    assert_close(first.centres, again.centres, atol=0)
    assert np.abs(to_numpy(first.centres) - to_numpy(other.centres)).sum() > 0


def test_contract():
    check_layer(partial(FixedCentres, classes=4, seed=3), X, free_axes=())


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="classes=0"):
        FixedCentres(0)
    with pytest.raises(ValueError, match="classes=5, 2 features"):
        FixedCentres(5)(np.zeros((1, 2), "float32"))
