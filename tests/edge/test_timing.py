import time
from types import SimpleNamespace

import numpy as np
import pytest

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
