"""Optimizers of second order against closed forms and SciPy on NumPy, in float64."""

import sys

import keras
import numpy as np
import pytest
from scipy import optimize

from suite.console import UserError
from suite.training.flat_objective import FlatObjective
from suite.training.second_order import minimize
from tests.numeric import assert_close, double_precision, to_numpy

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4)) * [1.0, 2.0, 0.5, 3.0]
METHODS = ["l-bfgs-b", "bfgs", "cg", "newton-cg", "newton"]


@pytest.fixture(autouse=True)
def in_double_precision():
    with double_precision():
        yield


def linear(loss, **options):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(1, **options)(inputs))
    model.compile(loss=loss)
    return model


@pytest.mark.parametrize("method", METHODS)
def test_quadratic_reaches_the_closed_form(method):
    y = X @ [1.0, -2.0, 0.5, 0.1] + RNG.normal(size=40)
    model = linear("mse", use_bias=False)
    result = minimize(model, X, y[:, None], method, tolerance=1e-6)
    weights = np.linalg.lstsq(X, y, rcond=None)[0]
    want = np.mean((X @ weights - y) ** 2)
    assert result.loss == pytest.approx(want, rel=1e-6) and result.converged
    assert_close(model.get_weights()[0][:, 0], weights, atol=1e-4)
    assert result.iterations == len(result.history) > 0
    if method == "newton":  # exact on a quadratic; a product a weight
        assert result.iterations == 1 and result.products == 4


@pytest.mark.parametrize("method", METHODS)
def test_logistic_regression_reaches_the_optimum_of_scipy(method):
    y = (X[:, 0] + RNG.normal(size=40) > 0).astype(float)
    penalty = 0.05

    def loss_of(w):
        z = X @ w[:4] + w[4]
        p = 1 / (1 + np.exp(-z))
        slope = np.append(X.T @ (p - y) / 40 + penalty * w[:4], np.mean(p - y))
        value = np.mean(np.logaddexp(0, z) - z * y) + penalty / 2 * (w[:4] ** 2).sum()
        return value, slope

    want = optimize.minimize(loss_of, np.zeros(5), jac=True, options={"gtol": 1e-10})
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    squares = keras.regularizers.L2(penalty / 2)
    # from zero: Newton's plain step leaps to where all is flat from farther away
    model = linear(entropy, kernel_regularizer=squares, kernel_initializer="zeros")
    result = minimize(model, X, y[:, None], method, batch_size=20, tolerance=1e-7)
    assert result.loss == pytest.approx(want.fun, rel=1e-6) and result.converged
    assert_close(np.append(*model.get_weights()), want.x, atol=1e-3)


def network():
    """One of everything that may go wrong: dropout, statistics, penalties, two ends."""
    keras.utils.set_random_seed(1)
    inputs = keras.Input((4,), name="rows")
    x = keras.layers.Dense(3, "tanh", kernel_regularizer="l2")(inputs)
    x = keras.layers.BatchNormalization()(keras.layers.Dropout(0.5)(x))
    x = keras.layers.ActivityRegularization(l2=0.1)(x)
    ends = {"a": keras.layers.Dense(1, name="a")(x), "b": keras.layers.Dense(2)(x)}
    model = keras.Model({"rows": inputs}, ends)
    model.compile(loss={"a": "mse", "b": "mae"}, loss_weights={"a": 2.0, "b": 1.0})
    return model


def data():
    return {"rows": X}, {"a": np.sin(X[:, :1]), "b": np.cos(X[:, :2])}


def test_objective_is_the_loss_that_evaluate_gives():
    model, (x, y) = network(), data()
    objective = FlatObjective(model, x, y)
    point = objective.weights()
    value, slope = objective(point)
    want = model.evaluate(x, y, batch_size=40, verbose=0, return_dict=True)["loss"]
    assert value == pytest.approx(want, rel=1e-9)
    # finite differences along some direction; then of the gradient
    along = RNG.normal(size=point.size)
    (high, steep), (low, flat) = (objective(point + s * along) for s in (1e-5, -1e-5))
    assert slope @ along == pytest.approx((high - low) / 2e-5, rel=1e-5)
    got = objective.product(point, along)
    assert_close(got, (steep - flat) / 2e-5, atol=1e-4, name="product")
    assert_close(objective.hessian(point) @ along, got, atol=1e-8, name="matrix")
    assert_close(objective.weights(), point, atol=0, name="the weights are only read")


