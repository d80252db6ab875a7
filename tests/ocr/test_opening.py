"""What of a reader's options is refused, and where its models are looked for."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from suite.console import UserError
from suite.ocr import reader as reader_module
from suite.recipes.ocr_language import write
from suite.text.alphabet import Alphabet
from suite.text.ngram_training import train_character_model

opening = pytest.importorskip("suite.ocr.opening")


def write_config(folder: Path, content: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(content)
    return folder


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A folder of models that stands for the shipped ones."""
    for name in ["detector", "recognizer"]:
        folder = tmp_path / "shipped" / "ocr" / name
        write_config(folder, json.dumps({"model": name}))
    monkeypatch.setenv("KERAS_EDGE_SUITE_MODELS", str(tmp_path / "shipped"))
    return tmp_path / "shipped" / "ocr"


def test_none_is_the_shipped_one(shipped):
    assert opening.model_folder(None, "detector") == shipped / "detector"


def test_a_folder_of_both(tmp_path, shipped):
    for name in ["detector", "recognizer"]:
        write_config(tmp_path / "own" / name, json.dumps({"model": name}))
        folder = opening.model_folder(tmp_path / "own", name)
        assert folder == tmp_path / "own" / name


def test_one_model_of_your_own_goes_with_the_shipped_other(tmp_path, shipped):
    own = write_config(tmp_path / "run" / "model", '{"model": "recognizer"}')
    assert opening.model_folder(own, "recognizer") == own
    assert opening.model_folder(own, "detector") == shipped / "detector"


def test_the_folder_of_a_run_stands_for_its_model(tmp_path, shipped):
    run = write_config(tmp_path / "run", '{"preset": "smoke"}')
    with pytest.raises(UserError, match=r"run/config\.json: not .*model"):
        opening.model_folder(run, "recognizer")
    own = write_config(run / "model", '{"model": "recognizer"}')
    assert opening.model_folder(run, "recognizer") == own
    assert opening.model_folder(run, "detector") == shipped / "detector"


def test_a_folder_with_half_of_them_is_refused(tmp_path, shipped):
    write_config(tmp_path / "own" / "detector", '{"model": "detector"}')
    with pytest.raises(UserError, match="recognizer"):
        opening.model_folder(tmp_path / "own", "recognizer")


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", '{"model": "translator"}', '{"model": ["x"]}']
)
def test_a_foreign_model(tmp_path, shipped, content):
    own = write_config(tmp_path / "own", content)
    with pytest.raises(UserError, match="own"):
        opening.model_folder(own, "detector")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"threads": 0}, "--threads"),
        ({"lexicon": Path("words.txt"), "decoder": "greedy"}, "beam"),
        ({"language_model": Path("lm.npz"), "decoder": "greedy"}, "beam"),
        ({"language_model": Path("nowhere.npz")}, "nowhere.npz: no such file"),
        ({"model": Path("nowhere")}, "nowhere"),
        ({"min_confidence": 1.5}, "--min-confidence"),
        ({"lexicon_bonus": -1.0}, "--lexicon-bonus"),
        ({"lexicon_bonus": float("nan")}, "nan: not a bonus (--lexicon-bonus)"),
        ({"lexicon_bonus": float("inf")}, "--lexicon-bonus"),
        ({"characters": "0123¼"}, "'¼' (U+00BC) (--characters)"),
        ({"characters": ""}, "--characters"),
    ],
)
def test_options_that_do_not_fit(options, says):
    with pytest.raises(UserError) as caught:
        opening.open_reader(opening.ReaderOptions(**options))
    assert says in f"{caught.value} {caught.value.hint}"


def test_no_more_networks_than_processors(monkeypatch):
    monkeypatch.setattr(reader_module, "usable_processors", lambda: 3)
    reader = opening.open_reader(opening.ReaderOptions(threads=9999))
    assert len(reader.recognizer.models) == 3
    reader = opening.open_reader(opening.ReaderOptions(threads=2))
    assert len(reader.recognizer.models) == 2


def test_a_word_list_that_is_none(tmp_path):
    path = tmp_path / "words.txt"
    with pytest.raises(UserError, match=r"words.txt: No such file.*--lexicon"):
        opening._words(path, 1.0)
    path.write_bytes(b"caf\xe9\n")
    with pytest.raises(UserError, match=r"not UTF-8 \(byte 3\)"):
        opening._words(path, 1.0)
    path.write_text("apple\npear\n", encoding="utf-8-sig")
    assert "apple" in opening._words(path, 1.0)


def test_the_language_model_beside_the_recognizer_is_used(tmp_path):
    """A word in doubt is what the model has seen; greedy has no such opinion."""
    alphabet = opening.open_reader(opening.ReaderOptions()).recognizer.alphabet
    logits = np.full((9, alphabet.size), -4.0, np.float32)
    for step, pair in enumerate(["T7", "O0", "T7", "A4", "LI"]):
        first, second = alphabet.encode(pair)
        logits[2 * step, [second, first]] = 4.0, 3.6
        logits[2 * step + 1 : 2 * step + 2, 0] = 6.0
    read = {}
    own = write(tmp_path, ["7074I"] * 9)[1]
    for name, options in {
        "beside it": {},
        "greedy": {"decoder": "greedy"},
        "given": {"language_model": own},
    }.items():
        reader = opening.open_reader(opening.ReaderOptions(**options))
        read[name] = reader.decode(logits, alphabet).text
    assert read == {"beside it": "TOTAL", "greedy": "7074I", "given": "7074I"}


def test_a_language_model_that_is_given_replaces_one_that_is_damaged(tmp_path):
    folder = tmp_path / "recognizer"
    shutil.copytree(opening.find_model("ocr", "recognizer"), folder)
    (folder / "language.npz").write_bytes(b"no model")
    own = write(tmp_path, ["7074I"] * 9)[1]
    options = opening.ReaderOptions(model=folder)
    with pytest.raises(UserError, match=r"language\.npz: not a character model"):
        opening.open_reader(options)
    opening.open_reader(replace(options, language_model=own))


@pytest.mark.parametrize("decoder", ["beam", "greedy"])
def test_no_others_than_the_characters_asked_for(decoder):
    page = opening.sample()
    options = opening.ReaderOptions(decoder=decoder, characters="0123456789.,")
    text = opening.open_reader(options)(page).text
    assert set(text) <= set("0123456789., \n")
    assert "29.59" in text.split()


def test_lines_that_are_not_sure_enough_are_left_out():
    page = opening.sample()
    sure = opening.open_reader(opening.ReaderOptions(min_confidence=0.99))(page).lines
    every = opening.open_reader(opening.ReaderOptions(min_confidence=0.0))(page).lines
    assert 0 < len(sure) < len(every)
    assert min(line.confidence for line in sure) >= 0.99


def test_a_language_model_of_other_characters_is_named_before_any_page(tmp_path):
    file = tmp_path / "abc.npz"
    train_character_model(["abc"], Alphabet("abc"), 2).save(file)
    with pytest.raises(UserError, match=r"abc\.npz \(--language-model\): .*lacks"):
        opening.open_reader(opening.ReaderOptions(language_model=file))
