"""Local response normalization against its formula."""

from functools import partial

import numpy as np
import pytest

from suite.layers import LocalResponseNormalization
from tests.contract import check_layer
from tests.numeric import assert_close

pytestmark = pytest.mark.backend
X = np.random.default_rng(0).normal(0, 3, (2, 3, 4, 7)).astype("float32")


@pytest.mark.parametrize("radius", [0, 1, 2, 9])
def test_matches_the_formula(radius):
    bias, alpha, beta = 2.0, 0.3, 0.75
    want = np.empty_like(X)
    for i in range(X.shape[-1]):
        near = X[..., max(0, i - radius) : i + radius + 1].astype("float64")
        want[..., i] = X[..., i] / (bias + alpha * (near**2).sum(-1)) ** beta
    layer = LocalResponseNormalization(radius, bias, alpha, beta)
    assert_close(layer(X), want, atol=1e-6)


def test_large_values_in_half_precision():
    layer = LocalResponseNormalization(1, 1.0, 1.0, 0.5, dtype="mixed_float16")
    assert_close(
        layer(np.full((1, 3), 1000.0)), [[0.5**0.5, 3**-0.5, 0.5**0.5]], atol=1e-3
    )


def test_contract():
    layer = partial(LocalResponseNormalization, radius=1, bias=1.5, alpha=0.2, beta=0.6)
    check_layer(layer, X, free_axes=(1, 2))


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="radius=-1"):
        LocalResponseNormalization(-1)
    with pytest.raises(ValueError, match="alpha=0"):
        LocalResponseNormalization(alpha=0)
