"""Counting the n-grams of a character model."""

import unicodedata
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from suite.text.alphabet import Alphabet
from suite.text.fold import fold, folded_alphabet
from suite.text.ngram import BOUNDARY, CharacterModel, Level

Integers = npt.NDArray[np.int64]


def train_character_model(
    lines: Iterable[str],
    alphabet: Alphabet,
    order: int = 6,
    *,
    min_count: int = 1,
    folded: bool = False,
) -> CharacterModel:
    """Count the n-grams of lines of text.

    Args:
        lines: Texts, each a line of its own; a character outside the alphabet cuts
            a text in two lines.
        alphabet: Characters to model.
        order: Longest n-gram, 1..6.
        min_count: n-grams of three and more characters that were counted less often
            are not kept; their share goes to the shorter context.
        folded: Model what `suite.text.fold.fold` leaves of the lines: such a model
            never prefers one digit to another, and leaves the case alone.

    Raises:
        ValueError: when `order` or `min_count` is out of range, or no text is left.
    """
    if not 1 <= order <= 6:
        raise ValueError(f"`order` must be 1 to 6. Received: {order}")
    if min_count < 1:
        raise ValueError(f"`min_count` must be at least 1. Received: {min_count}")
    if folded:
        alphabet, lines = folded_alphabet(alphabet), map(fold, lines)
    if alphabet.size**order >= 2**63:
        raise ValueError(f"`order` {order} is too long for {alphabet.size} classes")
    ids = np.append(_join(lines, alphabet), [BOUNDARY] * order)
    if not ids.any():
        raise ValueError("`lines` hold no character of the alphabet")
    size = alphabet.size
    grams = [_count(ids, length, size) for length in range(1, order + 1)]
    levels = []
    for length, (keys, occurrences) in enumerate(grams, start=1):
        counts = occurrences
        if length < order:
            counts = _predecessors(keys, grams[length][0], size**length)
            # Nothing can stand in front of a line: there occurrences count.
            counts = np.where(keys < size ** (length - 1), occurrences, counts)
        levels.append(_level(keys, counts, size, min_count if length > 2 else 1))
    return CharacterModel(alphabet, levels, folded=folded)


def _join(lines: Iterable[str], alphabet: Alphabet) -> Integers:
    """Classes of all lines in one array, each line after a BOUNDARY."""
    text = "\n" + "\n".join(lines)
    codes = np.frombuffer(unicodedata.normalize("NFC", text).encode("utf-32-le"), "<u4")
    known = np.array([ord(c) for c in alphabet.characters])
    order = np.argsort(known)
    at = np.minimum(np.searchsorted(known, codes, sorter=order), len(known) - 1)
    return np.where(known[order[at]] == codes, order[at] + 1, BOUNDARY)


def _count(ids: Integers, length: int, size: int) -> tuple[Integers, Integers]:
    """Sorted keys and occurrences of the n-grams of one length.

    A BOUNDARY stands in one only as the first of several characters.
    """
    windows = np.lib.stride_tricks.sliding_window_view(ids, length)
    valid = (windows[:, 1:] != BOUNDARY).all(axis=1)
    if length == 1:
        valid = windows[:, 0] != BOUNDARY
    keys = np.zeros(len(windows), np.int64)
    for place in range(length):
        keys = keys * size + windows[:, place]
    unique, occurrences = np.unique(keys[valid], return_counts=True)
    return unique, occurrences.astype(np.int64)


def _predecessors(keys: Integers, longer: Integers, modulus: int) -> Integers:
    """How many distinct characters were seen in front of each n-gram."""
    suffixes, counts = np.unique(longer % modulus, return_counts=True)
    result = np.zeros(len(keys), np.int64)
    result[np.searchsorted(keys, suffixes)] = counts
    return result


def _level(keys: Integers, counts: Integers, size: int, least: int) -> Level:
    contexts, starts = np.unique(keys // size, return_index=True)
    totals = np.add.reduceat(counts, starts) if len(starts) else counts
    once, twice = (np.count_nonzero(counts == n) for n in (1, 2))
    # Ney, Essen and Kneser 1994; texts too small to have both get a half
    discount = once / (once + 2 * twice) if once and twice else 0.5
    kept = counts >= least
    kept_keys = keys[kept]
    kept_contexts, kept_starts = np.unique(kept_keys // size, return_index=True)
    return Level(
        kept_contexts,
        np.append(kept_starts, len(kept_keys)),
        kept_keys % size,
        counts[kept],
        totals[np.searchsorted(contexts, kept_contexts)],
        float(discount),
    )
