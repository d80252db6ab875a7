"""Smoothed cross-entropy against its definition; padding costs nothing."""

import keras
import numpy as np
import pytest

from suite.losses import SmoothedCrossEntropy, smoothed_cross_entropy
from tests.numeric import assert_close, gradient_of, to_numpy

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)
LOGITS = RNG.normal(0, 2, (2, 4, 5)).astype("float32")
TARGETS = np.array([[2, 0, 1, 1], [4, 3, 2, 1]], "int32")
PADDING = 1


def oracle(targets, logits, smoothing, padding):
    """A token at a time, by a label vector, with its gradient, in float64."""
    logits = logits.astype("float64")
    kept = targets != padding
    odds = np.exp(logits)
    p = odds / odds.sum(-1, keepdims=True)
    labels = np.full(p.shape, smoothing / p.shape[-1])
    for at in np.ndindex(targets.shape):
        labels[at][targets[at]] += 1 - smoothing
    losses = -(labels * np.log(p)).sum(-1)
    gradient = (p - labels) * kept[..., None] / kept.sum()
    return losses[kept].mean(), gradient


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.4])
def test_value_and_gradient(smoothing):
    want, gradient = oracle(TARGETS, LOGITS, smoothing, PADDING)
    loss, got = gradient_of(
        lambda x: smoothed_cross_entropy(TARGETS, x, smoothing, PADDING), LOGITS
    )
    assert loss == pytest.approx(want, abs=1e-5)
    assert_close(got, gradient, atol=1e-6, name="gradient")


def test_by_hand():
    """Two classes as likely as each other: log 2, smoothed or not."""
    logits = np.zeros((1, 3, 2), "float32")
    got = smoothed_cross_entropy(np.array([[0, 1, 1]]), logits, 0.3)
    assert float(to_numpy(got)) == pytest.approx(np.log(2))


def test_is_that_of_keras_without_padding():
    labels = keras.utils.to_categorical(TARGETS, 5)
    want = keras.losses.CategoricalCrossentropy(True, label_smoothing=0.1)
    got = smoothed_cross_entropy(TARGETS, LOGITS, 0.1)
    assert_close(got, want(labels, LOGITS), atol=1e-6)


def test_a_batch_of_padding_costs_nothing():
    logits, targets = 900 * LOGITS, np.full((2, 4), PADDING)
    loss, gradient = gradient_of(
        lambda x: smoothed_cross_entropy(targets, x, 0.1, PADDING), logits
    )
    assert loss == 0 and not gradient.any()


def test_as_a_loss_of_keras():
    loss = SmoothedCrossEntropy(smoothing=0.2, padding=PADDING)
    want, _ = oracle(TARGETS, LOGITS, 0.2, PADDING)
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    for kind in (loss, again):
        assert float(to_numpy(kind(TARGETS, LOGITS))) == pytest.approx(want, abs=1e-5)


def test_bad_smoothing_is_named():
    with pytest.raises(ValueError, match="smoothing=1"):
        smoothed_cross_entropy(TARGETS, LOGITS, 1)


@pytest.mark.parametrize("padding", [-1, -100])
def test_padding_that_is_no_class(padding):
    targets = np.where(TARGETS == PADDING, padding, TARGETS)
    want, gradient = gradient_of(
        lambda x: smoothed_cross_entropy(TARGETS, x, 0.1, PADDING), LOGITS
    )
    loss, got = gradient_of(
        lambda x: smoothed_cross_entropy(targets, x, 0.1, padding), LOGITS
    )
    assert loss == pytest.approx(want, abs=1e-6)
    assert_close(got, gradient, atol=1e-6)


@pytest.mark.parametrize(("wrong", "padding"), [(5, None), (-1, None), (-1, -100)])
def test_targets_that_are_no_class_are_named(wrong, padding):
    targets = np.where(TARGETS == 3, wrong, TARGETS)
    with pytest.raises(ValueError, match=rf"in 0..4.* Received: {wrong}$"):
        smoothed_cross_entropy(targets, LOGITS, 0.1, padding)
    with pytest.raises(ValueError, match=f"Received: {wrong}"):
        SmoothedCrossEntropy(0.1, padding)(targets, LOGITS)


