"""`verify` looks at checksums before anything runs."""

import hashlib
import json

import pytest

from suite.console import UserError
from suite.edge import recheck as module
from suite.edge.export import VerificationError

CONTENT = {"model.keras": b"keras", "float32.tflite": b"lite"}


class RanError(Exception):
    """A child would have been started."""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder whose verification.json vouches for one file more than there is."""

    def run_children(*given):
        raise RanError

    monkeypatch.setattr(module, "run_children", run_children)
    spec = {"shape": [1], "dtype": "float32"}
    entry = {"inputs": {"x": spec}, "outputs": {"y": spec}}
    config = {"schema": 1, "signatures": {"serve": entry}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    for name, content in CONTENT.items():
        (tmp_path / name).write_bytes(content)
    keras, lite = (
        {"sha256": hashlib.sha256(content).hexdigest()} for content in CONTENT.values()
    )
    report = {"source": keras, "files": {"float32": lite, "float16": lite}}
    (tmp_path / "verification.json").write_text(json.dumps(report))
    return tmp_path


@pytest.mark.parametrize("name", list(CONTENT))
def test_another_file_is_refused_before_it_runs(folder, name):
    (folder / name).write_bytes(b"other")
    with pytest.raises(VerificationError, match=f"vouches for: {name}"):
        module.recheck(folder)


def test_a_file_that_is_not_vouched_for_is_refused(folder):
    (folder / "dynamic_int8.tflite").write_bytes(b"lite")
    with pytest.raises(VerificationError, match=r"vouches for: dynamic_int8.tflite"):
        module.recheck(folder)


def test_what_is_missing_is_said(folder, caplog):
    with pytest.raises(RanError):
        module.recheck(folder)
    assert "not there to verify: float16.tflite" in caplog.text


def test_a_folder_that_nothing_vouches_for_is_said(folder, caplog):
    (folder / "verification.json").unlink()
    with pytest.raises(RanError):
        module.recheck(folder)
    assert "no verification.json: nothing vouches for its files" in caplog.text


@pytest.mark.parametrize(
    "change", [{"source": None}, {"files": []}, {"files": {"float32": "x"}}]
)
def test_a_damaged_verification_is_said(folder, change):
    path = folder / "verification.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(UserError, match=r"verification\.json: damaged"):
        module.recheck(folder)
