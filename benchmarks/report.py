"""A finished comparison as a page of Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from benchmarks import tables

Figures = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Report:
    """What was found out, and how it is shown."""

    name: str
    """Name of its files, without ending."""
    title: str
    """First line of the page."""
    command: str
    """How it is made again."""
    about: str
    """What was read."""
    figures: Figures
    """Figures of each reader by its name; of several ways to run one reader the names
    begin with the same word."""
    measures: Sequence[tables.Measure]
    """Rows of the table."""
    notes: Sequence[str]
    """What the figures mean."""
    best: str
    """The figure by which the best of several ways to run one reader is chosen."""
    lowest: bool = False
    """Whether less of it is better."""
    verdict: Callable[[Figures], int] | None = None
    """Exit code from the figures; None: 1 where a page failed."""

    @property
    def code(self) -> int:
        """Exit code: 1 where a page failed or the verdict is no."""
        failed = any(one.get("failed") for one in self.figures.values())
        said = self.verdict(self.figures) if self.verdict else 0
        return max(int(failed), said)

    def page(
        self, titles: Mapping[str, str], machine: str, absent: Sequence[str]
    ) -> str:
        """The page of Markdown.

        Args:
            titles: Heads of the columns by name of the reader.
            machine: What it ran on.
            absent: Sentences about readers that could not take part.
        """
        shown = best_of(self.figures, self.best, lowest=self.lowest)
        table = tables.comparison(
            self.measures, {titles[name]: self.figures[name] for name in shown}
        )
        head = [
            f"`{self.command}`, {date.today().isoformat()}; {machine}.",
            self.about,
        ]
        notes = [*self.notes, *self._others(titles, shown), *absent]
        return tables.document(self.title, head, table, notes)

    def metrics(self, titles: Mapping[str, str], machine: str) -> dict[str, Any]:
        """All figures for JSON, unrounded, those that the table leaves out too."""
        return {
            "date": date.today().isoformat(),
            "machine": machine,
            "pages": self.about,
            "readers": {titles[name]: dict(one) for name, one in self.figures.items()},
        }

    def _others(self, titles: Mapping[str, str], shown: Sequence[str]) -> list[str]:
        label = next(x.label for x in self.measures if x.key == self.best)
        row = next(x for x in self.measures if x.key == self.best)
        return [
            f"Not shown, because worse: {titles[name]}, {label} "
            f"{row.cells([self.figures[name]])[1]}."
            for name in self.figures
            if name not in shown
        ]


def best_of(figures: Figures, key: str, *, lowest: bool = False) -> list[str]:
    """Names of the readers to show: of names that begin alike the best one.

    Args:
        figures: By name; `tesseract 4` and `tesseract 6` begin alike.
        key: The figure to compare; one without it is worst.
        lowest: Whether less is better.
    """
    sign = -1.0 if lowest else 1.0

    def merit(name: str) -> float:
        value = figures[name].get(key)
        return float("-inf") if value is None else sign * value

    groups: dict[str, list[str]] = {}
    for name in figures:
        groups.setdefault(name.split()[0], []).append(name)
    return [max(group, key=merit) for group in groups.values()]
