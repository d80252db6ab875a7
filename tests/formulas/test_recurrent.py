"""LSTM and GRU of Keras, their gates and gradients, against the equations."""

import keras
import numpy as np
import pytest
from keras import ops

from suite.gradients import over_variables, value_and_gradient
from tests.numeric import assert_close, to_numpy
from tests.oracles.recurrent import gru, gru_backward, lstm, lstm_backward

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)
BATCH, STEPS, CHANNELS, UNITS = 2, 4, 3, 2
X = RNG.normal(size=(BATCH, STEPS, CHANNELS))
SLOPE = RNG.normal(size=(BATCH, STEPS, UNITS))


def random_weights(*shapes):
    return [RNG.normal(0, 0.7, shape) for shape in shapes]


def lstm_weights(peepholes):
    weights = random_weights(
        (CHANNELS, 4 * UNITS), (UNITS, 4 * UNITS), (4 * UNITS,), *[(UNITS,)] * 3
    )
    return weights if peepholes else [*weights[:3], *(np.zeros(UNITS),) * 3]


def of_keras(layer, weights):
    """Output of a layer; gradients of its weights and its input, from the backend."""
    layer.build(X.shape)
    layer.set_weights(weights)
    output = to_numpy(layer(X.astype("float32")))

    def loss(*values):
        inside = over_variables(
            lambda: ops.sum(
                layer(values[-1]) * ops.convert_to_tensor(SLOPE, "float32")
            ),
            layer.trainable_variables,
        )
        return inside(*values[:-1])

    values = [ops.copy(v.value) for v in layer.trainable_variables]
    _, gradients = value_and_gradient(loss, [*values, X.astype("float32")])
    return output, gradients


def compare(got, want):
    """Output, then gradients of kernel, recurrent kernel, bias and input."""
    names = ("kernel", "recurrent kernel", "bias", "input")
    assert_close(got[0], want[0], atol=1e-5)
    for name, one, two in zip(names, got[1], want[1], strict=True):
        assert_close(one, two, atol=1e-5, rtol=1e-4, name=f"gradient of {name}")


def test_lstm_of_keras():
    weights = lstm_weights(peepholes=False)
    output, steps = lstm(X, weights)
    slopes, of_x = lstm_backward(X, weights, steps, SLOPE)
    layer = keras.layers.LSTM(UNITS, return_sequences=True)
    compare(of_keras(layer, weights[:3]), (output, [*slopes[:3], of_x]))


@pytest.mark.erratum(
    "Articles",
    "The LSTM is derived with peepholes, as if that were every library's",
    "`keras.layers.LSTM` has none; it is the peephole LSTM with peepholes at zero",
)
def test_peepholes_change_the_result():
    weights = lstm_weights(peepholes=True)
    layer = keras.layers.LSTM(UNITS, return_sequences=True)
    output, _ = of_keras(layer, weights[:3])
    assert np.abs(lstm(X, weights)[0] - output).max() > 0.01
    none = [*weights[:3], *(0 * w for w in weights[3:])]
    assert_close(lstm(X, none)[0], output, atol=1e-5)
    assert len(layer.weights) == 3


def test_peephole_lstm_by_finite_differences():
    weights = lstm_weights(peepholes=True)
    slopes, of_x = lstm_backward(X, weights, lstm(X, weights)[1], SLOPE)

    def loss(*values):
        return (lstm(values[-1], values[:-1])[0] * SLOPE).sum()

    values = [*weights, X]
    for index, got in enumerate([*slopes, of_x]):
        for at in np.ndindex(got.shape):
            ends = []
            for step in (1e-5, -1e-5):
                moved = [v.copy() for v in values]
                moved[index][at] += step
                ends.append(loss(*moved))
            want = (ends[0] - ends[1]) / 2e-5
            assert abs(got[at] - want) < 1e-8, (index, at)


