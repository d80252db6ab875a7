"""Labelled pages for `evaluate` and `bench`: what is wrong costs only itself."""

from pathlib import Path

from suite.console import UserError
from suite.console.messages import report_error
from suite.data.complaints import Complaints
from suite.data.sroie import LabelledPage, pages, read_boxes
from suite.ocr.evaluation import Labels, page_names


def labelled_pages(
    folder: Path | None, numbers: str | None = None, limit: int | None = None
) -> Labels:
    """The labelled pages of a folder; what is wrong with some is reported, once.

    Args:
        folder: In SROIE's layout, `images/` and `boxes/NAME.csv`.
        numbers: Range of pages, as in `suite.ocr.evaluation.page_names`.
        limit: The first pages only.

    Raises:
        UserError: No folder is given, or it holds no such page.
    """
    if folder is None:
        raise UserError(
            "no labelled pages (--data)", "Name a folder in SROIE's layout."
        )
    names = page_names(folder, numbers)[:limit]
    complaints = Complaints(strict=False)
    labelled = pages(folder, names, complaints=complaints)
    unread = []
    for name in sorted({*names} - {page.name for page in labelled}):
        boxes = folder / "boxes" / f"{name}.csv"
        texts = tuple(read_boxes(boxes, complaints=complaints))
        unread.append(LabelledPage(name, boxes, texts))
    for message in complaints.messages:
        report_error(message)
    return Labels(labelled, unread, code=1 if complaints.messages else 0)
