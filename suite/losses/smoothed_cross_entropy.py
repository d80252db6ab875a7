"""Cross-entropy with smoothed labels that ignores padding."""

from typing import Any

import keras
from keras import ops


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
        padding: Int or None. Targets of this value cost nothing and are not counted.

    Returns:
        Float32 scalar; 0 where all targets are padding.

    Raises:
        ValueError: If `smoothing` is out of range.

    References:
        - Szegedy et al. 2016, arXiv:1512.00567, section 7
    """
    if not 0 <= smoothing < 1:
        raise ValueError(
            f"`smoothing` must be in [0, 1). Received: smoothing={smoothing}"
        )
    logits = ops.cast(logits, "float32")
    targets = ops.cast(targets, "int32")
    total = ops.logsumexp(logits, axis=-1)
    loss = total - picked(logits, targets)
    if smoothing:
        even = total - ops.mean(logits, axis=-1)
        loss = (1 - smoothing) * loss + smoothing * even
    return mean_of_true(loss, targets, padding)


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

    Args:
        smoothing: Float in [0, 1), the share spread over all classes.
        padding: Int or None, the target to ignore.
        **kwargs: `name` and `dtype`.
    """

    def __init__(
        self, smoothing: float = 0.1, padding: int | None = None, **kwargs: Any
    ) -> None:
        # the mean is over true tokens, not over what a batch holds
        kwargs["reduction"] = "sum"
        super().__init__(**kwargs)
        self.smoothing = smoothing
        self.padding = padding

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return smoothed_cross_entropy(y_true, y_pred, self.smoothing, self.padding)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {**config, "smoothing": self.smoothing, "padding": self.padding}
