"""The order-free character error against cases done by hand and a brute force."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from benchmarks.page_error import (
    nearest_part,
    page_errors,
    page_words,
    without_marks,
)

LETTER = [
    "Sehr geehrte Frau Müller,",
    "wir danken für Ihren Brief vom 3. Mai und",
    "senden Ihnen die Unterlagen zu.",
    "Tel. 030 1234",
    "1",
]


@pytest.mark.parametrize(
    ("text", "runs", "edits"),
    [
        ("total 12.50", ["total 12.50"], 0),
        ("", ["total", "1"], 6),
        ("", [], 0),
        ("noise", [], 5),
        # rows merged, split, in another order: all the same
        ("right left", ["left", "right"], 0),
        ("a long line\nof text", ["a long line of text"], 0),
        ("second\nfirst", ["first", "second"], 0),
        # white space
        ("  total \t 12.50 \n\n", ["total", "12.50"], 0),
        ("to tal", ["total"], 1),
        ("Total12.50", ["Total", "12.50"], 0),
        ("twowords", ["two words"], 1),
        # case, accents, marks
        ("Net Total sum", ["Net TOTAL sum"], 4),
        ("Muller", ["Müller"], 1),
        ("Müller", ["Mu\u0308ller"], 0),
        # substituted, missing, invented
        ("t0tal price", ["total price"], 1),
        ("left", ["left", "right"], 5),
        ("left right noise", ["left", "right"], 5),
        # a run nobody can recognise is substituted, not missing and invented
        ("zzzzz", ["right"], 5),
        ("zzz", ["right"], 5),
        ("zzzzzzz", ["right"], 7),
        # a short run stands inside a long one that is misread
        ("see page 1 of the hook\n1", ["see page 1 of the book", "1"], 1),
        ("1\nsee page 1 of the hook", ["see page 1 of the book", "1"], 1),
        ("see page 1 of the hook 1", ["see page 1 of the book", "1"], 1),
        # what is next to a run in its row is another run's
        ("Sehr geehrte Frau Müller, 1", ["Sehr geehrte Frau Müller,", "1"], 0),
        ("Sehr geehrte Frau Mülter, 1", ["Sehr geehrte Frau Müller,", "1"], 1),
        ("the book one is book one", ["book one", "the book one is"], 0),
        (
            "Fax 7 Tel. 030 1234\nTel. 030 1236",
            ["Fax 7", "Tel. 030 1234", "Tel. 030 1235"],
            1,
        ),
        # two that are almost alike keep their own
        ("Tel. 030 1235\nTel. 030 1234", ["Tel. 030 1234", "Tel. 030 1235"], 0),
        # the same words wrapped twice in different ways, misread both times
        (
            "seid he then. She stood there and looked\nand then he smiled\n"
            "stood there and lookcd and then he smiled",
            [
                "said he then. She stood there and looked",
                "and then he smiled",
                "stood there and looked and then he smiled",
            ],
            2,
        ),
    ],
)
def test_edits_done_by_hand(text, runs, edits):
    errors = page_errors(text, runs)
    assert errors.character_edits == edits
    assert errors.lines == len(runs)


def test_the_rate_is_by_the_printed_characters():
    errors = page_errors("abc dex", ["abc", "def"])
    assert (errors.characters, errors.character_error_rate) == (6, 1 / 6)
    assert errors.exact == 1
    assert page_errors("", ["abc"]).character_error_rate == 1.0


@pytest.mark.parametrize("seed", range(5))
def test_order_does_not_count(seed):
    lines, rng = list(LETTER), random.Random(seed)
    rng.shuffle(lines)
    assert page_errors("\n".join(lines), LETTER).character_edits == 0
    wrong = [line.replace("r", "n", 1) for line in lines]
    expected = sum("r" in line for line in lines)
    assert page_errors("\n".join(wrong), LETTER).character_edits == expected
    # columns read across: two lines in one row
    rows = [" ".join(lines[:2]), " ".join(lines[2:4]), lines[4]]
    assert page_errors("\n".join(rows), LETTER).character_edits == 0


@settings(deadline=None)
@given(st.lists(st.text("abcdefg ", min_size=1, max_size=12), max_size=6), st.data())
def test_never_beats_what_is_possible(runs, data):
    text = data.draw(st.text("abcdefg \n", max_size=60))
    errors = page_errors(text, runs)
    printed = sum(len(" ".join(run.split())) for run in runs)
    letters = sum(not c.isspace() for run in runs for c in run)
    given_letters = sum(not c.isspace() for c in text)
    assert errors.characters == printed
    assert abs(letters - given_letters) <= errors.character_edits
    assert page_errors("\n".join(runs), runs).character_edits == 0


@settings(deadline=None)
@given(st.text("ab ", min_size=1, max_size=6), st.text("ab ", max_size=9))
def test_nearest_part_against_all_parts(pattern, text):
    distance, start, stop = nearest_part(pattern, text)
    parts = [text[i:j] for i in range(len(text) + 1) for j in range(i, len(text) + 1)]
    assert distance == min(Levenshtein.distance(pattern, part) for part in parts)
    assert distance == Levenshtein.distance(pattern, text[start:stop])


@pytest.mark.parametrize(
    ("pattern", "text", "part"),
    [
        ("12.50", "sum 12.5O EUR", "12.5O"),
        ("Total", "Tota 12.50", "Tota"),
        ("cat", "a cat sat", "cat"),
        ("cat", "", ""),
        ("abcd", "abc def", "abc"),
        ("eabc", "de abc", "abc"),
    ],
)
def test_nearest_part_ends_where_a_word_ends(pattern, text, part):
    _, start, stop = nearest_part(pattern, text)
    assert text[start:stop].strip() == part


def test_words_as_printed():
    words = page_words("Total: 12.50\ntotal: 12.50", ["total: 12.50", "EUR"])
    assert (words.hits, words.found, words.expected) == (2, 4, 3)


def test_words_of_marks_alone():
    assert without_marks("| a-b _ || é\n--- 7%") == "a-b é\n7%"
