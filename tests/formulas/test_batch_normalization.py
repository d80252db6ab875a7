"""Batch normalization of Keras, forward and backward, against the formulas."""

import keras
import numpy as np
import pytest
from keras import ops

from suite.gradients import over_variables, value_and_gradient
from tests.numeric import assert_close, to_numpy

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)
EPSILON, MOMENTUM = 1e-3, 0.9
X = RNG.normal(1.0, 2.0, (6, 3))
GAMMA, BETA, SLOPE = RNG.normal(size=3), RNG.normal(size=3), RNG.normal(size=(6, 3))


@pytest.fixture
def layer():
    layer = keras.layers.BatchNormalization(epsilon=EPSILON, momentum=MOMENTUM)
    layer.build(X.shape)
    layer.gamma.assign(GAMMA)
    layer.beta.assign(BETA)
    return layer


def test_forward_and_backward(layer):
    count, variance = len(X), X.var(0)
    root = np.sqrt(variance + EPSILON)
    normal = (X - X.mean(0)) / root
    got = layer(X.astype("float32"), training=True)
    assert_close(got, GAMMA * normal + BETA, atol=1e-5)
    # dx = gamma / (m root) (m dy - sum dy - x^ sum(dy x^))
    of_x = (
        GAMMA
        / (count * root)
        * (count * SLOPE - SLOPE.sum(0) - normal * (SLOPE * normal).sum(0))
    )

    def loss(gamma, beta, x):
        inside = over_variables(
            lambda: ops.sum(
                layer(x, training=True) * ops.convert_to_tensor(SLOPE, "float32")
            ),
            [layer.gamma, layer.beta],
        )
        return inside(gamma, beta)

    at = [x.astype("float32") for x in (GAMMA, BETA, X)]
    _, slopes = value_and_gradient(loss, at)
    wanted = {"gamma": (SLOPE * normal).sum(0), "beta": SLOPE.sum(0), "x": of_x}
    for (name, want), slope in zip(wanted.items(), slopes, strict=True):
        assert_close(slope, want, atol=1e-5, rtol=1e-4, name=f"gradient of {name}")


def test_moving_statistics_judge_a_test(layer):
    layer(X.astype("float32"), training=True)
    mean, variance = 0.1 * X.mean(0), 0.9 + 0.1 * X.var(0)
    assert_close(layer.moving_mean, mean, atol=1e-6)
    assert_close(layer.moving_variance, variance, atol=1e-5)
    want = GAMMA * (X - mean) / np.sqrt(variance + EPSILON) + BETA
    assert_close(layer(X.astype("float32"), training=False), want, atol=1e-5)


@pytest.mark.erratum(
    "Frameworks",
    "A port keeps the defaults of batch normalization",
    "Keras takes epsilon 1e-3 and momentum 0.99, PyTorch 1e-5 and what Keras calls "
    "0.9, and PyTorch keeps the unbiased variance, m / (m - 1) times Keras'",
)
def test_the_moving_variance_is_the_biased_one(layer):
    usual = keras.layers.BatchNormalization()
    assert (usual.epsilon, usual.momentum) == (1e-3, 0.99)
    layer(X.astype("float32"), training=True)
    kept = (to_numpy(layer.moving_variance) - 0.9) / 0.1
    assert_close(kept, X.var(0), rtol=1e-4, atol=0)
    assert np.abs(kept - X.var(0, ddof=1)).min() > 0.1
