"""Adaptive softmax against the probabilities of its two steps."""

import numpy as np
import pytest
from keras import ops

from suite.losses import (
    adaptive_log_probabilities,
    adaptive_softmax_loss,
    smoothed_cross_entropy,
)
from tests.numeric import assert_close, gradient_of, to_numpy

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)
# three tokens in the head, two and four in the tails
SCORES = [RNG.normal(0, 2, (2, 5, n)).astype("float32") for n in (5, 2, 4)]
TARGETS = np.array([[0, 2, 3, 4, 5], [8, 6, 1, 1, 1]], "int32")


def softmax(x):
    odds = np.exp(x.astype("float64"))
    return odds / odds.sum(-1, keepdims=True)


def probabilities(scores):
    head, *tails = map(softmax, scores)
    parts = [tail * head[..., 3 + i : 4 + i] for i, tail in enumerate(tails)]
    return np.concatenate([head[..., :3], *parts], -1)


def test_probabilities_add_up():
    got = np.exp(to_numpy(adaptive_log_probabilities(SCORES)).astype("float64"))
    assert_close(got, probabilities(SCORES), atol=1e-6)
    assert_close(got.sum(-1), np.ones((2, 5)), atol=1e-6)


@pytest.mark.parametrize("padding", [None, 1])
def test_loss_is_that_of_the_probabilities(padding):
    p = np.take_along_axis(probabilities(SCORES), TARGETS[..., None], -1)[..., 0]
    kept = np.ones_like(p, bool) if padding is None else padding != TARGETS
    got = adaptive_softmax_loss(TARGETS, SCORES, padding)
    assert_close(got, -np.log(p[kept]).mean(), atol=1e-5)


def test_only_the_tails_of_the_targets_learn():
    def loss(tail):
        return adaptive_softmax_loss(TARGETS, [SCORES[0], tail, SCORES[2]], 1)

    _, gradient = gradient_of(loss, SCORES[1])
    assert (gradient.any(-1) == ((TARGETS == 3) | (TARGETS == 4))).all()


def test_a_head_alone_is_a_plain_softmax():
    targets = TARGETS % 5
    got = adaptive_softmax_loss(targets, SCORES[:1], 1)
    want = smoothed_cross_entropy(targets, SCORES[0], 0.0, 1)
    assert_close(got, want, atol=1e-6)
    logs = adaptive_log_probabilities(SCORES[:1])
    assert_close(logs, ops.log_softmax(SCORES[0]), atol=1e-6)


def test_extreme_scores_stay_finite():
    loss, gradient = gradient_of(
        lambda x: adaptive_softmax_loss(TARGETS, [x, *SCORES[1:]]), 500 * SCORES[0]
    )
    assert np.isfinite(loss) and np.isfinite(gradient).all()


@pytest.mark.parametrize("padding", [-1, -100])
def test_padding_that_is_no_token(padding):
    rng = np.random.default_rng(5)
    scores = [rng.normal(size=(1, 3, n)).astype("float32") for n in (5, 4)]
    targets = np.array([[2, 6, padding]])
    got = adaptive_softmax_loss(targets, scores, padding)
    want = adaptive_softmax_loss(targets[:, :2], [x[:, :2] for x in scores])
    assert_close(got, want, atol=1e-6)


@pytest.mark.parametrize("wrong", [-1, 9])
def test_targets_that_are_no_token(wrong, monkeypatch):
    targets = np.where(TARGETS == 8, wrong, TARGETS)
    with pytest.raises(ValueError, match=rf"in 0..8.* Received: {wrong}$"):
        adaptive_softmax_loss(targets, SCORES, 1)
    # as within a compiled graph, on all backends
    known = "suite.losses.within_classes.known_value"
    monkeypatch.setattr(known, lambda x: None)
    assert np.isnan(to_numpy(adaptive_softmax_loss(targets, SCORES, 1)))
    assert np.isfinite(to_numpy(adaptive_softmax_loss(targets, SCORES, wrong)))
