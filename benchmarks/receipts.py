"""Readers side by side on labelled pages in SROIE's layout."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import resources
from benchmarks.readers import PageReader
from benchmarks.session import Worker, cold_starts, quickest, read_in_turn, workers
from benchmarks.tables import Measure
from benchmarks.worker import Reply
from suite.console import UserError, track
from suite.data.sroie import LabelledPage, pages
from suite.ocr.evaluation import in_capitals, page_names
from suite.ocr.scoring import PageScore, number_range, pool, score_boxes, score_text
from suite.text.distance import ErrorRates, error_rates

KINDS = (
    Measure("word_f1", "word F1", 4),
    Measure("character_f1", "characters F1", 4),
    Measure("detection_h_mean", "detection H-mean", 4),
    Measure("character_error_rate", "character error in true boxes, %", 2, 100.0),
)

NOTES = (
    "Words and characters as `ocr_word_f1.py` counts them: words in upper case, "
    "characters without white space, multisets page by page, micro-averaged; a page "
    "without output counts as empty.",
    "Detection: one-to-one matching, IoU at least 0.5. Lines in true boxes are "
    "compared without case. `-`: the reader has no such boxes, or reads no lines.",
)


Parts = Mapping[str, Callable[[str], bool]]
"""Parts of the pages by name: whether a page's name belongs there."""


def parts_of(ranges: Sequence[str]) -> dict[str, Callable[[str], bool]]:
    """Parts from ranges of numbers.

    Args:
        ranges: As `450-468`.

    Raises:
        UserError: One is no range.
    """
    parts = {}
    for text in ranges:
        match = re.fullmatch(r"(\d+)-(\d+)", text)
        if match is None:
            raise UserError(f"{text}: not a range of pages (--parts)", "As in 450-468.")
        parts[text] = number_range(int(match[1]), int(match[2]))
    return parts


def measures(parts: Iterable[str]) -> list[Measure]:
    """The rows of the table; each figure of quality also for the parts of a name."""
    rows = []
    for kind in KINDS:
        rows.append(kind)
        for part in parts:
            key, label = f"{kind.key} {part}", f"{kind.label}, {part}"
            rows.append(Measure(key, label, kind.digits, kind.scale))
    rows += [*resources.SECONDS, *resources.MEMORY, *resources.SIZES]
    return [*rows, Measure("failed", "pages that failed", 0)]


def compare(
    readers: Mapping[str, PageReader],
    labelled: Sequence[LabelledPage],
    parts: Parts,
    cold_runs: int,
) -> dict[str, dict[str, Any]]:
    """Figures of each reader by its name.

    Args:
        readers: By name.
        labelled: Labelled pages.
        parts: Parts of them.
        cold_runs: Fresh processes for the cold start.

    Raises:
        UserError: A reader can't be opened.
    """
    images, large = resources.small_first({page.name: page.image for page in labelled})
    with workers(readers) as opened:
        replies = read_in_turn(opened, images)
        # after the pages, whose memory is told
        lines = {name: _lines(worker, labelled) for name, worker in opened.items()}
    cold = cold_starts(readers, resources.middle(images), cold_runs)
    return {
        name: {
            **quality(labelled, replies[name], lines[name], parts),
            **resources.used(replies[name], large),
            "cold": cold[name],
            "help": quickest(shown) if (shown := reader.help()) else None,
            **reader.sizes(),
        }
        for name, reader in readers.items()
    }


def _lines(worker: Worker, labelled: Sequence[LabelledPage]) -> dict[str, Reply]:
    """Replies by page to what stands in the true boxes; empty if it can't tell."""
    replies = {}
    for page in track(labelled, f"{worker.reader.title}: lines"):
        reply = worker.lines(page.image, [box.quad.tolist() for box in page.boxes])
        if reply.error is None and reply.lines is None:
            return {}
        replies[page.name] = reply
    return replies


def quality(
    labelled: Sequence[LabelledPage],
    replies: Mapping[str, Reply],
    lines: Mapping[str, Reply],
    parts: Parts,
) -> dict[str, Any]:
    """Figures of all pages and, as `FIGURE PART`, of parts; None where none is given.

    Args:
        labelled: Labelled pages.
        replies: What was read of each.
        lines: What was read in the true boxes of each; empty: not offered.
        parts: Parts of the pages.
    """
    fold_case = in_capitals(labelled)
    boxes = any(reply.quads is not None for reply in replies.values())
    scores = {
        page.name: score(
            page, replies[page.name], lines.get(page.name), fold_case, boxes=boxes
        )
        for page in labelled
    }
    figures: dict[str, Any] = {}
    for kind in KINDS:
        for part, total in pool(scores, parts).items():
            key = kind.key if part == "all" else f"{kind.key} {part}"
            figures[key] = _figure(kind.key, total)
    return figures


def score(
    page: LabelledPage,
    reply: Reply,
    lines: Reply | None,
    fold_case: bool,
    *,
    boxes: bool = True,
) -> PageScore:
    """Counts of one page.

    Args:
        page: The labelled page.
        reply: What was read; an empty text where it failed.
        lines: What was read in its boxes; None: not offered.
        fold_case: Compare lines without case.
        boxes: Whether the reader gives boxes.
    """
    texts = [box.text for box in page.boxes]
    words, characters = score_text(reply.text, texts)
    total = PageScore(words=words, characters=characters)
    if boxes:
        found = score_boxes(reply.quads or [], [box.quad for box in page.boxes])
        total += PageScore(pages=0, boxes=found)
    if lines is not None:
        rates = _rates(lines.lines or [""] * len(texts), texts, fold_case)
        total += PageScore(pages=0, lines=rates)
    return total


def _rates(read: Sequence[str], texts: Sequence[str], fold_case: bool) -> ErrorRates:
    return error_rates(zip(read, texts, strict=True), fold_case=fold_case)


def _figure(key: str, total: PageScore) -> float | None:
    if key == "detection_h_mean" and not total.boxes.expected:
        return None
    if key == "character_error_rate" and not total.lines.lines:
        return None
    return float(total.figures()[key])


def open_pages(data: Path, numbers: str, limit: int | None) -> list[LabelledPage]:
    """Pages of a folder by range; the first `limit` of them.

    Raises:
        UserError: There is none, or one is damaged.
    """
    return pages(data, page_names(data, numbers))[:limit]
