"""Learning rates and the watch over the monitored metric, as plain numbers.

The rate is a pure function of the update's number and of the few numbers in
`Watch`, all of which a checkpoint holds: that is what makes a resumed run take the
very same steps.
"""

import math
from dataclasses import dataclass

from suite.training.config import FitConfig


def scheduled_rate(config: FitConfig, step: int) -> float:
    """The learning rate that warm-up and schedule give one update.

    With `w = round(warmup * steps)`: `peak * (t + 1) / w` for `t < w`; afterwards
    the peak, or for a cosine, with `p = (t - w) / (steps - w)` and the floor `f`,
    `peak * (f + (1 - f) * (1 + cos(pi p)) / 2)` (Loshchilov and Hutter,
    arXiv:1608.03983, eq. 5, one period).

    Args:
        config: The run's configuration.
        step: Number of the update, from 0.

    Returns:
        The rate, > 0 (0 at the very end of a cosine with floor 0). Reductions by a
        plateau are not in it.
    """
    warm = round(config.warmup * config.steps)
    if step < warm:
        return config.learning_rate * (step + 1) / warm
    if config.schedule != "cosine":
        return config.learning_rate
    share = min(1.0, (step - warm) / max(1, config.steps - warm))
    wave = (1.0 + math.cos(math.pi * share)) / 2.0
    return config.learning_rate * (config.floor + (1.0 - config.floor) * wave)


@dataclass
class Watch:
    """What is known of the monitored metric, updated once an evaluation.

    Args:
        best: The best value yet; None before the first finite one.
        best_step: The update after which it was measured.
        waited: Evaluations since the best one.
        plateau_waited: Evaluations since the best one or the last reduction.
        scale: What plateaus have multiplied the rate by, in (0, 1].
    """

    best: float | None = None
    best_step: int = 0
    waited: int = 0
    plateau_waited: int = 0
    scale: float = 1.0

    def update(self, config: FitConfig, step: int, value: float) -> bool:
        """Takes the value of one evaluation; returns whether it is the best yet.

        A value that is not finite is never an improvement.
        """
        if math.isfinite(value) and self._better(config, value):
            self.best, self.best_step = value, step
            self.waited = self.plateau_waited = 0
            return True
        self.waited += 1
        self.plateau_waited += 1
        if config.schedule == "plateau" and self._flat(config):
            self.scale = max(config.floor, self.scale * config.plateau_factor)
            self.plateau_waited = 0
        return False

    def exhausted(self, config: FitConfig) -> bool:
        """Whether the run should end because nothing improves any more."""
        return 0 < config.patience <= self.waited

    def _better(self, config: FitConfig, value: float) -> bool:
        if self.best is None:
            return True
        return value < self.best if config.mode == "min" else value > self.best

    def _flat(self, config: FitConfig) -> bool:
        return self.plateau_waited >= config.plateau_patience
