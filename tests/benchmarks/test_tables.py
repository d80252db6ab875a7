"""Tables of Markdown, and which readers stand in them."""

import pytest

from benchmarks.report import Report, best_of
from benchmarks.tables import Measure, comparison, document, markdown

F1 = Measure("f1", "word F1", 3)
ERROR = Measure("error", "error, %", 1, 100.0)


def report(figures, **changes):
    plain = {"name": "x", "title": "Title", "command": "do it", "about": "2 pages."}
    more = {"measures": [F1, ERROR], "notes": ["A note."], "best": "f1"}
    return Report(**{**plain, **more, "figures": figures, **changes})


def test_markdown_is_aligned_in_its_source():
    made = markdown(["", "ours", "other one"], [["F1", "0.9", "-"], ["a|b", "10", "2"]])
    assert made.splitlines() == [
        "|      | ours | other one |",
        "| ---- | ---: | --------: |",
        "| F1   |  0.9 |         - |",
        "| a\\|b |   10 |         2 |",
    ]


@pytest.mark.parametrize(
    ("measure", "value", "cell"),
    [
        (F1, 0.95049, "0.950"),
        (ERROR, 0.0123, "1.2"),
        (F1, None, "-"),
        (F1, 0, "0.000"),
        (Measure("peak", "MB", 0, 1e-6), 46_400_000, "46"),
    ],
)
def test_cells(measure, value, cell):
    assert measure.cells([{measure.key: value}, {}]) == [measure.label, cell, "-"]


def test_a_figure_that_nobody_has_makes_no_row():
    made = comparison([F1, ERROR], {"ours": {"f1": 1.0, "error": None}, "other": {}})
    assert "word F1" in made
    assert "error" not in made


def test_document():
    made = document("T", ["Head."], "| a |\n", ["one", "two"])
    assert made == "# T\n\nHead.\n\n| a |\n\n- one\n- two\n"
    assert document("T", [], "x", []).endswith("\n\nx\n")


def test_the_best_way_to_run_a_reader_is_shown():
    figures = {"t 4": {"f1": 0.7}, "ours": {"f1": 0.5}, "t 6": {"f1": 0.8}, "t 3": {}}
    assert best_of(figures, "f1") == ["t 6", "ours"]
    assert best_of(figures, "f1", lowest=True) == ["t 4", "ours"]


def test_a_page_names_who_is_left_out_and_why():
    figures = {
        "ours": {"f1": 0.9, "error": 0.01},
        "t 4": {"f1": 0.7},
        "t 6": {"f1": 0.8},
    }
    titles = {"ours": "Ours 1", "t 4": "T (--psm 4)", "t 6": "T (--psm 6)"}
    made = report(figures).page(titles, "2 cores", ["rapidocr: not installed"])
    head, rows = made.split("\n|", 1)
    assert head.startswith("# Title\n\n`do it`, 2")
    assert head.endswith("2 cores.\n\n2 pages.\n")
    columns = [cell.strip() for cell in rows.splitlines()[0].split("|")]
    assert columns == ["", "Ours 1", "T (--psm 6)", ""]
    assert "- Not shown, because worse: T (--psm 4), word F1 0.700.\n" in made
    assert made.endswith("- A note.\n- Not shown, because worse: T (--psm 4), word F1 "
                         "0.700.\n- rapidocr: not installed\n")  # fmt: skip
    metrics = report(figures).metrics(titles, "2 cores")
    assert metrics["readers"]["T (--psm 4)"] == {"f1": 0.7}


@pytest.mark.parametrize(
    ("failed", "verdict", "code"), [(0, 0, 0), (2, 0, 1), (0, 1, 1)]
)
def test_exit_code(failed, verdict, code):
    figures = {"ours": {"f1": 1.0, "failed": failed}}
    assert report(figures, verdict=lambda given: verdict).code == code
    assert report(figures).code == int(failed > 0)
