"""Which folder is opened, and what is said when there is none."""

import json
from pathlib import Path

import pytest

import suite
from suite.console import UserError
from suite.engine import find_model, open_model, opening, shipped_models

SIGNATURES = {
    "run": {
        "inputs": {"x": {"shape": [1, 2], "dtype": "float32"}},
        "outputs": {"y": {"shape": [], "dtype": "float32"}},
    }
}


def place(folder: Path, content: str = "{}") -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(content)
    return folder


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Path:
    """A checkout without models, and no environment variable."""
    package = tmp_path / "checkout" / "suite"
    package.mkdir(parents=True)
    monkeypatch.setattr(suite, "__file__", str(package / "__init__.py"))
    monkeypatch.delenv(opening.VARIABLE, raising=False)
    return package.parent


def test_the_order_of_places(checkout, tmp_path, monkeypatch):
    with pytest.raises(UserError) as error:
        find_model("ocr", "detector")
    assert str(checkout / "saved_models" / "ocr" / "detector") in str(error.value)
    installed = place(checkout / "suite" / "saved_models" / "ocr" / "detector")
    assert find_model("ocr", "detector") == installed
    shipped = place(checkout / "saved_models" / "ocr" / "detector")
    assert find_model("ocr", "detector") == shipped
    monkeypatch.setenv(opening.VARIABLE, str(tmp_path / "mine"))
    assert find_model("ocr", "detector") == shipped
    mine = place(tmp_path / "mine" / "ocr" / "detector")
    assert find_model("ocr", "detector") == mine
    chosen = place(tmp_path / "chosen")
    assert find_model("ocr", "detector", chosen) == chosen


def test_all_models_that_ship(checkout, tmp_path, monkeypatch):
    with pytest.raises(UserError, match="no model"):
        shipped_models()
    place(checkout / "suite" / "saved_models" / "ocr" / "detector")
    here = [checkout / "saved_models" / name for name in ("iqa/scorer", "ocr/detector")]
    for folder in here:
        place(folder)
    assert shipped_models() == here
    monkeypatch.setenv(opening.VARIABLE, str(tmp_path / "mine"))
    mine = place(tmp_path / "mine" / "ocr" / "detector")
    assert shipped_models() == [here[0], mine]


@pytest.mark.parametrize("below", ["", "detector", "ocr/detector"])
def test_an_override_is_a_model_or_holds_it(checkout, tmp_path, below):
    wanted = place(tmp_path / "chosen" / below)
    assert find_model("ocr", "detector", tmp_path / "chosen") == wanted


def test_a_wrong_override_falls_back_to_nothing(checkout, tmp_path):
    place(checkout / "saved_models" / "ocr" / "detector")
    with pytest.raises(UserError, match="nowhere"):
        find_model("ocr", "detector", tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "config.json: not a JSON file"),
        ("[]", "config.json: not a JSON object"),
        (b"\xff\xfe".decode("latin1"), "config.json: not a JSON file"),
        ('{"model_type": "bert"}', "schema None, this version reads 1"),
        ('{"schema": 2, "signatures": {}}', "schema 2"),
        ('{"schema": 1}', "signatures cannot be read: KeyError"),
        ('{"schema": 1, "signatures": []}', "signatures cannot be read"),
        ('{"schema": 1, "signatures": {}}', "no signatures"),
        ('{"schema": 1, "signatures": {"run": {"inputs": {}}}}', "KeyError"),
        (
            json.dumps({"schema": 1, "signatures": SIGNATURES}).replace(
                "[1, 2]", "[null, 2]"
            ),
            "sizes must be positive integers",
        ),
        (
            json.dumps({"schema": 1, "signatures": SIGNATURES}).replace(
                "float32", "float33"
            ),
            "float33",
        ),
    ],
)
def test_a_foreign_or_broken_config_is_refused(tmp_path, content, said):
    folder = place(tmp_path / "model", content)
    with pytest.raises(UserError) as error:
        open_model(folder)
    assert said in str(error.value) and str(folder) in str(error.value)
    assert error.value.hint


def test_a_missing_folder_or_config_is_named(tmp_path):
    with pytest.raises(UserError, match="nowhere: no such model folder"):
        open_model(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"config.json: no such file"):
        open_model(tmp_path)


def test_a_missing_saved_model_is_named(tmp_path):
    content = json.dumps({"schema": 1, "signatures": SIGNATURES})
    folder = place(tmp_path / "model", content)
    with pytest.raises(UserError, match="saved_model: no SavedModel there"):
        open_model(folder, "saved_model")


@pytest.mark.parametrize("wrong", [{"engine": "onnx"}, {"precision": "int4"}])
def test_unknown_engines_and_precisions_are_refused(tmp_path, wrong):
    with pytest.raises(ValueError, match="must be one of"):
        open_model(tmp_path, **wrong)
