"""Derivatives against those worked out by hand and finite differences."""

import keras
import numpy as np
import pytest
from keras import ops

from suite.gradients import (
    compiled,
    gradient,
    hessian_vector_product,
    input_gradient,
    over_variables,
    value_and_gradient,
)
from tests.numeric import assert_close, gradient_of, to_numpy

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)
A = RNG.normal(size=(4, 4)).astype("float32")
A = A @ A.T  # symmetric, positive
X, V = RNG.normal(size=(2, 4)).astype("float32")


def quadratic(x):
    return 0.5 * ops.sum(x * ops.matmul(ops.convert_to_tensor(A), x))


def test_quadratic():
    value, (slope,) = value_and_gradient(quadratic, [X])
    assert_close(value, 0.5 * X @ A @ X, atol=1e-4)
    assert_close(slope, A @ X, atol=1e-4)
    assert_close(hessian_vector_product(quadratic, [X], [V])[0], A @ V, atol=1e-4)


def test_several_tensors_by_hand():
    def function(a, b, c):  # c takes no part
        return ops.sum(a**3) + ops.sum(a * b)

    a, b = np.array([1.0, 2.0], "float32"), np.array([3.0, -1.0], "float32")
    slopes = gradient(function, [a, b, np.ones((2, 2), "float32")])
    for got, want in zip(slopes, ([6, 11], [1, 2], np.zeros((2, 2))), strict=True):
        assert_close(got, want)
    one = np.ones(2, "float32")
    second = hessian_vector_product(
        lambda a, b: function(a, b, None), [a, b], [one, 2 * one]
    )
    assert_close(second[0], 6 * a + 2)  # 6 a over itself, 1 from b
    assert_close(second[1], one)


def test_linear_and_constant_functions():
    assert_close(hessian_vector_product(ops.sum, [X], [V])[0], 0 * X)
    assert_close(gradient(lambda x: ops.sum(ops.ones(3)), [X])[0], 0 * X)


def small_model():
    keras.utils.set_random_seed(0)
    x = keras.Input((3,))
    y = keras.layers.Dense(4, "tanh")(x)
    return keras.Model(x, keras.layers.Dense(1)(y))


def test_weights_of_a_model_by_finite_differences():
    model, x = small_model(), RNG.normal(size=(5, 3)).astype("float32")
    weights = model.trainable_variables
    before = model.get_weights()
    loss = over_variables(lambda: ops.mean(model(x) ** 2), weights)
    values = [ops.copy(w.value) for w in weights]
    value, slopes = value_and_gradient(loss, values)
    assert_close(value, np.mean(to_numpy(model(x)) ** 2))
    vectors = [RNG.normal(size=w.shape).astype("float32") for w in weights]
    products = hessian_vector_product(loss, values, vectors)

    def moved(step):
        there = [to_numpy(w) + step * v for w, v in zip(values, vectors, strict=True)]
        return value_and_gradient(loss, there)

    (high, steep), (low, flat) = moved(1e-2), moved(-1e-2)
    along = sum((to_numpy(g) * v).sum() for g, v in zip(slopes, vectors, strict=True))
    assert_close(along, (to_numpy(high) - to_numpy(low)) / 2e-2, atol=1e-2, rtol=1e-2)
    for got, one, two in zip(products, steep, flat, strict=True):
        difference = (to_numpy(one) - to_numpy(two)) / 2e-2
        assert_close(got, difference, atol=2e-2, rtol=2e-2)
    for weight, old in zip(model.get_weights(), before, strict=True):
        assert_close(weight, old, atol=0, name="weights are only read")


def test_compiled_takes_structures_and_nothing():
    def function(values, batch):
        x, weight = batch["x"], batch["weight"]
        loss = sum(quadratic(v) for v in values) + ops.sum(x)
        return {"loss": loss if weight is None else 2 * loss, "same": values}

    graph = compiled(function)
    values = [ops.convert_to_tensor(X), ops.convert_to_tensor(V)]
    for weight in (None, ops.ones(1)):
        batch = {"x": ops.convert_to_tensor(V), "weight": weight}
        got, want = graph(values, batch), function(values, batch)
        assert_close(got["loss"], want["loss"], rtol=1e-5)
        assert_close(got["same"][1], V, atol=0)


def test_input_gradient_is_that_of_each_sample():
    x = RNG.normal(size=(3, 4)).astype("float32")
    got = input_gradient(lambda x: ops.sum(x**2, axis=1) ** 2, x)
    assert_close(got, 4 * (x**2).sum(1, keepdims=True) * x, atol=1e-3)


def test_input_gradient_can_stand_in_a_loss():
    """|d/dx w·x²| as a loss: its own gradient with respect to w is 2 |x|."""
    x = ops.convert_to_tensor(np.abs(X[None]))

    def loss_of(w):
        return ops.sum(input_gradient(lambda x: ops.sum(w * x**2, axis=1), x))

    weight = np.abs(V[None])
    loss, slope = gradient_of(loss_of, weight)
    assert loss == pytest.approx(float((2 * weight * np.abs(X)).sum()), rel=1e-5)
    assert_close(slope, 2 * np.abs(X[None]), atol=1e-5)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"shape=\(4,\)"):
        gradient(lambda x: x, [X])
    with pytest.raises(ValueError, match=r"vectors=\[\(3,\)\], tensors=\[\(4,\)\]"):
        hessian_vector_product(quadratic, [X], [V[:3]])


def test_a_tensor_of_which_rows_are_taken():
    def function(table):
        return ops.sum(ops.take(table, np.array([2, 0, 2]), axis=0) ** 2)

    table = np.arange(6, dtype="float32").reshape(3, 2)
    want = 2 * table * np.array([[1], [0], [2]])
    slope = gradient(function, [table])[0]
    assert_close(slope, want)
    assert_close(to_numpy(slope * slope), want**2)
