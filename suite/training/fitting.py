"""Training with checkpoints and exact resumption, the same for every program."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from suite.console import UserError
from suite.training.config import FitConfig
from suite.training.loop import BEST, LAST, Batches, Loop, ProgressLike
from suite.training.step import Loss, Step, SupervisedStep

Evaluate = Callable[[keras.Model], Mapping[str, float]]


@dataclass(frozen=True)
class FitResult:
    """What a run came to.

    Args:
        folder: The run's folder.
        step: Updates done; fewer than asked for if it ended early.
        best: The row in which the monitored metric is best; empty if it was never
            finite.
        history: The rows of `metrics.jsonl`.
    """

    folder: Path
    step: int
    best: dict[str, Any]
    history: list[dict[str, Any]]


def fit(
    model: keras.Model,
    loss: Loss,
    batches: Batches,
    config: FitConfig,
    folder: str | os.PathLike[str],
    *,
    evaluate: Evaluate | None = None,
    resume: bool = False,
    progress: ProgressLike | None = None,
) -> FitResult:
    """Trains a model; a run that was killed and resumed ends where another would.

    Exact resumption asks of the caller: the same model, data and configuration; a
    pipeline whose iterator restores its position (grain); random numbers inside of
    the model from layers that own their seed generator.

    The folder gets `metrics.jsonl`, `metrics.csv`, `environment.json`,
    `checkpoints/`, `best.weights.h5` and `last.weights.h5`, each complete or absent.
    On return the model holds the last weights, averaged if the configuration averages.

    Args:
        model: A functional model, built with `keras.utils.set_random_seed` before.
            Its dtype policies are used as they are.
        loss: `(targets, outputs) -> {"loss": scalar, ...}` in keras.ops; `loss` is
            minimized, the other scalars are logged as means over the updates.
        batches: Yields `(inputs, targets)`, each an array or a dict of arrays, batch
            first; its iterator has `get_state` and `set_state` (grain's do). Few
            different shapes: each is compiled anew.
        config: Length, schedule, measure.
        folder: The run's folder.
        evaluate: `model -> {name: value}`, called with the averaged weights. Without
            it the training loss is what can be monitored.
        resume: Go on with the run in the folder; where there is none, start it.
        progress: `suite.console.Progress` or alike.

    Returns:
        Where the run ended and its rows.

    Raises:
        UserError: The folder holds a run and `resume` is false; the run was started
            with another configuration or model; the data end too early; the loss
            stays infinite or NaN; the disk is full; no metric has the monitored name.
        KeyboardInterrupt: After Ctrl-C, when a checkpoint was written.

    Example:
        fit(model, loss, batches, FitConfig(steps=2000), "runs/digits")
    """
    step = SupervisedStep(model, loss, config)
    return run(step, batches, config, folder, evaluate, resume, progress)


def run(
    step: Step,
    batches: Batches,
    config: FitConfig,
    folder: str | os.PathLike[str],
    evaluate: Evaluate | None = None,
    resume: bool = False,
    progress: ProgressLike | None = None,
) -> FitResult:
    """`fit` for a step of one's own, of several networks and optimizers perhaps."""
    loop = Loop(step, batches, config, Path(folder), evaluate, progress)
    loop.start(resume)
    try:
        loop.run()
    finally:
        loop.log.close()
    rows = loop.log.rows
    return FitResult(
        folder=Path(folder),
        step=loop.state.step,
        best=next((r for r in rows if r["step"] == loop.state.watch.best_step), {}),
        history=rows,
    )


def load_best(model: keras.Model, folder: str | os.PathLike[str]) -> None:
    """Loads the best weights of a run; its last ones if none were measured as best.

    Args:
        model: A model of the same structure.
        folder: The run's folder.

    Raises:
        UserError: The folder has no weights yet, or they are of another model.
    """
    for name in (BEST, LAST):
        path = Path(folder) / name
        if path.exists():
            try:
                model.load_weights(path)
            except (OSError, ValueError, KeyError) as error:
                raise UserError(
                    f"{path}: cannot be loaded into this model: {error}",
                    "Use the configuration of the run, or train anew.",
                ) from error
            return
    raise UserError(
        f"{Path(folder)}: has no {BEST} or {LAST}",
        "Train first; weights are written with the first evaluation.",
    )
