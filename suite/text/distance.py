"""Edit distance, character and word error rate, exact lines."""

import unicodedata
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein


@dataclass(frozen=True)
class ErrorRates:
    """Counts of a comparison of lines; add two of them to pool their lines.

    The rates are micro-averages: edits of all lines over the reference
    characters (words) of all lines, so they may exceed 1. Where the reference
    is empty, the denominator is 1: an invented text is never free.
    """

    lines: int = 0
    """Compared lines."""
    exact: int = 0
    """Lines without an edit."""
    characters: int = 0
    """Reference characters, spaces included."""
    character_edits: int = 0
    """Insertions, deletions and substitutions of characters."""
    words: int = 0
    """Reference words."""
    word_edits: int = 0
    """Insertions, deletions and substitutions of whole words."""

    @property
    def character_error_rate(self) -> float:
        """Character edits by reference characters, 0 is best."""
        return self.character_edits / max(self.characters, 1)

    @property
    def word_error_rate(self) -> float:
        """Word edits by reference words, 0 is best."""
        return self.word_edits / max(self.words, 1)

    @property
    def exact_share(self) -> float:
        """Share of the lines without an edit, 0..1; 0 without lines."""
        return self.exact / max(self.lines, 1)

    def __add__(self, other: "ErrorRates") -> "ErrorRates":
        return ErrorRates(
            self.lines + other.lines,
            self.exact + other.exact,
            self.characters + other.characters,
            self.character_edits + other.character_edits,
            self.words + other.words,
            self.word_edits + other.word_edits,
        )


def edit_distance(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """Levenshtein distance of two strings or two sequences (of words, say)."""
    return Levenshtein.distance(a, b)


def normalize(text: str, *, fold_case: bool = False) -> str:
    """Text as it is compared: NFC, each run of white space one space, none at the ends.

    Args:
        text: Any text.
        fold_case: Compare without case (`str.casefold`, so that ß equals SS).
    """
    text = " ".join(unicodedata.normalize("NFC", text).split())
    return text.casefold() if fold_case else text


def error_rates(
    pairs: Iterable[tuple[str, str]], *, fold_case: bool = False, spaces: bool = True
) -> ErrorRates:
    """Compare recognised with reference lines.

    Args:
        pairs: (recognised, reference) texts, one pair a line.
        fold_case: Compare without case.
        spaces: False takes spaces out before characters are compared, which
            tells reading from spacing; words are always split at white space.

    Returns:
        The counts, with the rates as properties. A line is exact when the
        compared characters are equal.

    Example:
        >>> error_rates([("the  cot", "the cat")]).character_error_rate
        0.14285714285714285
    """
    total = ErrorRates()
    for recognised, reference in pairs:
        got = normalize(recognised, fold_case=fold_case)
        want = normalize(reference, fold_case=fold_case)
        got_words, want_words = got.split(), want.split()
        if not spaces:
            got, want = "".join(got_words), "".join(want_words)
        edits = edit_distance(got, want)
        total += ErrorRates(
            lines=1,
            exact=int(edits == 0),
            characters=len(want),
            character_edits=edits,
            words=len(want_words),
            word_edits=edit_distance(got_words, want_words),
        )
    return total
