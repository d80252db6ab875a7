"""The figure of the task: how it is called, what of its failures is said and kept."""

import hashlib
import json

import pytest

from suite.console import UserError
from suite.edge import export as exporting
from suite.edge.metric import measured


def refuse(model):
    raise UserError("boxes: no box files", "Name another folder.")


def fail(model):
    raise KeyError("all")


def job(function):
    return {"metric": f"{__name__}:{function.__name__}"}


@pytest.fixture(autouse=True)
def importable(monkeypatch, request):
    """This module by its name, as a stranger's would be."""
    monkeypatch.setitem(__import__("sys").modules, __name__, request.module)


def test_what_the_function_refuses_is_said_as_it_is():
    with pytest.raises(UserError, match=r"^boxes: no box files$") as caught:
        measured(job(refuse), None)
    assert caught.value.hint == "Name another folder."


def test_what_fails_in_the_function_is_said_with_its_name():
    with pytest.raises(UserError, match=r"fail: failed: KeyError: 'all' \(--metric\)"):
        measured(job(fail), None)


def test_the_report_tells_what_the_metric_was_measured_on(tmp_path, monkeypatch):
    spec = {"shape": [1], "dtype": "float32"}
    entry = {"inputs": {"x": spec}, "outputs": {"y": spec}}
    config = {"schema": 1, "signatures": {"serve": entry}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "model.keras").write_bytes(b"keras")
    seen = {}

    def run_children(folder, work, task, shown):
        seen.update(task)
        (work / "float32.tflite").write_bytes(b"lite")

    def report_of(work, content, formats):
        file = {"sha256": hashlib.sha256(b"lite").hexdigest()}
        return {"source": {}, "files": {"float32": file}}

    monkeypatch.setattr(exporting, "run_children", run_children)
    monkeypatch.setattr(exporting, "report_of", report_of)
    monkeypatch.setattr(exporting, "judge", lambda *_: None)
    options = {"data": str(tmp_path / "receipts"), "numbers": "4-5", "limit": None}
    exporting.export(
        tmp_path, formats=["float32"], metric="m:f", metric_options=options
    )
    assert seen["metric_options"] == options  # in full to the child
    report = json.loads((tmp_path / "verification.json").read_text())
    # a folder by its name: the path above it is the maker's own
    wanted = {"data": "receipts", "numbers": "4-5", "limit": None}
    assert (report["metric"], report["metric_options"]) == ("m:f", wanted)
