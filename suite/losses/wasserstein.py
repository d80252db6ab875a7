"""The distance that it costs to carry generated samples to the real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from keras import ops

from suite.gradients import input_gradient
from suite.losses.adversarial import NonSaturatingLoss


class WassersteinLoss(NonSaturatingLoss):
    """A critic scores samples; the gap of the mean scores estimates the distance.

    True only of a critic whose slope is at most 1. Two ways hold it there: `clip`
    after each of its updates keeps the weights small, `penalty` as a part of its loss
    draws the slope to 1. "estimate" is the gap, which falls as the samples get
    better, unlike any other adversarial loss. With the penalty a critic must not
    normalize over its batch.

    Args:
        critic_steps: Positive int, updates of the critic for each of the generator;
            the critic is to be near its optimum. 5 in both papers.
        clip_at: Float > 0, the largest weight that `clip` leaves; 0.01 in the paper.
        penalty_weight: Float >= 0 of `penalty`; 10 in the paper.

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> loss, critic = WassersteinLoss(), keras.layers.Dense(1)
    >>> real, fake = keras.ops.ones((4, 2)), keras.ops.zeros((4, 2))
    >>> parts = loss.discriminator(critic(real), critic(fake))
    >>> mix = keras.random.uniform((4,))
    >>> total = parts["loss"] + loss.penalty(critic, real, fake, mix)

    References:
        - Arjovsky et al. 2017, arXiv:1701.07875, algorithm 1 (clipping)
        - Gulrajani et al. 2017, arXiv:1704.00028, algorithm 1 (penalty)
    """

    def __init__(
        self,
        critic_steps: int = 5,
        clip_at: float = 0.01,
        penalty_weight: float = 10.0,
    ) -> None:
        if critic_steps < 1 or clip_at <= 0 or penalty_weight < 0:
            raise ValueError(
                "`critic_steps` and `clip_at` must be positive, `penalty_weight` not "
                f"negative. Received: critic_steps={critic_steps}, clip_at={clip_at}, "
                f"penalty_weight={penalty_weight}"
            )
        self.critic_steps = critic_steps
        self.clip_at = clip_at
        self.penalty_weight = penalty_weight

    def discriminator(self, real: Any, fake: Any) -> dict[str, Any]:
        """Loss of the critic to minimize, without the penalty.

        Args:
            real: Float tensor, scores of real samples, of any shape.
            fake: Float tensor, scores of generated samples; means are taken of each.

        Returns:
            Dict of float32 scalars: "loss" and "estimate", the distance that the
            critic sees.
        """
        gap = ops.mean(ops.cast(real, "float32")) - ops.mean(ops.cast(fake, "float32"))
        return {"loss": -gap, "estimate": gap}

    def generator(self, fake: Any) -> dict[str, Any]:
        """Loss to minimize.

        Args:
            fake: Float tensor, scores of generated samples, of any shape.

        Returns:
            Dict of the float32 scalar "loss".
        """
        return {"loss": -ops.mean(ops.cast(fake, "float32"))}

    def clip(self, variables: Iterable[Any]) -> None:
        """Cut the critic's weights to at most `clip_at`, after each of its updates.

        Args:
            variables: Keras variables, written in place.
        """
        for variable in variables:
            variable.assign(ops.clip(variable, -self.clip_at, self.clip_at))

    def penalty(
        self, critic: Callable[[Any], Any], real: Any, fake: Any, mix: Any
    ) -> Any:
        """Weighted mean of (slope - 1)² between real and generated samples.

        Args:
            critic: Maps samples to scores, each sample by itself.
            real: Float tensor of samples, batch first.
            fake: Float tensor of the same shape; no gradient flows back to it.
            mix: Float tensor of shape `(batch,)`, uniform in 0..1: where between its
                two samples each slope is taken.

        Returns:
            Float32 scalar, to be added to the critic's loss.
        """
        real, fake = (ops.cast(x, "float32") for x in (real, fake))
        share = ops.reshape(
            ops.cast(mix, "float32"), (-1,) + (1,) * (len(real.shape) - 1)
        )
        between = ops.stop_gradient(share * real + (1.0 - share) * fake)
        slopes = input_gradient(critic, between)
        axes = tuple(range(1, len(slopes.shape)))
        squared = ops.sum(ops.square(ops.cast(slopes, "float32")), axis=axes)
        # the root's own slope is infinite at 0
        slope = ops.sqrt(ops.maximum(squared, 1e-12))
        return self.penalty_weight * ops.mean(ops.square(slope - 1.0))
