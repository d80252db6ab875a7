"""Readers side by side on rendered letters, forms and book pages in three languages.

Fonts and texts are held out: training never saw them. The pages pass a simulated
office scanner of 150 to 300 dpi.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import resources
from benchmarks.page_error import page_errors, page_words, without_marks
from benchmarks.readers import PageReader
from benchmarks.session import read_in_turn, workers
from benchmarks.tables import Measure
from benchmarks.worker import Reply
from suite.console import track
from suite.data.sroie import LabelledPage, pages
from suite.ocr.scoring import Matches
from suite.text.distance import ErrorRates

KINDS = {"letter": "letters", "form": "forms", "book": "book pages"}
LANGUAGES = {"en": "English", "de": "German", "fr": "French"}

MEASURES = (
    Measure("error", "character error, %", 2, 100.0),
    *(
        Measure(f"error {x}", f"character error, {KINDS[x]}, %", 2, 100.0)
        for x in KINDS
    ),
    *(
        Measure(f"error {x}", f"character error, {name}, %", 2, 100.0)
        for x, name in LANGUAGES.items()
    ),
    Measure("error_words", "character error without words of marks alone, %", 2, 100.0),
    Measure("exact", "printed runs without an error, %", 1, 100.0),
    Measure("word_f1", "word F1, as printed", 4),
    *resources.SECONDS[:2],
    *resources.MEMORY[:1],
    Measure("failed", "pages that failed", 0),
)

NOTES = (
    "Character error: case, accents, marks and single spaces count, the order of "
    "reading does not. Each printed run (words on a row without a wide gap) takes "
    "the part of the reader's text nearest to it, the longest runs and the best "
    "matches first; what is left over on either side counts in full, pairwise as "
    "substitutions (`benchmarks/page_error.py`).",
    "Words of marks alone have neither a letter nor a digit: rules and frames are "
    "often read as such.",
    "Word F1: words with their case and marks, as multisets page by page.",
    *resources.NOTES[:1],
    *resources.NOTES[2:],
)


def render(folder: Path, count: int, seed: int, text: Path) -> list[LabelledPage]:
    """Writes pages into a folder in SROIE's layout.

    Args:
        folder: Where to; pages of the same name are replaced.
        count: Pages; nine make a round of three kinds and three languages.
        seed: Int >= 0.
        text: Folder of `LANG.txt.gz`.

    Returns:
        The pages, called `NUMBER-KIND-LANGUAGE`.

    Raises:
        UserError: There are no held-out fonts or texts.
    """
    from suite.data.page_files import write_page
    from suite.data.pages import benchmark_pages

    names = []
    made = benchmark_pages(seed, count, text=str(text))
    for number, page in enumerate(track(made, "rendering", count)):
        names.append(f"{number:03d}-{page.kind}-{page.language}")
        write_page(folder, names[-1], page)
    return pages(folder, names)


def compare(
    readers: Mapping[str, PageReader], labelled: Sequence[LabelledPage]
) -> dict[str, dict[str, Any]]:
    """Figures of each reader by its name.

    Raises:
        UserError: A reader can't be opened.
    """
    images, large = resources.small_first({page.name: page.image for page in labelled})
    with workers(readers) as opened:
        replies = read_in_turn(opened, images)
    return {
        name: {
            **quality(labelled, replies[name]),
            **resources.used(replies[name], large),
        }
        for name in readers
    }


def quality(
    labelled: Sequence[LabelledPage], replies: Mapping[str, Reply]
) -> dict[str, float]:
    """Error rates of all pages, of each kind and of each language, and words."""
    total, marked, words = ErrorRates(), ErrorRates(), Matches()
    parts: dict[str, ErrorRates] = {}
    for page in labelled:
        text, runs = replies[page.name].text, [box.text for box in page.boxes]
        errors = page_errors(text, runs)
        total += errors
        marked += page_errors(without_marks(text), map(without_marks, runs))
        words += page_words(text, runs)
        for part in page.name.split("-")[1:]:
            parts[part] = parts.get(part, ErrorRates()) + errors
    figures = {
        "error": total.character_error_rate,
        "error_words": marked.character_error_rate,
        "exact": total.exact_share,
    }
    for part, errors in parts.items():
        figures[f"error {part}"] = errors.character_error_rate
    return {**figures, "word_f1": words.f1}
