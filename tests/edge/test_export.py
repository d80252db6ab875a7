"""Export by the public function: children, files left behind, files left alone."""

import errno
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from suite.console import UserError
from suite.edge import export as edge
from suite.edge import samples
from suite.edge.child import run_child
from suite.edge.recheck import recheck
from suite.engine import open_model

_SAVE = """
import sys
from pathlib import Path
import keras
from tests.engine.miniature import save_model
folder = Path(sys.argv[1])
save_model("recognizer", folder, conv_dtype="mixed_bfloat16")
core = keras.saving.load_model(folder / "model.keras").get_layer("recognizer")
policies = {layer.dtype_policy.name for layer in core.layers}
assert policies == {"mixed_bfloat16", "float32"}, policies
"""


@pytest.mark.backend
def test_a_mixed_precision_model_of_any_backend(tmp_path):
    folder = tmp_path / "recognizer"
    subprocess.run([sys.executable, "-c", _SAVE, folder], check=True)
    report = edge.export(
        folder, formats=("float32", "float16"), saved_model=tmp_path / "deep" / "saved"
    )

    assert json.loads((folder / "verification.json").read_text()) == report
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json",
        "float16.tflite",
        "float32.tflite",
        "model.keras",
        "verification.json",
    ]
    assert (tmp_path / "deep" / "saved" / "saved_model.pb").is_file()
    for name, limit in (("float32", 1e-5), ("float16", 1e-2)):
        entry = report["files"][name]
        content = (folder / f"{name}.tflite").read_bytes()
        assert entry["bytes"] == len(content)
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
        assert 0 < entry["difference"] <= entry["limit"] == limit
        assert set(entry["differences"]) == {"read_64", "read_128"}
        assert {"read_64", "read_128"} < set(entry["operators"])
        assert entry["variable_tensors"] == 0
        weights = report["source"]["parameters"]
        assert entry["bytes_per_weight"] == pytest.approx(len(content) / weights)
        assert 0 < entry["mean_difference"] < entry["difference"]
        for times in entry["latency"].values():
            assert times["interpreter_ms"] > 0 and times["compiled_model_ms"] > 0
        open_model(folder, precision=name)
    assert report["source"]["parameters"] > 20_000
    assert report["versions"]["tensorflow"]


@pytest.fixture
def folder(miniatures, tmp_path, monkeypatch) -> Path:
    """A copy of the recognizer's folder, exported before."""
    # what is replayed was computed under no other backend
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    shutil.copytree(miniatures / "ocr" / "recognizer", tmp_path / "recognizer")
    return tmp_path / "recognizer"


