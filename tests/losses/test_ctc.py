"""CTC against every path, for values and gradients; case-merged CTC likewise."""

import itertools

import numpy as np
import pytest
from keras import ops

from suite.losses import CaseMerge, ctc_loss
from suite.losses.ctc import frames_needed
from suite.text import Alphabet
from tests.numeric import assert_close, gradient_of, to_numpy

pytestmark = pytest.mark.backend
FRAMES, CLASSES = 5, 4
PATHS = np.array(list(itertools.product(range(CLASSES), repeat=FRAMES)))
GARBAGE = 3


def collapse(path):
    """Repeats become one, then blanks go: the map B of the paper."""
    kept = [k for k, _ in itertools.groupby(path)]
    return tuple(k for k in kept if k)


def exhaustive(logits, label, fold=None):
    """-log p(label) and its gradient for the logits (frames, classes), in float64.

    The sum runs over all paths that spell the label. d(-log p) / d logit[t, k] is the
    probability of k at t less its share among those paths. `fold` maps classes
    before they are collapsed.
    """
    logits = np.asarray(logits, np.float64)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    y = odds / odds.sum(axis=1, keepdims=True)
    paths = np.unique(PATHS[:, : len(y)], axis=0)
    fold = np.arange(CLASSES) if fold is None else np.asarray(fold)
    spell = np.array([collapse(path) == tuple(label) for path in fold[paths]])
    paths = paths[spell]
    chance = y[np.arange(len(y)), paths].prod(axis=1)
    gradient = y.copy()
    for t, k in np.ndindex(y.shape):
        gradient[t, k] -= chance[paths[:, t] == k].sum() / chance.sum()
    return -np.log(chance.sum()), gradient


def batch(samples):
    """Arrays of (label, frames) pairs; what lies beyond the lengths is garbage."""
    labels = np.full((len(samples), 6), GARBAGE, np.int32)
    for row, (label, _) in enumerate(samples):
        labels[row, : len(label)] = label[:6]
    logits = np.random.default_rng(0).normal(0, 2, (len(samples), FRAMES, CLASSES))
    label_lengths = np.array([len(label) for label, _ in samples], np.int32)
    frames = np.array([n for _, n in samples], np.int32)
    return labels, logits.astype(np.float32), label_lengths, frames


FEASIBLE = [
    *(((), n) for n in (1, 5)),
    *(((1,), n) for n in (1, 3, 5)),
    *(((label), 5) for label in [(1, 2), (1, 1), (3, 3, 2), (1, 2, 1), (2, 2, 2)]),
    ((3, 2, 1), 3),
    ((1, 1), 3),
    ((1, 2, 3, 1, 2), 5),
]
INFEASIBLE = [((1, 1), 2), ((1, 2), 1), ((1, 1, 2, 2), 5), ((1, 2, 3, 1, 2, 3), 5)]
INFEASIBLE += [((1, 2, 3, 1, 2, 3, 1), 5)]  # longer than the array, too


def test_values_and_gradients_are_those_of_all_paths():
    labels, logits, label_lengths, frames = batch(FEASIBLE)
    losses, feasible = ctc_loss(labels, logits, label_lengths, frames)
    assert to_numpy(feasible).all()
    wanted = [
        exhaustive(logits[row, :n], label) for row, (label, n) in enumerate(FEASIBLE)
    ]
    assert_close(losses, [loss for loss, _ in wanted], atol=1e-4, name="loss")
    total, gradient = gradient_of(
        lambda x: ops.sum(ctc_loss(labels, x, label_lengths, frames)[0]), logits
    )
    assert total == pytest.approx(sum(loss for loss, _ in wanted), rel=1e-5)
    for row, (label, n) in enumerate(FEASIBLE):
        name = f"gradient of {label} on {n} frames"
        assert_close(gradient[row, :n], wanted[row][1], atol=1e-4, name=name)
        assert_close(gradient[row, n:], 0 * gradient[row, n:], atol=1e-6, name=name)


@pytest.mark.erratum(
    "Frameworks",
    "CTC copes with a label that needs more frames than there are",
    "Keras' gives some 7e2, 1e5, or infinity and a gradient of NaN, by backend; here "
    "it costs 0 and is counted",
)
def test_a_label_that_cannot_be_aligned_costs_nothing_and_is_counted():
    samples = [INFEASIBLE[0], FEASIBLE[5], *INFEASIBLE[1:], FEASIBLE[4]]
    labels, logits, label_lengths, frames = batch(samples)
    losses, feasible = map(to_numpy, ctc_loss(labels, logits, label_lengths, frames))
    want = np.array([sample in FEASIBLE for sample in samples])
    assert feasible.tolist() == want.tolist()
    assert (losses[~want] == 0).all() and (losses[want] > 0).all()
    total, gradient = gradient_of(
        lambda x: ops.sum(ctc_loss(labels, x, label_lengths, frames)[0]), logits
    )
    assert np.isfinite(total)
    assert (gradient[~want] == 0).all()
    for row in np.flatnonzero(want):
        _, wanted = exhaustive(logits[row], samples[row][0])
        assert_close(gradient[row], wanted, atol=1e-4, name="gradient beside them")


