"""The arithmetic of attention, behind its projections."""

from collections.abc import Callable
from typing import Any

from keras import ops

FORBIDDEN = -1e9  # not -inf: a row in which all is masked stays finite


def scaled_attention(
    queries: Any,
    keys: Any,
    values: Any,
    heads: int,
    drop: Callable[[Any], Any],
    allowed: Any = None,
) -> tuple[Any, Any]:
    """Weighted means of values, each head with a part of the features.

    Queries are divided by the root of a head's width before they meet the keys. That
    product is made in the dtype of the tensors, so that in float16 a score beyond
    65504 is infinite; mask and softmax are float32 whatever the dtype.

    Args:
        queries: Float tensor of shape `(batch, T, units)`.
        keys: Float tensor of shape `(batch, S, units)`.
        values: Float tensor of that shape.
        heads: Positive int, a divisor of `units`.
        drop: Takes the weights, in the dtype of the values, and gives those that are
            used: dropout.
        allowed: Optional bool tensor that fits `(batch, T, S)` by broadcasting: what
            each step may attend to.

    Returns:
        Tensor of shape `(batch, T, units)`, and the weights before `drop`, float32
        `(batch, heads, T, S)`.

    References:
        - Vaswani et al. 2017, arXiv:1706.03762, section 3.2
    """
    units = queries.shape[-1]
    queries = queries * (units // heads) ** -0.5
    queries, keys, values = (_split(x, heads) for x in (queries, keys, values))
    scores = ops.matmul(queries, ops.transpose(keys, (0, 1, 3, 2)))
    scores = ops.cast(scores, "float32")
    if allowed is not None:
        scores = ops.where(ops.expand_dims(allowed, -3), scores, FORBIDDEN)
    weights = ops.softmax(scores, axis=-1)
    shares = drop(ops.cast(weights, values.dtype))
    x = ops.transpose(ops.matmul(shares, values), (0, 2, 1, 3))
    batch, steps = ops.shape(x)[:2]
    return ops.reshape(x, (batch, steps, units)), weights


def _split(x: Any, heads: int) -> Any:
    """`(batch, steps, units)` to `(batch, heads, steps, units / heads)`."""
    if heads == 1:
        return x[:, None]
    batch, steps, units = ops.shape(x)
    x = ops.reshape(x, (batch, steps, heads, units // heads))
    return ops.transpose(x, (0, 2, 1, 3))
