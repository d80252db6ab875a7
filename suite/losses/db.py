"""Loss of differentiable binarization that learns from text-free pages too."""

from collections.abc import Mapping
from typing import Any

from keras import ops

AMPLIFICATION = 50.0  # k of arXiv:1911.08947, equation 2


class DBLoss:
    """Weighted sum of the losses of probability, threshold and binary map.

    The paper balances text and background by hard negatives, three for each text
    pixel, so a batch without text has neither and teaches nothing. Here each pixel
    has a weight from the label maker (more around text and in the gaps between
    neighbours, 1 elsewhere) and the cross-entropy is divided by the sum of the
    weights: an empty page counts as much as a full one. The dice loss of the binary
    map has a constant in numerator and denominator, so that on an empty batch it
    falls to 0 as the map does.

    Args:
        probability_weight: Float >= 0, of the probability map's cross-entropy (5 in
            the paper's code).
        threshold_weight: Float >= 0, of the threshold map's mean error (10 there).
        binary_weight: Float >= 0, of the binary map's dice loss (1 there).
        smooth: Float > 0, pixels added to both sides of the dice fraction.

    Returns (of a call):
        Dict of float32 scalars: "loss", "probability", "threshold", "binary".

    References:
        - Liao et al. 2020, arXiv:1911.08947, section 3.4
    """

    def __init__(
        self,
        probability_weight: float = 5.0,
        threshold_weight: float = 10.0,
        binary_weight: float = 1.0,
        smooth: float = 100.0,
    ) -> None:
        self.probability_weight = probability_weight
        self.threshold_weight = threshold_weight
        self.binary_weight = binary_weight
        self.smooth = smooth

    def __call__(
        self, targets: Mapping[str, Any], outputs: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The loss of a batch.

        Args:
            targets: Dict of float tensors of shape `(batch, height, width, 1)`:
                "shrunk" 0..1 (cores of the text), "weight" >= 0 (0 ignores a pixel),
                "threshold" 0..1, "threshold_mask" 0 or 1.
            outputs: Dict of float tensors of that shape: "probability" and
                "threshold", logits of both maps.
        """
        # cast: the label maps may come as NumPy arrays, which torch does not mix
        shrunk = ops.cast(targets["shrunk"], "float32")
        weight = ops.cast(targets["weight"], "float32")
        logits = ops.cast(outputs["probability"], "float32")
        # log(1 + e^x) - x·y: the cross-entropy from logits, finite for all x
        entropy = ops.softplus(logits) - logits * shrunk
        probability_loss = ops.sum(entropy * weight) / (ops.sum(weight) + 1.0)

        probability = ops.sigmoid(logits)
        threshold = ops.sigmoid(ops.cast(outputs["threshold"], "float32"))
        inside = ops.cast(targets["threshold_mask"], "float32")
        error = ops.abs(threshold - ops.cast(targets["threshold"], "float32"))
        threshold_loss = ops.sum(error * inside) / (ops.sum(inside) + 1.0)

        # sigmoid, not 1 / (1 + exp(-k x)), which overflows float16
        binary = ops.sigmoid(AMPLIFICATION * (probability - threshold))
        seen = ops.cast(weight > 0, "float32")
        overlap = ops.sum(binary * shrunk * seen)
        total = ops.sum(binary * seen) + ops.sum(shrunk * seen)
        dice = 1.0 - (2.0 * overlap + self.smooth) / (total + self.smooth)

        loss = (
            self.probability_weight * probability_loss
            + self.threshold_weight * threshold_loss
            + self.binary_weight * dice
        )
        return {
            "loss": loss,
            "probability": probability_loss,
            "threshold": threshold_loss,
            "binary": dice,
        }