def test_log_probabilities_and_shifted_logits_give_the_same():
    labels, logits, label_lengths, frames = batch(FEASIBLE)
    want, _ = ctc_loss(labels, logits, label_lengths, frames)
    for same in (ops.log_softmax(logits), logits + 7.0):
        got, _ = ctc_loss(labels, same, label_lengths, frames)
        assert_close(got, want, atol=1e-4)


def test_extreme_and_short_logits_stay_finite():
    labels, logits, label_lengths, frames = batch(FEASIBLE)
    got, _ = ctc_loss(labels, 1000 * logits, label_lengths, frames)
    assert np.isfinite(to_numpy(got)).all()
    rounded = ops.cast(logits, "bfloat16")
    want, _ = ctc_loss(labels, ops.cast(rounded, "float32"), label_lengths, frames)
    got, _ = ctc_loss(labels, rounded, label_lengths, frames)
    assert_close(got, want, atol=1e-5, name="computed in float32")


def test_frames_needed():
    labels = np.array([(1, 1, 1, 2), (1, 2, 1, 2), (2, 2, 2, 2), (3, 3, 1, 1)])
    got = to_numpy(frames_needed(labels, np.array([3, 4, 0, 4])))
    assert got.tolist() == [5, 4, 0, 6]


# --- case-merged ----------------------------------------------------------------------

# blank, "A", "a", "1"
MERGE = {"lower": [2], "upper": [1], "classes": CLASSES}
CASED = [((2,), False), ((1, 2), False), ((2, 2), False), ((3, 1), False), ((), False)]
MERGED = [((1,), True), ((1, 1), True), ((2, 1), True), ((3, 2), True), ((), True)]


def merged_loss(logits, labels, label_lengths, frames, merged):
    log_probs, folded = CaseMerge(**MERGE)(logits, labels, merged)
    return ctc_loss(folded, log_probs, label_lengths, frames)


def test_merged_and_cased_samples_share_a_batch():
    samples = [x for pair in zip(CASED, MERGED, strict=True) for x in pair]
    labels, logits, label_lengths, frames = batch([(label, 5) for label, _ in samples])
    merged = np.array([m for _, m in samples])
    wanted = []
    for row, (label, is_merged) in enumerate(samples):
        fold = [0, 1, 1, 3] if is_merged else None
        label = [fold[k] for k in label] if is_merged else label
        wanted.append(exhaustive(logits[row], label, fold))
    losses, feasible = merged_loss(logits, labels, label_lengths, frames, merged)
    assert to_numpy(feasible).all()
    assert_close(losses, [loss for loss, _ in wanted], atol=1e-4, name="loss")
    _, gradient = gradient_of(
        lambda x: ops.sum(merged_loss(x, labels, label_lengths, frames, merged)[0]),
        logits,
    )
    assert_close(gradient, [g for _, g in wanted], atol=1e-4, name="gradient")


def test_merged_probabilities_add_up():
    logits = np.random.default_rng(1).normal(0, 3, (2, FRAMES, CLASSES)).astype("f4")
    probabilities = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    labels = np.array([[2, 3], [2, 3]], np.int32)
    got, folded = CaseMerge(**MERGE)(logits, labels, np.array([True, False]))
    got = np.exp(to_numpy(got).astype(np.float64))
    want = probabilities[0] @ np.array(
        [[1, 0, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    )
    assert_close(got[0], want, atol=1e-6, name="merged")
    assert_close(got[1], probabilities[1], atol=1e-6, name="as it was")
    assert to_numpy(folded).tolist() == [[1, 3], [2, 3]]


def test_a_merged_label_may_become_infeasible_but_stays_finite():
    labels, logits, label_lengths, _ = batch([((1, 2), 2), ((1, 2), 2)])
    frames = np.array([2, 2], np.int32)
    merged = np.array([False, True])  # "Aa" is "AA" then, which wants three frames
    losses, feasible = merged_loss(logits, labels, label_lengths, frames, merged)
    assert to_numpy(feasible).tolist() == [True, False]
    _, gradient = gradient_of(
        lambda x: ops.sum(merged_loss(x, labels, label_lengths, frames, merged)[0]),
        logits,
    )
    assert np.isfinite(gradient).all() and not gradient[1].any()
    assert to_numpy(losses)[1] == 0


def test_extreme_logits_keep_the_gradient_finite():
    labels, logits, label_lengths, frames = batch([((1,), 5), ((2,), 5)])
    _, gradient = gradient_of(
        lambda x: ops.sum(
            merged_loss(x, labels, label_lengths, frames, np.array([True, True]))[0]
        ),
        300 * logits,
    )
    assert np.isfinite(gradient).all()


def test_pairs_of_an_alphabet():
    alphabet = Alphabet("aBbA1é")  # é has no capital here
    lower, upper = alphabet.case_fold_pairs()
    merge = CaseMerge(lower.tolist(), upper.tolist(), alphabet.size)
    labels = alphabet.encode("aAbB1é")[None]
    logits = np.zeros((1, 7, alphabet.size), np.float32)
    _, folded = merge(logits, labels, np.array([True]))
    assert alphabet.decode(to_numpy(folded)[0].tolist()) == "AABB1é"


@pytest.mark.parametrize(
    ("lower", "upper"), [([1, 2], [3]), ([1], [1]), ([1, 2], [2, 3])]
)
def test_pairs_that_make_no_sense_are_named(lower, upper):
    with pytest.raises(ValueError, match="Received: lower="):
        CaseMerge(lower, upper, 4)
