"""Attention, blocks, encoders and decoder of the quality networks."""

from functools import partial

import keras
import numpy as np
import pytest
from keras import ops

from suite.layers import (
    IQTDecoder,
    IQTEncoder,
    QualityAttention,
    QualityBlock,
    QualityEncoder,
    TRIQEncoder,
)
from tests.contract import check_layer
from tests.numeric import assert_close, gradient_of, to_numpy

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(1)
X = RNG.normal(size=(2, 5, 8)).astype("float32")
MEMORY = RNG.normal(size=(2, 7, 8)).astype("float32")


def with_weights(layer, *shapes):
    layer.build(*shapes)
    layer.set_weights([RNG.normal(0, 0.4, w.shape) for w in layer.weights])
    return layer, [np.asarray(w, np.float64) for w in layer.get_weights()]


def attend(x, memory, weights, heads):
    """One query, head and key after the other, from the definition."""
    wq, bq, wk, bk, wv, bv, wo, bo = weights
    q, k, v = x @ wq + bq, memory @ wk + bk, memory @ wv + bv
    size = wq.shape[1] // heads
    result, shares = np.zeros(q.shape), []
    for b, h in np.ndindex(len(x), heads):
        part = slice(h * size, (h + 1) * size)
        scores = np.exp(q[b, :, part] @ k[b, :, part].T / np.sqrt(size))
        scores /= scores.sum(axis=1, keepdims=True)
        result[b, :, part] = scores @ v[b, :, part]
        shares.append(scores)
    shape = (len(x), heads, x.shape[1], memory.shape[1])
    return result @ wo + bo, np.reshape(shares, shape)


def normalize(x, gamma, beta):
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(
        x.var(-1, keepdims=True) + 1e-6
    ) * gamma + beta


@pytest.mark.parametrize("head_size", [None, 3])
def test_attention_matches_the_definition(head_size):
    layer = QualityAttention(4, head_size)
    layer, weights = with_weights(layer, X.shape, MEMORY.shape)
    got, shares = layer(X, MEMORY, return_attention_scores=True)
    want, want_shares = attend(X, MEMORY, weights, 4)
    assert_close(got, want, atol=1e-5)
    assert_close(shares, want_shares, atol=1e-5, name="weights")
    assert_close(layer(X, MEMORY), got, atol=0, name="without the request")


def block_weights(layer):
    """Weights by the place that they have in the block."""

    def values(*layers):
        return [np.asarray(w, np.float64) for one in layers for w in one.get_weights()]

    parts = [
        values(a.query_dense, a.key_dense, a.value_dense, a.output_dense)
        for a in layer.attentions
    ]
    return parts, [values(n) for n in layer.norms], values(layer.inner, layer.outer)


@pytest.mark.parametrize("pre_norm", [False, True])
@pytest.mark.parametrize("cross", [False, True])
def test_block_matches_the_definition(pre_norm, cross):
    layer = QualityBlock(2, 6, "relu", pre_norm=pre_norm, cross=cross)
    layer, _ = with_weights(layer, X.shape, MEMORY.shape)
    attentions, norms, (w1, b1, w2, b2) = block_weights(layer)
    x = X.astype(np.float64)

    def own(y):
        return attend(y, y, attentions[0], 2)[0]

    def other(y):
        return attend(y, MEMORY, attentions[1], 2)[0]

    def dense(y):
        return np.maximum(y @ w1 + b1, 0) @ w2 + b2

    parts = [own, other, dense] if cross else [own, dense]
    for part, norm in zip(parts, norms, strict=True):
        x = x + part(normalize(x, *norm)) if pre_norm else normalize(x + part(x), *norm)
    assert_close(layer(X, MEMORY), x, atol=3e-5)


def test_the_encoders_are_stacks_of_blocks():
    encoder, _ = with_weights(TRIQEncoder(heads=2, units=6), X.shape)
    got, scores = encoder(X, return_attention_scores=True)
    x = X
    for block, weights in zip(encoder.stack, scores, strict=True):
        x, (want,) = block(x, return_attention_scores=True)
        assert_close(weights, want, atol=1e-6)
        assert (block.activation, block.pre_norm) == ("relu", False)
        assert_close(to_numpy(weights).sum(-1), np.ones((2, 2, 5)), atol=1e-5)
    assert_close(got, x, atol=1e-6)
    assert_close(encoder(X), got, atol=0)
    assert [b.activation for b in IQTEncoder().stack] == ["gelu"] * 2


