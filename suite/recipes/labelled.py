"""The user's own labelled pages and lines, as every training of ours takes them.

What is faulty is left out and said, once a folder: a few lines of thousands should not
end a training, and are not to be found out one at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from pathlib import Path
from typing import Any, TypeVar

from suite.console import UserError
from suite.data.complaints import Complaints
from suite.data.sroie import LabelledLine, LabelledPage, pages, read_lines

Item = TypeVar("Item")


def split_pages(
    folder: Path,
    published_split: bool,
    characters: Container[str] | None = None,
    check: Callable[[LabelledPage], object] | None = None,
) -> tuple[list[LabelledPage], list[LabelledPage]]:
    """Pages to train on and pages to validate on.

    Args:
        folder: Holds `images/` and `boxes/NAME.csv`.
        published_split: Names are SROIE's numbers, see `SPLITS`; otherwise every
            tenth page validates.
        characters: What the wanted lines may hold; a faulty box is left out, and a
            page without any. None: whole pages are wanted, text-free ones too, and
            one with a faulty box is left out.
        check: Raises a UserError about a page that is to be left out: its picture is
            damaged beyond the head, which alone is read here.

    Raises:
        UserError: There is no box file, or nothing usable for one of the two.
    """
    complaints = Complaints(strict=False)

    def read(split: str | None) -> list[LabelledPage]:
        whole = characters is None
        found = pages(
            folder,
            split=split,
            characters=characters,
            complaints=complaints,
            whole=whole,
        )
        return [page for page in found if (whole or page.boxes) and passes(page)]

    def passes(page: LabelledPage) -> bool:
        try:
            if check is not None:
                check(page)
        except UserError as error:
            complaints.add(str(error))
            return False
        return True

    if published_split:
        known, held = read("train"), read("validation")
    else:
        known, held = set_apart(read(None))
    _check(folder, known, held, complaints)
    return known, held


def split_lines(
    folder: Path, characters: Container[str]
) -> tuple[list[LabelledLine], list[LabelledLine]]:
    """Lines of `labels.tsv` to train on, and every tenth to validate on.

    Args:
        folder: Holds `labels.tsv`.
        characters: What texts may hold.

    Raises:
        UserError: There is nothing usable for one of the two.
    """
    complaints = Complaints(strict=False)
    lines = read_lines(folder, characters=characters, complaints=complaints)
    known, held = set_apart(lines)
    _check(folder, known, held, complaints)
    return known, held


def set_apart(items: Sequence[Item], every: int = 10) -> tuple[list[Item], list[Item]]:
    """Items to train on, and every tenth to validate on; of fewer the last."""
    every = max(1, min(every, len(items)))
    known = [item for i, item in enumerate(items) if i % every != every - 1]
    return known, list(items[every - 1 :: every])


def _check(
    folder: Path, known: Sequence[Any], held: Sequence[Any], complaints: Complaints
) -> None:
    complaints.log()
    for part, purpose in ((known, "train"), (held, "validate")):
        if not part:
            raise UserError(
                f"{folder}: nothing that can be used to {purpose} on (--data)",
                "At least two labelled pages or lines: one of them validates.",
            )
