"""The characters that a recognizer writes, and their class numbers."""

import string
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from suite.console import UserError

BLANK = 0  # the one rule of the project: blank first, characters from 1

_PRINTABLE_ASCII = "".join(map(chr, range(0x20, 0x7F)))
_WESTERN = "àâäæçèéêëîïôöœùûüÿßÀÂÄÆÇÈÉÊËÎÏÔÖŒÙÛÜŸ€£°§«»–—‘’‚“”„…·•"


@dataclass(frozen=True)
class Alphabet:
    """An ordered set of characters; the CTC blank is class 0, characters count from 1.

    Frozen and hashable, so that it can be a key and part of a config. Two
    alphabets are equal when their characters are, in the same order.

    Args:
        characters: The characters in class order, each once, each a single code
            point in Unicode NFC.

    Raises:
        UserError: when a character occurs twice or changes under NFC, or when
            there is none.

    Example:
        >>> Alphabet("ab").encode("ba").tolist()
        [2, 1]
    """

    characters: str
    """Characters of the classes 1, 2, ..."""

    def __post_init__(self) -> None:
        if not self.characters:
            raise UserError("an alphabet needs at least one character; received none")
        twice = {c for c in self.characters if self.characters.count(c) > 1}
        if twice:
            raise UserError(
                f"an alphabet holds each character once; twice: {_name(twice)}"
            )
        loose = {c for c in self.characters if unicodedata.normalize("NFC", c) != c}
        if loose:
            raise UserError(
                f"characters of an alphabet must be NFC; not: {_name(loose)}"
            )

    @property
    def size(self) -> int:
        """Number of classes, the blank included."""
        return len(self.characters) + 1

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {c: i for i, c in enumerate(self.characters, start=1)}

    def __contains__(self, character: object) -> bool:
        return character in self._ids

    def missing(self, text: str) -> str:
        """Characters of `text` (after NFC) that are not here, sorted, each once."""
        return "".join(sorted(set(unicodedata.normalize("NFC", text)) - set(self._ids)))

    def encode(self, text: str) -> np.ndarray:
        """Class numbers of `text` after Unicode NFC.

        Returns:
            int32 array (characters,), values 1 .. size - 1.

        Raises:
            UserError: when `text` has characters that the alphabet lacks; the
                message names each of them.
        """
        normal = unicodedata.normalize("NFC", text)
        ids = self._ids
        try:
            return np.fromiter((ids[c] for c in normal), np.int32, len(normal))
        except KeyError:
            pass
        shown = text if len(text) <= 60 else text[:57] + "..."
        raise UserError(
            f"text {shown!r} has characters outside the alphabet: "
            f"{_name(self.missing(text))}",
            "Replace them, or train with an alphabet that has them.",
        )

    def decode(self, ids: Iterable[int]) -> str:
        """Text of class numbers; blanks (0) are left out, nothing is collapsed.

        Raises:
            ValueError: when a number is negative or not below `size`.
        """
        text = []
        for i in ids:
            if not 0 <= i < self.size:
                raise ValueError(f"class number {i} is outside 0..{self.size - 1}")
            if i != BLANK:
                text.append(self.characters[i - 1])
        return "".join(text)

    def case_fold_pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Classes of the ASCII letters that are here in both cases.

        Returns:
            (lower, upper), two int32 arrays of equal length: `upper[i]` is the
            capital of the small letter `lower[i]`.
        """
        both = [c for c in string.ascii_lowercase if c in self and c.upper() in self]
        lower = np.array([self._ids[c] for c in both], np.int32)
        upper = np.array([self._ids[c.upper()] for c in both], np.int32)
        return lower, upper


def _name(characters: Iterable[str]) -> str:
    return ", ".join(f"{c!r} (U+{ord(c):04X})" for c in sorted(characters))


LATIN = Alphabet(_PRINTABLE_ASCII + _WESTERN)
"""Printable ASCII with space, then the letters and signs of English, German, French."""