@pytest.mark.parametrize("reset_after", [False, True])
def test_gru_of_keras(reset_after):
    bias = (2, 3 * UNITS) if reset_after else (3 * UNITS,)
    weights = random_weights((CHANNELS, 3 * UNITS), (UNITS, 3 * UNITS), bias)
    output, steps = gru(X, weights, reset_after)
    slopes, of_x = gru_backward(X, weights, steps, SLOPE, reset_after)
    layer = keras.layers.GRU(UNITS, return_sequences=True, reset_after=reset_after)
    compare(of_keras(layer, weights), (output, [*slopes, of_x]))


def gru_with_gates(update, reset):
    """A GRU of one unit whose gates are held open or shut by their biases."""
    layer = keras.layers.GRU(1, return_sequences=True, reset_after=False)
    layer.build((None, None, 1))
    bias = np.array([100.0 * update - 50, 100.0 * reset - 50, 0])
    kernel = np.array([[0, 0, 1.0]])
    layer.set_weights([kernel, kernel, bias])
    return to_numpy(layer(np.array([[[1.0], [-0.5], [2.0]]], "float32")))[0, :, 0]


@pytest.mark.erratum(
    "Articles",
    "The GRU's update is h = (1 - z) h + z h~",
    "The other way round in Keras and PyTorch, h = z h + (1 - z) h~: at z = 1 the "
    "state stays",
)
def test_an_open_update_gate_keeps_the_state():
    assert_close(gru_with_gates(1, 1), np.zeros(3), atol=1e-6)
    shut = gru_with_gates(0, 1)
    want = np.tanh(1.0)
    assert_close(shut[:2], [want, np.tanh(want - 0.5)], atol=1e-6)


@pytest.mark.erratum(
    "Articles",
    "The gates of the GRU are called update and output",
    "Update and reset: the second one hides the old state from the candidate and "
    "never touches the output",
)
def test_the_second_gate_of_a_gru_resets():
    assert_close(gru_with_gates(0, 0), np.tanh([1, -0.5, 2]), atol=1e-6)


@pytest.mark.erratum(
    "Articles",
    "The reset gate acts on the state before the recurrent product",
    "As published, but not Keras' default: `reset_after=True` acts on the product "
    "and has a second bias",
)
def test_the_default_gru_resets_the_product():
    layers = [keras.layers.GRU(UNITS), keras.layers.GRU(UNITS, reset_after=False)]
    for layer in layers:
        layer.build((None, None, CHANNELS))
    assert [layer.weights[2].shape for layer in layers] == [(2, 6), (6,)]
    kernel, recurrent = random_weights((CHANNELS, 3 * UNITS), (UNITS, 3 * UNITS))
    layers[0].set_weights([kernel, recurrent, np.zeros((2, 3 * UNITS))])
    layers[1].set_weights([kernel, recurrent, np.zeros(3 * UNITS)])
    last = [to_numpy(layer(X.astype("float32"))) for layer in layers]
    assert np.abs(last[0] - last[1]).max() > 0.005
    for got, after in zip(last, (True, False), strict=True):
        bias = np.zeros((2, 3 * UNITS) if after else 3 * UNITS)
        want = gru(X, [kernel, recurrent, bias], after)[0][:, -1]
        assert_close(got, want, atol=1e-5)


@pytest.mark.erratum(
    "Articles",
    "An LSTM has 4 (n (m + n) + 2 n) weights, two biases a gate",
    "PyTorch's; Keras has one bias a gate, 4 (n (m + n) + n): the parameters of a "
    "CRNN differ by 4,096",
)
def test_keras_has_one_bias_a_gate():
    """Of the two layers of a CRNN, each of 256 units in both directions."""
    biases = 0
    for _ in range(2):
        layer = keras.layers.Bidirectional(keras.layers.LSTM(256))
        with keras.StatelessScope(initialize_variables=False):
            layer.build((None, None, 512))
        assert layer.count_params() == 2 * 4 * (256 * (512 + 256) + 256)
        biases += sum(w.shape[0] for w in layer.weights if w.name == "bias")
    assert biases == 4_096  # a second one a gate adds as many