@pytest.mark.parametrize("padding", [None, -1])
def test_targets_that_are_no_class_spoil_a_compiled_loss(padding, monkeypatch):
    """As the values of a graph are unknown; PyTorch's are known all the time."""
    monkeypatch.setattr("suite.losses.within_classes.known_value", lambda x: None)

    def loss(targets):
        return smoothed_cross_entropy(targets, LOGITS, 0.1, padding)

    for wrong in (-2, 5):
        targets = np.where(TARGETS == 3, wrong, TARGETS)
        assert np.isnan(to_numpy(loss(targets)))
    padded = np.where(TARGETS == 3, -1, TARGETS)
    assert np.isnan(to_numpy(loss(padded))) == (padding is None)


@pytest.mark.parametrize("wrong", [-1, 5])
def test_training_on_targets_that_are_no_class(wrong):
    backend = keras.backend.backend()
    inputs = keras.Input((4,), dtype="int32")
    model = keras.Model(inputs, keras.layers.Embedding(9, 5)(inputs))
    model.compile("sgd", SmoothedCrossEntropy(0.1), jit_compile=backend == "jax")
    assert np.isfinite(model.test_on_batch(TARGETS, TARGETS))
    targets = np.where(TARGETS == 3, wrong, TARGETS)
    if backend == "torch":  # computes at once
        with pytest.raises(ValueError, match=f"Received: {wrong}"):
            model.train_on_batch(TARGETS, targets)
    else:
        assert np.isnan(model.train_on_batch(TARGETS, targets))


def test_what_stands_under_a_keras_mask_need_be_no_class():
    embedded = keras.layers.Embedding(6, 5, mask_zero=True)
    tokens = np.array([[1, 2, 3, 0], [4, 5, 0, 0]], "int32")
    targets = np.where(tokens == 0, -1, TARGETS)
    loss = SmoothedCrossEntropy(0.1)
    want = loss(TARGETS, embedded(tokens))
    assert_close(loss(targets, embedded(tokens)), want, atol=1e-6)


@pytest.mark.parametrize("padding", [None, PADDING])
def test_sample_weights(padding):
    loss = SmoothedCrossEntropy(0.1, padding)
    plain = smoothed_cross_entropy(TARGETS, LOGITS, 0.1, padding)
    assert_close(loss(TARGETS, LOGITS), plain, atol=1e-6)
    for shape in ((2,), (2, 1), (2, 4)):
        ones = np.ones(shape, "float32")
        assert_close(loss(TARGETS, LOGITS, ones), plain, atol=1e-6)
    # a sample of no weight costs nothing, but its tokens are counted
    got = loss(TARGETS, LOGITS, np.array([2.0, 0.0]))
    alone = smoothed_cross_entropy(TARGETS[:1], LOGITS[:1], 0.1, padding)
    counted = [np.sum(x != padding) for x in (TARGETS[:1], TARGETS)]
    want = 2 * to_numpy(alone) * counted[0] / counted[1]
    assert_close(got, want, atol=1e-6)


def test_a_keras_mask_drops_tokens():
    inputs = keras.Input((4,), dtype="int32")
    embedded = keras.layers.Embedding(6, 5, mask_zero=True)(inputs)
    model = keras.Model(inputs, embedded)
    tokens = np.array([[1, 2, 3, 0], [4, 5, 0, 0]], "int32")
    logits = to_numpy(model(tokens))
    keep = tokens != 0
    want = smoothed_cross_entropy(TARGETS[keep], logits[keep], 0.1)
    assert_close(SmoothedCrossEntropy(0.1)(TARGETS, model(tokens)), want, atol=1e-6)
