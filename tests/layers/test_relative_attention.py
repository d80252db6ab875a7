"""Relative attention against its formula; a memory against one long segment."""

from functools import partial

import numpy as np
import pytest

from suite.layers import RelativeAttention, TransformerXLBlock
from suite.layers.relative_attention import shifted
from tests.contract import check_layer
from tests.layers.filled import normal_weights
from tests.numeric import assert_close, to_numpy

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 5, 6)).astype("float32")
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


def test_contract():
    layer_fn = partial(RelativeAttention, units=6, heads=2, dropout=0.1)
    check_layer(layer_fn, [X, MEMORY])
    arguments = {"units": 6, "heads": 2, "hidden": 4, "pre_norm": True}
    arguments |= {"dropout": 0.1, "attention_dropout": 0.1}
    check_layer(partial(TransformerXLBlock, **arguments), [X, MEMORY])


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"6, heads=4\. Nearest: 4, 8"):
        RelativeAttention(6, 4)
    with pytest.raises(ValueError, match=r"'rel'.* 6, units=8"):
        RelativeAttention(8, 2, name="rel")(X)
