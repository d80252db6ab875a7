"""Texts: every character, sane lines, nothing held out."""

import gzip

import numpy as np
import pytest

from suite.console import UserError
from suite.data import phrases
from suite.data.corpus import LANGUAGES, MAX_LENGTH, Corpus, clean, load_corpus
from suite.text.alphabet import LATIN


def lines(corpus, count, seed=0):
    return [corpus.line(np.random.default_rng([seed, i])) for i in range(count)]


@pytest.fixture(scope="module")
def drawn(corpus):
    return lines(corpus, 8000)


def test_every_character_of_the_alphabet_occurs(drawn):
    assert set("".join(drawn)) == set(LATIN.characters)


def test_lines_are_short_and_clean(drawn):
    lengths = np.array([len(x) for x in drawn])
    assert lengths.min() == 1
    assert lengths.max() == MAX_LENGTH
    assert 8 <= np.median(lengths) <= 20
    assert np.mean(lengths <= 6) > 0.15  # amounts, digits, single words
    assert all(x == " ".join(x.split()) for x in drawn)


def test_lines_have_amounts_dates_addresses_and_case(drawn):
    text = "\n".join(drawn)
    for part in (
        "RM",
        "€",
        ":",
        "@",
        "www.",
        "%",
        "SDN BHD",
        "GmbH",
        "TVA",
        "MwSt",
        "/20",
    ):
        assert part in text
    assert sum(x.isupper() for x in drawn) > 400
    assert sum(x.islower() for x in drawn) > 400
    digits = sum(c.isdigit() for c in text) / len(text)
    assert 0.1 < digits < 0.4


def test_a_line_depends_on_its_generator_alone(corpus):
    assert lines(corpus, 50) == lines(corpus, 50)
    assert lines(corpus, 50) != lines(corpus, 50, seed=1)


@pytest.fixture
def folder(tmp_path):
    for language in LANGUAGES:
        text = [f"train{language}{i} word" for i in range(95)]
        text += [f"held{language}{i} word" for i in range(5)]
        data = gzip.compress("\n".join(text).encode())
        (tmp_path / f"{language}.txt.gz").write_bytes(data)
    return tmp_path


def test_the_last_twentieth_is_held_out(folder):
    training, held = load_corpus(folder), load_corpus(folder, held_out=True)
    for language in LANGUAGES:
        assert len(training.paragraphs[language]) == 95
        assert len(held.paragraphs[language]) == 5
    assert not any("held" in x.lower() for x in lines(training, 3000))
    assert all(p.startswith("held") for ps in held.paragraphs.values() for p in ps)


def test_invented_words_have_a_held_out_part_too():
    training, held = load_corpus(), load_corpus(held_out=True)
    for language in LANGUAGES:
        assert not set(training.paragraphs[language]) & set(held.paragraphs[language])
        assert phrases.invented(language) == phrases.invented(language)


def test_transcripts_come_back_in_mixed_case():
    words = {"en": ("a b",)}
    drawn = lines(Corpus(words, ("ZQXJ GRANDTOTAL",)), 1500)
    assert any("Grandtotal" in x for x in drawn)
    assert any("GRANDTOTAL" in x for x in drawn)


def test_clean_stays_within_the_alphabet():
    assert clean("ﬁne\u00a0 e\u0301t\u00e9 \t漢 ñ–") == "fine été n–"
    assert clean("plain") == "plain"


def test_a_broken_or_empty_folder_is_named(tmp_path):
    with pytest.raises(UserError, match="no text there"):
        load_corpus(tmp_path)
    (tmp_path / "en.txt.gz").write_bytes(b"not gzip")
    with pytest.raises(UserError, match=r"en\.txt\.gz: not a gzip"):
        load_corpus(tmp_path)


def test_prose_is_a_run_of_whole_words():
    paragraph = "alpha beta gamma delta epsilon zeta eta theta iota kappa"
    corpus, rng = Corpus({"en": (paragraph,)}), np.random.default_rng(0)
    for _ in range(200):
        text = corpus.prose(rng, 20)
        assert text in paragraph
        assert set(text.split()) <= set(paragraph.split())


def test_real_text(text_folder):
    corpus, held = load_corpus(text_folder), load_corpus(text_folder, held_out=True)
    for language, total in (("en", 2011), ("de", 2422), ("fr", 3174)):
        parts = corpus.paragraphs[language], held.paragraphs[language]
        assert len(parts[0]) + len(parts[1]) == total
        assert len(parts[1]) == round(total / 20)
    characters = set("".join(p for ps in corpus.paragraphs.values() for p in ps))
    assert characters <= set(LATIN.characters)
