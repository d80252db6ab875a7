"""Counting a language model: what is counted, what is written, what is refused."""

import gzip

import pytest
from PIL import Image

from suite.console import UserError
from suite.recipes.ocr_language import PRESETS, Recipe, train
from suite.text.ngram import load_beside


@pytest.fixture
def page(tmp_path):
    """A folder with one labelled page."""
    folder = tmp_path / "pages"
    (folder / "boxes").mkdir(parents=True)
    (folder / "images").mkdir()
    (folder / "boxes" / "001.csv").write_text("1,1,9,1,9,5,1,5,TOTAL\n" * 4)
    Image.new("L", (20, 10)).save(folder / "images" / "001.png")
    return folder


def test_labels_files_and_prose_are_counted(tmp_path, page):
    (tmp_path / "more.txt").write_text("quartz\nquartz\n", encoding="utf-8-sig")
    prose = gzip.compress("une île\nune île".encode())
    (tmp_path / "fr.txt.gz").write_bytes(prose)
    recipe = Recipe(data=(page,), files=(tmp_path / "more.txt",), text=tmp_path)
    metrics = train(recipe, tmp_path / "run")
    assert metrics["lines"] == 4 + 2 + 2
    model = load_beside(tmp_path / "run" / "model")
    assert model is not None
    for known in ("total", "quartz", "une île"):
        assert model.log_prob(known[:-1], known[-1]) > -0.7
    assert load_beside(tmp_path) is None


def test_the_smoke_preset_needs_no_data(tmp_path):
    metrics = train(PRESETS["smoke"], tmp_path / "run")
    assert metrics["lines"] > 10 and metrics["ngrams"] > 1000
    assert load_beside(tmp_path / "run" / "model") is not None


def test_a_faulty_label_costs_itself_alone(tmp_path, page, caplog):
    boxes = page / "boxes" / "001.csv"
    boxes.write_text(boxes.read_text() + "1,1,99,1,99,5,1,5,FAR\n")
    assert train(Recipe(data=(page,)), tmp_path / "run")["lines"] == 4
    assert "001.csv, line 5: box" in caplog.text


@pytest.mark.parametrize("content", [None, b"caf\xe9", b""])
def test_text_that_is_none(tmp_path, content):
    file = tmp_path / "text.txt"
    if content is not None:
        file.write_bytes(content)
    says = {None: "No such file", b"caf\xe9": "not UTF-8", b"": "no text to count"}
    with pytest.raises(UserError, match=says[content]):
        train(Recipe(files=(file,)), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_it_cannot_start_from_another(tmp_path):
    with pytest.raises(UserError, match="--init"):
        train(Recipe(), tmp_path / "run", init=tmp_path)


def test_nothing_is_there_to_go_on_with(tmp_path):
    with pytest.raises(UserError, match="--resume"):
        train(PRESETS["smoke"], tmp_path / "run", resume=True)
    assert not (tmp_path / "run").exists()


def test_an_earlier_model_is_not_replaced(tmp_path):
    (tmp_path / "w.txt").write_text("quartz\n" * 3)
    recipe = Recipe(files=(tmp_path / "w.txt",))
    train(recipe, tmp_path / "run")
    before = (tmp_path / "run" / "model" / "language.npz").read_bytes()
    with pytest.raises(UserError, match="model: holds a model already"):
        train(PRESETS["smoke"], tmp_path / "run")
    assert (tmp_path / "run" / "model" / "language.npz").read_bytes() == before


def test_a_recognizer_is_not_overwritten(tmp_path):
    (tmp_path / "config.json").write_text('{"schema": 1}')
    with pytest.raises(UserError, match="holds a model already"):
        train(PRESETS["smoke"], tmp_path)
    assert (tmp_path / "config.json").read_text() == '{"schema": 1}'
    assert not (tmp_path / "model").exists()
