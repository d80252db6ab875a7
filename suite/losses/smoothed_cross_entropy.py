"""Cross-entropy with smoothed labels that ignores padding."""

import math
from typing import Any

import keras
from keras import ops

from suite.losses.within_classes import within_classes


def smoothed_cross_entropy(
    targets: Any, logits: Any, smoothing: float = 0.0, padding: int | None = None
) -> Any:
    """Mean over the true tokens of the cross-entropy with smoothed labels.

    A token costs `(1 - s) * -log p(target) + s / V * sum of -log p(v) over all v`: the
    share s is spread over all classes, the target among them, as
    `keras.losses.CategoricalCrossentropy(label_smoothing=s)` does.

    Args:
        targets: Int tensor of shape `(..., steps)`.
        logits: Float tensor of shape `(..., steps, classes)`, unnormalized.
        smoothing: Float in [0, 1), s.
        padding: Int or None. Targets of this value cost nothing and are not counted;
            it need not be a class, -1 or -100 will do.

    Returns:
        Float32 scalar; 0 where all targets are padding.

    Raises:
        ValueError: If `smoothing` is out of range, or a target is neither a class nor
            padding, where values are known. Within a compiled graph the loss is NaN.

    References:
        - Szegedy et al. 2016, arXiv:1512.00567, section 7
    """
    losses = _of_tokens(targets, logits, smoothing, padding)
    return mean_of_true(losses, ops.cast(targets, "int32"), padding)


def _of_tokens(targets: Any, logits: Any, smoothing: float, padding: int | None) -> Any:
    """What each token costs, float32 `(..., steps)`; of no meaning at padding."""
    if not 0 <= smoothing < 1:
        raise ValueError(
            f"`smoothing` must be in [0, 1). Received: smoothing={smoothing}"
        )
    logits = ops.cast(logits, "float32")
    targets, wrong = within_classes(targets, logits.shape[-1], padding)
    total = ops.logsumexp(logits, axis=-1)
    losses = total - picked(logits, targets)
    if smoothing:
        even = total - ops.mean(logits, axis=-1)
        losses = (1 - smoothing) * losses + smoothing * even
    return ops.where(wrong, math.nan, losses)


def picked(logits: Any, classes: Any) -> Any:
    """The logit of each step's class: `(..., steps, V)` and `(..., steps)` to the
    latter's shape."""
    return ops.take_along_axis(logits, classes[..., None], axis=-1)[..., 0]


def mean_of_true(losses: Any, targets: Any, padding: int | None) -> Any:
    """The mean of the losses whose target is not padding; 0 where there is none."""
    if padding is None:
        return ops.mean(losses)
    kept = ops.cast(targets != padding, "float32")
    return ops.sum(losses * kept) / ops.maximum(ops.sum(kept), 1.0)


@keras.saving.register_keras_serializable(package="suite")
class SmoothedCrossEntropy(keras.losses.Loss):
    """`smoothed_cross_entropy` for `compile`; one number a batch.

    The mean is over the true tokens: those whose target is not padding and which the
    Keras mask of the logits, if they carry one, keeps. Sample weights multiply what
    tokens cost and are not counted, as in Keras' own mean.

    Args:
        smoothing: Float in [0, 1), the share spread over all classes.
        padding: Int or None, the target to ignore.
        **kwargs: `name` and `dtype`.

    Call arguments:
        y_true: Int tensor of shape `(..., steps)`.
        y_pred: Float tensor of shape `(..., steps, classes)`, unnormalized.
        sample_weight: Optional float tensor that fits `y_true`, its last axes missing
            or not: a weight for each sample or for each token.

    Returns:
        Float32 scalar; 0 where no token counts.

    Raises:
        ValueError: As `smoothed_cross_entropy`.
    """

    def __init__(
        self, smoothing: float = 0.1, padding: int | None = None, **kwargs: Any
    ) -> None:
        # the mean is over true tokens, not over what a batch holds
        kwargs["reduction"] = "sum"
        super().__init__(**kwargs)
        self.smoothing = smoothing
        self.padding = padding

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        # Keras' own would weigh and mask after the division by the number of tokens
        mask = getattr(y_pred, "_keras_mask", None)
        kept = ops.ones_like(y_true, dtype="float32")
        if self.padding is not None:
            targets = ops.cast(y_true, "int32")
            kept = ops.cast(targets != self.padding, "float32")
        if mask is not None:
            kept = kept * ops.cast(mask, "float32")
            # what stands elsewhere need be no class
            y_true = ops.where(ops.cast(mask, "bool"), y_true, 0)
        losses = self.call(y_true, y_pred)
        count = ops.maximum(ops.sum(kept), 1.0)
        if sample_weight is not None:
            weight = ops.cast(sample_weight, "float32")
            missing = len(losses.shape) - len(weight.shape)
            losses = losses * ops.reshape(weight, (*ops.shape(weight), *[1] * missing))
        return ops.sum(losses * kept) / count

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """What each token costs, float32 in the shape of `y_true`."""
        return _of_tokens(y_true, y_pred, self.smoothing, self.padding)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {**config, "smoothing": self.smoothing, "padding": self.padding}
