"""Keras computes some layers otherwise under another backend: that is said."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from suite.edge import trained
from suite.edge.trained import compare, fault

ROOT = Path(__file__).parents[2]
_SAVE = """
import sys
import keras
from keras import layers
x = keras.Input((9, 10, 3), name="x")
y = layers.AveragePooling2D(3, strides=2, padding="same")(layers.Conv2D(4, 1)(x))
y = y if sys.argv[2] == "pooled" else layers.Conv2D(4, 1)(x)
keras.Model(x, y).save(sys.argv[1])
"""


def test_a_difference_between_backends_is_a_fault():
    said = fault({"trained_backend": "torch", "trained_difference": 0.33})
    assert said and "under torch Keras itself" in said and "by 3.3e-01" in said
    assert fault({"trained_backend": "torch", "trained_difference": 1e-6}) is None
    assert fault({"trained_backend": "torch", "trained_difference": None}) is None
    assert fault({}) is None


def test_only_another_backend_is_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(trained, "run_child", None)  # would not be callable
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    for backend in ("tensorflow", "", "mxnet"):
        monkeypatch.setenv("KERAS_BACKEND", backend)
        assert compare(tmp_path, tmp_path) == {}


def test_the_backend_may_stand_in_keras_json(tmp_path, monkeypatch):
    def refuses(module, work, backend):
        raise trained.UserError(f"{module} {backend}")

    monkeypatch.setattr(trained, "find_spec", lambda name: True)
    monkeypatch.setattr(trained, "run_child", refuses)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "keras.json").write_text('{"backend": "torch"}')
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert compare(tmp_path, tmp_path)["trained_backend"] == "torch"
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert compare(tmp_path, tmp_path)["trained_backend"] == "jax"


def test_a_model_that_does_not_run_there_is_a_remark(tmp_path, monkeypatch, caplog):
    def refuses(*given):
        raise trained.UserError("no such layer")

    monkeypatch.setattr(trained, "find_spec", lambda name: True)
    monkeypatch.setattr(trained, "run_child", refuses)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    found = compare(tmp_path, tmp_path)
    assert found == {"trained_backend": "jax", "trained_difference": None}
    assert "not compared under jax: no such layer" in caplog.text


@pytest.mark.parametrize(("kind", "code"), [("pooled", 1), ("plain", 0)])
def test_a_layer_that_differs_under_torch_fails_the_export(tmp_path, kind, code):
    pytest.importorskip("torch")
    path, out = tmp_path / "my.keras", tmp_path / "out"
    environment = {**os.environ, "KERAS_BACKEND": "torch", "PYTHONPATH": str(ROOT)}
    words = [
        "-m",
        "suite.edge",
        "export",
        path,
        "--output",
        out,
        "--formats",
        "float32",
    ]
    subprocess.run(
        [sys.executable, "-c", _SAVE, path, kind], env=environment, check=True
    )
    done = subprocess.run(
        [sys.executable, *words], env=environment, capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr
    if code:
        assert "under torch Keras itself computes other numbers" in done.stderr
        assert not out.exists()
        return
    report = json.loads((out / "verification.json").read_text())
    assert report["trained_backend"] == "torch" and report["trained_difference"] < 1e-5
