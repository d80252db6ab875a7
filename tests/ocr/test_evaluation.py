"""Scores of labelled pages with readers that read everything or nothing."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from suite.console import UserError
from suite.ocr import evaluation
from suite.ocr.result import Line, PageText
from suite.ocr.scoring import pool


@dataclass
class Box:
    quad: np.ndarray
    text: str


def box(y: float, text: str) -> Box:
    quad = np.array([[5, y], [95, y], [95, y + 10], [5, y + 10]], np.float32)
    return Box(quad, text)


@pytest.fixture
def page(tmp_path):
    Image.new("L", (100, 60), 255).save(tmp_path / "7.png")
    boxes = (box(5, "Total 12.50"), box(25, "CASH"))
    return SimpleNamespace(name="7", image=tmp_path / "7.png", boxes=boxes)


def reader(texts: list[str], lines: list[str]):
    """Finds `texts` at the places of the page, reads `lines` in its true boxes."""
    places = [box(5, ""), box(25, "")]
    found = [
        Line(text, place.quad, 0.9, (), row)
        for row, (text, place) in enumerate(zip(texts, places, strict=False))
    ]

    class Reader:
        recognizer = SimpleNamespace(height=32, alphabet=None)

        def __call__(self, path: Path) -> PageText:
            return PageText("7", 0, 100, 60, 0.0, tuple(found))

        def decoded(self, logits):
            return SimpleNamespace(text=logits)

    made = Reader()

    class Recognizer(SimpleNamespace):
        def __call__(self, crops):
            assert all(crop.shape[0] == 32 for crop in crops)
            assert len(crops) == len(lines)
            return lines

    made.recognizer = Recognizer(height=32, alphabet=None)
    return made


def test_everything_right(page):
    texts = ["Total 12.50", "CASH"]
    score = evaluation.score_page(reader(texts, texts), page, fold_case=False)
    figures = score.figures()
    assert figures["word_f1"] == figures["character_f1"] == 1
    assert figures["detection_h_mean"] == figures["exact_lines"] == 1
    assert figures["character_error_rate"] == 0


def test_counts_done_by_hand(page):
    # one of two boxes found; words TOTAL hit, 12.50 and CASH not; one edit of 15
    it = reader(["Total 12.5"], ["total 12.50", "CASH"])
    score = evaluation.score_page(it, page, fold_case=False)
    assert (score.boxes.hits, score.boxes.found, score.boxes.expected) == (1, 1, 2)
    assert (score.words.hits, score.words.found, score.words.expected) == (1, 2, 3)
    assert score.lines.character_edits == 1
    assert score.lines.characters == 15
    assert evaluation.score_page(it, page, fold_case=True).lines.character_edits == 0


@pytest.mark.parametrize(
    ("failure", "says"),
    [
        (UserError("7.png: zero bytes"), "7.png: zero bytes"),
        (MemoryError(), "7.png: out of memory"),
    ],
)
def test_a_page_that_cannot_be_read_counts_as_empty(page, capsys, failure, says):
    texts = ["Total 12.50", "CASH"]
    good = reader(texts, texts)

    class Failing:
        def __call__(self, path):
            raise failure

    scores, code = evaluation.score_pages(good, [page], fold_case=False)
    assert code == 0
    failed, code = evaluation.score_pages(Failing(), [page], fold_case=False)
    assert code == 1
    assert says in capsys.readouterr().err
    both = pool({"a": scores["7"], "b": failed["7"]})["all"].figures()
    assert both["pages"] == 2
    assert both["word_recall"] == both["detection_recall"] == 0.5
    assert both["word_precision"] == both["detection_precision"] == 1
    assert both["character_error_rate"] == 0.5


def test_labels_in_capitals(page):
    assert not evaluation.in_capitals([page])
    capitals = SimpleNamespace(boxes=(box(0, "TOTAL 1.50"), box(9, "É")))
    assert evaluation.in_capitals([capitals])


def test_page_names(tmp_path):
    (tmp_path / "boxes").mkdir()
    for name in ["009", "010", "011", "100", "cover"]:
        (tmp_path / "boxes" / f"{name}.csv").write_text("")
    everything = ["009", "010", "011", "100", "cover"]
    assert evaluation.page_names(tmp_path, None) == everything
    assert evaluation.page_names(tmp_path, "9-10") == ["009", "010"]
    assert evaluation.page_names(tmp_path, "11") == ["011"]
    for wrong in ["a-b", "9-", "-9", ""]:
        with pytest.raises(UserError, match="--pages"):
            evaluation.page_names(tmp_path, wrong)
    with pytest.raises(UserError, match="no page in the range 12-99"):
        evaluation.page_names(tmp_path, "12-99")
