"""Losses of the textbook: smooth L1, several labels at once, penalized regression."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
from keras import ops

from suite.losses.same_shape import check_same_shape


@keras.saving.register_keras_serializable(package="suite")
def smooth_l1(target: Any, output: Any, beta: float = 1.0) -> Any:
    """Squared error near zero, absolute error beyond: d²/(2 beta), or |d| - beta/2.

    Keras' Huber loss with delta = beta, divided by beta. One number a batch: sample
    weights of `fit` are not supported.

    Args:
        target: Float tensor.
        output: Float tensor of the same shape.
        beta: Float > 0, the error where one becomes the other.

    Returns:
        Float32 scalar, the mean.

    Raises:
        ValueError: If `beta` is not positive or the shapes differ.

    References:
        - Girshick 2015, arXiv:1504.08083, equation 3 (beta = 1)
    """
    if beta <= 0:
        raise ValueError(f"`beta` must be positive. Received: beta={beta}")
    check_same_shape(target, output, ("target", "output"))
    error = ops.abs(ops.cast(output, "float32") - ops.cast(target, "float32"))
    near = 0.5 * ops.square(error) / beta
    return ops.mean(ops.where(error < beta, near, error - 0.5 * beta))


@keras.saving.register_keras_serializable(package="suite")
def multi_label(labels: Any, logits: Any) -> Any:
    """Mean binary cross-entropy of classes that do not exclude one another.

    One number a batch: sample weights of `fit` are not supported.

    Args:
        labels: Float tensor of shape `(batch, classes)`, 0..1.
        logits: Float tensor of the same shape; any size stays finite.

    Returns:
        Float32 scalar.

    Raises:
        ValueError: If the shapes differ.
    """
    check_same_shape(labels, logits, ("labels", "logits"))
    labels, logits = (ops.cast(x, "float32") for x in (labels, logits))
    # log(1 + e^x) - x·y
    return ops.mean(ops.softplus(logits) - logits * labels)


def logistic_regression(
    labels: Any,
    logits: Any,
    weights: Iterable[Any] = (),
    l1: float = 0.0,
    l2: float = 0.0,
) -> Any:
    """Mean binary cross-entropy, with l1·sum|w| + l2/2·sum w² of the weights.

    The gradient is X^T (p - y) / n + l1·sign(w) + l2·w. Leave the bias out of
    `weights`: it is not to be drawn to zero. float64 logits are computed in float64,
    for optimizers of second order.

    Args:
        labels: Float tensor of shape `(batch,)`, 0 or 1.
        logits: Float tensor of the same shape.
        weights: Tensors or variables that are penalized.
        l1: Float >= 0.
        l2: Float >= 0.

    Returns:
        Scalar, float64 if the logits are, else float32.

    Raises:
        ValueError: If the shapes differ, a penalty is negative, or one is given without
            weights.
    """
    check_same_shape(labels, logits, ("labels", "logits"))
    weights = list(weights)
    if l1 < 0 or l2 < 0 or ((l1 or l2) and not weights):
        raise ValueError(
            "`l1` and `l2` must not be negative and need `weights`. Received: "
            f"l1={l1}, l2={l2}, {len(weights)} weights"
        )
    dtype = "float64" if "float64" in str(logits.dtype) else "float32"
    labels, logits = (ops.cast(x, dtype) for x in (labels, logits))
    loss = ops.mean(ops.softplus(logits) - logits * labels)
    for weight in weights:
        weight = ops.cast(weight, dtype)
        loss = loss + l1 * ops.sum(ops.abs(weight))
        loss = loss + 0.5 * l2 * ops.sum(ops.square(weight))
    return loss
