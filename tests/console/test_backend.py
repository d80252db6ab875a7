import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from suite.console import UserError, backend, choose_backend


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    """No backend chosen, an empty keras.json folder, keras not imported."""
    # Set first: monkeypatch then puts back whatever choose_backend leaves there.
    monkeypatch.setenv("KERAS_BACKEND", "")
    monkeypatch.delenv("KERAS_BACKEND")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delitem(sys.modules, "keras", raising=False)


@pytest.fixture
def installed(monkeypatch):
    """Pretends that only the named packages are there."""

    def only(*names: str) -> None:
        monkeypatch.setattr(backend, "_installed", lambda name: name in names)

    return only


def configure(folder, content: str) -> None:
    (folder / "keras.json").write_text(content)


def test_the_flag_wins_over_all(monkeypatch, tmp_path, installed):
    installed("keras", "jax", "torch", "tensorflow")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    configure(tmp_path, json.dumps({"backend": "tensorflow"}))
    assert choose_backend("torch") == "torch"
    assert os.environ["KERAS_BACKEND"] == "torch"


def test_then_the_environment(monkeypatch, tmp_path, installed):
    installed("keras", "jax", "torch", "tensorflow")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    configure(tmp_path, json.dumps({"backend": "torch"}))
    assert choose_backend() == "jax"


def test_then_keras_json_if_that_is_installed(tmp_path, installed):
    configure(tmp_path, json.dumps({"backend": "torch"}))
    installed("keras", "jax", "torch")
    assert choose_backend() == "torch"


def test_then_the_first_installed(tmp_path, installed, monkeypatch):
    configure(tmp_path, json.dumps({"backend": "tensorflow"}))
    installed("keras", "jax", "torch")
    assert choose_backend() == "jax"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"backend": 3}', "\xff"])
def test_a_broken_keras_json_counts_as_none(tmp_path, installed, content):
    (tmp_path / "keras.json").write_bytes(content.encode("latin-1"))
    installed("keras", "jax")
    assert choose_backend() == "jax"


@pytest.mark.parametrize(("flag", "variable"), [("torch", ""), (None, "torch")])
def test_one_that_is_missing_gets_the_line_that_helps(
    installed, monkeypatch, flag, variable
):
    installed("keras", "jax")
    monkeypatch.setenv("KERAS_BACKEND", variable)
    with pytest.raises(UserError, match="torch is not installed") as caught:
        choose_backend(flag)
    assert "pip install 'keras-edge-suite[torch]'" in caught.value.hint


def test_none_at_all(installed):
    installed("keras")
    with pytest.raises(UserError, match="no Keras backend") as caught:
        choose_backend()
    assert "pip install" in caught.value.hint


def test_keras_itself_is_missing(installed):
    installed("torch")
    with pytest.raises(UserError, match="Keras is not installed"):
        choose_backend()


def test_a_name_that_is_none_of_the_three(installed, monkeypatch):
    installed("keras", "jax")
    monkeypatch.setenv("KERAS_BACKEND", "openvino")
    with pytest.raises(UserError, match=r"openvino.*KERAS_BACKEND"):
        choose_backend()


def test_too_late(installed, monkeypatch):
    installed("keras", "jax", "torch")
    running = SimpleNamespace(backend=SimpleNamespace(backend=lambda: "jax"))
    monkeypatch.setitem(sys.modules, "keras", running)
    assert choose_backend("jax") == "jax"
    with pytest.raises(UserError, match="already runs on jax"):
        choose_backend("torch")


def test_choosing_imports_nothing():
    code = (
        "import sys; from suite.console import UserError, choose_backend\n"
        "try: choose_backend()\n"
        "except UserError: pass\n"
        "print({'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules))"
    )
    run = [sys.executable, "-c", code]
    assert subprocess.check_output(run, text=True).strip() == "set()"
