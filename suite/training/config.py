"""What a run is told: plain data, without keras, so that `--help` stays quick."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import tyro

from suite.console import UserError

# What may change between a run and its resumption: it decides when files are
# written, not what is in the last of them.
FREE_FIELDS = frozenset({"checkpoint_every", "checkpoint_seconds"})


@dataclass(frozen=True)
class FitConfig:
    """How long, how fast and by which measure a model is trained.

    0 switches off what can be switched off: a word for it on the command line, in TOML,
    which has no null, and in JSON.
    """

    steps: int = 1000
    """Optimizer updates of the whole run, > 0."""
    evaluate_every: int = 200
    """Updates between two evaluations, each of which also writes a log row; > 0."""
    checkpoint_seconds: float = 240.0
    """Seconds between two checkpoints, > 0: what a kill costs at most."""
    checkpoint_every: int = 0
    """Updates between two checkpoints, besides those by time; 0 for none."""
    learning_rate: float = 1e-3
    """Peak of the schedule, per update, > 0."""
    schedule: Literal["cosine", "constant", "plateau"] = "cosine"
    """What follows the warm-up: half a cosine wave down to `floor`, nothing, or a
    reduction each time that the monitored metric has stopped improving."""
    warmup: float = 0.05
    """Share of the steps over which the rate rises linearly, in [0, 1)."""
    floor: float = 0.0
    """Share of `learning_rate` at which cosine and plateau end, in [0, 1]."""
    plateau_patience: int = 3
    """Evaluations without improvement until a plateau reduces the rate, > 0."""
    plateau_factor: float = 0.5
    """What a plateau multiplies the rate by, in (0, 1)."""
    weight_decay: float = 0.0
    """AdamW's decay, times the rate, of all weights but biases, normalization scales
    and other vectors; >= 0."""
    clip: float = 1.0
    """Largest global norm of a gradient; 0 for no limit."""
    ema: float = 0.999
    """Momentum of the weights' moving average, in (0, 1); 0 for no average."""
    monitor: str = "loss"
    """The metric that picks the best weights: a name that the evaluation returns, or
    of the training loss."""
    mode: Literal["min", "max"] = "min"
    """Whether a smaller or a larger `monitor` is better."""
    patience: int = 0
    """Evaluations without improvement until the run ends early; 0 for never."""
    seed: Annotated[int, tyro.conf.Fixed, tyro.conf.Suppress] = 0
    """Of what the backend draws by itself during the run, >= 0; no option, because a
    recipe gives its own."""

    def __post_init__(self) -> None:
        """Refuses values out of range.

        Raises:
            UserError: A field is out of range; the message names it.
        """
        good = {
            "steps": self.steps > 0,
            "evaluate_every": self.evaluate_every > 0,
            "checkpoint_seconds": self.checkpoint_seconds > 0,
            "checkpoint_every": self.checkpoint_every >= 0,
            "learning_rate": self.learning_rate > 0,
            "schedule": self.schedule in {"cosine", "constant", "plateau"},
            "warmup": 0 <= self.warmup < 1,
            "floor": 0 <= self.floor <= 1,
            "plateau_patience": self.plateau_patience > 0,
            "plateau_factor": 0 < self.plateau_factor < 1,
            "weight_decay": self.weight_decay >= 0,
            "clip": self.clip >= 0,
            "ema": 0 <= self.ema < 1,
            "mode": self.mode in {"min", "max"},
            "patience": self.patience >= 0,
            "seed": self.seed >= 0,
        }
        refuse_out_of_range(self, good)


def refuse_out_of_range(settings: Any, good: Mapping[str, bool]) -> None:
    """Refuses settings of a training, before any work.

    Args:
        settings: A dataclass.
        good: By name of a field, whether its value is in range.

    Raises:
        UserError: One is not; the message names the first.
    """
    for name, fine in good.items():
        if not fine:
            raise UserError(
                f"training: `{name}` is out of range: {getattr(settings, name)!r}",
                "Its range stands in the description of the option.",
            )
