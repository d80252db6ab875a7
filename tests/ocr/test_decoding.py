"""Decoders against exhaustive search over all paths, and by hand."""

import itertools
from collections import defaultdict

import numpy as np
import pytest

from suite.console import UserError
from suite.ocr.decoding import beam, greedy, only, word_spans
from suite.ocr.reading import align, log_softmax
from suite.text.alphabet import Alphabet
from suite.text.lexicon import Lexicon
from suite.text.ngram_training import train_character_model

ABC = Alphabet("abc")


def path_logits(path, alphabet, peak=9.0):
    """Logits whose best path is given as a string, '-' for the blank."""
    logits = np.zeros((len(path), alphabet.size), np.float32)
    for step, c in enumerate(path):
        logits[step, 0 if c == "-" else alphabet.encode(c)[0]] = peak
    return logits


def collapse(path):
    return tuple(k for k, _ in itertools.groupby(path) if k)


def exhaustive(log_probs):
    """log p(text) of every text, by summing all paths."""
    steps, classes = log_probs.shape
    total = defaultdict(lambda: -np.inf)
    for path in itertools.product(range(classes), repeat=steps):
        score = log_probs[np.arange(steps), path].sum()
        total[collapse(path)] = np.logaddexp(total[collapse(path)], score)
    return total


@pytest.mark.parametrize("decode", [greedy, beam])
@pytest.mark.parametrize(
    ("path", "text", "frames"),
    [
        ("-aa-b-", "ab", [(1, 2), (4, 4)]),
        ("aa-ab", "aab", [(0, 1), (3, 3), (4, 4)]),
        ("c", "c", [(0, 0)]),
        ("---", "", []),
        ("--cc", "c", [(2, 3)]),
        ("", "", []),
    ],
)
def test_runs_collapse_and_frames_are_those_of_the_run(decode, path, text, frames):
    reading = decode(path_logits(path, ABC), ABC)
    assert reading.text == text
    assert reading.frames.shape == (len(text), 2)
    assert [tuple(f) for f in reading.frames] == frames
    assert reading.character_confidence.shape == (len(text),)
    assert (reading.confidence > 0.99) == bool(text)


@pytest.mark.parametrize("decode", [greedy, beam])
def test_confidence_is_best_frame_then_geometric_mean(decode):
    probabilities = np.array(
        [
            [0.1, 0.6, 0.2, 0.1],
            [0.1, 0.8, 0.05, 0.05],
            [0.7, 0.1, 0.1, 0.1],
            [0.2, 0.2, 0.5, 0.1],
        ]
    )
    reading = decode(np.log(probabilities) + 3.0, ABC)
    assert reading.text == "ab"
    np.testing.assert_allclose(reading.character_confidence, [0.8, 0.5], rtol=1e-5)
    assert reading.confidence == pytest.approx(np.sqrt(0.8 * 0.5), rel=1e-5)


def test_beam_finds_the_exhaustive_best_where_greedy_does_not():
    rng = np.random.default_rng(0)
    greedy_misses = 0
    for _ in range(40):
        logits = rng.normal(0, 1, (6, 4)).astype(np.float32)
        scores = exhaustive(log_softmax(logits))
        best = ABC.decode(max(scores, key=scores.__getitem__))
        found = beam(logits, ABC, width=2000, least=0)
        assert found.text == best
        greedy_misses += greedy(logits, ABC).text != best
    assert greedy_misses > 5


def test_beam_with_a_language_model_finds_the_exhaustive_best():
    model = train_character_model(["abab", "acab", "bab"], ABC, 3)
    rng = np.random.default_rng(1)
    changed = 0
    for _ in range(20):
        logits = rng.normal(0, 1, (5, 4)).astype(np.float32)
        scores = exhaustive(log_softmax(logits))
        for ids in scores:
            text = ABC.decode(ids)
            prior = sum(model.log_prob(text[:i], c) for i, c in enumerate(text))
            scores[ids] += 0.7 * prior + 0.4 * len(text)
        best = ABC.decode(max(scores, key=scores.__getitem__))
        options = {"language_model": model, "alpha": 0.7, "beta": 0.4}
        assert beam(logits, ABC, 2000, least=0, **options).text == best
        changed += beam(logits, ABC, 2000, least=0).text != best
    assert changed > 3


def test_width_one_keeps_one_prefix():
    # Two paths to "a" (0.4 * 0.4 each) and one to "" (0.6 * 0.6): beam sums them.
    logits = np.log([[0.6, 0.4, 1e-9, 1e-9]] * 2)
    assert greedy(logits, ABC).text == ""
    assert beam(logits, ABC, width=10).text == "a"


def test_frames_of_a_text_are_those_of_its_likeliest_path():
    rng = np.random.default_rng(2)
    for _ in range(30):
        log_probs = log_softmax(rng.normal(0, 2, (6, 4)))
        ids = tuple(rng.integers(1, 4, rng.integers(1, 4)).tolist())
        paths = [p for p in itertools.product(range(4), repeat=6) if collapse(p) == ids]
        if not paths:
            continue
        best = max(paths, key=lambda p: log_probs[np.arange(6), list(p)].sum())
        runs = [
            (next(group)[0], label)
            for label, group in itertools.groupby(enumerate(best), key=lambda x: x[1])
        ]
        firsts = [start for start, label in runs if label]
        frames = align(log_probs, np.array(ids, np.int32))
        assert frames[:, 0].tolist() == firsts
        for (first, last), label in zip(frames, ids, strict=True):
            assert set(best[first : last + 1]) == {label}
            assert last == 5 or best[last + 1] != label


