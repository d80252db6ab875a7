"""Attention against its definition, a head and a step at a time."""

from functools import partial

import keras
import numpy as np
import pytest

from suite.layers import ProjectedAttention
from tests.contract import check_layer
from tests.layers.filled import normal_weights
from tests.numeric import assert_close, to_numpy

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 3, 5)).astype("float32")
MEMORY = RNG.normal(size=(2, 4, 7)).astype("float32")
ALLOWED = RNG.uniform(size=(2, 3, 4)) < 0.7


def oracle(queries, keys, values, heads, allowed):
    """Loops over samples, heads and steps, in float64."""
    size = queries.shape[-1] // heads
    result, weights = np.zeros(queries.shape), np.zeros((2, heads, 3, keys.shape[1]))
    for b, h, t in np.ndindex(2, heads, 3):
        own = slice(h * size, h * size + size)
        scores = keys[b, :, own] @ queries[b, t, own] / np.sqrt(size)
        odds = np.exp(scores - scores.max()) * allowed[b, t]
        weights[b, h, t] = odds / odds.sum()
        result[b, t, own] = weights[b, h, t] @ values[b, :, own]
    return result, weights


@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("cross", [False, True])
def test_matches_the_definition(heads, cross):
    layer = ProjectedAttention(6, 5, heads, cross)
    layer.build(X.shape, MEMORY.shape if cross else None)
    normal_weights(layer)
    weights = [w.astype("float64") for w in layer.get_weights()]
    kernel, bias = weights[-2:]
    if cross:
        queries = X @ weights[0] + weights[1]
        keys, values = np.split(MEMORY @ weights[2] + weights[3], 2, -1)
        allowed, arguments = ALLOWED, [X, MEMORY]
    else:
        queries, keys, values = np.split(X @ weights[0] + weights[1], 3, -1)
        allowed, arguments = ALLOWED[..., :3] | np.eye(3, dtype=bool), [X]
    want, seen = oracle(queries, keys, values, heads, allowed)
    got, shown = layer(*arguments, allowed=allowed, return_weights=True)
    assert_close(got, want @ kernel + bias, atol=1e-5)
    assert_close(shown, seen, atol=1e-6, name="weights")
    assert_close(layer(*arguments, allowed=allowed), got, atol=0)


def test_by_hand():
    """Equal scores: the mean of the values, over what is allowed."""
    layer = ProjectedAttention(1, 1)
    layer.build((None, 3, 1))
    kernel = np.array([[0.0, 1.0, 1.0]])
    layer.set_weights([kernel, np.zeros(3), np.ones((1, 1)), np.zeros(1)])
    x = np.array([[[3.0], [6.0], [9.0]]], "float32")
    causal = np.tril(np.ones((3, 3), bool))
    assert_close(to_numpy(layer(x, allowed=causal)).ravel(), [3, 4.5, 6], atol=1e-6)


def test_a_step_that_may_see_nothing_stays_finite():
    layer = ProjectedAttention(4, 5)
    got = to_numpy(layer(X, allowed=np.zeros((2, 3, 3), bool)))
    assert np.isfinite(got).all()


def padded(x, steps):
    return np.pad(x, ((0, 0), (0, steps), (0, 0)), constant_values=9)


def test_masked_steps_are_not_attended_to():
    layer = ProjectedAttention(6, 5, 2)
    want = layer(X)
    mask = np.arange(5) < [[3], [3]]
    assert_close(layer(padded(X, 2), mask=mask)[:, :3], want, atol=1e-6)
    ahead = np.triu(np.ones((1, 5, 5), bool))
    both = layer(padded(X, 2), allowed=ahead, mask=mask)
    alone = layer(X, allowed=ahead[:, :3, :3])
    assert_close(both[:, :3], alone, atol=1e-6)


def test_masked_memory_is_not_attended_to():
    layer = ProjectedAttention(6, 5, 2, cross=True)
    mask = np.arange(6) < [[4], [4]]
    got = layer(X, padded(MEMORY, 2), memory_mask=mask)
    assert_close(got, layer(X, MEMORY), atol=1e-6)


@pytest.mark.parametrize("cross", [False, True])
def test_keras_gives_the_mask_of_an_embedding(cross):
    tokens = keras.Input((None,), dtype="int32")
    embedded = keras.layers.Embedding(9, 5, mask_zero=True)(tokens)
    attention = ProjectedAttention(6, 5, cross=cross)
    both = [embedded, embedded] if cross else [embedded]
    model = keras.Model(tokens, attention(*both))
    short = np.array([[3, 1, 4]])
    long = np.pad(short, ((0, 0), (0, 2)))
    assert_close(model(long)[:, :3], model(short), atol=1e-6)


def test_contract_under_a_mask():
    arguments = {"units": 6, "output_units": 5, "heads": 2, "dropout": 0.2}
    mask = np.array([[True, True, False], [True, True, True]])
    check_layer(
        partial(ProjectedAttention, **arguments), X, elsewhere=["cross"], mask=mask
    )


def test_contract():
    arguments = {"units": 6, "output_units": 5, "heads": 2, "cross": True}
    check_layer(partial(ProjectedAttention, **arguments, dropout=0.2), [X, MEMORY])


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"6, heads=4\. Nearest: 4, 8"):
        ProjectedAttention(6, 6, heads=4)
    with pytest.raises(ValueError, match="'att' has `cross`"):
        ProjectedAttention(6, 6, cross=True, name="att")(X)
    with pytest.raises(ValueError, match="'att' has no `cross`"):
        ProjectedAttention(6, 6, name="att")(X, MEMORY)
