"""Noise on what a discriminator sees, less and less of it."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


class AnnealedNoise:
    """Gaussian noise on real and generated pictures alike, fading linearly to none.

    Early on no generated picture lies where a real one does, and a perfect
    discriminator teaches nothing; under noise the two overlap. Which pictures are
    real must not show in the noise, so both get the same amount.

    Args:
        start: Float >= 0, standard deviation at step 0, in units of the pictures; 0
            switches it off.
        steps: Positive int, the step from which on there is none.

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> noise = AnnealedNoise(start=0.1, steps=1000)
    >>> seed = keras.random.SeedGenerator(0)
    >>> noise(keras.ops.zeros((1, 8, 8, 3)), 10, seed).shape
    (1, 8, 8, 3)

    References:
        - Arjovsky, Bottou 2017, arXiv:1701.04862, section 3
        - Sønderby et al. 2017, arXiv:1610.04490, section 3.1 (instance noise)
    """

    def __init__(self, start: float = 0.1, steps: int = 10_000) -> None:
        if start < 0 or steps < 1:
            raise ValueError(
                "`start` must not be negative and `steps` positive. Received: "
                f"start={start}, steps={steps}"
            )
        self.start = start
        self.steps = steps

    def deviation(self, step: Any) -> Any:
        """Standard deviation at a step, an int or an int tensor: float32 scalar."""
        left = 1.0 - ops.cast(step, "float32") / float(self.steps)
        return self.start * ops.maximum(left, 0.0)

    def __call__(self, pictures: Any, step: Any, seed: Any) -> Any:
        """The pictures with noise.

        Args:
            pictures: Float tensor, real or generated.
            step: Int or int tensor, updates done so far.
            seed: Int or `keras.random.SeedGenerator`; the latter for another noise
                at each call.

        Returns:
            Tensor of the shape and dtype of `pictures`, not clipped.
        """
        if not self.start:
            return pictures
        noise = keras.random.normal(ops.shape(pictures), dtype="float32", seed=seed)
        noise = noise * self.deviation(step)
        return pictures + ops.cast(noise, pictures.dtype)
