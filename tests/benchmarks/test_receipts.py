"""Figures on labelled pages, against the public checker of words and characters."""

import contextlib
import io

import pytest

from benchmarks import receipts
from benchmarks.worker import Reply
from suite.console import UserError
from tests.benchmarks.stand_in import StandIn
from tests.oracles import ocr_word_f1

BOXES = [(10, 10, 90, 30, "TOTAL"), (100, 10, 190, 30, "12.50 EUR")]
EXACT = [[[10, 10], [90, 10], [90, 30], [10, 30]]]


@pytest.fixture
def pages(make_page):
    """Pages 7, 8 and 9; the last has what a reader misses wholly."""
    texts = {"7": "Total 12.50 EUR", "8": "TOTAL 12.5O", "9": ""}
    return [make_page(name, read, BOXES) for name, read in texts.items()]


def replies_of(pages, **changes):
    return {
        page.name: Reply(
            text=page.image.with_suffix(".txt").read_text(), quads=EXACT, **changes
        )
        for page in pages
    }


def test_words_and_characters_equal_the_public_checker(pages, tmp_path):
    figures = receipts.quality(pages, replies_of(pages), {}, {})
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        folders = [str(tmp_path / name) for name in ("images", "boxes")]
        assert ocr_word_f1.main(folders) == 0
    assert f"F1 {figures['word_f1']:.4f} precision" in printed.getvalue()
    spaceless = f"characters without spaces F1 {figures['character_f1']:.4f}\n"
    assert spaceless in printed.getvalue()
    # 4 of 5 words that were read, 9 words that are there
    assert figures["word_f1"] == pytest.approx(2 * 4 / (5 + 9))


def test_boxes_and_lines_by_hand(pages):
    lines = {
        "7": Reply(lines=["total", "12.50 EUR"]),
        "8": Reply(lines=["TOTAI", "12.50 EUR"]),
        "9": Reply(error="crashed"),  # counts as empty
    }
    parts = receipts.parts_of(["7-8", "9-9", "100-200"])
    figures = receipts.quality(pages, replies_of(pages), lines, parts)
    assert figures["detection_h_mean"] == pytest.approx(2 * 3 / (3 + 6))
    assert figures["character_error_rate"] == pytest.approx((1 + 14) / 42)
    assert figures["character_error_rate 7-8"] == pytest.approx(1 / 28)
    assert figures["word_f1 9-9"] == 0.0
    assert "word_f1 100-200" not in figures


def test_what_a_reader_does_not_offer_is_no_figure(pages):
    replies = {name: Reply(text="TOTAL") for name in ("7", "8")}
    replies["9"] = Reply(error="crashed")
    figures = receipts.quality(pages, replies, {}, {})
    assert figures["detection_h_mean"] is None
    assert figures["character_error_rate"] is None
    assert figures["word_f1"] == pytest.approx(2 * 2 / (2 + 9))


def test_a_page_without_output_finds_no_boxes(pages):
    replies = replies_of(pages) | {"9": Reply(error="crashed")}
    figures = receipts.quality(pages, replies, {}, {})
    assert figures["detection_h_mean"] == pytest.approx(2 * 2 / (2 + 6))


def test_rows_stand_in_order():
    rows = receipts.measures(["450-468"])
    assert [row.label for row in rows[:3]] == [
        *("word F1", "word F1, 450-468", "characters F1")
    ]
    keys = [row.key for row in rows]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("text", ["450", "a-b", "450-", "1-2-3"])
def test_a_part_is_a_range(text):
    with pytest.raises(UserError, match="--parts"):
        receipts.parts_of([text])


def test_readers_side_by_side(pages):
    readers = {"x": StandIn(), "y": StandIn(offers_lines=False)}
    figures = receipts.compare(readers, pages, receipts.parts_of(["7-8"]), 1)
    x, y = figures["x"], figures["y"]
    assert x["word_f1"] == y["word_f1"] == pytest.approx(2 * 4 / (5 + 9))
    assert x["character_error_rate"] > 0.5
    assert y["character_error_rate"] is None
    assert x["failed"] == 0
    assert x["cold"] > 0 < x["wall"]
    assert x["models"] == 1_000_000
    known = {row.key for row in receipts.measures(["7-8"])}
    assert set(x) <= known
