"""The loop's own numbers."""

from dataclasses import dataclass, field

from suite.training.schedules import Watch


@dataclass
class State:
    """Where a run is; all of it is part of a checkpoint.

    Args:
        step: Updates done.
        evaluated: The update after which the last row was written.
        watch: What is known of the monitored metric.
        sums: Sums of the training scalars since the last row.
        batches: Updates since the last row.
        items: Samples since the last row.
        seconds: Time spent on them, data included.
        rescues: Times that the run went back to an earlier state.
        rescue_scale: What that has multiplied the rate by.
        ended: Whether nothing is left to do.
    """

    step: int = 0
    evaluated: int = 0
    watch: Watch = field(default_factory=Watch)
    sums: dict[str, float] = field(default_factory=dict)
    batches: int = 0
    items: int = 0
    seconds: float = 0.0
    rescues: int = 0
    rescue_scale: float = 1.0
    ended: bool = False
