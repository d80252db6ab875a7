"""What reading took: seconds, memory, sizes, from the replies of the readers."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.tables import Measure
from benchmarks.worker import Reply

LARGE = 10_000_000
"""Pixels; memory on pages above this is told apart."""

SECONDS = (
    Measure("wall", "seconds a page, wall", 2),
    Measure("cpu", "seconds a page, processor", 2),
    Measure("large_wall", "seconds a page above 10 megapixels, wall", 2),
    Measure("cold", "cold start to the first text, seconds", 2),
    Measure("help", "--help, seconds", 2),
)
MEMORY = (
    Measure("peak", "peak memory, pages up to 10 megapixels, MB", 0, 1e-6),
    Measure("large_peak", "peak memory, larger pages, MB", 0, 1e-6),
)
SIZES = (
    Measure("models", "models, MB", 1, 1e-6),
    Measure("installed", "installed without Python, MB", 0, 1e-6),
)

NOTES = (
    "Seconds are medians of a warm process; Tesseract is a new process for each page, "
    "as its users run it, with OMP_THREAD_LIMIT=1.",
    "Cold start: the median of fresh processes on the page of middle size, files in "
    "the page cache. --help: the best of three.",
    "Peak memory: the process's high-water mark (VmHWM; of Tesseract the largest "
    "process's). 1 MB = 1,000,000 bytes.",
)


def small_first(images: Mapping[str, Path]) -> tuple[dict[str, Path], set[str]]:
    """Pages in the order to be read, so that large ones leave no mark on others.

    Args:
        images: Pictures by name.

    Returns:
        The same, those above 10 megapixels last, and the names of these.
    """
    large = {name for name, image in images.items() if pixels(image) > LARGE}
    order = sorted(images, key=lambda name: name in large)
    return {name: images[name] for name in order}, large


def middle(images: Mapping[str, Path]) -> Path:
    """The picture of middle size, the smaller of two."""
    ordered = sorted(images.values(), key=lambda image: (pixels(image), image.name))
    return ordered[(len(ordered) - 1) // 2]


def pixels(image: Path) -> int:
    """Width times height, from the head of the file."""
    with Image.open(image) as opened:
        return opened.width * opened.height


def used(replies: Mapping[str, Reply], large: set[str]) -> dict[str, Any]:
    """Figures of what one reader used; None where no page tells.

    Args:
        replies: By name of the page; pages that failed have no seconds.
        large: Names of the pages above 10 megapixels.
    """
    good = {name: reply for name, reply in replies.items() if reply.error is None}
    big = [reply for name, reply in good.items() if name in large]
    small = [reply for name, reply in good.items() if name not in large]
    return {
        "wall": _median([reply.wall for reply in good.values()]),
        "cpu": _median([reply.cpu for reply in good.values()]),
        "large_wall": _median([reply.wall for reply in big]),
        "peak": max((reply.peak for reply in small), default=None),
        "large_peak": max((reply.peak for reply in big), default=None),
        "failed": len(replies) - len(good),
    }


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None
