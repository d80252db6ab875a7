"""What a discriminator and a generator want: the original game and least squares."""

from __future__ import annotations

from typing import Any

from keras import ops


class NonSaturatingLoss:
    """The game of the first GAN, the generator with a loss that does not fade.

    The discriminator maximizes E log D(x) + E log(1 - D(G(z))). The generator
    maximizes E log D(G(z)), whose gradient is largest where the discriminator is
    sure, which is where the other form (`MinimaxLoss`) has none.

    Everything is computed from logits in float32, finite for any of them. Means over
    all values: a map of patches is as good as one value a picture.

    Attributes:
        order: Networks in the order of their updates within a step: the
            discriminator first (algorithm 1 of the paper).
        critic_steps: Updates of the discriminator for each of the generator.

    Example:

    >>> loss = NonSaturatingLoss()
    >>> real_logits, fake_logits = keras.ops.ones((4, 1)), keras.ops.zeros((4, 1))
    >>> loss.discriminator(real_logits, fake_logits)["loss"]
    1.006
    >>> loss.generator(fake_logits)["loss"]
    0.693

    References:
        - Goodfellow et al. 2014, arXiv:1406.2661, section 3
    """

    order: tuple[str, str] = ("discriminator", "generator")
    critic_steps: int = 1

    def discriminator(self, real: Any, fake: Any) -> dict[str, Any]:
        """Loss to minimize.

        Args:
            real: Float tensor, logits of real samples, of any shape.
            fake: Float tensor, logits of generated samples; means are taken of each.

        Returns:
            Dict of float32 scalars, "loss" among them.
        """
        real, fake = (ops.cast(x, "float32") for x in (real, fake))
        # -log sigmoid(x) = softplus(-x)
        return {"loss": ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake))}

    def generator(self, fake: Any) -> dict[str, Any]:
        """Loss to minimize.

        Args:
            fake: Float tensor, logits of generated samples, of any shape: the mean is
                over all values.

        Returns:
            Dict of float32 scalars, "loss" among them.
        """
        return {"loss": ops.mean(ops.softplus(-ops.cast(fake, "float32")))}


class MinimaxLoss(NonSaturatingLoss):
    """The same game with one value for both: the generator minimizes what the
    discriminator maximizes, E log(1 - D(G(z))). Its gradient fades where the
    discriminator is sure; the paper itself trains with the other form."""

    def generator(self, fake: Any) -> dict[str, Any]:
        """Loss to minimize; shapes as above."""
        return {"loss": -ops.mean(ops.softplus(ops.cast(fake, "float32")))}


class LeastSquaresLoss(NonSaturatingLoss):
    """Real samples are to score 1, generated ones 0; the generator wants 1 for its own.

    The discriminator minimizes half of E (D(x) - 1)² + E D(G(z))², the generator
    E (D(G(z)) - 1)², without the half, as in the code of CycleGAN. (A survey of it
    prints (1 - D(G(x)))² as the discriminator's second term: that is the
    generator's.) Scores are raw, not squashed.

    References:
        - Mao et al. 2017, arXiv:1611.04076, equation 9
        - Zhu et al. 2017, arXiv:1703.10593, section 4
    """

    def discriminator(self, real: Any, fake: Any) -> dict[str, Any]:
        """Loss to minimize.

        Args:
            real: Float tensor, scores of real samples, of any shape.
            fake: Float tensor, scores of generated samples; means are taken of each.

        Returns:
            Dict of the float32 scalar "loss".
        """
        real, fake = (ops.cast(x, "float32") for x in (real, fake))
        squares = ops.mean(ops.square(real - 1.0)) + ops.mean(ops.square(fake))
        return {"loss": 0.5 * squares}

    def generator(self, fake: Any) -> dict[str, Any]:
        """Loss to minimize.

        Args:
            fake: Float tensor, scores of generated samples, of any shape.

        Returns:
            Dict of the float32 scalar "loss".
        """
        return {"loss": ops.mean(ops.square(ops.cast(fake, "float32") - 1.0))}
