"""Character n-gram model: interpolated Kneser-Ney, stored as counts."""

import math
import zipfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from suite.console import UserError, atomic_path
from suite.text.alphabet import Alphabet
from suite.text.fold import fold

BOUNDARY = 0  # class of the line start; in texts the blank's number is free
_CACHE = 2048  # contexts whose distribution is kept
_FORMAT = 2
# What numpy raises on a file that is something else, cut short or altered.
_BROKEN: tuple[type[Exception], ...] = (
    *(OSError, EOFError, ValueError, TypeError, LookupError),
    *(zipfile.BadZipFile, zlib.error),
)


FILE_NAME = "language.npz"
"""The model that a recognizer's folder may hold."""


@dataclass(frozen=True, eq=False)
class Level:
    """n-grams of one length k, as sorted keys and counts.

    A key is the n-gram as a number with base `alphabet.size`, first character
    highest, so the n-grams of one context are neighbours.
    """

    contexts: npt.NDArray[np.int64]
    """(c,) sorted keys of the k - 1 characters before."""
    starts: npt.NDArray[np.integer]
    """(c + 1,) where each context's followers begin."""
    followers: npt.NDArray[np.integer]
    """(n,) class of the last character."""
    counts: npt.NDArray[np.integer]
    """(n,) occurrences, or (below the highest length) distinct predecessors."""
    totals: npt.NDArray[np.integer]
    """(c,) sum of the counts of a context, of those too that were not kept."""
    discount: float
    """Taken off each count and given to the shorter context, 0..1."""


