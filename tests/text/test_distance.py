"""Error rates against a distance written from the definition, and by hand."""

import random
import subprocess
import sys
from functools import cache

import pytest

import suite.text
from suite.text.distance import ErrorRates, edit_distance, error_rates, normalize


def recursive_distance(a, b):
    """Levenshtein from its recursive definition."""

    @cache
    def d(i, j):
        if not i or not j:
            return i + j
        change = a[i - 1] != b[j - 1]
        return min(d(i - 1, j) + 1, d(i, j - 1) + 1, d(i - 1, j - 1) + change)

    return d(len(a), len(b))


@pytest.mark.parametrize("seed", range(5))
def test_edit_distance_is_levenshtein(seed):
    rng = random.Random(seed)
    for _ in range(40):
        a, b = ("".join(rng.choices("aab ", k=rng.randint(0, 12))) for _ in "ab")
        assert edit_distance(a, b) == recursive_distance(a, b)
        assert edit_distance(a.split(), b.split()) == recursive_distance(
            tuple(a.split()), tuple(b.split())
        )


def test_rates_are_micro_averaged():
    rates = error_rates([("abcd", "abcf"), ("x", "abcdefgh"), ("a b", "a b")])
    assert (rates.lines, rates.exact, rates.exact_share) == (3, 1, 1 / 3)
    assert rates.characters == 4 + 8 + 3
    assert rates.character_error_rate == (1 + 8 + 0) / 15
    assert rates.word_error_rate == (1 + 1 + 0) / 4


def test_white_space_runs_count_as_one_space():
    rates = error_rates([("  a \t b\n", "a b"), ("ab", "a b")])
    assert (rates.character_edits, rates.exact) == (1, 1)
    assert rates.word_edits == 2  # "ab" for "a", nothing for "b"


def test_without_spaces_only_reading_counts():
    rates = error_rates([("T O TAL 1", "TOTAL 1")], spaces=False)
    assert (rates.character_edits, rates.characters, rates.exact) == (0, 6, 1)
    assert rates.word_edits == 3


def test_case_folding_is_optional():
    pair = [("Straße ÉTÉ", "STRASSE été")]
    assert error_rates(pair).exact == 0
    assert error_rates(pair, fold_case=True).exact == 1


def test_composed_and_decomposed_accents_are_equal():
    assert normalize("e\u0301") == "é"
    assert error_rates([("caf\u0065\u0301", "café")]).exact == 1


def test_empty_references():
    assert error_rates([]) == ErrorRates()
    assert ErrorRates().character_error_rate == ErrorRates().exact_share == 0.0
    assert error_rates([("", "")]).exact == 1
    assert error_rates([("ab", "")]).character_error_rate == 2.0


def test_rates_add_up():
    pairs = [("abc", "abd"), ("a b", "a"), ("", "xy"), ("same", "same")]
    assert error_rates(pairs[:1]) + error_rates(pairs[1:]) == error_rates(pairs)


def test_reading_starts_without_the_edit_distance():
    code = (
        "import sys, suite.text; assert 'rapidfuzz' not in sys.modules;"
        "suite.text.error_rates; assert 'rapidfuzz' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = suite.text.nothing