def test_parts_of_the_data_add_up():
    y, weight = X[:, :1] ** 2, RNG.uniform(0.5, 2, 40)
    model = linear("mse")
    whole = FlatObjective(model, X, y, weight)
    point = RNG.normal(size=5)
    parts = FlatObjective(model, X, y, weight, batch_size=15)
    for got, want in zip(parts(point), whole(point), strict=True):
        assert_close(got, want, atol=1e-10)
    error = X @ point[:4] + point[4] - y[:, 0]  # the kernel stands before the bias
    assert_close(whole(point)[0], np.mean(weight * error**2), atol=1e-10)


def test_a_network_learns_and_callbacks_hear_of_it():
    model, (x, y) = network(), data()
    told, shown = [], []

    class Listener(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            told.append((epoch, dict(logs), model.get_weights()))

    class Progress:
        def update(self, advance=1, **fields):
            shown.append((advance, fields["loss"]))

    before = FlatObjective(model, x, y)(FlatObjective(model, x, y).weights())[0]
    result = minimize(
        model,
        x,
        y,
        iterations=8,
        callbacks=[Listener()],
        validation_data=(x, y),
        progress=Progress(),
    )
    assert result.loss < 0.8 * before and not result.converged
    assert [epoch for epoch, _, _ in told] == list(range(result.iterations))
    assert [row for _, row, _ in told] == result.history
    for (_, row, _), (advance, loss) in zip(told, shown, strict=True):
        assert advance == 1 and loss == row["loss"]
        assert row["val_loss"] == pytest.approx(row["loss"], rel=1e-9)
    for got, want in zip(model.get_weights(), told[-1][2], strict=True):
        assert_close(got, want, atol=0)
    assert result.evaluations == result.history[-1]["evaluations"] >= 8


@pytest.mark.parametrize("method", ["cg", "newton"])
def test_a_callback_ends_it(method):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    model = linear("log_cosh")
    y = np.sin(X[:, :1])
    result = minimize(model, X, y, method, callbacks=[Stop()], tolerance=1e-12)
    assert result.iterations == 2 and not result.converged


def test_ctrl_c_leaves_the_best_weights():
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 2:
                self.model.set_weights([w * 0 for w in self.model.get_weights()])
                raise KeyboardInterrupt

    model, y = linear("mse"), X[:, :1] ** 2
    start = model.evaluate(X, y, verbose=0)
    with pytest.raises(KeyboardInterrupt):
        minimize(model, X, y, callbacks=[Interrupt()])
    assert model.evaluate(X, y, verbose=0) < start
    assert to_numpy(model.weights[0]).any()


def test_bad_arguments_are_named(monkeypatch):
    y = X[:, :1]
    with pytest.raises(UserError, match="no method 'adam'"):
        minimize(linear("mse"), X, y, "adam")
    with pytest.raises(UserError, match="iterations=0"):
        minimize(linear("mse"), X, y, iterations=0)
    with pytest.raises(UserError, match=r"samples \[39, 40\]"):
        minimize(linear("mse"), X, y[:39])
    with pytest.raises(UserError, match="loss is nan before"):
        minimize(linear("mse"), X * np.nan, y)
    with pytest.raises(UserError, match="cannot be solved"):
        minimize(linear("mse"), X * [1, 1, 1, 0], y, "newton")
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    with pytest.raises(UserError, match="not compiled"):
        minimize(model, X, y)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(500)])
    model.compile(loss="mse")
    with pytest.raises(UserError, match=r"2,500 x 2,500 .* 2,000 weights"):
        minimize(model, X, np.zeros((40, 500)), "newton")
    model.trainable = False
    with pytest.raises(UserError, match="no trainable weights"):
        minimize(model, X, np.zeros((40, 500)))
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(UserError, match="need SciPy") as error:
        minimize(linear("mse"), X, y)
    assert "[train]" in error.value.hint
