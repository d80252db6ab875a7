"""Softmax in two steps for large vocabularies: first the band, then the token in it."""

import math
from collections.abc import Sequence
from typing import Any

from keras import ops

from suite.losses.smoothed_cross_entropy import mean_of_true, picked
from suite.losses.within_classes import within_classes


def adaptive_softmax_loss(
    targets: Any, scores: Sequence[Any], padding: int | None = None
) -> Any:
    """Mean negative log-likelihood of the true tokens, in nats.

    A token of the first band costs its own share of the head; any other costs its
    band's share of the head and its own of the band's tail. Every tail is computed
    for every step, as compiled graphs know no shapes that depend on tokens.

    Args:
        targets: Int tensor of shape `(..., steps)`.
        scores: The head's scores, float tensor of shape `(..., steps, first + tails)`
            whose last columns stand for the tails, and each tail's, `(..., steps,
            tokens)`: what `AdaptiveEmbedding` gives in reverse. A head alone is a
            plain softmax.
        padding: Int or None. Targets of this value cost nothing and are not counted;
            it need not be a token, -1 or -100 will do.

    Returns:
        Float32 scalar; 0 where all targets are padding.

    Raises:
        ValueError: If a target is neither a token nor padding, where values are known.
            Within a compiled graph the loss is NaN.

    References:
        - Grave et al. 2017, arXiv:1609.04309, section 4
    """
    head, *tails = [ops.cast(x, "float32") for x in scores]
    first = start = head.shape[-1] - len(tails)
    vocabulary = first + sum(tail.shape[-1] for tail in tails)
    given = ops.cast(targets, "int32")
    targets, wrong = within_classes(targets, vocabulary, padding)
    choice = ops.minimum(targets, first - 1)
    loss = ops.zeros_like(head[..., 0])
    for number, tail in enumerate(tails):
        size = tail.shape[-1]
        own = ops.logical_and(targets >= start, targets < start + size)
        choice = ops.where(own, first + number, choice)
        local = ops.clip(targets - start, 0, size - 1)
        cost = ops.logsumexp(tail, axis=-1) - picked(tail, local)
        loss = loss + ops.where(own, cost, 0.0)
        start += size
    loss = loss + ops.logsumexp(head, axis=-1) - picked(head, choice)
    return mean_of_true(ops.where(wrong, math.nan, loss), given, padding)


def adaptive_log_probabilities(scores: Sequence[Any]) -> Any:
    """Log-probabilities of all tokens from the scores of head and tails.

    Args:
        scores: As in `adaptive_softmax_loss`.

    Returns:
        Float32 tensor of shape `(..., steps, vocabulary)`.
    """
    head, *tails = [ops.log_softmax(ops.cast(x, "float32"), axis=-1) for x in scores]
    first = head.shape[-1] - len(tails)
    # the band's own column first: where Keras sees a column of as many numbers as there
    # are steps added to something, it writes a bias that LiteRT's converter cannot turn
    parts = [
        head[..., first + number : first + number + 1] + tail
        for number, tail in enumerate(tails)
    ]
    return ops.concatenate([head[..., :first], *parts], axis=-1)