class CharacterModel:
    """P(character | characters before it on the line), over a fixed alphabet.

    P_k(c | h) = (count(hc) - D_k + rest(h) P_(k-1)(c | h')) / total(h), with h' the
    context without its first character and rest(h) what the discounts left over;
    below the highest length, counts are the numbers of distinct characters seen in
    front. P_0 is uniform over the alphabet, so no character is impossible and each
    distribution sums to one. A line's start is a context of its own.

    Args:
        alphabet: Characters that the model knows.
        levels: Counts of the n-grams of length 1, 2, ...
        folded: The alphabet is folded: texts are to be given as `fold` makes them.

    Example:
        >>> model = train_character_model(["abab", "abba"], Alphabet("ab"), order=3)
        >>> model.log_prob("a", "b") > model.log_prob("a", "a")
        True

    References:
        Kneser and Ney, "Improved backing-off for m-gram language modeling", 1995;
        interpolated as in Chen and Goodman, "An empirical study of smoothing
        techniques for language modeling", 1999, section 3.
    """

    def __init__(
        self, alphabet: Alphabet, levels: list[Level], *, folded: bool = False
    ) -> None:
        self.alphabet = alphabet
        self.levels = levels
        self.folded = folded
        self.probabilities = lru_cache(_CACHE)(self._probabilities)

    @property
    def order(self) -> int:
        """Longest n-gram, in characters."""
        return len(self.levels)

    def fold(self, text: str) -> str:
        """A text as the model sees it; as long as before."""
        return fold(text) if self.folded else text

    def classes_of(
        self, alphabet: Alphabet
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Where the characters of another alphabet stand in this model's.

        Args:
            alphabet: For instance a recognizer's.

        Returns:
            (characters,) int64 classes here, and float32 to be added to their log
            probability: digits that are one class here share it evenly, capital and
            small letters both get it whole, so that the case is left to the reader.

        Raises:
            UserError: The model lacks some of the characters.
        """
        seen = self.fold(alphabet.characters)
        lacking = self.alphabet.missing(seen)
        if lacking:
            raise UserError(
                f"the language model lacks characters of the recognizer: {lacking}",
                "Train it on the recognizer's alphabet.",
            )
        digits = seen.count("0")
        shares = [-math.log(digits) if c == "0" else 0.0 for c in seen]
        return self.alphabet.encode(seen).astype(np.int64), np.array(shares, np.float32)

    def log_probs(self, context: str) -> npt.NDArray[np.float32]:
        """Natural logarithm of P(character | context) for every class.

        Args:
            context: The line so far; characters of the alphabet only.

        Returns:
            float32 (alphabet.size,), indexed by class; the blank's is minus
            infinity.
        """
        before = [BOUNDARY, *self.alphabet.encode(context).tolist()]
        before = before[-(self.order - 1) :] if self.order > 1 else []
        with np.errstate(divide="ignore"):
            return np.log(self.probabilities(tuple(before)))

    def log_prob(self, context: str, character: str) -> float:
        """Natural logarithm of P(character | context); see `log_probs`."""
        return float(self.log_probs(context)[self.alphabet.encode(character)[0]])

    def _probabilities(self, before: tuple[int, ...]) -> npt.NDArray[np.float32]:
        """P(class | classes before it); `probabilities` keeps what it gave.

        Args:
            before: At most `order - 1` classes; `BOUNDARY` first where the line
                starts within them.

        Returns:
            float32 (alphabet.size,); not to be changed.
        """
        size = self.alphabet.size
        if before:
            shorter = self.probabilities(before[1:])
        else:
            shorter = np.full(size, 1.0 / (size - 1), np.float32)
            shorter[BOUNDARY] = 0.0
        level, key = self.levels[len(before)], 0
        for number in before:
            key = key * size + number
        at = int(level.contexts.searchsorted(key))
        if at == len(level.contexts) or level.contexts[at] != key:
            return shorter
        span = slice(level.starts[at], level.starts[at + 1])
        kept = level.counts[span] - level.discount
        total = float(level.totals[at])
        result = shorter * np.float32((total - kept.sum()) / total)
        result[level.followers[span]] += kept / total
        return result

    def save(self, file: Path) -> None:
        """Write the model to one file, atomically: integer arrays, no pickle."""
        arrays: dict[str, npt.NDArray] = {
            "format": np.array([_FORMAT, self.order, self.folded], np.int32),
            "characters": np.array(
                [ord(c) for c in self.alphabet.characters], np.uint32
            ),
            "discounts": np.array([level.discount for level in self.levels]),
        }
        for i, level in enumerate(self.levels):
            # Differences of sorted keys are small: the file is a third of the size.
            arrays[f"contexts{i}"] = np.diff(level.contexts, prepend=0)
            arrays[f"sizes{i}"] = _narrow(np.diff(level.starts))
            arrays[f"followers{i}"] = _narrow(level.followers)
            arrays[f"counts{i}"] = _narrow(level.counts)
            arrays[f"totals{i}"] = _narrow(level.totals)
        with atomic_path(file) as temporary, temporary.open("wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, file: Path) -> "CharacterModel":
        """Read a model that `save` wrote.

        Raises:
            UserError: when the file is absent or holds something else.
        """
        try:
            # Opened here: np.load leaves a file open that it cannot read.
            with file.open("rb") as stream:
                arrays = np.load(stream, allow_pickle=False)
                form, order, folded = arrays["format"].tolist()
                if form != _FORMAT:
                    raise ValueError(f"format {form}, not {_FORMAT}")
                if order < 1:
                    raise ValueError(f"n-grams of length {order}")
                characters = "".join(map(chr, arrays["characters"].tolist()))
                alphabet = Alphabet(characters)
                levels = [_load_level(arrays, i, alphabet.size) for i in range(order)]
        except FileNotFoundError as error:
            raise UserError(f"{file}: no such file") from error
        except _BROKEN as error:
            raise UserError(f"{file}: not a character model ({error})") from error
        return cls(alphabet, levels, folded=bool(folded))


def _narrow(values: npt.NDArray[np.integer]) -> npt.NDArray:
    """The same numbers in the smallest unsigned type that holds them."""
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))


def _load_level(arrays: "np.lib.npyio.NpzFile", i: int, classes: int) -> Level:
    sizes, totals, followers, counts = (
        arrays[f"{name}{i}"] for name in ("sizes", "totals", "followers", "counts")
    )
    contexts = np.cumsum(arrays[f"contexts{i}"], dtype=np.int64)
    starts = np.append(0, np.cumsum(sizes, dtype=np.int64)).astype(np.int32)
    whole = len(contexts) == len(sizes) == len(totals)
    if not whole or not len(followers) == len(counts) == starts[-1]:
        raise ValueError(f"n-grams of length {i + 1} are incomplete")
    if min(totals.min(initial=1), followers.min(initial=1)) < 1 or (
        followers.max(initial=1) >= classes
    ):
        raise ValueError(f"n-grams of length {i + 1} are out of range")
    discount = float(arrays["discounts"][i])
    sums = np.diff(np.append(0, np.cumsum(counts, dtype=np.int64))[starts])
    if not 0 <= discount <= min(1, counts.min(initial=1)) or (sums > totals).any():
        raise ValueError(f"counts of n-grams of length {i + 1} are out of range")
    return Level(contexts, starts, followers, counts, totals, discount)


def load_beside(folder: Path) -> CharacterModel | None:
    """The language model in a recognizer's folder; None if it has none.

    Raises:
        UserError: The file holds something else.
    """
    file = folder / FILE_NAME
    return CharacterModel.load(file) if file.is_file() else None
