"""Tables as Markdown, and the numbers in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Measure:
    """A row of a table: one figure of every reader."""

    key: str
    """Name of the figure."""
    label: str
    """What the row is called."""
    digits: int = 3
    """Digits behind the point."""
    scale: float = 1.0
    """What the figure is multiplied by, 100 for per cent."""

    def cells(self, figures: Sequence[Mapping[str, Any]]) -> list[str]:
        """The row: label, then the figure of each reader; `-` where it has none."""
        return [self.label, *(self._cell(one.get(self.key)) for one in figures)]

    def _cell(self, value: float | None) -> str:
        return "-" if value is None else f"{value * self.scale:.{self.digits}f}"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, aligned in the source too: first column left, others right.

    Args:
        head: Names of the columns.
        rows: As many cells each.
    """
    lines = [[cell.replace("|", "\\|") for cell in line] for line in [head, *rows]]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    texts = [_line(lines[0], widths), _line(rule, widths)]
    texts += [_line(line, widths) for line in lines[1:]]
    return "\n".join(texts) + "\n"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    padded = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
    return f"| {' | '.join(padded)} |"


def document(title: str, head: Sequence[str], table: str, notes: Sequence[str]) -> str:
    """A page of Markdown: title, paragraphs, table, notes as a list."""
    parts = [f"# {title}", *head, table.rstrip("\n")]
    if notes:
        parts.append("\n".join(f"- {note}" for note in notes))
    return "\n\n".join(parts) + "\n"


def comparison(
    measures: Sequence[Measure], figures: Mapping[str, Mapping[str, Any]]
) -> str:
    """A table of measures x readers.

    Args:
        measures: The rows; one that no reader has a figure for is left out.
        figures: Figures of each reader by its title.
    """
    columns = list(figures.values())
    rows = [
        measure.cells(columns)
        for measure in measures
        if any(column.get(measure.key) is not None for column in columns)
    ]
    return markdown(["", *figures], rows)
