"""The comparison of recurrent cells, without its trainings."""

import json
from dataclasses import replace

import pytest

from benchmarks import ocr_cells
from benchmarks.ocr_cells import Budget, mean, page, recipe
from suite.console import UserError

ROW = {
    "character_error_rate": 0.10,
    "exact_share": 0.5,
    "parameters": 1_400_000,
    "bytes": 1_600_000,
    "ms_192": 3.0,
    "ms_640": 8.0,
}


def test_recipes_differ_in_the_cell_alone(tmp_path):
    from suite.recipes import ocr_recognizer

    budget = Budget(output=tmp_path, steps=7, rendered=60, units=16)
    one, other = (recipe(budget, cell, 3) for cell in ("lstm", "gru"))
    assert (one.cell, other.cell) == ("lstm", "gru")
    assert replace(one, cell="gru") == other
    assert (one.fit.steps, one.rendered, one.units, one.seed) == (7, 60, 16, 3)
    assert one.fit.evaluate_every == 1
    assert {*ocr_cells.WIDTHS} <= {*ocr_recognizer.BUCKETS}, "no such signatures"
    # the lines of the shipped model stay as they are
    assert one.cache == tmp_path / "lines"


def test_means_over_seeds():
    figures = mean([ROW, {**ROW, "character_error_rate": 0.14, "exact_share": None}])
    assert figures["character_error_rate"] == pytest.approx(0.12)
    assert figures["spread"] == pytest.approx(0.02 * 2**0.5)
    assert figures["exact_share"] is None
    assert figures["parameters"] == 1_400_000
    assert mean([ROW])["spread"] is None


def test_the_page_tells_budget_and_figures():
    made = page({"LSTM": mean([ROW]), "GRU": mean([ROW])}, Budget(), "torch", "2 cores")
    assert "--steps 1500 --area 8000 --rendered 12000 --units 96 --seeds 1`" in made
    assert "Keras on torch" in made
    rows = [line for line in made.splitlines() if line.startswith("|")]
    assert rows[0].split() == ["|", "|", "LSTM", "|", "GRU", "|"]
    cells = [cell.strip() for cell in rows[2].split("|")]
    assert cells == ["", "character error, %", "10.00", "10.00", ""]
    assert "1400" in made
    assert "deviation" not in made


def test_a_finished_training_is_not_repeated(tmp_path, monkeypatch):
    # this process may run on another backend
    monkeypatch.setattr(ocr_cells, "choose_backend", lambda name: name)
    budget = Budget(output=tmp_path, resume=True)
    saved = {"recipe": repr(recipe(budget, "gru", 2)), "figures": ROW}
    (tmp_path / "gru_2").mkdir()
    (tmp_path / "gru_2" / "figures.json").write_text(json.dumps(saved))
    assert ocr_cells.train_cell(budget, "gru", 2, "tensorflow") == ROW


@pytest.mark.parametrize("change", [{"cells": ("lstm", "qrnn")}, {"seeds": 0}])
def test_what_could_not_run(change):
    with pytest.raises(UserError, match="out of range"):
        ocr_cells.run(Budget(**change))
