"""Word list: membership, case, and where words are cut."""

import pytest

from suite.text.lexicon import END, Lexicon


def test_membership():
    lexicon = Lexicon(["total", "Tot", "été"])
    for word in ("total", "TOTAL", "tot", "ÉTÉ"):
        assert word in lexicon
    for word in ("", "to", "totals", "ete", 3):
        assert word not in lexicon


def test_case_matters_where_asked():
    lexicon = Lexicon(["Total"], fold_case=False)
    assert "Total" in lexicon
    assert "total" not in lexicon


def test_entries_are_cut_at_what_is_no_letter():
    lexicon = Lexicon(["don't", "co-op 24h", "  "])
    assert all(word in lexicon for word in ("don", "t", "co", "op", "h"))
    assert "dont" not in lexicon


def test_decomposed_entries_are_composed():
    assert "été" in Lexicon(["e\u0301te\u0301"])


def test_step_walks_the_tree():
    lexicon = Lexicon(["ab"])
    node = lexicon.step(lexicon.root, "A")
    assert node is not None and END not in node
    node = lexicon.step(node, "b")
    assert node is not None and END in node
    assert lexicon.step(node, "c") is None
    assert lexicon.step(None, "a") is None


def test_negative_bonus_is_refused():
    with pytest.raises(ValueError, match="`bonus` must not be negative"):
        Lexicon([], bonus=-1.0)
