"""The loop with a step of a few numbers: guard, early end, data, interruption."""

import logging
import math
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from suite.console import UserError
from suite.training.config import FitConfig
from suite.training.fitting import load_best, run

pytestmark = pytest.mark.backend


class Numbers:
    """An endless or finite iterator over 0, 1, 2, ... with a position."""

    def __init__(self, end: int = 10**6, shapes: int = 1) -> None:
        self.end = end
        self.shapes = shapes
        self.position = 0
        self.seen: list[int] = []

    def __iter__(self) -> "Numbers":
        return self

    def __next__(self) -> tuple[np.ndarray, np.ndarray]:
        if self.position >= self.end:
            raise StopIteration
        self.position += 1
        self.seen.append(self.position - 1)
        batch = np.asarray(self.position - 1)
        return np.zeros((4 + self.position % self.shapes, 1)), batch

    def get_state(self) -> dict[str, int]:
        return {"position": self.position}

    def set_state(self, state: dict[str, int]) -> None:
        self.position = state["position"]


class Descent:
    """One weight; `loss(batch number, weight)` is whatever the test says."""

    def __init__(self, loss: Callable[[int, float], float]) -> None:
        inputs = keras.Input((1,))
        outputs = keras.layers.Dense(1, use_bias=False)(inputs)
        self.model = keras.Model(inputs, outputs)
        self.set(0.0)
        self.loss = loss
        self.rates: list[float] = []
        self.sizes: list[int] = []
        self.average = False

    def get(self) -> float:
        weight = keras.ops.convert_to_numpy(self.model.trainable_variables[0])
        return float(np.asarray(weight)[0, 0])

    def set(self, value: float) -> None:
        self.model.trainable_variables[0].assign([[value]])

    def __call__(self, inputs: Any, targets: Any) -> dict[str, float]:
        self.sizes.append(len(inputs))
        loss = self.loss(int(targets), self.get())
        self.set(self.get() + 1.0 if math.isfinite(loss) else math.nan)
        return {"loss": loss, "batch": float(targets)}

    def variables(self) -> dict[str, list[Any]]:
        return {"model": self.model.variables}

    def set_rate(self, rate: float) -> None:
        self.rates.append(rate)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        self.average = True
        yield
        self.average = False

    def finish(self) -> None:
        self.average = True


def config(**fields: Any) -> FitConfig:
    plain = {"schedule": "constant", "warmup": 0.0, "learning_rate": 1.0}
    return FitConfig(**{**plain, "steps": 12, "evaluate_every": 4, **fields})


def steady(batch: int, weight: float) -> float:
    return 100.0 - batch


def test_rows_are_means_since_the_last_row(tmp_path: Path) -> None:
    result = run(Descent(steady), Numbers(), config(steps=10), tmp_path)
    assert [row["step"] for row in result.history] == [4, 8, 10]
    assert [row["loss"] for row in result.history] == [98.5, 94.5, 91.5]
    assert [row["batch"] for row in result.history] == [1.5, 5.5, 8.5]
    assert result.best == result.history[-1]
    assert result.step == 10


def test_evaluation_sees_averages_and_picks_the_best(tmp_path: Path) -> None:
    step = Descent(steady)
    seen = []

    def evaluate(model: keras.Model) -> dict[str, float]:
        assert step.average and model is step.model
        seen.append(step.get())
        return {"score": {4.0: 1.0, 8.0: 3.0, 12.0: 2.0}[step.get()]}

    fields = config(monitor="score", mode="max")
    result = run(step, Numbers(), fields, tmp_path, evaluate)
    assert seen == [4.0, 8.0, 12.0]
    assert (result.best["step"], result.best["score"]) == (8, 3.0)
    load_best(step.model, tmp_path)
    assert step.get() == 8.0
    (tmp_path / "best.weights.h5").unlink()
    load_best(step.model, tmp_path)
    assert step.get() == 12.0


def test_early_end_and_its_resumption(tmp_path: Path) -> None:
    fields = config(steps=40, patience=2, mode="max")
    result = run(Descent(steady), Numbers(), fields, tmp_path)
    assert result.step == 12
    again = Descent(steady)
    result = run(again, Numbers(), fields, tmp_path, resume=True)
    assert result.step == 12 and again.rates == []
    assert [row["step"] for row in result.history] == [4, 8, 12]