def test_norm_after_a_pre_norm_stack():
    layer = QualityEncoder(1, heads=2, units=6, pre_norm=True)
    layer, _ = with_weights(layer, X.shape)
    gamma, beta = (np.asarray(w) for w in layer.norm.get_weights())
    want = normalize(to_numpy(layer.stack[0](X)), gamma, beta)
    assert_close(layer(X), want, atol=1e-5)


def test_published_parameters():
    counts = {
        789_760 * 2: (IQTEncoder(), [(None, 842, 256)]),
        1_053_440 * 2: (IQTDecoder(), [(None, 842, 256)] * 2),
        8_544 * 2: (TRIQEncoder(), [(None, 193, 32)]),
        # a re-implementation with heads as wide as all features
        1_578_496 * 2: (IQTEncoder(head_size=256), [(None, 842, 256)]),
    }
    with keras.StatelessScope(initialize_variables=False):
        for count, (layer, shapes) in counts.items():
            layer.build(*shapes)
            assert layer.count_params() == count


@pytest.mark.erratum(
    "Public code",
    "The decoder of IQT has a causal mask",
    "No mask: the quality token is number 0, sees itself alone under one, and the "
    "score has no gradient to the reference",
)
def test_no_mask_hides_the_reference_from_the_score():
    """A causal mask makes the gradient of token 0 zero everywhere but at itself."""
    decoder, _ = with_weights(IQTDecoder(2, 2, 6), X.shape, MEMORY.shape)
    pick = RNG.normal(size=8).astype("float32")

    def score(tokens):
        first = decoder(tokens, ops.convert_to_tensor(MEMORY))[:, 0]
        return ops.sum(first * ops.convert_to_tensor(pick))

    _, slope = gradient_of(score, X)
    assert (np.abs(slope).max(axis=2) > 1e-5).all()


def test_symbolic_attention_has_the_true_shapes():
    tokens, memory = keras.Input((None, 8)), keras.Input((7, 8))
    _, scores = TRIQEncoder(heads=2)(tokens, return_attention_scores=True)
    assert [s.shape for s in scores] == [(None, 2, None, None)] * 2
    y, both = IQTDecoder(1, 2, 6)(tokens, memory, return_attention_scores=True)
    assert y.shape == (None, None, 8)
    assert both["self"][0].shape == (None, 2, None, None)
    assert both["cross"][0].shape == (None, 2, None, 7)


@pytest.mark.parametrize(
    ("layer", "inputs"),
    [
        (partial(QualityAttention, heads=4, head_size=3, dropout=0.1), [X, MEMORY]),
        (partial(TRIQEncoder, blocks=1, heads=2, units=6, dropout=0.2), [X]),
        (partial(IQTEncoder, blocks=1, heads=2, units=6, head_size=3), [X]),
        (partial(IQTDecoder, blocks=1, heads=2, units=6, head_size=3), [X, MEMORY]),
    ],
    ids=lambda value: getattr(getattr(value, "func", None), "__name__", ""),
)
def test_contract(layer, inputs):
    check_layer(layer, inputs)


def test_contract_of_the_shared_parts():
    common = {
        "heads": 2,
        "units": 6,
        "activation": "relu",
        "dropout": 0.2,
        "head_size": 3,
    }
    block = partial(QualityBlock, **common, pre_norm=True, cross=True)
    check_layer(block, [X, MEMORY])
    check_layer(partial(QualityEncoder, blocks=1, **common, pre_norm=True), X)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"features=8, heads=3\. Nearest: 6, 9"):
        QualityAttention(3)(X)
    with pytest.raises(ValueError, match="heads=0, head_size=None"):
        QualityAttention(0)
    with pytest.raises(ValueError, match="blocks=0"):
        IQTDecoder(0)
    with pytest.raises(ValueError, match="blocks=0"):
        TRIQEncoder(0)
    with pytest.raises(ValueError, match=r"units=0, dropout=0\.0"):
        QualityBlock(2, 0)
    with pytest.raises(ValueError, match="units=64, dropout=1"):
        TRIQEncoder(dropout=1)
