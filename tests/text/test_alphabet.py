"""Alphabet: class numbers are part of the file format of every recognizer."""

import unicodedata

import numpy as np
import pytest

from suite.console import UserError
from suite.text.alphabet import BLANK, LATIN, Alphabet

WESTERN = "àâäæçèéêëîïôöœùûüÿßÀÂÄÆÇÈÉÊËÎÏÔÖŒÙÛÜŸ€£°§«»–—‘’‚“”„…·•"


def test_latin_has_each_character_once_in_the_promised_order():
    assert BLANK == 0
    assert LATIN.characters[:95] == "".join(chr(i) for i in range(0x20, 0x7F))
    assert LATIN.characters[95:] == WESTERN
    assert len(set(LATIN.characters)) == len(LATIN.characters) == 95 + len(WESTERN)
    assert LATIN.size == len(LATIN.characters) + 1


@pytest.mark.parametrize(
    ("character", "number"), [(" ", 1), ("!", 2), ("0", 17), ("A", 34), ("~", 95)]
)
def test_class_numbers_are_frozen(character, number):
    assert LATIN.encode(character).tolist() == [number]


def test_encode_and_decode_are_inverse():
    ids = LATIN.encode(LATIN.characters)
    assert ids.dtype == np.int32
    assert ids.tolist() == list(range(1, LATIN.size))
    assert LATIN.decode(ids) == LATIN.characters


def test_encode_composes_accents_first():
    decomposed = unicodedata.normalize("NFD", "Çà é Ÿ")
    assert len(decomposed) > 6
    assert LATIN.decode(LATIN.encode(decomposed)) == "Çà é Ÿ"


def test_decode_leaves_blanks_out_and_keeps_repeats():
    assert Alphabet("ab").decode([0, 1, 1, 0, 2, 0]) == "aab"


@pytest.mark.parametrize("number", [-1, 3])
def test_decode_refuses_foreign_numbers(number):
    with pytest.raises(ValueError, match=f"class number {number}"):
        Alphabet("ab").decode([1, number])


def test_encode_names_every_unknown_character():
    with pytest.raises(UserError) as caught:
        LATIN.encode("naïve 漢 текст 漢")
    said = str(caught.value)
    for c in "漢текс":
        assert f"U+{ord(c):04X}" in said
    assert said.count("'漢' (") == 1
    assert "'ï' (" not in said
    assert LATIN.missing("naïve 漢 текст 漢") == "екст漢"


@pytest.mark.parametrize("characters", ["", "abca", "a\u212b"])
def test_refuses_no_character_doubles_and_loose_forms(characters):
    with pytest.raises(UserError):
        Alphabet(characters)


def test_case_fold_pairs():
    lower, upper = LATIN.case_fold_pairs()
    assert LATIN.decode(lower) == "abcdefghijklmnopqrstuvwxyz"
    assert LATIN.decode(upper) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    lower, upper = Alphabet("xAaéÉbC").case_fold_pairs()
    assert (lower.tolist(), upper.tolist()) == ([3], [2])


def test_hashable_and_equal_by_characters():
    assert {Alphabet("ab"): 1}[Alphabet("ab")] == 1
    assert Alphabet("ab") != Alphabet("ba")
    assert hash(LATIN) == hash(Alphabet(LATIN.characters))
    with pytest.raises(AttributeError):
        LATIN.characters = "x"
