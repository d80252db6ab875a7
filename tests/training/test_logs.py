"""Rows are complete, stand once, and say the same in both files."""

import csv
import json
import math
from pathlib import Path
from typing import Any

import pytest

from suite.console import UserError
from suite.training.logs import (
    RunLog,
    check_folder,
    environment,
    write_environment,
    write_run_config,
)


def read(folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    with (folder / "metrics.csv").open(newline="") as file:
        return [json.loads(line) for line in lines], list(csv.DictReader(file))


def fill(folder: Path, steps: range) -> None:
    log = RunLog(folder)
    for step in steps:
        log.append({"step": step, "loss": step / 4})
    log.close()


def test_rows_in_both_files(tmp_path: Path) -> None:
    fill(tmp_path, range(3))
    rows, table = read(tmp_path)
    assert rows == [{"step": s, "loss": s / 4} for s in range(3)]
    assert table == [{"step": str(s), "loss": str(s / 4)} for s in range(3)]


def test_new_column_rewrites_the_table(tmp_path: Path) -> None:
    log = RunLog(tmp_path)
    log.append({"step": 1, "loss": 2.0})
    log.append({"step": 2, "loss": 1.0, "error": 0.5})
    log.append({"step": 3, "error": 0.25})
    rows, table = read(tmp_path)
    assert rows == log.rows and rows[0] == {"step": 1, "loss": 2.0}
    assert [list(row.values()) for row in table] == [
        ["1", "2.0", ""],
        ["2", "1.0", "0.5"],
        ["3", "", "0.25"],
    ]


def test_resumed_run_removes_later_rows(tmp_path: Path) -> None:
    fill(tmp_path, range(5))
    log = RunLog(tmp_path, last=2)
    assert [row["step"] for row in log.rows] == [0, 1, 2]
    log.append({"step": 3, "loss": 9.0})
    rows, table = read(tmp_path)
    assert [row["step"] for row in rows] == [0, 1, 2, 3]
    assert [row["step"] for row in table] == ["0", "1", "2", "3"]
    assert rows[-1]["loss"] == 9.0


def test_new_run_starts_with_no_rows(tmp_path: Path) -> None:
    fill(tmp_path, range(5))
    RunLog(tmp_path)
    assert read(tmp_path) == ([], [])


def test_broken_last_line_is_dropped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(tmp_path, range(2))
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 2, "lo')
    log = RunLog(tmp_path, last=2)
    assert [row["step"] for row in log.rows] == [0, 1]
    assert "broken line" in caplog.text
    assert len(read(tmp_path)[0]) == 2


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_json_cannot_say_is_null(tmp_path: Path, value: float) -> None:
    log = RunLog(tmp_path)
    log.append({"step": 1, "loss": value})
    assert read(tmp_path) == ([{"step": 1, "loss": None}], [{"step": "1", "loss": ""}])


def test_tensorboard_where_installed(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX")
    fill(tmp_path, range(2))
    assert list((tmp_path / "tensorboard").glob("events*"))


def hold_run(folder: Path) -> None:
    (folder / "checkpoints").mkdir()
    (folder / "checkpoints" / "step-0000000003.npz").touch()


def test_config_is_written_and_may_be_repeated(tmp_path: Path) -> None:
    write_run_config(tmp_path / "run", {"a": 1, "data": Path("x/y"), "t": (1, 2)})
    text = (tmp_path / "run" / "config.json").read_text()
    assert json.loads(text) == {"a": 1, "data": "x/y", "t": [1, 2]}
    hold_run(tmp_path / "run")
    write_run_config(tmp_path / "run", {"a": 1, "data": Path("x/y"), "t": (1, 2)})


def test_config_of_a_run_cannot_change(tmp_path: Path) -> None:
    first = {"fit": {"steps": 5, "checkpoint_every": 2}, "seed": 1}
    write_run_config(tmp_path, first)
    write_run_config(tmp_path, {**first, "seed": 2})
    hold_run(tmp_path)
    with pytest.raises(UserError, match=r"`fit.steps`: 5, now 6"):
        write_run_config(tmp_path, {"fit": {"steps": 6}, "seed": 2})
    with pytest.raises(UserError, match=r"`seed`: 2, now None"):
        write_run_config(tmp_path, {"fit": {"steps": 5}})
    write_run_config(tmp_path, {"fit": {"steps": 5, "checkpoint_every": 9}, "seed": 2})
    written = json.loads((tmp_path / "config.json").read_text())
    assert written["fit"]["checkpoint_every"] == 9


def test_a_folder_is_refused_before_data_are_made(tmp_path: Path) -> None:
    config = {"fit": {"steps": 5, "checkpoint_every": 2}, "data": Path("x")}
    check_folder(tmp_path / "new", config, resume=False)
    assert not (tmp_path / "new").exists()
    write_run_config(tmp_path, config)
    check_folder(tmp_path, config, resume=False)  # no run yet: it failed before
    hold_run(tmp_path)
    with pytest.raises(UserError, match="holds a run already"):
        check_folder(tmp_path, config, resume=False)
    with pytest.raises(UserError, match=r"`data`: 'x', now 'y'"):
        check_folder(tmp_path, {**config, "data": Path("y")}, resume=True)
    check_folder(tmp_path, {**config, "fit": {"steps": 5}}, resume=True)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", '{"schema": 1, "model": "recognizer"}'),
        ("model.keras", ""),
        ("dynamic_int8.tflite", ""),
    ],
)
def test_a_model_is_not_overwritten(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    says = rf"{tmp_path.name}: holds a model already"
    for resume in (False, True):
        with pytest.raises(UserError, match=says):
            check_folder(tmp_path, {"seed": 1}, resume=resume)
    with pytest.raises(UserError, match=says):
        write_run_config(tmp_path, {"seed": 1})
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == content


def test_a_trained_model_without_its_run_is_not_overwritten(tmp_path: Path) -> None:
    write_run_config(tmp_path, {"seed": 1})
    (tmp_path / "model").mkdir()
    check_folder(tmp_path, {"seed": 1}, resume=False)
    (tmp_path / "model" / "language.npz").touch()
    with pytest.raises(UserError, match="model: holds a model already"):
        check_folder(tmp_path, {"seed": 1}, resume=False)
    hold_run(tmp_path)
    check_folder(tmp_path, {"seed": 1}, resume=True)


@pytest.mark.backend
def test_environment(tmp_path: Path) -> None:
    write_environment(tmp_path, 0)
    write_environment(tmp_path, 12)
    sessions = json.loads((tmp_path / "environment.json").read_text())["sessions"]
    assert [session["step"] for session in sessions] == [0, 12]
    assert sessions[0]["versions"]["python"].startswith("3.")
    assert sessions[0]["backend"] in {"tensorflow", "jax", "torch"}
    assert sessions[0]["backend"] in sessions[0]["versions"]
    write_environment(tmp_path, 0)
    again = json.loads((tmp_path / "environment.json").read_text())["sessions"]
    assert len(again) == 1


@pytest.mark.backend
def test_commit_is_that_of_this_code() -> None:
    root = Path(__file__).parents[2]
    commit = environment()["commit"]
    if (root / ".git").exists():
        assert len(commit.rstrip("+")) == 40
    else:
        assert commit is None
