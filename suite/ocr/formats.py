"""The forms in which a result is written: a registry by name, `render`, `write`."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from suite.console import UserError, write_atomic
from suite.imaging.opening import Source
from suite.imaging.pages import open_pages
from suite.imaging.pixels import Pixels
from suite.ocr.formats_picture import to_pdf, to_pngs
from suite.ocr.formats_text import to_hocr, to_json, to_text, to_tsv
from suite.ocr.result import PageText

Pages = Sequence[PageText]


@dataclass(frozen=True)
class Format:
    """One way to write what was read.

    name: As on the command line.
    suffix: Ending of its files.
    render: From pages, and pictures that are made when asked for, to the contents of
        one file, or of one file a page where `paged`.
    pictures: Whether the pages' pictures are needed.
    paged: Whether a file holds one page only.
    """

    name: str
    suffix: str
    render: Callable[[Pages, Iterable[Pixels]], Iterable[str | bytes]]
    pictures: bool = False
    paged: bool = False


def _plain(function: Callable[[Pages], str]) -> Callable[..., Iterable[str]]:
    return lambda pages, _pictures: [function(pages)]


FORMATS = {
    item.name: item
    for item in (
        Format("text", ".txt", _plain(to_text)),
        Format("json", ".json", _plain(to_json)),
        Format("hocr", ".hocr", _plain(to_hocr)),
        Format("tsv", ".tsv", _plain(to_tsv)),
        Format(
            "pdf",
            ".pdf",
            lambda pages, pictures: [to_pdf(pages, pictures)],
            pictures=True,
        ),
        Format(
            "png",
            ".png",
            to_pngs,
            pictures=True,
            paged=True,
        ),
    )
}


def render(
    pages: PageText | Iterable[PageText],
    format: str,
    *,
    source: Source | None = None,
) -> str | bytes:
    """What a file of that format would hold.

    Args:
        pages: A page, or the pages of one file in order.
        format: A name of `FORMATS`.
        source: What the pages were read from, for formats that show them (a stream
            must be seekable); the path in their `name` if not given.

    Returns:
        str for text formats, bytes for others.

    Raises:
        UserError: No such format; several pages for a format of single pages; the
            source can't be opened (again).
    """
    contents = list(_contents(pages, format, source))
    if len(contents) != 1:
        raise UserError(
            f"{format} holds one page a file; received {len(contents)} pages",
            "Write to a folder, or choose pdf.",
        )
    return contents[0]


def write(
    pages: PageText | Iterable[PageText],
    format: str,
    destination: str | Path,
    *,
    source: Source | None = None,
    taken: Collection[Path] = (),
) -> list[Path]:
    """Write a result; each file is complete or absent.

    Args:
        pages, format, source: As in `render`.
        destination: The file. Several pages of a format of single pages go to
            NAME-1.png, NAME-2.png ... beside it, by their places in the source.
        taken: Files of other results, which numbered pages must not replace.

    Returns:
        The files written.

    Raises:
        UserError: As `render`; the destination cannot be written; a page would go to
            a file of `taken`, and nothing was written.
    """
    path, pages = Path(destination), _listed(pages)
    files = [path]
    if find_format(format).paged and len(pages) > 1:
        numbers = [page.index + 1 for page in pages]
        if len({*numbers}) < len(pages):  # of several sources
            numbers = [*range(1, len(pages) + 1)]
        files = [path.with_name(f"{path.stem}-{n}{path.suffix}") for n in numbers]
        for number, file in zip(numbers, files, strict=True):
            if file in taken:
                raise UserError(
                    f"page {number} of {pages[0].name or path.stem} and another input "
                    f"would both be written to {file}",
                    "Give them in two calls with two output folders.",
                )
    for file, content in zip(files, _contents(pages, format, source), strict=True):
        write_atomic(file, content)
    return files


def find_format(name: str) -> Format:
    """The format of that name.

    Raises:
        UserError: There is none.
    """
    if name not in FORMATS:
        raise UserError(f"no such format: {name}", f"Known: {', '.join(FORMATS)}.")
    return FORMATS[name]


def _listed(pages: PageText | Iterable[PageText]) -> list[PageText]:
    return [pages] if isinstance(pages, PageText) else list(pages)


def _contents(
    pages: PageText | Iterable[PageText], name: str, source: Source | None
) -> Iterable[str | bytes]:
    form, pages = find_format(name), _listed(pages)
    pictures = _pictures(pages, source) if form.pictures else iter(())
    return form.render(pages, pictures)


def _pictures(pages: Pages, source: Source | None) -> Iterator[Pixels]:
    """The picture of each page, opened again: one in memory at a time."""
    if not pages:
        return
    if source is None:
        source = pages[0].name
    wanted = iter(pages)
    page = next(wanted)

    def damaged(index: int, error: UserError) -> None:
        if index == page.index:  # others were not read, and told of
            raise error

    name = pages[0].name or None
    for opened in open_pages(source, mode="RGB", name=name, damaged=damaged):
        if opened.index == page.index:
            yield opened.image
            following = next(wanted, None)
            if following is None:
                return
            page = following
    raise UserError(f"{pages[0].name}: page {page.index + 1} is no longer there")
