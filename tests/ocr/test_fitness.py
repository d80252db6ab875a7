"""A model that is not what config.json says is refused when it is opened."""

import json
import shutil
from pathlib import Path

import pytest

from suite.console import UserError
from suite.ocr import Reader
from suite.ocr.fitness import check_detector, check_recognizer
from suite.text.alphabet import Alphabet
from suite.text.ngram_training import train_character_model

SHIPPED = Path(__file__).parents[2] / "saved_models" / "ocr"


@pytest.fixture
def copy(tmp_path):
    """Copies a shipped model with another config.json; gives its folder."""

    def make(name: str, change) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for file in ["dynamic_int8.tflite", "verification.json"]:
            shutil.copy(SHIPPED / name / file, folder)
        config = json.loads((SHIPPED / name / "config.json").read_text("utf-8"))
        change(config)
        (folder / "config.json").write_text(json.dumps(config), "utf-8")
        return folder

    return make


def settings(**parts):
    """A change of the config: an entry set, of a part where its value is a dict."""

    def change(config):
        for key, value in parts.items():
            if isinstance(value, dict):
                config[key] |= value
            else:
                config[key] = value

    return change


def without(key, part=None):
    return lambda config: (config[part] if part else config).pop(key)


LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("detector", without("preprocessing"), "preprocessing.text_height"),
        ("detector", settings(preprocessing={"text_height": "16"}), "text_height"),
        ("detector", without("postprocessing"), "postprocessing.shrink_ratio"),
        ("detector", settings(postprocessing={"shrink_ratio": 1.5}), "below 1"),
        ("recognizer", without("alphabet"), "`alphabet`"),
        ("recognizer", settings(alphabet=LETTERS), r"150\).* ask for .*27\)"),
        ("recognizer", settings(alphabet="aa"), "each character once"),
        ("recognizer", settings(blank=149), "class 0, not 149"),
        ("recognizer", without("height", "preprocessing"), "preprocessing.height"),
        ("recognizer", settings(preprocessing={"height": 48}), "48, 80, 1"),
        ("recognizer", settings(preprocessing={"stride": 8}), "10, 150"),
        ("recognizer", settings(preprocessing={"stride": 4.5}), "a whole number"),
    ],
)
def test_a_config_that_does_not_fit_its_model(copy, name, change, says):
    folder = copy(name, change)
    with pytest.raises(UserError, match=f"(?s){name}: .*{says}") as caught:
        Reader(**{name: folder})
    assert "config.json unchanged" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "taken_for", "says"),
    [
        ("detector", "recognizer", "`alphabet`"),
        ("recognizer", "detector", "text_height"),
    ],
)
def test_one_model_in_the_place_of_the_other(name, taken_for, says):
    with pytest.raises(UserError, match=says):
        Reader(**{taken_for: SHIPPED / name})


def test_no_signature_of_a_reader(copy):
    reader = Reader()
    texts = {"alphabet": "a", "preprocessing": {"height": 32, "stride": 4}}
    places = {
        "preprocessing": {"text_height": 16.0},
        "postprocessing": {"shrink_ratio": 0.5},
    }
    for model, config, check, says in [
        (reader.detector.model, texts, check_recognizer, "read_W .it has: detect_384"),
        (reader.recognizer.models[0], places, check_detector, "detect_HxW .it has: re"),
    ]:
        model.config = config
        with pytest.raises(UserError, match=says):
            check(Path("folder"), model)


def test_what_ships_says_that_the_blank_is_class_0():
    config = json.loads((SHIPPED / "recognizer" / "config.json").read_text("utf-8"))
    assert config["blank"] == 0


def test_a_language_model_of_other_characters_beside_the_recognizer(copy):
    folder = copy("recognizer", lambda config: None)
    train_character_model(["abc"], Alphabet("abc"), 2).save(folder / "language.npz")
    with pytest.raises(UserError, match=r"recognizer, its language model: .*lacks"):
        Reader(recognizer=folder)
