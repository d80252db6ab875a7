"""Moving averages of the weights, kept by the optimizer itself.

Keras' own `use_ema` starts at full momentum, so that a run of a few hundred updates
ends with an average that is mostly its first weights; here the momentum grows.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from keras import ops


class Averaging:
    """Mixed into an optimizer: after each update, an average of all its weights.

    After update `t = 1, 2, ...` with weights `v`: `a <- a + (1 - m) (v - a)`, where
    `m = min(momentum, (1 + t) / (10 + t))` and `a` starts as the first weights (the
    growing momentum is that of tf.train.ExponentialMovingAverage with `num_updates`).
    The averages are optimizer variables: saved with them and updated in the compiled
    step.
    """

    momentum: float = 0.999

    def build(self, variables: Sequence[Any]) -> None:
        """Makes the optimizer's variables and the averages, equal to the weights."""
        if self.built:  # type: ignore[attr-defined]
            return
        super().build(variables)  # type: ignore[misc]
        averages = self.add_optimizer_variables(  # type: ignore[attr-defined]
            variables, "average"
        )
        for average, variable in zip(averages, variables, strict=True):
            # A copy: JAX refuses a step that is given one buffer twice.
            average.assign(np.array(ops.convert_to_numpy(variable)))
        # Around keras' attribute tracking, which would take the model's weights for
        # further variables of the optimizer.
        object.__setattr__(self, "pairs", list(zip(variables, averages, strict=True)))

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        """Updates the weights, then their averages."""
        super().apply(grads, trainable_variables)  # type: ignore[misc]
        done = ops.cast(self.iterations, "float32")  # type: ignore[attr-defined]
        momentum = ops.minimum(self.momentum, (1.0 + done) / (10.0 + done))
        for variable, average in self.pairs:  # type: ignore[attr-defined]
            share = ops.cast(1.0 - momentum, variable.dtype)
            self.assign(  # type: ignore[attr-defined]
                average, average + share * (variable - average)
            )


def averaging(optimizer: type, momentum: float, **options: Any) -> Any:
    """An optimizer of the given class that also averages the weights.

    Args:
        optimizer: A class of `keras.optimizers`.
        momentum: Float in [0, 1), the largest share that the old average keeps.
        **options: What the class takes.
    """
    # Under torch, keras replaces the class by a fused one: ask which it would be.
    base = type(optimizer(**options))
    mixed = type(f"Averaging{base.__name__}", (Averaging, base), {"momentum": momentum})
    return mixed(**options)


@contextmanager
def averaged(optimizer: Any) -> Iterator[None]:
    """The block sees the averages as the model's weights; then the weights return.

    Does nothing for an optimizer without averages.
    """
    pairs = getattr(optimizer, "pairs", [])
    # Copies: jax may hand out a view of memory that a later step is given to reuse.
    raw = [np.array(ops.convert_to_numpy(variable)) for variable, _ in pairs]
    use_averages(optimizer)
    try:
        yield
    finally:
        for (variable, _), value in zip(pairs, raw, strict=True):
            variable.assign(value)


def use_averages(optimizer: Any) -> None:
    """Overwrites the model's weights with their averages, where there are any."""
    for variable, average in getattr(optimizer, "pairs", []):
        variable.assign(np.array(ops.convert_to_numpy(average)))


def make_optimizer(
    model: keras.Model,
    learning_rate: float,
    weight_decay: float = 0.0,
    clip: float = 0.0,
    ema: float = 0.0,
) -> Any:
    """Adam, or AdamW where there is decay, built for the model's trainable weights.

    Args:
        model: A built model.
        learning_rate: First rate; the loop sets it before each update.
        weight_decay: Times the rate, not for biases, normalization scales and other
            weights of rank 0 and 1.
        clip: Largest global norm of the gradient; 0 for no limit.
        ema: Momentum of the weights' average; 0 for no average.
    """
    options: dict[str, Any] = {"learning_rate": learning_rate}
    options["global_clipnorm"] = clip or None
    kind = keras.optimizers.Adam
    if weight_decay > 0:
        kind, options["weight_decay"] = keras.optimizers.AdamW, weight_decay
    optimizer = averaging(kind, ema, **options) if ema else kind(**options)
    if weight_decay > 0:
        vectors = [v for v in model.trainable_variables if len(v.shape) < 2]
        names = ["bias", "gamma", "beta"]
        optimizer.exclude_from_weight_decay(var_list=vectors, var_names=names)
    optimizer.build(model.trainable_variables)
    return optimizer
