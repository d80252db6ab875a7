"""Training text of unknown case: lower and upper case counted as one character."""

from collections.abc import Sequence
from typing import Any

from keras import ops


class CaseMerge:
    """Merge the classes of lower-case letters into those of upper-case ones.

    Transcripts of receipts are often upper case whatever the print says. Trained on
    them as they stand a recognizer would learn to write "TOTAL" for "Total". With
    merged classes it is only told that the letter is a T of either case; the case
    itself is learned from other samples. For the samples marked, the probability of
    each lower-case letter is added to its upper-case one in every frame, and the
    label is put in upper case; then ordinary CTC runs over the result. The number of
    classes stays, so marked and unmarked samples share a batch and one CTC call.

    Args:
        lower: Sequence of int, classes of the lower-case letters.
        upper: Sequence of int, the upper-case class of each, in the same order.
        classes: Int, number of classes with the blank.

    Raises:
        ValueError: If the two sequences differ in length or share a class.

    Example:

    >>> merge = CaseMerge(lower=[2], upper=[1], classes=3)  # blank, A, a
    >>> logits, labels = keras.ops.zeros((2, 4, 3)), keras.ops.array([[2], [2]])
    >>> log_probs, labels = merge(logits, labels, keras.ops.array([True, False]))
    >>> labels
    [[1], [2]]
    """

    def __init__(
        self, lower: Sequence[int], upper: Sequence[int], classes: int
    ) -> None:
        if len(lower) != len(upper) or set(lower) & set(upper):
            raise ValueError(
                "`lower` and `upper` must pair distinct classes. Received: "
                f"lower={list(lower)}, upper={list(upper)}"
            )
        pairs = dict(zip(upper, lower, strict=True))
        folded = dict(zip(lower, upper, strict=True))
        self.partner = [pairs.get(index, index) for index in range(classes)]
        self.folded = [folded.get(index, index) for index in range(classes)]
        self.is_upper = [index in pairs for index in range(classes)]
        self.is_lower = [index in folded for index in range(classes)]

    def __call__(self, logits: Any, labels: Any, merged: Any) -> tuple[Any, Any]:
        """Log-probabilities and labels for CTC, merged in the samples marked.

        Args:
            logits: Float tensor of shape `(batch, frames, classes)`.
            labels: Int tensor of shape `(batch, characters)`.
            merged: Bool tensor of shape `(batch,)`, True where case is unknown.

        Returns:
            `(log_probs, labels)`: float32 `(batch, frames, classes)`, the lower-case
            classes of merged samples at -1e9, and int32 `(batch, characters)`.
        """
        log_probs = ops.log_softmax(ops.cast(logits, "float32"))
        partners = ops.take(log_probs, ops.array(self.partner, "int32"), axis=-1)
        sums = ops.logaddexp(log_probs, partners)
        # -1e9, not -inf: infinity times a zero gradient would be NaN
        folded = ops.where(ops.array(self.is_lower), -1e9, log_probs)
        folded = ops.where(ops.array(self.is_upper), sums, folded)
        labels = ops.cast(labels, "int32")
        folded_labels = ops.take(ops.array(self.folded, "int32"), labels, axis=0)
        merged = ops.cast(merged, "bool")
        return (
            ops.where(merged[:, None, None], folded, log_probs),
            ops.where(merged[:, None], folded_labels, labels),
        )
