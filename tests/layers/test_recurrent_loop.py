"""The exported form of recurrent layers gives what the trained layer gives."""

import itertools

import keras
import numpy as np
import pytest

from suite.layers import LSTMCTCHead, recurrent_loop
from suite.layers.recurrent_loop import as_loop, can_be_loop
from tests.numeric import assert_close, to_numpy

pytestmark = [
    pytest.mark.backend,
    pytest.mark.skipif(
        keras.config.backend() != "tensorflow",
        reason="models are exported under tensorflow, whatever trained them",
    ),
]
RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 7, 3)).astype("float32")
MASKS = {
    "no": None,
    "right": np.array([[1, 1, 1, 1, 0, 0, 0], [1] * 7], bool),
    "holes": np.array([[0, 1, 0, 1, 1, 0, 0], [1, 1, 0, 0, 1, 1, 1]], bool),
}
CELLS = ["LSTM", "GRU", "SimpleRNN"]
FLAGS = ("return_sequences", "return_state", "go_backwards", "zero_output_for_mask")
SINGLY = [v for v in itertools.product([False, True], repeat=4) if sum(v) == 1]
PAIRS = [(1, 1, 1, 0), (1, 0, 1, 1), (1, 1, 0, 1), (0, 1, 1, 1), (0, 0, 0, 0)]


@pytest.fixture(autouse=True, params=["plain", "windows"])
def long_or_short(request, monkeypatch):
    """Seven steps as one loop, and as windows of which the last one overlaps."""
    if request.param == "windows":
        monkeypatch.setattr(recurrent_loop, "WINDOW", 3)
    else:
        assert X.shape[1] <= 2 * recurrent_loop.WINDOW


def spread_weights(layer):
    """Weights that tell gates, directions and biases apart."""
    layer.set_weights([RNG.normal(0, 0.5, w.shape) for w in layer.get_weights()])


def compare(layer, name, *args, **kwargs):
    layer(*args, **kwargs)
    spread_weights(layer)
    want = keras.tree.flatten(layer(*args, **kwargs))
    got = keras.tree.flatten(as_loop(layer)(*args, **kwargs))
    assert len(got) == len(want)
    for index, (a, b) in enumerate(zip(got, want, strict=True)):
        assert_close(a, b, atol=1e-5, name=f"{name}, output {index}")


@pytest.mark.parametrize(
    ("kind", "mask"), [("LSTM", "holes"), ("GRU", "right"), ("SimpleRNN", "no")]
)
def test_every_option_of_one_direction(kind, mask):
    # each cell under one mask: the mask is no matter of the cell
    for values in SINGLY + PAIRS:
        options = dict(zip(FLAGS, map(bool, values), strict=True))
        layer = getattr(keras.layers, kind)(4, **options)
        compare(layer, f"{kind} {options}", X, mask=MASKS[mask])


@pytest.mark.parametrize(
    ("kind", "mask"), [("LSTM", "right"), ("GRU", "no"), ("SimpleRNN", "holes")]
)
@pytest.mark.parametrize("mode", ["concat", "sum", "ave", "mul", None])
def test_both_directions(kind, mask, mode):
    inner = getattr(keras.layers, kind)
    layer = inner(4, return_sequences=True, return_state=mode in ("sum", None))
    both = keras.layers.Bidirectional(layer, merge_mode=mode)
    compare(both, f"{kind} {mode}", X, mask=MASKS[mask])


@pytest.mark.parametrize("sequences", [False, True])
def test_a_first_direction_that_goes_backwards(sequences):
    first = keras.layers.LSTM(4, return_sequences=sequences, go_backwards=True)
    second = keras.layers.GRU(4, return_sequences=sequences)
    both = keras.layers.Bidirectional(first, backward_layer=second)
    compare(both, f"sequences {sequences}", X, mask=MASKS["right"])


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("LSTM", {"activation": "softsign", "recurrent_activation": "hard_sigmoid"}),
        ("LSTM", {"use_bias": False, "dropout": 0.5, "recurrent_dropout": 0.5}),
        ("GRU", {"reset_after": False}),
        ("GRU", {"reset_after": False, "use_bias": False}),
        ("GRU", {"use_bias": False, "activation": "relu"}),
        ("SimpleRNN", {"activation": None, "use_bias": False}),
        ("LSTM", {"unroll": True}),
    ],
)
def test_options_of_the_cell(kind, options):
    layer = getattr(keras.layers, kind)(4, return_sequences=True, **options)
    compare(layer, f"{kind} {options}", X)


@pytest.mark.parametrize("kind", CELLS)
def test_an_initial_state(kind):
    count = 2 if kind == "LSTM" else 1
    states = [RNG.normal(size=(2, 4)).astype("float32") for _ in range(2 * count)]
    inner = getattr(keras.layers, kind)
    given = states[:count] if count > 1 else states[0]
    compare(inner(4, return_state=True), kind, X, initial_state=given)
    both = keras.layers.Bidirectional(inner(4, return_sequences=True))
    compare(both, f"{kind} both ways", X, initial_state=states)


@pytest.mark.parametrize("cell", ["lstm", "gru", "simple_rnn"])
@pytest.mark.parametrize("rows", [1, 2])
def test_a_head_and_its_exported_form_agree_on_padding_too(cell, rows):
    head = LSTMCTCHead(classes=6, units=4, layers=2, cell=cell, dropout=0.3)
    x = X[:rows]
    lengths = np.array([4, 7][:rows], "int32")
    head(x, lengths)
    spread_weights(head)
    loop = head.for_export()
    assert_close(loop(x, lengths), head(x, lengths), atol=1e-5, name="with lengths")
    assert_close(loop(x), head(x), atol=1e-5, name="without lengths")
    assert len(loop.weights) == len(head.weights)


def test_a_single_sample_costs_only_its_true_steps():
    layer = keras.layers.LSTM(4, return_sequences=True)
    layer(X)
    loop = as_loop(layer)
    spoilt = np.array(X[:1])
    spoilt[:, 5:] = np.nan  # would show in any product that looks at it
    got = to_numpy(loop(spoilt, lengths=np.array([5], "int32")))
    assert np.isfinite(got).all()


def test_other_layers_are_left_alone():
    class Own(keras.layers.LSTM):
        """May do anything in its `call`."""

    stateful = keras.layers.LSTM(3, stateful=True)
    assert not can_be_loop(Own(3))
    assert not can_be_loop(stateful)
    assert not can_be_loop(keras.layers.Bidirectional(stateful))
    assert not can_be_loop(keras.layers.RNN(keras.layers.LSTMCell(3)))
    with pytest.raises(ValueError, match="not stateful"):
        as_loop(keras.layers.Dense(3))
