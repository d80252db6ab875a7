"""Labelled pages for `evaluate` and `bench`: what is wrong costs only itself."""

from pathlib import Path

from suite.console import UserError
from suite.console.messages import remark, report_error
from suite.data.complaints import Complaints
from suite.data.sroie import LabelledPage, page_pictures, pages, read_boxes
from suite.imaging.heads import picture_size
from suite.ocr.evaluation import Labels, page_names


def labelled_pages(
    folder: Path | None, numbers: str | None = None, limit: int | None = None
) -> Labels:
    """The labelled pages of a folder; what is wrong with some is reported, once.

    A page with a faulty label is left out: what it says there would be held against
    the reader. One whose picture is missing or damaged stays, as unread.

    Args:
        folder: In SROIE's layout, `images/` and `boxes/NAME.csv`.
        numbers: Range of pages, as in `suite.ocr.evaluation.page_names`.
        limit: The first pages only.

    Raises:
        UserError: No folder is given, or it holds no such page, or none that can be
            measured on.
    """
    if folder is None:
        raise UserError(
            "no labelled pages (--data)", "Name a folder in SROIE's layout."
        )
    names = page_names(folder, numbers)[:limit]
    complaints = Complaints(strict=False)
    labelled = pages(folder, names, complaints=complaints, whole=True)
    pictures = page_pictures(folder)
    unread = []
    for name in sorted({*names} - {page.name for page in labelled}):
        if not _opens(pictures.get(name)):
            boxes = folder / "boxes" / f"{name}.csv"
            texts = tuple(read_boxes(boxes, complaints=complaints))
            unread.append(LabelledPage(name, boxes, texts))
    for message in complaints.messages:
        report_error(message)
    if not labelled and not unread:
        raise UserError(
            f"{folder / 'boxes'}: no page without a faulty label (--data)",
            "Mend the labels named above.",
        )
    absent = len(names) - len(labelled) - len(unread)
    if absent:
        remark(f"{absent} of {len(names)} pages left out for faulty labels")
    return Labels(labelled, unread, code=1 if complaints.messages else 0)


def _opens(picture: Path | None) -> bool:
    try:
        return picture is not None and bool(picture_size(picture))
    except UserError:
        return False
