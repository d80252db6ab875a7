"""Character error of a page that does not depend on the order of reading.

Readers disagree on what follows what (columns, a form's labels and entries, a letter's
foot), and none of them is wrong. So the page's truth is a set of printed runs, words
on one row without a wide gap, and each run is looked for wherever it may stand in the
text that a reader gave:

1. Runs of white space count as one space, line ends too; case, accents, marks count.
2. Runs of about one length, the longest first, take a line of the text or words in
   a line that equal them; then a line that nearly does; then the same words across
   line ends; then the part of the text nearest by edit distance, if it is near. What
   is taken is cut out.
3. In the end runs of any length may differ from their part by up to half of their
   characters.
4. Of what is left on both sides as many characters count as substituted as there are
   on both, the rest as missing or invented: the larger of the two numbers.

Edits by characters of the truth are the error. The idea of cutting the best match out
is that of Clausner, Pletschacher, Antonacopoulos 2020, Flexible character accuracy
measure for reading-order-independent evaluation, Pattern Recognition Letters 131.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein

from suite.ocr.scoring import Matches
from suite.text.distance import ErrorRates, normalize

Ints = npt.NDArray[np.int64]

Place = tuple[int, int, int, int]
"""Edit distance, number of a piece of the text, start and stop in the piece."""

Finder = Callable[[str, Sequence[str], int], Place | None]
"""From a run, pieces of text (lines end in a newline there) and the largest distance
to the place for the run; None where there is none."""


def page_errors(text: str, runs: Iterable[str]) -> ErrorRates:
    """Counts of one page; words are not among them.

    Args:
        text: What a reader gave, any layout of lines.
        runs: What is printed, in any order.

    Returns:
        Runs as lines, those found unchanged as exact, characters and their edits.
    """
    printed = filter(None, map(normalize, runs))
    wanted = sorted(printed, key=lambda run: (-len(run), run))
    pieces = ["\n".join(filter(None, map(normalize, text.splitlines())))]
    costs: list[int] = []
    open_runs: list[str] = []
    # a short word stands inside many a long run, which must have had its turn
    for _, alike in groupby(wanted, key=lambda run: len(run).bit_length()):
        missed = list(alike)
        for finder, share in _CLEAR:
            missed = _round(missed, pieces, costs, finder, share)
        open_runs += missed
    for finder, share in _POOR:
        open_runs = _round(open_runs, pieces, costs, finder, share)
    left = max(sum(map(len, open_runs)), sum(map(len, pieces)))
    return ErrorRates(
        lines=len(wanted),
        exact=costs.count(0),
        characters=sum(map(len, wanted)),
        character_edits=sum(costs) + left,
    )


def page_words(text: str, runs: Iterable[str]) -> Matches:
    """Words as printed, case and marks included, as multisets in any order."""
    got = Counter(normalize(text).split())
    want = Counter(word for run in runs for word in normalize(run).split())
    return Matches((got & want).total(), got.total(), want.total())


def without_marks(text: str) -> str:
    """The text without words that hold neither a letter nor a digit."""
    lines = (filter(_has_letter, line.split()) for line in text.splitlines())
    return "\n".join(map(" ".join, lines))


def _has_letter(word: str) -> bool:
    return any(map(str.isalnum, word))


def _round(
    runs: Sequence[str],
    pieces: list[str],
    costs: list[int],
    finder: Finder,
    share: float,
) -> list[str]:
    """Cuts runs out of the pieces, adds their edits to the costs; the missed ones."""
    missed = []
    for run in runs:
        place = finder(run, pieces, int(share * len(run)))
        if place is None:
            missed.append(run)
            continue
        distance, number, start, stop = place
        costs.append(distance)
        piece = pieces[number]
        rest = [piece[:start].strip(), piece[stop:].strip()]
        pieces[number : number + 1] = [part for part in rest if part]
    return missed


def _line(run: str, pieces: Sequence[str], limit: int) -> Place | None:
    """What is nearest in the line that is nearest as a whole."""
    best: Place | None = None
    for number, piece in enumerate(pieces):
        for line in re.finditer(r"[^\n]+", piece):
            distance = Levenshtein.distance(run, line[0], score_cutoff=max(0, limit))
            if distance <= limit:
                best, limit = (distance, number, *line.span()), distance - 1
    if best is None or best[0] == 0:
        return best
    _, number, begin, end = best
    # a short neighbour in the row is left to its own run
    distance, start, stop = nearest_part(run, pieces[number][begin:end])
    return distance, number, begin + start, begin + stop


def _words_of_line(run: str, pieces: Sequence[str], limit: int) -> Place | None:
    """The same words inside a line."""
    return _search(re.escape(run), pieces)


def _words(run: str, pieces: Sequence[str], limit: int) -> Place | None:
    """The same words, line ends among them."""
    return _search(r"\s".join(map(re.escape, run.split())), pieces)


def _search(pattern: str, pieces: Sequence[str]) -> Place | None:
    whole = re.compile(rf"(?<!\S){pattern}(?!\S)")
    for number, piece in enumerate(pieces):
        match = whole.search(piece)
        if match:
            return 0, number, *match.span()
    return None


def _part(run: str, pieces: Sequence[str], limit: int) -> Place | None:
    """Any part of the text, the nearest one."""
    best: Place | None = None
    for number, piece in enumerate(pieces):
        # a piece that is shorter by more is further away
        if limit >= 0 and len(piece) >= len(run) - limit:
            distance, start, stop = nearest_part(run, piece.replace("\n", " "))
            if distance <= limit:
                best, limit = (distance, number, start, stop), distance - 1
    return best


_CLEAR: tuple[tuple[Finder, float], ...] = (
    (_line, 0.0),
    (_words_of_line, 0.0),
    (_line, 0.1),
    (_words, 0.0),
    (_part, 0.05),
    (_part, 0.1),
    (_part, 0.2),
)
_POOR: tuple[tuple[Finder, float], ...] = ((_part, 0.35), (_part, 0.5))


def nearest_part(pattern: str, text: str) -> tuple[int, int, int]:
    """The part of a text with the smallest edit distance to a pattern.

    Args:
        pattern: At least one character.
        text: Any.

    Returns:
        (distance, start, stop). Of equally near parts one that ends, and begins, at
        the edge of a word, then the longest.
    """
    ends = _last_row(pattern, text, anywhere=True)
    distance = int(ends.min())
    stops = np.flatnonzero(ends == distance).tolist()
    stop = max(stops, key=lambda index: (_edge(text, index), index))
    reach = text[max(0, stop - len(pattern) - distance) : stop]
    lengths = _last_row(pattern[::-1], reach[::-1], anywhere=False)
    starts = (stop - np.flatnonzero(lengths == distance)).tolist()
    start = min(starts, key=lambda index: (not _edge(text, index), index))
    return distance, start, stop


def _edge(text: str, index: int) -> bool:
    """Whether a word begins or ends between text[index - 1] and text[index]."""
    return index in (0, len(text)) or text[index - 1] == " " or text[index] == " "


def _last_row(pattern: str, text: str, *, anywhere: bool) -> Ints:
    """Edit distances of a pattern to the parts of a text that end at 0..len(text).

    Sellers 1980, The theory and computation of evolutionary distances; a row is
    computed at once, insertions as a running minimum.

    Args:
        pattern, text: Any.
        anywhere: Parts begin where it is best, else at 0.
    """
    codes = np.array([ord(c) for c in text], np.int64)
    steps = np.arange(len(text) + 1)
    row = np.zeros_like(steps) if anywhere else steps
    for number, character in enumerate(pattern, 1):
        next_row = row + 1
        next_row[0] = number
        np.minimum(next_row[1:], row[:-1] + (codes != ord(character)), out=next_row[1:])
        row = np.minimum.accumulate(next_row - steps) + steps
    return row
