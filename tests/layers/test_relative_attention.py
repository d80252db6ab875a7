"""Relative attention against its formula; a memory against one long segment."""

from functools import partial

import numpy as np
import pytest

from suite.layers import RelativeAttention, RelativeBiases, TransformerXLBlock
from suite.layers.relative_attention import shifted
from tests.contract import check_layer
from tests.layers.filled import normal_weights
from tests.numeric import assert_close, to_numpy

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 5, 6)).astype("float32")
BIASES = RNG.normal(size=(2, 2, 2, 3)).astype("float32")
MEMORY = RNG.normal(size=(2, 3, 6)).astype("float32")


def built(kind, **arguments):
    layer = kind(units=6, heads=2, **arguments)
    layer.build((None, None, 6))
    return normal_weights(layer)


def oracle(layer, x, memory):
    """The formula, a head and a pair of steps at a time, in float64."""
    named = {
        w.path.split("/", 1)[1]: to_numpy(w).astype("float64") for w in layer.weights
    }
    whole = np.concatenate([memory, x], 1).astype("float64")
    q = x @ named["query/kernel"]
    k, v = np.split(whole @ named["key_value/kernel"], 2, -1)
    rates = 10000 ** (-np.arange(3) / 3)
    result, start = np.zeros(x.shape), memory.shape[1]
    for b, h, i in np.ndindex(2, 2, x.shape[1]):
        own, scores = slice(3 * h, 3 * h + 3), []
        for j in range(start + i + 1):
            angles = (start + i - j) * rates
            r = np.concatenate([np.sin(angles), np.cos(angles)])
            r = (r @ named["distance/kernel"])[own]
            content = (q[b, i, own] + named["content_bias"][h, 0]) @ k[b, j, own]
            placed = (q[b, i, own] + named["distance_bias"][h, 0]) @ r
            scores.append((content + placed) / np.sqrt(3))
        odds = np.exp(np.array(scores) - max(scores))
        result[b, i, own] = (odds / odds.sum()) @ v[b, : start + i + 1, own]
    return result @ named["output_map/kernel"]


@pytest.mark.parametrize("remembered", [0, 3])
def test_matches_the_formula(remembered):
    layer = built(RelativeAttention)
    memory = MEMORY[:, :remembered]
    got = layer(X, memory) if remembered else layer(X)
    assert_close(got, oracle(layer, X, memory), atol=1e-5)


def test_shift_by_hand():
    x = np.arange(6.0).reshape(1, 1, 2, 3)  # distances 2, 1, 0 in each of two rows
    got = to_numpy(shifted(x))[0, 0]
    assert got[0, :2].tolist() == [1, 2] and got[1].tolist() == [3, 4, 5]


@pytest.mark.parametrize("pre_norm", [False, True])
def test_a_memory_is_the_start_of_a_longer_segment(pre_norm):
    block = built(TransformerXLBlock, hidden=4, pre_norm=pre_norm)
    whole = np.concatenate([MEMORY, X], 1)
    want = to_numpy(block(whole))[:, 3:]
    assert_close(block(X, MEMORY), want, atol=1e-5)


def test_shared_biases_are_those_of_the_call():
    """The same numbers as from a layer that has them; a row has its own if it must."""
    own = built(RelativeAttention)
    shared = RelativeAttention(6, 2, shared_biases=True)
    shared.build((None, None, 6))
    shared.set_weights(own.get_weights()[2:])
    pair = np.stack([to_numpy(w)[:, 0] for w in (own.content_bias, own.distance_bias)])
    assert_close(shared(X, MEMORY, pair[None].repeat(2, 0)), own(X, MEMORY))
    source = RelativeBiases(6, 2)
    source.build((None, None))
    source.set_weights([pair])
    assert_close(source(X), pair[None].repeat(2, 0), atol=0)


def test_contract():
    shared = {"units": 6, "heads": 2, "dropout": 0.1, "shared_biases": True}
    check_layer(partial(RelativeAttention, **shared), [X, MEMORY, BIASES])
    check_layer(partial(RelativeBiases, units=6, heads=2), X, trained=False)
    arguments = {"hidden": 4, "pre_norm": True, "attention_dropout": 0.1}
    layer_fn = partial(TransformerXLBlock, **shared, **arguments)
    check_layer(layer_fn, [X, MEMORY, BIASES])


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"6, heads=4\. Nearest: 4, 8"):
        RelativeAttention(6, 4)
    with pytest.raises(ValueError, match=r"'rel'.* 6, units=8"):
        RelativeAttention(8, 2, name="rel")(X)
    with pytest.raises(ValueError, match="shared_biases=True, biases missing"):
        RelativeAttention(6, 2, shared_biases=True)(X)
    with pytest.raises(ValueError, match=r"6, heads=4\. Nearest: 4, 8"):
        RelativeBiases(6, 4)


def test_half_precision_stays_finite():
    """Inputs of deviation 60: a product that is divided afterwards overflows."""
    layer = RelativeAttention(units=256, heads=1, dtype="mixed_float16")
    x = np.random.default_rng(3).normal(0, 60, (1, 6, 256))
    assert np.isfinite(to_numpy(layer(x.astype("float16")))).all()


def test_an_odd_width_is_named():
    with pytest.raises(ValueError, match=r"units=9, heads=3\. Nearest: 6, 12"):
        RelativeAttention(units=9, heads=3)