def state(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def replay(folder: Path, error: float = 0.0, rebuilt: float = 0.0):
    """In place of the TensorFlow child: the earlier files, the reference shifted."""
    outputs = {}

    def run(module: str, work: Path) -> None:
        if module == "suite.edge.verify":
            run_child(module, work)
            return
        job = json.loads((work / "job.json").read_text())
        for name in job["formats"]:
            shutil.copy(folder / f"{name}.tflite", work)
        model = open_model(folder, precision="float32", threads=1)
        for name, inputs in samples.load(work / samples.INPUTS).items():
            outputs[name] = model(name, inputs)
            outputs[name]["logits"] += error
        samples.save(work / samples.REFERENCE, outputs)
        shutil.copytree(folder / "saved_model", work / "saved_model")
        earlier = json.loads((folder / "verification.json").read_text())
        found = {**earlier, **earlier["source"], "rebuilt_difference": rebuilt}
        (work / "converted.json").write_text(json.dumps(found))

    return run


def test_a_difference_above_the_limit_leaves_the_earlier_files(folder, monkeypatch):
    before = state(folder)
    monkeypatch.setattr(edge, "run_child", replay(folder, error=1e-3))
    with pytest.raises(
        edge.VerificationError, match=r"float32.tflite is not good"
    ) as e:
        edge.export(folder, formats=["float32"])
    assert state(folder) == before
    measured = e.value.report["files"]["float32"]["differences"]["read_64"]
    ways = ("interpreter", "interpreter_again", "compiled_model")
    assert [measured[way] for way in ways] == pytest.approx([1e-3] * 3, rel=0.01)


def test_a_float32_model_that_is_not_the_saved_one_is_refused(folder, monkeypatch):
    before = state(folder)
    monkeypatch.setattr(edge, "run_child", replay(folder, rebuilt=0.2))
    with pytest.raises(edge.VerificationError, match=r"that was saved by 2.0e-01"):
        edge.export(folder, formats=["float32"])
    assert state(folder) == before


def test_a_crashed_child_leaves_the_earlier_files(folder, monkeypatch):
    before = state(folder)

    def crash(module: str, work: Path) -> None:
        (work / "float32.tflite").write_bytes(b"half")
        run_child("tests.edge.crash", work)

    monkeypatch.setattr(edge, "run_child", crash)
    with pytest.raises(UserError, match="crashed") as error:
        edge.export(folder)
    assert state(folder) == before
    assert signal.SIGSEGV.name in str(error.value) and error.value.hint
    assert str(folder) in str(error.value)


def test_a_second_export_replaces_all_and_keeps_what_is_still_true(folder, monkeypatch):
    monkeypatch.setattr(edge, "run_child", replay(folder))
    earlier = json.loads((folder / "verification.json").read_text())["files"]
    report = edge.export(folder, formats=["float32"], saved_model=True)
    assert report["files"]["dynamic_int8"] == earlier["dynamic_int8"]
    assert report["files"]["float32"]["difference"] == 0
    assert (folder / "saved_model" / "saved_model.pb").is_file()
    open_model(folder)

    # another model.keras: what was exported of the earlier one goes
    with (folder / "model.keras").open("ab") as stream:
        stream.write(b"\0")
    report = edge.export(folder, formats=["float32"])
    open_model(folder, precision="float32")
    assert set(report["removed"]) >= {"dynamic_int8.tflite", "saved_model"}
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json",
        "float32.tflite",
        "model.keras",
        "verification.json",
    ]


def test_a_saved_model_stays_only_while_it_is_that_of_the_model(folder, monkeypatch):
    monkeypatch.setattr(edge, "run_child", replay(folder))
    edge.export(folder, formats=["float32"])
    report = json.loads((folder / "verification.json").read_text())
    assert report["saved_model"]["difference"] < 1e-5 and not report["removed"]
    with (folder / "saved_model" / "saved_model.pb").open("ab") as stream:
        stream.write(b"\0")
    with pytest.raises(UserError, match="not the SavedModel that was verified"):
        open_model(folder, "saved_model")
    with pytest.raises(edge.VerificationError, match="vouches for: saved_model"):
        recheck(folder)


@pytest.mark.parametrize("change", ["nothing", "a range"])
def test_into_another_folder_whose_files_are_vouched_for_while_they_are_right(
    folder, monkeypatch, tmp_path, change
):
    monkeypatch.setattr(edge, "run_child", replay(folder))
    output = shutil.copytree(folder, tmp_path / "out")
    config = json.loads((folder / "config.json").read_text())
    if change == "a range":
        config["signatures"]["read_64"]["inputs"]["width"]["range"] = [4, 32]
    (folder / "config.json").write_text(json.dumps(config))
    before = state(folder)
    report = edge.export(folder, formats=["float32"], output=output)
    assert ("dynamic_int8" in report["files"]) == (change == "nothing")
    assert json.loads((output / "verification.json").read_text()) == report
    for name in ("config.json", "model.keras"):
        assert (output / name).read_bytes() == (folder / name).read_bytes()
    assert state(folder) == before


def test_the_config_of_an_app_is_not_replaced(folder, tmp_path):
    target = shutil.copytree(folder, tmp_path / "out")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "app": "edge"}))
    before = state(target)
    with pytest.raises(UserError, match=r"of app .* would be replaced") as error:
        edge.export(folder, output=target)
    assert f"kes-edge export {target}" in (error.value.hint or "")
    assert state(target) == before


