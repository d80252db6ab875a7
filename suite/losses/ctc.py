"""Connectionist temporal classification with true lengths, safe on every backend."""

from typing import Any

from keras import ops


def ctc_loss(
    labels: Any, logits: Any, label_lengths: Any, logit_lengths: Any
) -> tuple[Any, Any]:
    """Negative log-likelihood of each label sequence, 0 where it cannot be aligned.

    A label of U characters, R of them equal to the one before, needs at least U + R
    frames. Below that `keras.ops.ctc_loss` gives 7e2 on tensorflow, 1e5 on jax and
    infinity with a NaN gradient on torch. Such a sample here costs 0, has a zero
    gradient, and is reported, so that a caller can count it.

    Args:
        labels: Int tensor of shape `(batch, characters)`, classes from 1; what
            stands beyond a label's length is ignored.
        logits: Float tensor of shape `(batch, frames, classes)`, unnormalized (or
            log-probabilities, which gives the same); class 0 is the blank.
        label_lengths: Int tensor of shape `(batch,)`, from 0 to `characters`.
        logit_lengths: Int tensor of shape `(batch,)`, from 1 to `frames`.

    Returns:
        `(losses, feasible)`: float32 and bool tensors of shape `(batch,)`.

    References:
        - Graves et al. 2006, "Connectionist Temporal Classification", ICML, sec. 4
    """
    labels = ops.cast(labels, "int32")
    label_lengths = ops.cast(label_lengths, "int32")
    logit_lengths = ops.cast(logit_lengths, "int32")
    feasible = frames_needed(labels, label_lengths) <= logit_lengths
    # Emptied before the call, not only masked after it: the product of a zero and
    # an infinite gradient is NaN.
    safe_lengths = ops.where(feasible, label_lengths, 0)
    losses = ops.ctc_loss(
        labels, ops.cast(logits, "float32"), safe_lengths, logit_lengths, mask_index=0
    )
    return ops.where(feasible, losses, 0.0), feasible


def frames_needed(labels: Any, label_lengths: Any) -> Any:
    """Fewest frames on which a label can be aligned: one a character, and a blank
    between equal neighbours.

    Args:
        labels: Int tensor of shape `(batch, characters)`.
        label_lengths: Int tensor of shape `(batch,)`.

    Returns:
        Int32 tensor of shape `(batch,)`.
    """
    labels = ops.cast(labels, "int32")
    label_lengths = ops.cast(label_lengths, "int32")
    positions = ops.arange(1, ops.shape(labels)[1], dtype="int32")
    repeated = ops.logical_and(
        labels[:, 1:] == labels[:, :-1], positions[None, :] < label_lengths[:, None]
    )
    return label_lengths + ops.sum(ops.cast(repeated, "int32"), axis=1)