def test_plateau_reduces_the_rate(tmp_path: Path) -> None:
    step = Descent(steady)
    fields = config(schedule="plateau", plateau_patience=1, mode="max")
    result = run(step, Numbers(), fields, tmp_path)
    assert step.rates == [1.0] * 8 + [0.5] * 4
    assert [row["learning_rate"] for row in result.history] == [1.0, 1.0, 0.5]


def test_nan_goes_back_with_half_the_rate(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    failures = [7, 7, 9]

    def loss(batch: int, weight: float) -> float:
        assert weight == batch  # weights and data went back together
        if failures and batch == failures[0]:
            failures.pop(0)
            return math.nan
        return 1.0

    step, numbers = Descent(loss), Numbers()
    result = run(step, numbers, config(checkpoint_every=3), tmp_path)
    assert result.step == 12 and step.get() == 12.0
    # Checkpoints after 3, 6, 9: what failed is done again from there.
    assert numbers.seen == [*range(8), 6, 7, 6, 7, 8, 9, 9, 10, 11]
    expected = [1.0] * 8 + [0.5] * 2 + [0.25] * 4 + [0.125] * 3
    assert step.rates == expected
    assert [row["step"] for row in result.history] == [4, 8, 12]
    assert caplog.text.count("half the rate") == 3


def test_fourth_failure_says_where_the_good_state_lies(tmp_path: Path) -> None:
    def loss(batch: int, weight: float) -> float:
        return math.inf if batch == 7 else 1.0

    step = Descent(loss)
    with pytest.raises(
        UserError, match=r"in step 8, after going back 3 times"
    ) as error:
        run(step, Numbers(), config(checkpoint_every=3), tmp_path)
    good = tmp_path / "checkpoints" / "step-0000000006.npz"
    assert str(good) in str(error.value.hint)
    assert good.exists()
    assert step.rates[-1] == 0.125


@pytest.mark.parametrize("at", [5, 7, 11])
def test_weights_that_are_not_finite_are_never_kept(tmp_path: Path, at: int) -> None:
    """A finite loss whose update breaks the weights: before a save or a measure."""
    broken = []

    class Breaking(Descent):
        def __call__(self, inputs: Any, targets: Any) -> dict[str, float]:
            values = super().__call__(inputs, targets)
            if targets == at and not broken:
                broken.append(int(targets))
                self.set(math.nan)
            return values

    step = Breaking(steady)
    result = run(step, Numbers(), config(checkpoint_every=3), tmp_path)
    assert broken == [at]
    assert result.step == 12 and step.get() == 12.0
    assert all(row["loss"] is not None for row in result.history)
    assert step.rates[-1] == 0.5
    load_best(step.model, tmp_path)
    assert step.get() == 12.0


def test_end_of_data_is_a_sentence_and_can_be_put_right(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the data end after 6 of 12 steps"):
        run(Descent(steady), Numbers(6), config(), tmp_path)
    numbers = Numbers()
    result = run(Descent(steady), numbers, config(), tmp_path, resume=True)
    assert numbers.seen == list(range(6, 12))
    assert result.history[1]["loss"] == 94.5


def test_unknown_monitor_is_named_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="`acc`") as error:
        run(Descent(steady), Numbers(), config(monitor="acc"), tmp_path)
    assert "loss" in str(error.value.hint)


def test_metric_may_not_hide_a_training_scalar(tmp_path: Path) -> None:
    def evaluate(model: keras.Model) -> dict[str, float]:
        return {"batch": 1.0}

    with pytest.raises(ValueError, match="batch"):
        run(Descent(steady), Numbers(), config(), tmp_path, evaluate)


def test_resume_without_a_run_starts_one(tmp_path: Path) -> None:
    result = run(Descent(steady), Numbers(), config(), tmp_path / "x", resume=True)
    assert result.step == 12


def test_resumed_run_meets_the_shapes_in_the_order_of_the_first(tmp_path: Path) -> None:
    first = Descent(steady)
    with pytest.raises(UserError):
        run(first, Numbers(7, shapes=3), config(), tmp_path)
    assert first.sizes == [5, 6, 4, 5, 6, 4, 5]
    again = Descent(steady)
    result = run(again, Numbers(shapes=3), config(), tmp_path, resume=True)
    assert again.sizes == [*(5, 6, 4), *(6, 4, 5, 6, 4)]
    assert again.get() == 12.0
    assert [row["loss"] for row in result.history] == [98.5, 94.5, 90.5]


def test_new_run_forgets_the_shapes_of_an_earlier_one(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    left = tmp_path / "checkpoints" / "shape-007.npz"
    left.touch()
    run(Descent(steady), Numbers(shapes=2), config(), tmp_path)
    names = {path.name for path in left.parent.glob("shape-*")}
    assert names == {"shape-000.npz", "shape-001.npz"}


@pytest.fixture
def heard() -> Iterator[None]:
    """Ctrl-C as in a terminal: a shell's background jobs start with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_interrupt_finishes_the_step_saves_and_goes_on_up(tmp_path: Path) -> None:
    def loss(batch: int, weight: float) -> float:
        if batch == 5 and not numbers.seen[6:]:
            os.kill(os.getpid(), signal.SIGINT)
        return 1.0

    numbers = Numbers()
    with pytest.raises(KeyboardInterrupt):
        run(Descent(loss), numbers, config(), tmp_path)
    assert numbers.seen == list(range(6))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    after = Numbers()
    step = Descent(steady)
    run(step, after, config(), tmp_path, resume=True)
    assert after.seen == list(range(6, 12)) and step.get() == 12.0


@pytest.mark.usefixtures("heard")
def test_interrupted_evaluation_is_done_again(tmp_path: Path) -> None:
    def interrupted(model: keras.Model) -> dict[str, float]:
        if step.get() == 8.0:
            signal.raise_signal(signal.SIGINT)
        return {"score": step.get()}

    step = Descent(steady)
    with pytest.raises(KeyboardInterrupt):
        run(step, Numbers(), config(), tmp_path, interrupted)
    assert not step.average
    step = Descent(steady)
    result = run(
        step, Numbers(), config(), tmp_path, lambda model: {"score": 1.0}, resume=True
    )
    assert [(row["step"], row["score"]) for row in result.history] == [
        (4, 4.0),
        (8, 1.0),
        (12, 1.0),
    ]
    assert result.history[1]["loss"] == 94.5


def test_global_random_state_is_restored(tmp_path: Path) -> None:
    drawn: list[float] = []

    def loss(batch: int, weight: float) -> float:
        drawn.append(float(np.random.rand()))
        if batch == 5 and len(drawn) == 6:
            raise RuntimeError
        return 1.0

    with pytest.raises(RuntimeError):
        run(Descent(loss), Numbers(), config(checkpoint_every=3), tmp_path)
    first = drawn[3:]
    np.random.seed(99)
    run(Descent(loss), Numbers(), config(checkpoint_every=3), tmp_path, resume=True)
    # The seventh is drawn while the one shape is compiled.
    assert drawn[7:10] == first


def test_progress_counts_updates_through_a_rescue(tmp_path: Path) -> None:
    class Count:
        done = 0
        fields: dict[str, Any] = {}  # noqa: RUF012

        def update(self, advance: int = 1, **fields: Any) -> None:
            self.done += advance
            self.fields = {**self.fields, **fields}

    failures = [7]

    def loss(batch: int, weight: float) -> float:
        return math.nan if batch in failures and failures.pop() else 1.0

    count = Count()
    run(Descent(loss), Numbers(), config(), tmp_path, progress=count)
    assert count.done == 12
    assert {"loss", "items_per_second", "eta"} <= set(count.fields)


def test_each_evaluation_is_one_log_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "suite.training"):
        run(Descent(steady), Numbers(), config(), tmp_path)
    lines = [
        r.getMessage() for r in caplog.records if r.getMessage().startswith("step")
    ]
    assert len(lines) == 3
    assert all(word in lines[0] for word in ("loss", "items_per_second", "eta"))
