"""Pieces of a long line put together at the level of logits."""

import numpy as np
import pytest

from suite.ocr.decoding import greedy
from suite.ocr.stitching import stitch
from suite.text.alphabet import Alphabet

ABC = Alphabet("abc ")


def logits_of(path):
    logits = np.zeros((len(path), ABC.size), np.float32)
    for step, c in enumerate(path):
        logits[step, 0 if c == "-" else ABC.encode(c)[0]] = 9.0
    return logits


def text_of(pieces, offsets, total):
    return greedy(stitch([logits_of(p) for p in pieces], offsets, total), ABC).text


def test_cutting_and_stitching_gives_the_line_back():
    rng = np.random.default_rng(0)
    line = rng.normal(0, 1, (97, 5)).astype(np.float32)
    offsets = [0, 20, 44, 67]
    pieces = [line[o : o + 30] for o in offsets]
    np.testing.assert_array_equal(stitch(pieces, offsets, 97), line)


def test_each_frame_comes_from_the_piece_in_which_it_is_farther_from_the_cut():
    pieces = [np.full((10, 3), i, np.float32) for i in range(3)]
    result = stitch(pieces, [0, 6, 12], 22)
    assert result[:, 0].tolist() == [0] * 8 + [1] * 6 + [2] * 8


def test_letters_torn_at_the_cuts_are_ignored():
    # Whole: "ab-ba-c-ab-"; the left piece ends in a torn letter, the right begins so.
    assert text_of(["ab-ba-c-c", "c-c-ab-"], [0, 4], 11) == "abbacab"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("a--a---b----", "-----b--c--"),  # the middle of the overlap would double b
        ("a--a----b---", "---b----c--"),  # there it would be lost
    ],
)
def test_a_character_seen_steps_apart_is_neither_doubled_nor_lost(left, right):
    assert text_of([left, right], [0, 4], 15) == "aabc"


def test_without_agreement_the_middle_is_the_border():
    left, right = np.zeros((8, 3)), np.zeros((8, 3))
    left[:, 1], right[:, 2] = 5, 7
    result = stitch([left, right], [0, 2], 10)
    assert result[:, 1].tolist() == [5] * 5 + [0] * 5


@pytest.mark.parametrize("agreed", [slice(0, 2), slice(6, 8)])
def test_agreement_near_a_cut_does_not_move_the_border_there(agreed):
    left, right = np.zeros((10, 3)), np.zeros((10, 3))
    left[:, 1], right[:, 2] = 5, 7
    left[2:][agreed], right[:8][agreed] = (9, 0, 0), (8, 0, 0)
    result = stitch([left, right], [0, 2], 12)
    assert result[:6].max(axis=1).tolist() == left[:6].max(axis=1).tolist()
    assert result[6:].tolist() == right[4:].tolist()


def test_padding_beyond_the_line_is_dropped():
    assert text_of(["ab-c---"], [0], 3) == "ab"
    assert text_of(["ab--", "--c-aaa"], [0, 2], 5) == "abc"
    assert text_of(["ab-c----", "a"], [0, 6], 4) == "abc"
    assert stitch([np.zeros((4, 2))], [0], 0).shape == (0, 2)


@pytest.mark.parametrize(
    ("lengths", "offsets", "total"),
    [
        ([4, 4], [0, 5], 9),
        ([4, 4], [0, 0], 4),
        ([4], [1], 5),
        ([4], [0], 5),
        ([4, 4], [0], 4),
        ([], [], 0),
    ],
)
def test_gaps_and_disorder_are_refused(lengths, offsets, total):
    with pytest.raises(ValueError, match="Received"):
        stitch([np.zeros((n, 3)) for n in lengths], offsets, total)