def test_align_refuses_too_few_steps():
    with pytest.raises(ValueError, match="2 characters need 3 steps; received 2"):
        align(np.zeros((2, 4)), np.array([1, 1], np.int32))


AMBIGUOUS = Alphabet("abclost 105")


def ambiguous_logits():
    """'cost 105' with 'l' a little ahead of 'c' and '0' behind 'o'."""
    logits = path_logits("l-o-s-t- -1-o-5", AMBIGUOUS, peak=6.0)
    logits[0, AMBIGUOUS.encode("c")[0]] = 5.5
    logits[12, AMBIGUOUS.encode("0")[0]] = 5.5
    return logits


@pytest.mark.parametrize("decode", [greedy, beam])
def test_only_the_characters_allowed_and_spaces_are_written(decode):
    alphabet = Alphabet("O0 1l")
    logits = path_logits("O-ll ", alphabet)
    logits[[0, 2], alphabet.encode("01")] = 5.0
    reading = only("01", alphabet, decode)(logits, alphabet)
    assert reading.text == "01 " and reading.confidence > 0.9
    assert decode(logits, alphabet).text == "Ol "
    with pytest.raises(UserError, match="'x'"):
        only("01x", alphabet, decode)


def test_word_list_prefers_known_words():
    logits = ambiguous_logits()
    assert greedy(logits, AMBIGUOUS).text == "lost 1o5"
    known = Lexicon(["Cost"], bonus=2.0)
    assert beam(logits, AMBIGUOUS, lexicon=known).text == "cost 1o5"
    assert beam(logits, AMBIGUOUS, lexicon=Lexicon(["cost"], bonus=0.1)).text[0] == "l"


def test_the_last_word_counts_too():
    logits = ambiguous_logits()[:7]
    assert beam(logits, AMBIGUOUS, lexicon=Lexicon(["cost"], bonus=2.0)).text == "cost"
    assert beam(logits, AMBIGUOUS, lexicon=Lexicon(["cos"], bonus=2.0)).text == "lost"


def test_word_list_can_be_demanded_and_leaves_digits_alone():
    logits = ambiguous_logits()
    assert beam(logits, AMBIGUOUS, lexicon=Lexicon(["cost"])).text == "cost 105"
    assert beam(logits, AMBIGUOUS, lexicon=Lexicon(["lost", "o"])).text == "lost 1o5"


def test_an_unfinished_demanded_word_is_cut_off():
    logits = path_logits("1- -c-o", AMBIGUOUS, peak=20.0)
    reading = beam(logits, AMBIGUOUS, width=1, lexicon=Lexicon(["cost"]))
    assert reading.text == "1 "
    assert len(reading.frames) == 2


def test_language_model_chooses_among_look_alikes():
    model = train_character_model(["cost 105", "cost 150", "510"] * 9, AMBIGUOUS, 4)
    reading = beam(ambiguous_logits(), AMBIGUOUS, language_model=model)
    assert reading.text == "cost 105"
    # The same, without a say for the model
    quiet = beam(
        ambiguous_logits(), AMBIGUOUS, language_model=model, alpha=0.0, beta=0.0
    )
    assert quiet.text == "lost 1o5"


def test_word_spans():
    reading = greedy(path_logits("- ab--c  - -aa-", Alphabet("abc ")), Alphabet("abc "))
    assert reading.text == " abc  a"
    spans = list(word_spans(reading))
    assert [(s.text, s.first, s.last) for s in spans] == [("abc", 2, 6), ("a", 12, 13)]
    assert [reading.text[s.start : s.start + len(s.text)] for s in spans] == [
        "abc",
        "a",
    ]
    assert all(0.99 < s.confidence <= 1 for s in spans)
    assert list(word_spans(greedy(path_logits("--", ABC), ABC))) == []


def test_word_confidence_is_its_characters_alone():
    logits = path_logits("a- -b", Alphabet("ab "), peak=3.0)
    logits[0] *= 5
    first, second = word_spans(greedy(logits, Alphabet("ab ")))
    assert first.confidence > 0.99
    assert second.confidence == pytest.approx(np.exp(3) / (np.exp(3) + 3), rel=1e-5)


@pytest.mark.parametrize("shape", [(5, 3), (5,), (1, 5, 4)])
@pytest.mark.parametrize("decode", [greedy, beam])
def test_foreign_shapes_are_refused(decode, shape):
    with pytest.raises(ValueError, match=r"shape \(steps, 4\)"):
        decode(np.zeros(shape), ABC)


def test_beam_refuses_foreign_models_and_widths():
    model = train_character_model(["ab"], ABC, 2)
    with pytest.raises(UserError, match=r"of the recognizer: +015lost"):
        beam(np.zeros((2, AMBIGUOUS.size)), AMBIGUOUS, language_model=model)
    with pytest.raises(ValueError, match="`width` must be at least 1"):
        beam(np.zeros((2, 4)), ABC, width=0)
