"""A run that was killed and resumed ends, bit for bit, where an unbroken one ends."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import h5py
import numpy as np
import pytest

from suite.console import UserError
from suite.training.config import FitConfig

pytestmark = pytest.mark.backend

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def runs(tiny: ModuleType, tmp_path_factory: Any) -> tuple[Path, Path, Path]:
    """Folders: a run without break; one killed, then resumed; what the kill left."""
    base = tmp_path_factory.mktemp("runs")
    child = subprocess.run(
        [sys.executable, str(tiny.__file__), str(base / "killed")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert child.returncode == -signal.SIGKILL, child.stderr[-2000:]
    left = base / "left"
    subprocess.run(["cp", "-r", str(base / "killed"), str(left)], check=True)
    tiny.train(base / "whole")
    tiny.train(base / "killed", resume=True)
    return base / "whole", base / "killed", left


def rows(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    for row in found:
        del row["items_per_second"]  # the clock's
    return found


def weights(path: Path) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: (
                found.update({name: item[()]})
                if isinstance(item, h5py.Dataset)
                else None
            )
        )
    return found


def test_kill_left_an_older_checkpoint_and_a_later_row(
    runs: tuple[Path, Path, Path],
) -> None:
    left = runs[2]
    names = [path.name for path in (left / "checkpoints").glob("step-*")]
    assert sorted(names) == ["step-0000000000.npz", "step-0000000005.npz"]
    assert [row["step"] for row in rows(left)] == [6]
    assert not (left / "last.weights.h5").exists()


def test_rows_are_equal_and_stand_once(runs: tuple[Path, Path, Path]) -> None:
    whole, killed, left = runs
    assert [row["step"] for row in rows(whole)] == [6, 12, 16]
    assert rows(killed) == rows(whole)
    assert rows(left) == rows(whole)[:1]
    table = (killed / "metrics.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in table] == ["step", "6", "12", "16"]


def test_checkpoints_are_equal_bit_for_bit(runs: tuple[Path, Path, Path]) -> None:
    whole, killed, _ = runs
    name = "checkpoints/step-0000000016.npz"
    with np.load(whole / name) as a, np.load(killed / name) as b:
        assert set(a.files) == set(b.files)
        for key in set(a.files) - {"state"}:
            assert a[key].tobytes() == b[key].tobytes(), key


@pytest.mark.parametrize("name", ["best.weights.h5", "last.weights.h5"])
def test_weights_are_equal_bit_for_bit(
    runs: tuple[Path, Path, Path], name: str
) -> None:
    a, b = weights(runs[0] / name), weights(runs[1] / name)
    assert a and set(a) == set(b)
    for key in a:
        assert a[key].tobytes() == b[key].tobytes(), key


def test_half_written_file_was_removed(runs: tuple[Path, Path, Path]) -> None:
    hidden = [len(list((run / "checkpoints").glob(".*"))) for run in runs]
    assert hidden == [0, 0, 1]


def test_environment_lists_both_sessions(runs: tuple[Path, Path, Path]) -> None:
    text = (runs[1] / "environment.json").read_text()
    sessions = json.loads(text)["sessions"]
    assert [session["step"] for session in sessions] == [0, 5]
    assert "keras" in sessions[0]["versions"]


def test_finished_run_does_nothing_more(
    tiny: ModuleType, runs: tuple[Path, Path, Path]
) -> None:
    before = weights(runs[0] / "last.weights.h5")
    result = tiny.train(runs[0], resume=True)
    assert result.step == 16
    assert [row["step"] for row in result.history] == [6, 12, 16]
    after = weights(runs[0] / "last.weights.h5")
    assert all(before[key].tobytes() == after[key].tobytes() for key in before)


def test_a_second_run_in_the_folder_is_refused(
    tiny: ModuleType, runs: tuple[Path, Path, Path]
) -> None:
    with pytest.raises(UserError, match="holds a run") as caught:
        tiny.train(runs[0])
    assert "--resume" in str(caught.value.hint)


@pytest.mark.parametrize(
    "change",
    [{"learning_rate": 0.1}, {"steps": 17}, {"ema": 0.0}, {"seed": 6}],
)
def test_another_configuration_is_refused_by_name(
    tiny: ModuleType, runs: tuple[Path, Path, Path], change: dict[str, Any]
) -> None:
    config = FitConfig(**{**vars(tiny.CONFIG), **change})
    with pytest.raises(UserError, match=f"`{next(iter(change))}`"):
        tiny.fit(
            tiny.make_model(),
            tiny.loss,
            tiny.make_batches(),
            config,
            runs[0],
            resume=True,
        )


def test_checkpoint_interval_may_change(
    tiny: ModuleType, runs: tuple[Path, Path, Path]
) -> None:
    config = FitConfig(**{**vars(tiny.CONFIG), "checkpoint_every": 3})
    tiny.fit(
        tiny.make_model(), tiny.loss, tiny.make_batches(), config, runs[0], resume=True
    )
