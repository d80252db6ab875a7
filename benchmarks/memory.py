"""Whether memory stays flat while page after page is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks.readers import PageReader
from benchmarks.session import Worker
from benchmarks.tables import Measure
from suite.console import track
from suite.console.messages import remark

EARLY = 50
"""Page after which everything that is kept has been made."""
LIMIT = 1.05
"""Memory at the end by memory after the early page, at most."""

NOTES = ("Resident memory of the reader's process (VmRSS). 1 MB = 1,000,000 bytes.",)


def measures(count: int) -> list[Measure]:
    """The rows of the table for `count` pages."""
    return [
        Measure("early", f"resident after page {early_page(count)}, MB", 1, 1e-6),
        Measure("last", f"resident after page {count}, MB", 1, 1e-6),
        Measure("ratio", "ratio", 3),
        Measure("most", "most so far, MB", 1, 1e-6),
        Measure("failed", "pages that failed", 0),
    ]


def early_page(count: int) -> int:
    """The page that the last one is compared with: 50, or a tenth of a short trial."""
    return EARLY if count > EARLY else max(1, count // 10)


def compare(
    readers: Mapping[str, PageReader], images: Sequence[Path], count: int
) -> dict[str, dict[str, Any]]:
    """Figures of each reader by its name, read one after the other.

    Args:
        readers: By name; one whose work is done by child processes keeps nothing
            and is left out.
        images: Pictures, read again and again.
        count: Pages to read, at least 1.
    """
    figures = {}
    for name, reader in readers.items():
        if not reader.children:
            with Worker(reader) as worker:
                figures[name] = _run(worker, images, count)
    return figures


def _run(worker: Worker, images: Sequence[Path], count: int) -> dict[str, Any]:
    resident, most, failed = [], 0, 0
    pages = islice(cycle(images), count)
    for image in track(pages, worker.reader.title, count):
        reply = worker.read(image)
        resident.append(reply.resident)
        most = max(most, reply.peak)
        if reply.error is not None:
            remark(f"{worker.reader.title}: {image.name}: {reply.error}")
            failed += 1
    return {**flatness(resident), "most": most, "failed": failed}


def flatness(resident: Sequence[int]) -> dict[str, Any]:
    """Memory after the early page, after the last, and their ratio.

    Args:
        resident: Bytes after each page; 0 where a process ended.
    """
    early, last = resident[early_page(len(resident)) - 1], resident[-1]
    ratio = last / early if early and last else None
    return {"early": early, "last": last, "ratio": ratio}


def verdict(figures: Mapping[str, Mapping[str, Any]]) -> int:
    """1 where memory grew or cannot be told, else 0."""
    ratios = [one["ratio"] for one in figures.values()]
    return int(any(ratio is None or ratio > LIMIT for ratio in ratios))
