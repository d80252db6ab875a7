import json
import time
from types import SimpleNamespace

import numpy as np
import pytest

from suite.console import UserError
from suite.edge import timing

SPEC = {"shape": [1, 4], "dtype": "uint8"}


class StubModel:
    def __init__(self, pause=0.0):
        entry = {"inputs": {"image": SPEC}, "outputs": {}}
        self.config = {"signatures": {"a": entry, "b": entry}}
        self.calls = []
        self.pause = pause

    def __call__(self, name, inputs):
        assert inputs["image"].dtype == np.uint8
        self.calls.append(name)
        time.sleep(self.pause)
        return {}


def test_each_signature_is_warmed_and_run_as_often_as_asked():
    model = StubModel()
    found = timing.time_model(model, runs=7)
    assert model.calls == ["a"] * 8 + ["b"] * 8
    assert found["a"].runs == 7
    assert 0 <= found["a"].median <= found["a"].p90


def test_inputs_that_are_given_are_those_that_are_timed():
    seen = []

    class Seeing(StubModel):
        def __call__(self, name, inputs):
            seen.append((name, inputs))
            return {}

    given = {name: {"image": np.zeros((1, 4), np.uint8)} for name in "ab"}
    timing.time_model(Seeing(), given.__getitem__, runs=3)
    assert seen == [("a", given["a"])] * 4 + [("b", given["b"])] * 4


def test_a_slow_model_is_run_three_times(monkeypatch):
    clock = iter(range(100))  # a second passes between two looks at the clock
    monkeypatch.setattr(
        timing, "time", SimpleNamespace(perf_counter=lambda: next(clock))
    )
    found = timing.time_model(StubModel(), runs=20, seconds=0.5)
    assert found["b"].runs == 3
    assert found["b"].median == pytest.approx(1000)


def test_a_row_for_each_file_and_signature(tmp_path, monkeypatch):
    folder = tmp_path / "detector"
    folder.mkdir()
    config = {"schema": 1, "signatures": {"a": {"inputs": {}, "outputs": {}}}}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match="detector: no LiteRT file there to time"):
        timing.latency_table(folder)
    (folder / "float32.tflite").write_bytes(b"x" * 2600)
    opened = []

    def open_model(folder, **options):
        opened.append(options["precision"])
        return StubModel()

    monkeypatch.setattr(timing, "open_model", open_model)
    rows = timing.latency_table(folder, runs=1)
    assert opened == ["float32"]
    assert [row["signature"] for row in rows] == ["a", "b"]
    assert {row["kB"] for row in rows} == {3}
    columns = ["model", "format", "kB", "signature", "median_ms", "p90_ms"]
    assert list(rows[0]) == columns


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UserError, match="nowhere: no such model folder"):
        timing.latency_table(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["threads", "runs"])
def test_too_few_are_refused_by_the_option(tmp_path, name):
    with pytest.raises(UserError, match=rf"0: too few \(--{name}\)"):
        timing.latency_table(tmp_path, **{name: 0})
