"""Figures of `evaluate`: error rates of lines, detection of boxes, words of pages.

Counts are kept and added; every figure is a ratio of sums (micro average), so pages
of any part can be pooled without going back to the texts.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from suite.imaging.overlap import iou_matrix
from suite.text.distance import ErrorRates


@dataclass(frozen=True)
class Matches:
    """What was found of what was to be found."""

    hits: int = 0
    """Found and expected."""
    found: int = 0
    """Found, right or wrong."""
    expected: int = 0
    """To be found."""
    overlap: float = 0.0
    """Sum of the hits' intersections over unions, where they have any."""

    @property
    def precision(self) -> float:
        """Hits by found, 0..1; 0 where nothing was found."""
        return self.hits / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """Hits by expected, 0..1; 0 where nothing was expected."""
        return self.hits / self.expected if self.expected else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall (H-mean of detection)."""
        both = self.found + self.expected
        return 2 * self.hits / both if both else 0.0

    @property
    def mean_overlap(self) -> float:
        """Mean intersection over union of the hits; 0 without any."""
        return self.overlap / self.hits if self.hits else 0.0

    def __add__(self, other: "Matches") -> "Matches":
        return Matches(
            self.hits + other.hits,
            self.found + other.found,
            self.expected + other.expected,
            self.overlap + other.overlap,
        )


def match_quads(
    found: npt.ArrayLike, expected: npt.ArrayLike, threshold: float = 0.5
) -> list[tuple[int, int, float]]:
    """One-to-one matching of boxes, highest overlap first.

    Args:
        found: Float (n, 4, 2), clockwise quads.
        expected: Float (m, 4, 2).
        threshold: Least intersection over union of a match, 0..1.

    Returns:
        (index in found, index in expected, IoU), falling by IoU.
    """
    iou = iou_matrix(found, expected)
    rows, columns = np.nonzero(iou >= threshold)
    order = np.argsort(-iou[rows, columns], kind="stable")
    matches, used_rows, used_columns = [], set(), set()
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row not in used_rows and column not in used_columns:
            used_rows.add(row)
            used_columns.add(column)
            matches.append((row, column, float(iou[row, column])))
    return matches


def score_boxes(
    found: npt.ArrayLike, expected: npt.ArrayLike, threshold: float = 0.5
) -> Matches:
    """Detection counts of one page; see `match_quads`."""
    matches = match_quads(found, expected, threshold)
    return Matches(
        hits=len(matches),
        found=len(np.asarray(found).reshape(-1, 4, 2)),
        expected=len(np.asarray(expected).reshape(-1, 4, 2)),
        overlap=sum(iou for _, _, iou in matches),
    )


def score_text(text: str, transcripts: Iterable[str]) -> tuple[Matches, Matches]:
    """Words and characters of one page, as multisets.

    Words are split at white space and upper-cased; characters are those of the
    words. Order and lines don't count. An empty text finds nothing: so counts a page
    that could not be read.

    Args:
        text: The recognised text of the page.
        transcripts: The labelled texts of its boxes.

    Returns:
        (words, characters without white space).
    """
    got = Counter(word.upper() for word in text.split())
    want = Counter(word.upper() for line in transcripts for word in line.split())
    return _overlap(got, want), _overlap(_characters(got), _characters(want))


def _characters(words: Counter[str]) -> Counter[str]:
    total: Counter[str] = Counter()
    for word, count in words.items():
        for character in word:
            total[character] += count
    return total


def _overlap(got: Counter[str], want: Counter[str]) -> Matches:
    return Matches((got & want).total(), got.total(), want.total())


@dataclass(frozen=True)
class PageScore:
    """All counts of one page, or of several added."""

    pages: int = 1
    """Number of pages."""
    lines: ErrorRates = field(default_factory=ErrorRates)
    """Lines read in the true boxes, against their transcripts."""
    boxes: Matches = field(default_factory=Matches)
    """Found boxes against labelled boxes."""
    words: Matches = field(default_factory=Matches)
    """Words of the page's text."""
    characters: Matches = field(default_factory=Matches)
    """Characters of the page's text, without white space."""

    def __add__(self, other: "PageScore") -> "PageScore":
        return PageScore(
            self.pages + other.pages,
            self.lines + other.lines,
            self.boxes + other.boxes,
            self.words + other.words,
            self.characters + other.characters,
        )

    def figures(self) -> dict[str, Any]:
        """Every figure by its name, for tables and JSON; never NaN."""
        return {
            "pages": self.pages,
            "character_error_rate": self.lines.character_error_rate,
            "word_error_rate": self.lines.word_error_rate,
            "exact_lines": self.lines.exact_share,
            "detection_precision": self.boxes.precision,
            "detection_recall": self.boxes.recall,
            "detection_h_mean": self.boxes.f1,
            "detection_mean_iou": self.boxes.mean_overlap,
            "word_precision": self.words.precision,
            "word_recall": self.words.recall,
            "word_f1": self.words.f1,
            "character_f1": self.characters.f1,
        }


def pool(
    scores: Mapping[str, PageScore],
    parts: Mapping[str, Callable[[str], bool]] | None = None,
) -> dict[str, PageScore]:
    """Scores of all pages together and of parts of them.

    Args:
        scores: Score of each page by its name.
        parts: For each part, whether the page of a name belongs to it.

    Returns:
        `all`, then each part that has a page.
    """
    chosen: dict[str, Callable[[str], bool]] = {"all": lambda name: True}
    chosen.update(parts or {})
    result = {}
    for part, belongs in chosen.items():
        pages = [score for name, score in scores.items() if belongs(name)]
        if pages:
            result[part] = sum(pages, PageScore(pages=0))
    return result


def number_range(first: int, last: int) -> Callable[[str], bool]:
    """Part of the pages whose name is a number from `first` to `last`, inclusive."""
    return lambda name: name.isdecimal() and first <= int(name) <= last
