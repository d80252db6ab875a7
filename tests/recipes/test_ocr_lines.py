"""The user's own labels: what is taken, what is left out, and what is said of it."""

from pathlib import Path

import numpy as np
import pytest

from suite.console import UserError
from suite.recipes.labelled import set_apart
from suite.recipes.ocr_lines import line_sets, unique_names
from suite.recipes.ocr_recognizer import Recipe
from suite.text import LATIN
from tests.data.made_fonts import make_font
from tests.recipes.made_data import TEXTS, write_lines, write_pages


def sets_of(tmp_path, *folders, **options):
    options = {"rendered": 0, "workers": 0, **options}
    return line_sets(Recipe(data=folders, cache=tmp_path / "cache", **options))


def texts(lines):
    return [record.text for record in lines]


def test_every_tenth_labelled_line_validates(tmp_path):
    known = [f"Zeile {i}" for i in range(21)]
    folder = write_lines(tmp_path / "mine", known)
    (training,), validation = sets_of(tmp_path, folder)
    assert texts(validation["mine"]) == ["Zeile 9", "Zeile 19"]
    assert sorted(texts(training) + texts(validation["mine"])) == sorted(known)


@pytest.mark.parametrize("kind", ["lines", "pages"])
@pytest.mark.parametrize(("text", "cased"), [("TOTAL 5.00", False), ("Total", True)])
def test_labels_without_a_small_letter_are_of_unknown_case(tmp_path, kind, text, cased):
    shown = ["SUMME", text, "12.05", "RM"]
    if kind == "lines":
        folder = write_lines(tmp_path / "mine", shown)
    else:
        folder = write_pages(tmp_path / "mine", [shown] * 3)
    (training,), validation = sets_of(tmp_path, folder)
    for record in [*training, *validation["mine"]]:
        assert record.cased is cased


def test_unknown_characters_are_named_before_anything_is_rendered(tmp_path, caplog):
    folder = write_lines(tmp_path / "mine", TEXTS)
    labels = folder / "labels.tsv"
    labels.write_text(labels.read_text("utf-8") + "0.png\t漢字\n1.png\t字\n", "utf-8")
    # no font there: rendering, which comes later, would fail
    with pytest.raises(UserError, match="no usable fonts"):
        sets_of(tmp_path, folder, rendered=20, fonts=tmp_path)
    (warning,) = caplog.messages
    assert "labels.tsv, line 6: characters outside the alphabet: '字'" in warning
    assert "left out, the first of 2" in warning
    (training,), validation = sets_of(tmp_path, folder)
    assert texts(training) + texts(validation["mine"]) == list(TEXTS)


def test_a_faulty_box_costs_itself_alone(tmp_path, caplog):
    folder = write_pages(tmp_path / "mine", [TEXTS[:3], TEXTS[3:], []])
    boxes = folder / "boxes" / "000.csv"
    boxes.write_text(boxes.read_text("utf-8").replace("Rabatt", "割引"), "utf-8")
    (training,), validation = sets_of(tmp_path, folder)
    assert texts(training) == [TEXTS[0], TEXTS[2]]
    assert texts(validation["mine"]) == list(TEXTS[3:])  # the page without text: none
    assert "000.csv, line 2: characters outside" in caplog.text


def test_nothing_is_left(tmp_path, caplog):
    folder = write_lines(tmp_path / "mine", ["a", "b"])
    (folder / "labels.tsv").write_text("0.png\t漢\n1.png\t字\n", "utf-8")
    with pytest.raises(UserError, match="mine: nothing that can be used to train on"):
        sets_of(tmp_path, folder)
    assert "line 1: characters outside" in caplog.text
    with pytest.raises(UserError, match="nothing to train on"):
        sets_of(tmp_path)


@pytest.mark.parametrize(
    ("count", "every", "held"),
    [(0, 10, []), (1, 10, [0]), (2, 10, [1]), (9, 10, [8]), (10, 10, [9]),
     (25, 10, [9, 19]), (24, 50, [23])],
)  # fmt: skip
def test_what_validates_stands_apart(count, every, held):
    known, apart = set_apart(list(range(count)), every)
    assert apart == held
    assert sorted(known + apart) == list(range(count))


def test_folders_of_one_name_are_told_apart(tmp_path):
    one = write_lines(tmp_path / "a" / "lines", ["Eins", "Zwei"])
    two = write_lines(tmp_path / "b" / "lines", ["Drei", "Vier"])
    training, validation = sets_of(tmp_path, one, two)
    assert [texts(lines) for lines in training] == [["Eins"], ["Drei"]]
    assert {name: texts(lines) for name, lines in validation.items()} == {
        "lines": ["Zwei"],
        "lines_2": ["Vier"],
    }


def test_a_training_leaves_the_lines_of_another_alone(tmp_path):
    one = write_lines(tmp_path / "a" / "lines", ["Eins", "Zwei"])
    two = write_lines(tmp_path / "b" / "lines", ["Drei", "Vier"])
    (first,), _ = sets_of(tmp_path, one)
    before = first[0].image
    (again,), _ = sets_of(tmp_path, one)
    sets_of(tmp_path, two)
    # opened before the other training wrote, looked at afterwards
    assert texts(again) == texts(first) == ["Eins"]
    np.testing.assert_array_equal(again[0].image, before)
    (later,), _ = sets_of(tmp_path, one)
    np.testing.assert_array_equal(later[0].image, before)


def test_rendered_lines_of_other_settings_lie_elsewhere(tmp_path):
    for name in ("One", "Two"):
        for folder in ("few", "many") if name == "One" else ("many",):
            path = tmp_path / folder / f"{name}.ttf"
            path.parent.mkdir(exist_ok=True)
            make_font(path, LATIN.characters, family=name)
    few, many = ({"rendered": 3, "fonts": tmp_path / f} for f in ("few", "many"))
    (first,), _ = sets_of(tmp_path, **few)
    sets_of(tmp_path, **many)
    (again,), validation = sets_of(tmp_path, **few)
    assert first.folder == again.folder and first.folder.name.startswith("rendered_3_")
    assert len(list((tmp_path / "cache").iterdir())) == 4  # two settings, two sets
    assert list(validation) == ["rendered"] and len(validation["rendered"]) == 60


@pytest.mark.parametrize(
    ("folders", "taken", "want"),
    [
        (["sroie"], ["rendered"], ["sroie"]),
        (["a/lines", "b/lines", "c/lines"], [], ["lines", "lines_2", "lines_3"]),
        (["a/lines", "b/lines", "lines_2"], [], ["lines", "lines_3", "lines_2"]),
        (["my/rendered"], ["rendered"], ["rendered_2"]),
        (["my/rendered"], [], ["rendered"]),
    ],
)
def test_names_of_folders_are_unique(folders, taken, want):
    assert unique_names([Path(folder) for folder in folders], taken) == want
