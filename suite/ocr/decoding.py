"""CTC decoding in NumPy: greedy, and prefix beam search with word list and n-grams.

Logits go in (steps, classes) with class 0 the blank; only the steps of the line
itself, without those of its padding.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from suite.console import UserError
from suite.ocr.prefix_search import Scorer, search
from suite.ocr.reading import (
    Reading,
    WordSpan,
    align,
    log_softmax,
    make_reading,
    word_spans,
)
from suite.text.alphabet import BLANK, Alphabet
from suite.text.lexicon import Lexicon
from suite.text.ngram import CharacterModel

__all__ = ["Decoder", "Reading", "WordSpan", "beam", "greedy", "only", "word_spans"]

Decoder = Callable[[npt.NDArray[np.float32], Alphabet], Reading]
"""From a line's logits (steps, alphabet.size) and its alphabet to a reading."""


def _check(logits: npt.ArrayLike, alphabet: Alphabet) -> npt.NDArray[np.float32]:
    array = np.asarray(logits, np.float32)
    if array.ndim != 2 or array.shape[1] != alphabet.size:
        raise ValueError(
            f"`logits` must have shape (steps, {alphabet.size}), the blank and the "
            f"{alphabet.size - 1} characters of the alphabet. Received: {array.shape}"
        )
    return array


def greedy(logits: npt.ArrayLike, alphabet: Alphabet) -> Reading:
    """Best class of each step, runs collapsed, blanks removed.

    Args:
        logits: Float (steps, alphabet.size); steps may be 0.
        alphabet: The recognizer's characters.

    Returns:
        The reading; a character's frames are the run of steps that gave it.

    Raises:
        ValueError: when the shape does not fit the alphabet.
    """
    return _greedy(_check(logits, alphabet), alphabet)[1]


def _greedy(
    logits: npt.NDArray[np.float32], alphabet: Alphabet
) -> tuple[npt.NDArray[np.int32], Reading]:
    """Classes of the characters, and the reading."""
    if not len(logits):
        nothing = np.zeros(0, np.int32)
        frames = np.zeros((0, 2), np.int32)
        return nothing, make_reading(nothing, frames, np.zeros(0, np.float32), alphabet)
    best = logits.argmax(axis=1).astype(np.int32)
    peak = logits.max(axis=1)
    probability = 1.0 / np.exp(logits - peak[:, None]).sum(axis=1)
    starts = np.flatnonzero(np.diff(best, prepend=-1))
    stops = np.append(starts[1:], len(best))
    sure = np.maximum.reduceat(probability, starts).astype(np.float32)
    kept = best[starts] != BLANK
    frames = np.stack([starts, stops - 1], axis=1).astype(np.int32)
    ids = best[starts][kept]
    return ids, make_reading(ids, frames[kept], sure[kept], alphabet)


# made once, not for each line
_scorer = lru_cache(4)(Scorer)


def beam(
    logits: npt.ArrayLike,
    alphabet: Alphabet,
    width: int = 8,
    *,
    lexicon: Lexicon | None = None,
    language_model: CharacterModel | None = None,
    alpha: float = 0.3,
    beta: float = 0.6,
    least: float = 1e-3,
) -> Reading:
    """Prefix beam search: the text of the highest total probability over its paths.

    Args:
        logits: Float (steps, alphabet.size); steps may be 0.
        alphabet: The recognizer's characters.
        width: Prefixes kept after each step, >= 1.
        lexicon: Known words, demanded or preferred; a word that must be known and
            is unfinished at the end of the line is cut off.
        language_model: Adds alpha * log P(character | text before) + beta for each
            character.
        alpha: Weight of the language model, >= 0.
        beta: Bonus for each character, which pays for what the model costs.
        least: Characters less probable in a step, and texts less probable beside the
            best, are not looked at; 0 looks at all.

    Returns:
        The reading; frames are those of the text's likeliest path, or the runs of
        `greedy` where it gives the same text.

    Raises:
        ValueError: when the shape does not fit the alphabet, or `width` is below 1.
        UserError: when the language model lacks characters of the alphabet.

    References:
        Graves, "Sequence Transduction with Recurrent Neural Networks", 2012;
        Hannun et al., "First-Pass Large Vocabulary Continuous Speech Recognition
        using Bi-Directional Recurrent DNNs", 2014, algorithm 1.
    """
    array = _check(logits, alphabet)
    if width < 1:
        raise ValueError(f"`width` must be at least 1. Received: {width}")
    likeliest, reading = _greedy(array, alphabet)
    if not len(array):
        return reading
    log_probs = log_softmax(array)
    scorer = _scorer(alphabet, lexicon, language_model, alpha, beta)
    ids = np.array(search(log_probs, width, scorer, least), np.int32)
    if np.array_equal(ids, likeliest):
        return reading
    frames = align(log_probs, ids)
    sure = [
        log_probs[first : last + 1, label].max()
        for (first, last), label in zip(frames.tolist(), ids.tolist(), strict=True)
    ]
    confidence = np.exp(np.array(sure)).astype(np.float32)
    return make_reading(ids, frames, confidence, alphabet)


def only(characters: str, alphabet: Alphabet, decode: Decoder) -> Decoder:
    """A decoder that writes some characters of an alphabet, and spaces, and no others.

    Confidence is then that among these: a letter where only digits are allowed comes
    out as the likeliest digit.

    Args:
        characters: Those allowed.
        alphabet: The recognizer's characters.
        decode: What decodes.

    Raises:
        UserError: No characters, or some that the alphabet lacks.
    """
    if not characters:
        raise UserError("no characters are allowed")
    barred = np.ones(alphabet.size, bool)
    barred[[BLANK, *alphabet.encode(characters)]] = False
    if " " in alphabet:  # words are told apart in any case
        barred[alphabet.encode(" ")] = False

    def decode_some(logits: npt.NDArray[np.float32], known: Alphabet) -> Reading:
        # not -inf: a difference of two of them is no number
        return decode(np.where(barred, np.float32(-1e4), logits), known)

    return decode_some
