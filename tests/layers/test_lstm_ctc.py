"""The recurrent head against the equations of its cells, written out in NumPy."""

from functools import partial

import keras
import numpy as np
import pytest

from suite.layers import LSTMCTCHead
from tests.contract import check_layer
from tests.numeric import assert_close, to_numpy

pytestmark = pytest.mark.backend
CELLS = ["lstm", "gru", "simple_rnn"]
LENGTHS = np.array([6, 4, 1], "int32")
RNG = np.random.default_rng(0)
FEATURES = RNG.normal(size=(3, 6, 5)).astype("float32")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(steps, kernel, recurrent, bias):
    """Gates in the order input, forget, candidate, output; no peepholes."""
    hidden = memory = np.zeros(len(recurrent))
    for x in steps:
        i, f, c, o = np.split(x @ kernel + hidden @ recurrent + bias, 4)
        memory = sigmoid(f) * memory + sigmoid(i) * np.tanh(c)
        hidden = sigmoid(o) * np.tanh(memory)
        yield hidden


def gru(steps, kernel, recurrent, bias):
    """Update, reset, candidate; reset after the recurrent product, two biases."""
    hidden = np.zeros(len(recurrent))
    for x in steps:
        xz, xr, xc = np.split(x @ kernel + bias[0], 3)
        hz, hr, hc = np.split(hidden @ recurrent + bias[1], 3)
        z, r = sigmoid(xz + hz), sigmoid(xr + hr)
        hidden = z * hidden + (1 - z) * np.tanh(xc + r * hc)
        yield hidden


def simple_rnn(steps, kernel, recurrent, bias):
    hidden = np.zeros(len(recurrent))
    for x in steps:
        hidden = np.tanh(x @ kernel + hidden @ recurrent + bias)
        yield hidden


def oracle(features, weights, cell, layers):
    """Logits of one sample's true frames, (frames, classes), in float64."""
    run = {"lstm": lstm, "gru": gru, "simple_rnn": simple_rnn}[cell]
    *recurrent, kernel, bias = [np.asarray(w, np.float64) for w in weights]
    x = features.astype(np.float64)
    for index in range(layers):
        part = recurrent[6 * index : 6 * index + 6]
        forward = np.array(list(run(x, *part[:3])))
        backward = np.array(list(run(x[::-1], *part[3:])))[::-1]
        x = np.concatenate([forward, backward], axis=1)
    return x @ kernel + bias


def make(cell, layers=2):
    """A head whose weights are all drawn anew: biases are not zero."""
    head = LSTMCTCHead(4, units=3, layers=layers, cell=cell)
    head.build(FEATURES.shape)
    rng = np.random.default_rng(1)
    head.set_weights([rng.normal(0, 0.7, w.shape) for w in head.get_weights()])
    return head


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_matches_the_equations(cell, layers):
    head = make(cell, layers)
    weights = head.get_weights()
    whole = to_numpy(head(FEATURES))
    cut = to_numpy(head(FEATURES, LENGTHS))
    for row, length in enumerate(LENGTHS):
        want = oracle(FEATURES[row], weights, cell, layers)
        assert_close(whole[row], want, atol=1e-5, name="without lengths")
        want = oracle(FEATURES[row, :length], weights, cell, layers)
        assert_close(cut[row, :length], want, atol=1e-5, name=f"length {length}")


@pytest.mark.parametrize("cell", CELLS)
def test_frames_beyond_the_length_never_show(cell):
    head = make(cell)
    noise = np.random.default_rng(2).normal(0, 9, FEATURES.shape)
    true = np.arange(6)[None, :] < LENGTHS[:, None]
    spoilt = np.where(true[..., None], FEATURES, noise).astype("float32")
    got, want = (to_numpy(head(x, LENGTHS)) for x in (spoilt, FEATURES))
    assert_close(got[true], want[true], atol=0, name="same frames, other padding")
    wider = np.concatenate([spoilt, noise[:, :3].astype("float32")], axis=1)
    got = to_numpy(head(wider, LENGTHS))[:, :6]
    assert_close(got[true], want[true], atol=1e-6, name="wider padding")


def test_each_frame_sees_the_frames_on_both_sides():
    head = make("lstm", 1)
    moved = FEATURES.copy()
    moved[:, 3] += 1
    change = np.abs(to_numpy(head(moved)) - to_numpy(head(FEATURES))).max(axis=(0, 2))
    assert (change > 1e-6).all()


def test_by_hand():
    """One unit, all weights 1, no biases: h_t = tanh(x_t + h_{t-1}), added up."""
    head = LSTMCTCHead(2, units=1, layers=1, cell="simple_rnn")
    head.build((1, 2, 1))
    head.set_weights([np.ones(w.shape) * (w.ndim == 2) for w in head.get_weights()])
    got = to_numpy(head(np.array([[[0.5], [-1.0]]], "float32")))[0]
    first, last = np.tanh(0.5), np.tanh(-1.0)
    want = [first + np.tanh(0.5 + last), np.tanh(-1.0 + first) + last]
    assert_close(got, [[want[0]] * 2, [want[1]] * 2], atol=1e-6)


def test_parameters_of_the_paper():
    """Two layers of 256 units on 512 features, 37 classes (arXiv:1507.05717)."""
    head = LSTMCTCHead(37, units=256, layers=2)
    with keras.StatelessScope(initialize_variables=False):  # no weights are drawn
        head.build((None, None, 512))
    recurrent = 2 * 1_574_912  # 4 (n (m + n) + n) in each direction, n 256, m 512
    assert head.count_params() == recurrent + 512 * 37 + 37


@pytest.mark.parametrize("cell", CELLS[1:])  # the default runs in tests/models
def test_contract(cell):
    head = partial(LSTMCTCHead, classes=4, units=3, layers=1, cell=cell, dropout=0.2)
    check_layer(head, [FEATURES, LENGTHS])


def test_dropout_acts_in_training_only():
    head = LSTMCTCHead(4, units=3, layers=1, dropout=0.5)
    calm = to_numpy(head(FEATURES, training=False))
    assert_close(to_numpy(head(FEATURES)), calm, atol=0)
    assert np.abs(to_numpy(head(FEATURES, training=True)) - calm).max() > 1e-3


def test_dropout_comes_before_each_layer():
    """Half of the inputs, and half of each direction's outputs, are zero.

    The unit answers 1 to any input and 0 to none, so a logit is 0 where the input is
    dropped (1/2), or else both outputs (1/2 · 1/4).
    """
    head = LSTMCTCHead(2, units=1, layers=1, cell="simple_rnn", dropout=0.5)
    head.build((2000, 2, 1))
    kernel, recurrent, bias = np.array([[99.0]]), np.zeros((1, 1)), np.zeros(1)
    head.set_weights([kernel, recurrent, bias] * 2 + [np.ones((2, 2)), np.zeros(2)])
    logits = to_numpy(head(np.ones((2000, 2, 1), "float32"), training=True))
    assert (logits[:, :, 0] == 0).mean() == pytest.approx(0.625, abs=0.04)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"classes": 1}, "classes=1, units=128, layers=2"),
        ({"classes": 4, "units": 0}, "units=0"),
        ({"classes": 4, "layers": 0}, "layers=0"),
        (
            {"classes": 4, "cell": "LSTM"},
            "lstm, gru, simple_rnn. Received: cell='LSTM'",
        ),
        ({"classes": 4, "dropout": 1.0}, "dropout=1.0"),
    ],
)
def test_bad_arguments_are_named(given, message):
    with pytest.raises(ValueError, match=message):
        LSTMCTCHead(**given)
