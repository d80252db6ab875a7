"""Labelled pages read and scored: what `evaluate` and the benchmarks count."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from suite.console import UserError, track
from suite.console.inputs import unexpected
from suite.console.messages import report_error
from suite.imaging.geometry import Quad, rectify
from suite.imaging.opening import open_image
from suite.ocr.reading import Reading
from suite.ocr.scoring import PageScore, number_range, pool, score_boxes, score_text
from suite.text.distance import ErrorRates, error_rates
from suite.text.fold import lacks_case

if TYPE_CHECKING:
    from suite.ocr.reader import Reader
    from suite.ocr.recognition import Recognizer

Decode = Callable[[npt.NDArray[np.float32]], Reading]
"""From logits (frames, classes) of a line to its reading."""


class LabelledBox(Protocol):
    """A labelled run of text."""

    @property
    def quad(self) -> Quad:
        """float32 (4, 2), clockwise from the top left, pixels of the picture."""

    @property
    def text(self) -> str:
        """Its transcript."""


class LabelledPage(Protocol):
    """A picture and what stands in it; `suite.data.sroie` has such."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def image(self) -> Path:
        """The picture."""

    @property
    def boxes(self) -> Sequence[LabelledBox]:
        """Its labelled text."""


@dataclass(frozen=True)
class Labels:
    """What is measured on."""

    pages: Sequence[LabelledPage]
    """Pages to be read, of different names."""
    unread: Sequence[LabelledPage] = ()
    """Pages whose pictures are known to be missing or damaged: they count as empty."""
    code: int = 0
    """Exit code that the labels alone call for: 1 where some were faulty."""


def measure(
    reader: "Reader", labels: Labels, *, fold_case: bool | None = None
) -> tuple[dict[str, Any], int]:
    """Figures of a reader on labelled pages.

    Args:
        reader: What is measured.
        labels: Pages with their text.
        fold_case: Compare lines without case; None: where no label has a small letter.

    Returns:
        Figures by name, and the exit code: 1 where a page or a label failed.
    """
    if fold_case is None:
        fold_case = in_capitals([*labels.pages, *labels.unread])
    scores, code = score_pages(reader, labels.pages, fold_case=fold_case)
    scores |= {page.name: score_unread(page) for page in labels.unread}
    figures = pool(scores)["all"].figures()
    return {"caseless": fold_case, **figures}, max(code, labels.code)


def score_pages(
    reader: "Reader", pages: Sequence[LabelledPage], *, fold_case: bool
) -> tuple[dict[str, PageScore], int]:
    """Reads and scores pages one after another.

    A page that cannot be read is reported and counts as empty.

    Args:
        reader: What is measured.
        pages: Labelled pages, of different names.
        fold_case: Compare lines without case.

    Returns:
        Scores by name of the page, and the exit code: 1 where a page failed.
    """
    scores: dict[str, PageScore] = {}
    code = 0
    for page in track(pages, "reading"):
        try:
            scores[page.name] = score_page(reader, page, fold_case=fold_case)
        except Exception as error:  # one bad page must not cost the others
            if not isinstance(error, UserError):
                error = unexpected(error, str(page.image))
            report_error(error)
            scores[page.name], code = score_unread(page), 1
    return scores, code


def score_page(reader: "Reader", page: LabelledPage, *, fold_case: bool) -> PageScore:
    """Reads a page as users do, and once more in its true boxes.

    Args:
        reader: What is measured.
        page: The labelled page.
        fold_case: Compare lines without case. Words of the page never have one.

    Returns:
        Counts, to be added to those of other pages.

    Raises:
        UserError: The picture cannot be opened.
    """
    found = reader(page.image)
    words, characters = score_text(found.text, [box.text for box in page.boxes])
    return PageScore(
        lines=_lines(reader, page, fold_case),
        boxes=score_boxes(
            _quads(line.quad for line in found.lines),
            _quads(box.quad for box in page.boxes),
        ),
        words=words,
        characters=characters,
    )


def score_unread(page: LabelledPage) -> PageScore:
    """Counts of a page that could not be read: as if its text were empty."""
    texts = [box.text for box in page.boxes]
    words, characters = score_text("", texts)
    nothing = _quads(())
    return PageScore(
        lines=error_rates(("", text) for text in texts),
        boxes=score_boxes(nothing, _quads(box.quad for box in page.boxes)),
        words=words,
        characters=characters,
    )


def page_names(folder: Path, numbers: str | None) -> list[str]:
    """Names of the labelled pages in a range, sorted.

    Args:
        folder: Holds `boxes/NAME.csv`.
        numbers: First and last number, `450-499`, or one number; None for all pages.

    Raises:
        UserError: Not a range, or no page lies in it.
    """
    names = sorted(path.stem for path in (folder / "boxes").glob("*.csv"))
    if numbers is None:
        return names
    first, dash, last = numbers.partition("-")
    if not first.isdecimal() or not (last if dash else first).isdecimal():
        raise UserError(f"{numbers}: not a range of pages (--pages)", "As in 450-499.")
    within = number_range(int(first), int(last if dash else first))
    names = [name for name in names if within(name)]
    if not names:
        raise UserError(
            f"{folder / 'boxes'}: no page in the range {numbers} (--pages)",
            "Pages are found by the number that their file is called by.",
        )
    return names


def in_capitals(pages: Iterable[LabelledPage]) -> bool:
    """Whether labels say nothing about case: no small letter in any of them."""
    return lacks_case(box.text for page in pages for box in page.boxes)


def read_in_boxes(
    recognizer: "Recognizer", decode: Decode, image: Path, quads: Iterable[Quad]
) -> list[str]:
    """The texts of a picture's lines, cut out by boxes that are given.

    Args:
        recognizer: An opened recognizer.
        decode: From the logits of a line to its reading.
        image: The picture.
        quads: float32 (4, 2) each, pixels of the picture.

    Raises:
        UserError: The picture cannot be opened.
    """
    grey = open_image(image, mode="L")
    crops = [rectify(grey, quad, recognizer.height) for quad in quads]
    return [decode(logits).text for logits in recognizer(crops)]


def _lines(reader: "Reader", page: LabelledPage, fold_case: bool) -> ErrorRates:
    quads = (box.quad for box in page.boxes)
    texts = read_in_boxes(reader.recognizer, reader.decoded, page.image, quads)
    pairs = zip(texts, (box.text for box in page.boxes), strict=True)
    return error_rates(pairs, fold_case=fold_case)


def _quads(quads: Iterable[Quad]) -> npt.NDArray[np.float32]:
    return np.array([*quads], np.float32).reshape(-1, 4, 2)
