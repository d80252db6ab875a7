"""The loop around the updates: when to evaluate, to save, to stop, to go back."""

import dataclasses
import logging
import math
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import keras

from suite.console import UserError, atomic_path
from suite.training.checkpoint import Checkpoints, all_finite, snapshot
from suite.training.config import FitConfig
from suite.training.interrupts import Interrupts
from suite.training.logs import (
    RunLog,
    holds_run,
    refuse_change,
    refuse_second_run,
    write_environment,
)
from suite.training.randomness import random_state, seed_update, set_random_state
from suite.training.schedules import Watch, scheduled_rate
from suite.training.shapes import Shapes
from suite.training.state import State
from suite.training.step import Step

logger = logging.getLogger(__name__)

BEST = "best.weights.h5"
LAST = "last.weights.h5"

_RESCUES = 3  # times that a run goes back to the last good state

Batches = Iterable[tuple[Any, Any]]


class ProgressLike(Protocol):
    """What the loop asks of `suite.console.Progress`."""

    def update(self, advance: int = 1, **fields: Any) -> None:
        """Counts updates and shows figures beside them."""


class Loop:
    """One run; see `suite.training.fit` for the arguments."""

    def __init__(
        self,
        step: Step,
        batches: Batches,
        config: FitConfig,
        folder: Path,
        evaluate: Callable[[keras.Model], Mapping[str, float]] | None,
        progress: ProgressLike | None,
    ) -> None:
        self.step = step
        self.config = config
        self.folder = folder
        self.evaluate = evaluate
        self.progress = progress
        self.state = State()
        self.log: RunLog
        self._batches = batches
        self._iterator: Any = None
        self._checkpoints = Checkpoints(folder / "checkpoints")
        self._shapes = Shapes(folder / "checkpoints")
        self._saved_at = self._started = time.monotonic()
        self._first = 0

    def start(self, resume: bool) -> None:
        """Begins a new run or takes up the one in the folder."""
        if not resume and holds_run(self.folder):
            refuse_second_run(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._iterator = iter(self._batches)
        found = resume and self._restore()
        if found:
            for inputs, targets in self._shapes.replay():
                self.step(inputs, targets)
            self._restore()  # those updates were only to compile the step
        else:
            self._shapes.clear()
            if resume:
                logger.warning(
                    "%s: no run to go on with, a new one begins", self.folder
                )
        self._first = self.state.step
        write_environment(self.folder, self.state.step)
        self.log = RunLog(self.folder, self.state.evaluated if found else None)
        if found:
            logger.info("%s: resumed after step %d", self.folder, self.state.step)
            if self.progress is not None:
                self.progress.update(self.state.step)
        else:
            # So that the guard against NaN has a state to go back to from the start.
            self._save()

    def run(self) -> None:
        """Does all updates that are left, then writes the last weights."""
        self._started = time.monotonic()
        with Interrupts() as interrupts:
            while not self.state.ended:
                if self._evaluation_due():
                    self._evaluate(interrupts)
                elif self.state.step >= self.config.steps:
                    self.state.ended = True
                else:
                    self._advance()
                if interrupts.pending or self.state.ended or self._checkpoint_due():
                    self._save()
                if interrupts.pending:
                    raise KeyboardInterrupt
            self.step.finish()
            self._save_weights(LAST)

    def _advance(self) -> None:
        """One update, unless its loss is not a number."""
        began = time.monotonic()
        rate = scheduled_rate(self.config, self.state.step)
        self.step.set_rate(rate * self.state.watch.scale * self.state.rescue_scale)
        inputs, targets = self._next()
        self._shapes.note((inputs, targets))
        seed_update(self.config.seed, self.state.step)
        values = self.step(inputs, targets)
        if not math.isfinite(values["loss"]):
            self._rescue(self.state.step + 1)
            return
        state = self.state
        state.step += 1
        state.batches += 1
        state.items += len(keras.tree.flatten(inputs)[0])
        for name, value in values.items():
            state.sums[name] = state.sums.get(name, 0.0) + value
        state.seconds += time.monotonic() - began
        if self.progress is not None:
            self.progress.update(1, loss=values["loss"])

    def _next(self) -> tuple[Any, Any]:
        try:
            batch: tuple[Any, Any] = next(self._iterator)
            return batch
        except StopIteration:
            self._save()
            raise UserError(
                f"the data end after {self.state.step} of {self.config.steps} steps",
                "Repeat the data in the pipeline, or ask for fewer steps.",
            ) from None

    def _evaluation_due(self) -> bool:
        step = self.state.step
        whole = step % self.config.evaluate_every == 0 or step == self.config.steps
        return step > 0 and whole and self.state.evaluated != step

    def _evaluate(self, interrupts: Interrupts) -> None:
        """Measures the averaged weights, keeps them if best, writes a row."""
        if not all_finite(snapshot(self.step.variables()).values()):
            self._rescue(self.state.step)
            return
        row = self._training_row()
        with self.step.averaged():
            try:
                with interrupts.released():
                    row |= self._measure(row)
            except KeyboardInterrupt:
                # Resumed, the run begins with this evaluation.
                interrupts.pending = True
                return
            self._judge(row)
        state = self.state
        state.evaluated = state.step
        state.sums, state.batches, state.items, state.seconds = {}, 0, 0, 0.0
        self.log.append(row)
        self._tell(row)

    def _measure(self, row: Mapping[str, Any]) -> dict[str, float]:
        if self.evaluate is None:
            return {}
        metrics = self.evaluate(self.step.model)
        if both := set(metrics) & set(row):
            raise ValueError(
                "A metric must not have the name of a figure of training. "
                f"Received: {sorted(both)}."
            )
        return {name: float(value) for name, value in metrics.items()}

    def _training_row(self) -> dict[str, Any]:
        state = self.state
        rate = scheduled_rate(self.config, state.step - 1)
        return {
            "step": state.step,
            "learning_rate": rate * state.watch.scale * state.rescue_scale,
            **{name: total / state.batches for name, total in state.sums.items()},
            "items_per_second": state.items / max(state.seconds, 1e-9),
        }

    def _judge(self, row: Mapping[str, Any]) -> None:
        """Takes note of the monitored metric; keeps the weights if they are best."""
        monitor = self.config.monitor
        if monitor not in row:
            raise UserError(
                f"training: nothing is called `{monitor}` (monitor)",
                f"There are: {', '.join(row)}.",
            )
        watch, step = self.state.watch, self.state.step
        if watch.update(self.config, step, row[monitor]):
            self._save_weights(BEST)
        self.state.ended = watch.exhausted(self.config)

    def _tell(self, row: Mapping[str, Any]) -> None:
        done = self.state.step - self._first
        left = self.config.steps - self.state.step
        eta = (time.monotonic() - self._started) / max(done, 1) * left
        fields = {name: value for name, value in row.items() if name != "step"}
        told = " ".join(f"{name} {value:.4g}" for name, value in fields.items())
        logger.info("step %d %s eta %.0f s", row["step"], told, eta)
        if self.progress is not None:
            self.progress.update(0, **fields, eta=f"{eta:.0f} s")

    def _save_weights(self, name: str) -> None:
        with atomic_path(self.folder / name) as temporary:
            self.step.model.save_weights(temporary)

    def _checkpoint_due(self) -> bool:
        if self._evaluation_due():
            return False  # soon, with its outcome
        every = self.config.checkpoint_every
        if every and self.state.step % every == 0:
            return True
        return time.monotonic() - self._saved_at >= self.config.checkpoint_seconds

    def _save(self) -> None:
        arrays = snapshot(self.step.variables())
        if not all_finite(arrays.values()):
            # The last update made the weights so; its loss was still a number.
            self._rescue(self.state.step)
            return
        state = {
            "loop": dataclasses.asdict(self.state),
            "config": dataclasses.asdict(self.config),
            "backend": keras.config.backend(),
            "iterator": self._iterator.get_state(),
            "random": random_state(),
        }
        self._checkpoints.save(self.state.step, arrays, state)
        self._saved_at = time.monotonic()

    def _restore(self) -> bool:
        """Takes the newest good checkpoint; False if there is none."""
        saved = self._checkpoints.restore(self.step.variables(), self._compare)
        if saved is None:
            return False
        loop = saved["loop"]
        self.state = State(**{**loop, "watch": Watch(**loop["watch"])})
        self._iterator.set_state(saved["iterator"])
        set_random_state(saved["random"])
        return True

    def _compare(self, saved: Mapping[str, Any]) -> None:
        refuse_change(self.folder, saved["config"], dataclasses.asdict(self.config))
        backend = keras.config.backend()
        if saved["backend"] != backend:
            logger.warning(
                "%s: started on %s, goes on with %s: the last bits will differ",
                self.folder,
                saved["backend"],
                backend,
            )

    def _rescue(self, failed: int) -> None:
        """Goes back to the last good state with half the rate."""
        before = self.state
        paths = self._checkpoints.paths()
        if before.rescues >= _RESCUES or not paths:
            raise UserError(
                f"the loss or a weight is not finite in step {failed}, "
                f"after going back {before.rescues} times",
                "Lower the learning rate. The last good state: "
                + (str(paths[-1]) if paths else "none."),
            )
        self._restore()
        self.state.rescues = before.rescues + 1
        self.state.rescue_scale = before.rescue_scale / 2
        self.log.truncate(self.state.evaluated)
        logger.warning(
            "loss or weights not finite in step %d: back to step %d at half the rate",
            failed,
            self.state.step,
        )
        if self.progress is not None:
            self.progress.update(self.state.step - before.step)
        self._save()
