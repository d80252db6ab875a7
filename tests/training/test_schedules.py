"""Learning rates against the formulas, the watch against cases done by hand."""

import math

import numpy as np
import pytest

from suite.training.config import FitConfig
from suite.training.schedules import Watch, scheduled_rate


def rates(config: FitConfig) -> np.ndarray:
    return np.array([scheduled_rate(config, step) for step in range(config.steps)])


@pytest.mark.parametrize("floor", [0.0, 0.1])
@pytest.mark.parametrize("warmup", [0.0, 0.05, 0.3])
def test_cosine_with_warmup(floor: float, warmup: float) -> None:
    config = FitConfig(steps=200, learning_rate=0.3, warmup=warmup, floor=floor)
    warm = round(200 * warmup)
    rise = 0.3 * np.arange(1, warm + 1) / max(warm, 1)
    angle = np.pi * np.arange(200 - warm) / (200 - warm)
    fall = 0.3 * (floor + (1 - floor) * np.cos(angle / 2) ** 2)
    np.testing.assert_allclose(rates(config), np.concatenate([rise, fall]), rtol=1e-12)


def test_golden_values() -> None:
    config = FitConfig(steps=10, learning_rate=1.0, warmup=0.2)
    values = [scheduled_rate(config, step) for step in (0, 1, 2, 6, 10)]
    assert values == pytest.approx([0.5, 1.0, 1.0, 0.5, 0.0])


@pytest.mark.parametrize("schedule", ["constant", "plateau"])
def test_constant_after_warmup(schedule: str) -> None:
    config = FitConfig(steps=20, learning_rate=2.0, warmup=0.1, schedule=schedule)
    np.testing.assert_allclose(rates(config), [1.0] + [2.0] * 19)


def test_cosine_stays_at_its_end() -> None:
    config = FitConfig(steps=10, learning_rate=1.0, floor=0.25)
    assert scheduled_rate(config, 50) == pytest.approx(0.25)


def test_plateau_waits_reduces_and_stops_at_the_floor() -> None:
    config = FitConfig(
        schedule="plateau", plateau_patience=2, plateau_factor=0.5, floor=0.2
    )
    watch, scales = Watch(), []
    for step, value in enumerate([5.0, 4.0, 4.0, 4.5, 4.5, 3.0, 3.1, 3.1, 3.1, 3.1]):
        watch.update(config, step, value)
        scales.append(watch.scale)
    assert scales == [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.2]
    assert (watch.best, watch.best_step, watch.waited) == (3.0, 5, 4)


@pytest.mark.parametrize("schedule", ["cosine", "constant"])
def test_only_plateau_reduces(schedule: str) -> None:
    config = FitConfig(schedule=schedule, plateau_patience=1)
    watch = Watch()
    for step in range(9):
        watch.update(config, step, 1.0)
    assert watch.scale == 1.0


@pytest.mark.parametrize(
    ("mode", "values", "best"),
    [
        ("min", [3.0, 2.0, 2.0, 4.0], 2.0),
        ("max", [3.0, 5.0, 5.0, 4.0], 5.0),
        ("min", [math.nan, 3.0, math.nan], 3.0),
        ("max", [math.inf, 1.0], 1.0),
        ("min", [math.nan], None),
    ],
)
def test_best(mode: str, values: list[float], best: float | None) -> None:
    watch, config = Watch(), FitConfig(mode=mode)
    better = [watch.update(config, step, value) for step, value in enumerate(values)]
    assert watch.best == best
    if best is None:
        assert not any(better)
    else:
        assert better.index(True) == next(
            i for i, value in enumerate(values) if math.isfinite(value)
        )
        assert watch.best_step == values.index(best)


def test_patience_counts_evaluations_without_improvement() -> None:
    config, watch, ended = FitConfig(patience=2), Watch(), []
    for step, value in enumerate([3.0, 3.5, 2.0, 2.0, 2.5]):
        watch.update(config, step, value)
        ended.append(watch.exhausted(config))
    assert ended == [False, False, False, False, True]
    assert not watch.exhausted(FitConfig(patience=0))
