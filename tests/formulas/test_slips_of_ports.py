"""Defaults and habits of Keras that a port from PyTorch, or from Keras 2, meets."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from tests.numeric import assert_close, to_numpy
from tests.oracles.pictures import transposed

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)


@pytest.mark.erratum(
    "Frameworks",
    'ConvTranspose2d(3, 2, padding 1, output padding 1) is "same"',
    'Keras\' "same" cuts the last row and column off, PyTorch the first: it is "valid" '
    "and a crop at the start",
)
def test_a_transposed_same_is_cut_at_the_end():
    x = RNG.normal(size=(1, 3, 4, 2)).astype("float32")
    kernel = RNG.normal(size=(3, 3, 5, 2)).astype("float32")
    whole = transposed(x, kernel)
    for padding, want in (("valid", whole), ("same", whole[:, :-1, :-1])):
        got = ops.conv_transpose(x, kernel, 2, padding, data_format="channels_last")
        assert_close(got, want, atol=1e-5, name=padding)
    assert np.abs(whole[:, 1:, 1:] - whole[:, :-1, :-1]).max() > 0.1


@pytest.mark.erratum(
    "Frameworks",
    "A port keeps the defaults of LayerNorm and LeakyReLU",
    "Keras adds 1e-3 to the variance, PyTorch 1e-5, and multiplies what is negative by "
    "0.3, PyTorch by 0.01",
)
def test_defaults_of_normalization_and_leaky_relu():
    x = np.array([[-0.01, 0.01, 0.03, -0.03]], "float32")
    usual = keras.layers.LayerNormalization()(x)
    ported = keras.layers.LayerNormalization(epsilon=1e-5)(x)
    for got, epsilon in ((usual, 1e-3), (ported, 1e-5)):
        assert_close(got, x / np.sqrt(x.var() + epsilon), atol=1e-5)
    assert_close(keras.layers.LeakyReLU()(x), np.where(x > 0, x, 0.3 * x), atol=1e-7)


@pytest.mark.erratum(
    "Public code",
    "`self.add_weight('pos_emb', shape=...)` in TRIQ",
    "The first argument of Keras 3 is the shape: refused; the name goes by keyword",
)
def test_a_weight_is_named_by_keyword():
    layer = keras.layers.Layer()
    with pytest.raises((TypeError, ValueError)):
        layer.add_weight("pos_emb", shape=(1, 3, 2))
    assert layer.add_weight((1, 3, 2), name="pos_emb").name == "pos_emb"


def ctc_by_hand(logits, label):
    """-log of the chance of a label, over all paths; blank is 0."""
    shares = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    chance = 0.0
    for path in itertools.product(range(logits.shape[1]), repeat=len(logits)):
        if [k for k, _ in itertools.groupby(path) if k] == label:
            chance += np.prod([shares[t, k] for t, k in enumerate(path)])
    return -np.log(chance)


@pytest.mark.erratum(
    "Frameworks",
    "Labels for `keras.losses.CTC` are padded with -1",
    "With 0: all that is not 0 counts as a character, so the loss is wrong without a "
    "word, and another one on torch",
)
def test_ctc_is_padded_with_zeros():
    logits = RNG.normal(0, 1, (1, 4, 3)).astype("float32")
    want = ctc_by_hand(logits[0].astype("float64"), [1, 2])
    loss = keras.losses.CTC()
    assert float(loss(np.array([[1, 2, 0]]), logits)) == pytest.approx(want, abs=1e-4)
    wrong = float(loss(np.array([[1, 2, -1]]), logits))
    assert wrong != pytest.approx(want, abs=0.1)


@pytest.mark.erratum(
    "Public code",
    "Keras' captcha reader is trained with the last class as blank and decoded by "
    "`ops.ctc_decode`",
    "Which takes 0 for the blank unless `mask_index` says otherwise: blanks become "
    "characters",
)
def test_the_blank_has_one_index():
    path = [1, 3, 1, 3]  # four classes, the last one blank: the text is 1, 1
    logits = 10 * np.eye(4, dtype="float32")[path][None]

    def decoded(**options):
        found, _ = ops.ctc_decode(logits, np.array([4]), "greedy", **options)
        return [k for k in to_numpy(found)[0, 0].tolist() if k >= 0]

    assert decoded(mask_index=3) == [1, 1] and decoded() == [1, 3, 1, 3]