@pytest.mark.parametrize("full", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fills_with_the_last_file_leaves_the_earlier_ones(
    folder, monkeypatch, full
):
    before = state(folder)
    monkeypatch.setattr(edge, "run_child", replay(folder))
    report_of = edge.report_of

    def fills(*given):
        """The children are done: from here on nothing can be written."""
        monkeypatch.setattr(Path, "write_text", no_space)
        return report_of(*given)

    def no_space(path, content, encoding):
        raise OSError(full, os.strerror(full), str(path))

    monkeypatch.setattr(edge, "report_of", fills)
    with pytest.raises(UserError, match="cannot be written") as error:
        edge.export(folder, formats=["float32"])
    assert "Free some space" in (error.value.hint or "")
    assert str(folder) in str(error.value) and ".export-" not in str(error.value)
    assert state(folder) == before


def test_a_disk_that_fills_in_a_child_is_a_sentence(tmp_path):
    with pytest.raises(UserError, match="no space left on the disk") as error:
        run_child("tests.edge.full_disk", tmp_path)
    assert "Free some" in (error.value.hint or "")


def test_inputs_are_asked_for_by_signature(folder, monkeypatch):
    monkeypatch.setattr(edge, "run_child", replay(folder))
    asked = []

    def inputs(signature: str) -> dict[str, np.ndarray]:
        asked.append(signature)
        width = int(signature.removeprefix("read_"))
        return {
            "image": np.zeros((1, 32, width, 1), "uint8"),
            "width": np.array([width], "int32"),
        }

    assert edge.export(folder, inputs=inputs, formats=["float32"])["inputs"] == "given"
    assert sorted(asked) == ["read_128", "read_64"]
    with pytest.raises(ValueError, match="wanted int32"):
        edge.export(folder, inputs=lambda s: {**inputs(s), "width": np.array([1.0])})


def test_a_warning_for_a_coarse_int8_file(folder, monkeypatch, caplog):
    monkeypatch.setattr(edge, "run_child", replay(folder, error=0.2))
    edge.export(folder, formats=["dynamic_int8"])
    assert "dynamic_int8.tflite differs from Keras by 2." in caplog.text


@pytest.mark.parametrize("formats", [("int4",), ("float32", "int4")])
def test_unknown_formats_are_refused(folder, formats):
    with pytest.raises(ValueError, match="`formats` must be some of"):
        edge.export(folder, formats=formats)


def test_no_format_is_refused(folder):
    with pytest.raises(UserError, match=r"no format is named \(--formats\)"):
        edge.export(folder, formats=())


def test_full_int8_is_not_calibrated_on_chance_or_on_nothing(folder, monkeypatch):
    before = state(folder)
    monkeypatch.setattr(edge, "run_child", replay(folder))
    with pytest.raises(UserError, match="calibrated on real inputs") as error:
        edge.export(folder, formats=["full_int8"])
    assert "--inputs" in (error.value.hint or "")

    def nothing(signature: str) -> dict[str, np.ndarray]:
        width = int(signature.removeprefix("read_"))
        image = np.zeros((0, 32, width, 1), "uint8")
        return {"image": image, "width": np.zeros(0, "int32")}

    with pytest.raises(UserError, match="the inputs hold no sample"):
        edge.export(folder, inputs=nothing, formats=["full_int8"])
    assert state(folder) == before


def test_a_folder_without_a_model_is_refused(tmp_path, folder):
    (folder / "model.keras").unlink()
    with pytest.raises(UserError, match=r"model.keras: no such file"):
        edge.export(folder)


def test_a_missing_tensorflow_is_answered_with_the_line_that_helps(folder, monkeypatch):
    monkeypatch.setattr(edge, "find_spec", lambda name: None)
    with pytest.raises(UserError) as error:
        edge.export(folder)
    assert "pip install 'keras-edge-suite[export]'" in (error.value.hint or "")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_refused(folder):
    folder.chmod(0o500)
    with pytest.raises(UserError, match="cannot be written"):
        edge.export(folder)


def test_a_child_that_fails_otherwise_is_quoted(tmp_path):
    with pytest.raises(
        UserError, match=r"exit code 1: .*No module named tests.nothing"
    ):
        run_child("tests.nothing", tmp_path)
