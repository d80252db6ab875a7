"""Smooth L1, several labels and penalized logistic regression by their formulas."""

import keras
import numpy as np
import pytest
from keras import ops

from suite.losses import (
    distribution_cross_entropy,
    logistic_regression,
    multi_label,
    smooth_l1,
)
from tests.numeric import assert_close, gradient_of, to_numpy

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("beta", [0.3, 1.0, 2.0])
def test_smooth_l1_matches_the_definition(beta):
    target, output = RNG.normal(0, 2, (2, 4, 6))
    error = np.abs(output - target)
    want = np.where(error < beta, error**2 / (2 * beta), error - beta / 2).mean()
    assert_close(smooth_l1(target, output, beta), want, atol=1e-5)


def test_smooth_l1_by_hand():
    assert float(smooth_l1(np.zeros(2), np.array([0.5, -3.0]))) == pytest.approx(1.3125)
    _, slope = gradient_of(lambda x: 2 * smooth_l1(np.zeros(2), x), [0.5, -3.0])
    assert_close(slope, [0.5, -1])


def test_multi_label_is_the_mean_of_binary_entropies():
    labels, logits = RNG.integers(0, 2, (3, 4)).astype(float), RNG.normal(size=(3, 4))
    p = 1 / (1 + np.exp(-logits))
    want = -(labels * np.log(p) + (1 - labels) * np.log(1 - p)).mean()
    assert_close(multi_label(labels, logits), want, atol=1e-6)
    _, slope = gradient_of(lambda x: multi_label(labels, x), logits)
    assert_close(slope, (p - labels) / 12, atol=1e-6)
    assert float(multi_label(np.ones((1, 2)), np.array([[90.0, -90.0]]))) == 45


def test_gradient_of_logistic_regression():
    x, y = RNG.normal(size=(8, 3)), RNG.integers(0, 2, 8).astype(float)
    w, l1, l2 = RNG.normal(size=(1, 3)), 0.2, 0.5

    def loss_of(weight):
        logits = ops.matmul(ops.convert_to_tensor(x, "float32"), weight[0])
        return logistic_regression(y, logits, [weight], l1, l2)

    value, slope = gradient_of(loss_of, w)
    z = x @ w[0]
    want = np.mean(np.log1p(np.exp(z)) - z * y)
    want += l1 * np.abs(w).sum() + l2 / 2 * (w**2).sum()
    assert value == pytest.approx(want, rel=1e-5)
    p = 1 / (1 + np.exp(-z))
    assert_close(slope[0], x.T @ (p - y) / 8 + l1 * np.sign(w[0]) + l2 * w[0])


@pytest.mark.parametrize("loss", [smooth_l1, multi_label, logistic_regression])
def test_shapes_that_would_broadcast_are_refused(loss):
    message = r"must have one shape. Received: \w+ \(4,\), \w+ \(4, 1\)"
    with pytest.raises(ValueError, match=message):
        loss(np.zeros(4), ops.zeros((4, 1)))


def test_an_unknown_size_of_the_batch_passes():
    """TensorFlow traces for any size when it has seen two."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    model.compile("sgd", multi_label, jit_compile=False)
    for size in (4, 3, 2):
        ones = np.ones((size, 3), "float32")
        assert np.isfinite(model.train_on_batch(ones[:, :2], ones))


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="beta=0"):
        smooth_l1(np.ones(2), np.ones(2), 0)
    with pytest.raises(ValueError, match=r"l1=0\.1, l2=0\.0, 0 weights"):
        logistic_regression(np.ones(2), np.ones(2), l1=0.1)
    with pytest.raises(ValueError, match="l2=-1"):
        logistic_regression(np.ones(2), np.ones(2), [np.ones(2)], l2=-1)


@pytest.mark.parametrize("loss", [distribution_cross_entropy, multi_label, smooth_l1])
def test_a_compiled_model_is_loaded_with_its_loss(loss, tmp_path):
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(4)(inputs))
    model.compile("sgd", loss)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    x, y = np.ones((2, 3), "float32"), np.full((2, 4), 0.25, "float32")
    want = float(to_numpy(loss(y, model(x))))
    assert again.evaluate(x, y, verbose=0) == pytest.approx(want, abs=1e-5)
