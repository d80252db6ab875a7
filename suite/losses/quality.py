"""Opinions about pictures: labels from mean and spread, and losses of scores."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from suite.layers.known_value import known_value
from suite.losses.same_shape import check_same_shape


def gaussian_labels(mean: Any, deviation: Any, levels: int = 5) -> Any:
    """A distribution over levels from the mean and spread of the opinions.

    Level l gets the Gaussian's mass between l - 1/2 and l + 1/2, the first and the
    last level also all that lies beyond. So the labels sum to one and their score is
    close to the mean. The public code of TRIQ takes the density at 1..5 instead,
    which does not sum to one (0.916 to 1.308 over a data set): its cross-entropy
    weights samples by that sum, and its true scores are off by up to 0.317.

    Args:
        mean: Float tensor of shape `(batch,)`, in levels, 1..`levels`.
        deviation: Float tensor of shape `(batch,)`, > 0, in levels.
        levels: Int above 1.

    Returns:
        Float32 tensor of shape `(batch, levels)`.

    Raises:
        ValueError: If there are fewer than two levels, the shapes are not `(batch,)`,
            or a deviation is not positive, where values are known (not within a
            compiled graph).

    References:
        - You, Korhonen 2021, arXiv:2101.01097
    """
    if levels < 2:
        raise ValueError(f"`levels` must be above 1. Received: levels={levels}")
    mean, deviation = (ops.convert_to_tensor(x) for x in (mean, deviation))
    check_same_shape(mean, deviation, ("mean", "deviation"), rank=1)
    known = known_value(deviation)
    if known is not None and not (known > 0).all():
        raise ValueError(
            "`deviation` must be positive. Received: "
            f"deviation={known[~(known > 0)].flat[0]:g}"
        )
    mean, deviation = (ops.cast(x, "float32")[:, None] for x in (mean, deviation))
    edges = ops.arange(levels - 1, dtype="float32")[None, :] + 1.5
    below = 0.5 * (1.0 + ops.erf((edges - mean) / (math.sqrt(2.0) * deviation)))
    sides = ops.zeros_like(below[:, :1]), ops.ones_like(below[:, :1])
    below = ops.concatenate([sides[0], below, sides[1]], axis=1)  # (batch, levels + 1)
    return below[:, 1:] - below[:, :-1]


@keras.saving.register_keras_serializable(package="suite")
def distribution_cross_entropy(labels: Any, logits: Any) -> Any:
    """Mean cross-entropy of distributions over levels.

    One number a batch: sample weights of `fit` are not supported.

    Args:
        labels: Float tensor of shape `(batch, levels)`, >= 0. Divided by their sum,
            so that votes may be given as they were counted; Keras' own loss would
            weight each sample by the number of its votes, without a word.
        logits: Float tensor of the same shape, unnormalized.

    Returns:
        Float32 scalar.

    Raises:
        ValueError: If the shapes differ.
    """
    check_same_shape(labels, logits, ("labels", "logits"))
    labels = ops.cast(labels, "float32")
    labels = labels / ops.maximum(ops.sum(labels, axis=-1, keepdims=True), 1e-9)
    log_probs = ops.log_softmax(ops.cast(logits, "float32"), axis=-1)
    return -ops.mean(ops.sum(labels * log_probs, axis=-1))


@keras.saving.register_keras_serializable(package="suite")
def ranking_loss(truth: Any, scores: Any, margin: float = 0.0) -> Any:
    """Cost of pairs in the wrong order: a picture judged better is to score higher.

    Of each pair of different truth max(0, margin - difference of the scores), the
    better one first; the mean over these pairs. 0 where the batch has none. Unlike a
    squared error it does not mind a monotone change of scale. One number a batch:
    sample weights of `fit` are not supported.

    Args:
        truth: Float tensor of shape `(batch,)` or `(batch, 1)`, the higher the better.
        scores: Float tensor of one of these shapes, predicted.
        margin: Float >= 0, by how much the better one is to lead.

    Returns:
        Float32 scalar.

    Raises:
        ValueError: If the batches differ, the shapes are none of these, or `margin` is
            negative.

    References:
        - Liu, van de Weijer, Bagdanov 2017, arXiv:1707.08347, equation 3
    """
    if margin < 0:
        raise ValueError(f"`margin` must not be negative. Received: margin={margin}")
    truth, scores = (_one_each(ops.convert_to_tensor(x)) for x in (truth, scores))
    check_same_shape(truth, scores, ("truth", "scores"), rank=1)
    truth, scores = (ops.cast(x, "float32") for x in (truth, scores))
    better = ops.cast(truth[:, None] > truth[None, :], "float32")
    lead = scores[:, None] - scores[None, :]
    cost = ops.sum(better * ops.relu(margin - lead))
    return cost / ops.maximum(ops.sum(better), 1.0)


def _one_each(x: Any) -> Any:
    """`(batch, 1)` to `(batch,)`: heads give the former, `fit` brings truth to it."""
    return x[:, 0] if len(x.shape) == 2 and x.shape[1] == 1 else x
