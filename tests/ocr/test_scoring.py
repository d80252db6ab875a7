"""Figures of `evaluate` against the public checker, and by hand."""

import random
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from suite.imaging.geometry import box_quad
from suite.ocr.scoring import (
    Matches,
    PageScore,
    match_quads,
    number_range,
    pool,
    score_boxes,
    score_text,
)
from suite.text.distance import error_rates

CHECKER = Path(__file__).parents[1] / "oracles" / "ocr_word_f1.py"

TRUTH = ["TOTAL, RM", "12.00", "straße  Total", "ﬁn İx", "A B A"]
TEXTS = ["total 12.00\nTotal, rm", "", "a a A b", "STRASSE total\u00a0FIN i\u0307x ß"]


def random_text(rng, count):
    words = ["total", "TOTAL", "12.00", "rm", "RM", "ß", "ss", "é", "x,y", "ﬁ"]
    return rng.choice([" ", "\n", "\t", "  ", "\u3000"]).join(
        rng.choices(words, k=count)
    )


def run_checker(folder, texts, truths):
    for sub in ("out", "boxes"):
        (folder / sub).mkdir()
    for i, (text, truth) in enumerate(zip(texts, truths, strict=True)):
        (folder / "out" / f"{i:03d}.txt").write_text(text, encoding="utf-8")
        lines = [f"0,0,9,0,9,9,0,9,{line}" for line in truth]
        (folder / "boxes" / f"{i:03d}.csv").write_text("\n".join(lines), "utf-8")
    command = [sys.executable, CHECKER, folder / "out", folder / "boxes", "--per-page"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return run.stdout


@pytest.mark.parametrize("seed", range(4))
def test_page_figures_are_those_of_the_checker(tmp_path, seed):
    rng = random.Random(seed)
    texts = [*TEXTS, *(random_text(rng, rng.randint(0, 30)) for _ in range(8))]
    truths = [TRUTH] * len(TEXTS)
    for _ in range(8):
        truths.append([random_text(rng, 4).replace("\n", " ") for _ in range(5)])
    said = run_checker(tmp_path, texts, truths)
    words = characters = Matches()
    for i, (text, truth) in enumerate(zip(texts, truths, strict=True)):
        page_words, page_characters = score_text(text, truth)
        counts = f"hit {page_words.hits} output {page_words.found} "
        assert re.search(
            rf"^{i:03d} .* {counts}truth {page_words.expected}$", said, re.M
        )
        words, characters = words + page_words, characters + page_characters
    assert f"characters without spaces F1 {characters.f1:.4f}\n" in said
    total = (
        f"F1 {words.f1:.4f} precision {words.precision:.4f} recall {words.recall:.4f}"
    )
    assert f"{total} pages {len(texts)}\n" in said


def test_a_page_without_output_counts_as_empty():
    words, characters = score_text("", ["AB C"])
    assert words == Matches(0, 0, 2)
    assert characters == Matches(0, 0, 3)


def test_quads_are_matched_highest_overlap_first_and_once():
    expected = [box_quad(0, 0, 10, 10), box_quad(4, 0, 14, 10)]
    found = [box_quad(3, 0, 13, 10), box_quad(0, 0, 10, 10), box_quad(30, 0, 40, 10)]
    # found 0 overlaps expected 0 by 7/13 and expected 1 by 9/11
    assert match_quads(found, expected) == [
        (1, 0, pytest.approx(1)),
        (0, 1, pytest.approx(9 / 11)),
    ]
    score = score_boxes(found, expected)
    assert (score.hits, score.found, score.expected) == (2, 3, 2)
    assert score.f1 == 4 / 5
    assert score.mean_overlap == pytest.approx((1 + 9 / 11) / 2)


def test_highest_first_can_cost_a_match():
    # The best assignment would match both; the rule spends the best pair first.
    expected = [box_quad(3.5, 0, 13.5, 10), box_quad(0, 0, 10, 10)]
    found = [box_quad(0.5, 0, 10.5, 10), box_quad(-2.5, 0, 7.5, 10)]
    assert score_boxes(found[:1], expected[:1]).hits == 1
    assert score_boxes(found[1:], expected[1:]).hits == 1
    assert [m[:2] for m in match_quads(found, expected)] == [(0, 1)]


@pytest.mark.parametrize(("right", "hits"), [(5.0, 1), (4.9, 0)])
def test_half_an_overlap_is_enough(right, hits):
    score = score_boxes([box_quad(0, 0, right, 10)], [box_quad(0, 0, 10, 10)])
    assert score.hits == hits


def test_no_boxes():
    nothing = np.zeros((0, 4, 2))
    one = [box_quad(0, 0, 1, 1)]
    assert score_boxes(nothing, nothing) == Matches()
    assert score_boxes([], one) == Matches(0, 0, 1)
    assert score_boxes(one, nothing) == Matches(0, 1, 0)
    assert Matches().precision == Matches().recall == Matches().f1 == 0.0


def test_parts_pool_counts_not_figures():
    scores = {
        "449": PageScore(words=Matches(1, 1, 1)),
        "450": PageScore(words=Matches(1, 2, 4), boxes=Matches(1, 1, 2, 0.8)),
        "468": PageScore(words=Matches(3, 3, 3), lines=error_rates([("ab", "ac")])),
        "469": PageScore(words=Matches(0, 5, 1)),
        "cover": PageScore(words=Matches(0, 1, 0)),
    }
    parts = {"450-468": number_range(450, 468), "none": number_range(0, 9)}
    pooled = pool(scores, parts)
    assert list(pooled) == ["all", "450-468"]
    assert pooled["all"].pages == 5
    assert pooled["all"].words == Matches(5, 12, 9)
    figures = pooled["450-468"].figures()
    assert figures["pages"] == 2
    assert figures["word_f1"] == 2 * 4 / (5 + 7)
    assert figures["detection_recall"] == 0.5
    assert figures["detection_mean_iou"] == 0.8
    assert figures["character_error_rate"] == 0.5
    assert pool({}) == {}


def test_figures_are_numbers_even_of_nothing():
    assert set(PageScore(pages=0).figures().values()) == {0}
