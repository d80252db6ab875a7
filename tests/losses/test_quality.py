"""Labels and losses of picture quality against their definitions."""

import itertools
import math

import keras
import numpy as np
import pytest
from keras import ops

from suite.losses import distribution_cross_entropy, gaussian_labels, ranking_loss
from suite.models import build
from tests.models.sweep import reduced
from tests.numeric import assert_close, gradient_of, to_numpy

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)
SURVEY = np.array([[0.01, 0.08, 0.11, 0.3, 0.5]])


def mass(mean, deviation, low, high):
    def below(x):
        return 0.5 * (1 + math.erf((x - mean) / (deviation * math.sqrt(2))))

    return below(high) - below(low)


@pytest.mark.erratum(
    "Public code",
    "TRIQ's labels are the Gaussian's density at 1..5",
    "Its masses between the levels: densities sum to 0.916..1.308 on its data, and "
    "weigh samples by that",
)
def test_labels_are_masses_of_the_gaussian():
    means, deviations = RNG.uniform(1, 5, 20), RNG.uniform(0.1, 1.2, 20)
    got = to_numpy(gaussian_labels(means, deviations))
    edges = [-math.inf, 1.5, 2.5, 3.5, 4.5, math.inf]
    for row, mean, deviation in zip(got, means, deviations, strict=True):
        pairs = itertools.pairwise(edges)
        assert_close(row, [mass(mean, deviation, *p) for p in pairs], atol=1e-6)
    assert_close(got.sum(axis=1), np.ones(20), atol=1e-6)
    scores = got @ np.arange(1, 6)
    # away from the ends, and wide enough to reach a neighbour
    inner = (np.abs(means - 3) < 1) & (deviations > 0.4) & (deviations < 0.7)
    assert inner.any() and np.abs(scores - means)[inner].max() < 0.05


def test_labels_of_a_sure_opinion_by_hand():
    got = gaussian_labels(np.array([2.0, 1.0]), np.array([0.01, 0.01]), levels=3)
    assert_close(got, [[0, 1, 0], [1, 0, 0]], atol=1e-6)


def test_cross_entropy_of_the_survey_by_hand():
    """Its case: all votes for 5 against half the mass there costs ln 2."""
    votes = np.array([[0, 0, 0, 0, 1.0]])
    loss = distribution_cross_entropy(votes, np.log(SURVEY))
    assert float(loss) == pytest.approx(math.log(2), abs=1e-6)
    assert float((SURVEY * np.arange(1, 6)).sum()) == pytest.approx(4.2)


def test_votes_count_as_their_distribution():
    logits, votes = RNG.normal(size=(4, 5)), RNG.integers(0, 90, (4, 5))
    want = distribution_cross_entropy(votes / votes.sum(1, keepdims=True), logits)
    assert_close(distribution_cross_entropy(votes, logits), want, atol=1e-6)


def test_gradient_of_cross_entropy_is_the_difference():
    labels = RNG.dirichlet(np.ones(5), 3)
    logits = RNG.normal(size=(3, 5))
    _, slope = gradient_of(lambda x: distribution_cross_entropy(labels, x), logits)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert_close(slope, (p - labels) / 3, atol=1e-5)


def test_ranking_matches_the_definition():
    truth, scores = RNG.integers(0, 4, 9).astype(float), RNG.normal(size=9)
    for margin in (0.0, 0.7):
        pairs = [
            max(0.0, margin - (scores[i] - scores[j]))
            for i, j in np.ndindex(9, 9)
            if truth[i] > truth[j]
        ]
        assert_close(ranking_loss(truth, scores, margin), np.mean(pairs), atol=1e-5)


def test_ranking_by_hand():
    truth = np.array([1.0, 2.0])
    assert float(ranking_loss(truth, np.array([0.0, 3.0]))) == 0
    assert float(ranking_loss(truth, np.array([3.0, 0.0]))) == 3
    assert float(ranking_loss(truth, np.array([0.0, 0.3]), 1.0)) == pytest.approx(0.7)
    assert float(ranking_loss(np.ones(2), np.array([5.0, 1.0]), 1.0)) == 0


def test_scores_in_a_column_are_ranked_as_in_a_row():
    truth, scores = RNG.integers(0, 4, 9).astype(float), RNG.normal(size=9)
    want = ranking_loss(truth, scores, 0.7)
    shapes = itertools.product(((9,), (9, 1)), repeat=2)
    for one, other in shapes:
        got = ranking_loss(truth.reshape(one), scores.reshape(other), 0.7)
        assert_close(got, want, atol=0)


def test_a_network_learns_to_rank():
    """Its scores are `(batch, 1)`, and `fit` makes truth of that shape."""
    model = build("iqt_edge", reduced("iqt_edge"))
    jit = keras.backend.backend() == "jax"
    model.compile("sgd", {"score": ranking_loss}, jit_compile=jit)
    pictures = RNG.uniform(-1, 1, (2, 4, 32, 32, 3)).astype("float32")
    given = dict(zip(("reference", "distorted"), pictures, strict=True))
    truth = np.arange(4, dtype="float32")
    ranked = ranking_loss(truth, model(given, training=True)["score"], 0.0)
    history = model.fit(given, {"score": truth}, batch_size=4, verbose=0)
    assert_close(history.history["loss"][0], ranked, atol=1e-4)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="levels=1"):
        gaussian_labels(np.ones(2), np.ones(2), levels=1)
    with pytest.raises(ValueError, match=r"labels \(2, 5\), logits \(2, 4\)"):
        distribution_cross_entropy(np.ones((2, 5)), np.ones((2, 4)))
    with pytest.raises(ValueError, match=r"truth \(3,\), scores \(3, 2\)"):
        ranking_loss(np.ones(3), ops.ones((3, 2)))
    with pytest.raises(ValueError, match=r"truth \(3,\), scores \(4,\)"):
        ranking_loss(np.ones(3), ops.ones((4, 1)))
    with pytest.raises(ValueError, match="margin=-1"):
        ranking_loss(np.ones(3), np.ones(3), -1)


@pytest.mark.parametrize(
    ("mean", "deviation", "said"),
    [
        ([2.5, 3.0], [1.0, 0.0], "deviation=0"),
        ([3.0], [-1.0], "deviation=-1"),
        ([[1.0], [2.0], [3.0]], [1.0, 1.0, 1.0], "mean"),
    ],
)
def test_labels_of_no_distribution_are_refused(mean, deviation, said):
    with pytest.raises(ValueError, match=f"Received: .*{said}"):
        gaussian_labels(np.array(mean), np.array(deviation))
