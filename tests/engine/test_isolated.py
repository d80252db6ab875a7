"""A file that ends its process, or never ends, is a sentence for the parent."""

import gc
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest

from suite.console import UserError
from suite.edge.__main__ import main
from suite.engine import open_model
from suite.engine.isolated import IsolatedModel


@pytest.fixture
def folder(miniatures, tmp_path) -> Path:
    """A recognizer's folder without verification.json: of unknown origin."""
    source = miniatures / "ocr" / "recognizer"
    for name in ("config.json", "float32.tflite"):
        shutil.copy(source / name, tmp_path / name)
    return tmp_path


def inputs(width: int = 64) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "image": rng.integers(0, 256, (1, 32, width, 1), "uint8"),
        "width": np.array([width], "int32"),
    }


def alive(number: int) -> bool:
    return Path(f"/proc/{number}").exists()


def test_the_same_numbers_as_in_this_process(folder):
    model = open_model(folder, precision="float32", threads=1, isolated=True)
    plain = open_model(folder, precision="float32", threads=1)
    assert isinstance(model, IsolatedModel)
    for width in (64, 128, 64):
        got = model(f"read_{width}", inputs(width))
        wanted = plain(f"read_{width}", inputs(width))
        np.testing.assert_array_equal(got["logits"], wanted["logits"])
    with pytest.raises(ValueError, match="wanted uint8"):
        model("read_64", {**inputs(), "image": np.zeros((1, 32, 64, 1))})

    number = model._child.pid
    model.release()
    assert not alive(number)
    assert "logits" in model("read_64", inputs())  # another child
    number = model._child.pid
    del model
    gc.collect()
    assert not alive(number)


def test_a_crash_is_a_sentence_and_the_next_call_a_new_child(folder):
    model = open_model(folder, precision="float32", threads=1, isolated=True)
    os.kill(model._child.pid, signal.SIGSEGV)
    with pytest.raises(UserError) as error:
        model("read_64", inputs())
    assert "float32.tflite: the process that runs it crashed (SIGSEGV)" in str(
        error.value
    )
    assert error.value.hint
    assert "logits" in model("read_64", inputs())


def test_one_that_is_stuck_is_ended(folder):
    model = open_model(folder, precision="float32", threads=1, isolated=True)
    number = model._child.pid
    model.timeout = 0.2
    os.kill(number, signal.SIGSTOP)
    with pytest.raises(UserError, match=r"did not end within 0\.2 s"):
        model("read_64", inputs())
    assert not alive(number)


def test_what_the_engine_refuses_comes_through(folder):
    path = folder / "float32.tflite"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"float32.tflite: not a LiteRT file") as error:
        open_model(folder, precision="float32", isolated=True)
    assert error.value.hint
    with pytest.raises(ValueError, match="at least 1"):
        open_model(folder, precision="float32", threads=0, isolated=True)
    with pytest.raises(ValueError, match="for LiteRT files"):
        open_model(folder, "keras", isolated=True)


_CRASH = "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"


def test_a_file_that_crashes_when_it_is_opened_ends_with_2(
    folder, tmp_path_factory, monkeypatch, capsys
):
    stand_in = tmp_path_factory.mktemp("stand_in") / "ai_edge_litert"
    stand_in.mkdir()
    (stand_in / "__init__.py").write_text("")
    (stand_in / "schema_py_generated.py").write_text(_CRASH)
    monkeypatch.syspath_prepend(str(stand_in.parent))
    code = main(["bench", str(folder), "--isolated"])
    said = capsys.readouterr().err
    assert code == 2
    assert "crashed (SIGSEGV)" in said and "Traceback" not in said
