"""Reader of labelled text pages in the layout of SROIE, and of labelled lines.

A data folder holds `images/NAME.*` and `boxes/NAME.csv`; a line of a box file is
`x1,y1,x2,y2,x3,y3,x4,y4,transcript` with corners clockwise from the top left of the
text in pixels of the picture, UTF-8, no quoting: only the first eight commas
separate (ICDAR 2019 competition on scanned receipts, arXiv:2103.10213).

A folder of single lines holds `labels.tsv`: `file TAB text`, UTF-8, one a line.
"""

import unicodedata
from collections.abc import Collection, Container, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from suite.console import UserError
from suite.data.complaints import Complaints
from suite.imaging.heads import SUFFIXES, picture_size

SPLITS = {"train": (0, 400), "validation": (400, 450), "test": (450, 500)}
"""Half-open ranges of page numbers; the test pages are never trained or tuned on."""

_TOLERANCE = 1.0  # pixels: labelling tools count a page's last pixel as 0..W or 0..W-1


@dataclass(frozen=True, eq=False)
class Box:
    """A labelled run of text on a page."""

    quad: np.ndarray
    """float32 (4, 2): corners clockwise from the top left of the text, x right,
    y down, continuous pixel coordinates of the picture."""

    text: str
    """Transcript, never empty."""


@dataclass(frozen=True, eq=False)
class LabelledPage:
    """A picture with its boxes, not yet opened."""

    name: str
    """File name without its ending, as in `boxes/NAME.csv`."""

    image: Path
    """The picture."""

    boxes: tuple[Box, ...]
    """In the order of the file."""


@dataclass(frozen=True)
class LabelledLine:
    """A picture of one line, not yet opened, and its transcript, never empty."""

    image: Path
    text: str


def read_boxes(
    path: str | Path,
    *,
    size: tuple[int, int] | None = None,
    characters: Container[str] | None = None,
    complaints: Complaints | None = None,
) -> list[Box]:
    """Boxes of one file; empty lines are skipped, an empty file has no boxes.

    Args:
        path: The box file.
        size: (width, height) of the picture in pixels; boxes that leave it by more
            than a pixel are complained about, others are cut to it.
        characters: What transcripts may hold, as an `Alphabet`; None: anything.
        complaints: Where to report; None is strict.

    Raises:
        UserError: for an unreadable file, a malformed line, a box outside the page,
            an empty transcript or an unknown character, with file and line number.
    """
    path = Path(path)
    complaints = complaints or Complaints()
    boxes = []
    for number, line in _numbered_lines(path, complaints):
        where = f"{path}, line {number}"
        box = _parse_box(line, where, complaints)
        if box is None or not _known(box.text, characters, where, complaints):
            continue
        if size is not None and not _inside(box.quad, size):
            complaints.add(
                f"{where}: box {_shown(box.quad)} leaves the page of "
                f"{size[0]} x {size[1]} pixels",
                "Coordinates are pixels of the picture as it is stored.",
            )
            continue
        if size is not None:
            box = Box(np.clip(box.quad, 0, np.array(size, np.float32)), box.text)
        boxes.append(box)
    return boxes


def pages(
    folder: str | Path,
    names: Collection[str] | None = None,
    *,
    split: str | None = None,
    characters: Container[str] | None = None,
    strict: bool = True,
    complaints: Complaints | None = None,
    whole: bool = False,
) -> list[LabelledPage]:
    """Labelled pages of a folder, sorted by name.

    Args:
        folder: Holds `images/` and `boxes/`.
        names: Only these pages; each of them must exist.
        split: "train", "validation" or "test": pages whose name is a number of
            `SPLITS`. Not together with `names`.
        characters: See `read_boxes`.
        strict: False skips what cannot be used instead of raising.
        complaints: Where to report what was skipped; overrides `strict`.
        whole: Skip a page with a box that cannot be used, not the box alone: what
            is left would say that there is no text.

    Raises:
        UserError: when the folder has no box files or, if strict, for the first
            fault; in each case with the file's name.
    """
    folder = Path(folder)
    complaints = complaints or Complaints(strict)
    pictures = page_pictures(folder)
    found = []
    for path in _box_files(folder, names, split):
        if path.stem not in pictures:
            complaints.add(
                f"{path}: no picture {folder / 'images' / path.stem}.*",
                f"Endings that are read: {' '.join(sorted(SUFFIXES))}.",
            )
            continue
        image = pictures[path.stem]
        try:
            size = picture_size(image)
        except UserError as error:
            complaints.add(str(error))
            continue
        before = len(complaints.messages)
        boxes = read_boxes(
            path, size=size, characters=characters, complaints=complaints
        )
        if whole and len(complaints.messages) > before:
            continue
        found.append(LabelledPage(path.stem, image, tuple(boxes)))
    return found


def page_pictures(folder: Path) -> dict[str, Path]:
    """The pictures in `images/` of a folder, by their names without an ending."""
    return {
        path.stem: path
        for path in sorted((folder / "images").glob("*"))
        if path.suffix.lower() in SUFFIXES
    }


def read_lines(
    folder: str | Path,
    *,
    characters: Container[str] | None = None,
    strict: bool = True,
    complaints: Complaints | None = None,
) -> list[LabelledLine]:
    """Lines of `labels.tsv` in `folder`, in the order of the file.

    Raises:
        UserError: when there is no `labels.tsv`, or, if strict, for a line without
            a tab, an empty text, a missing picture or an unknown character.
    """
    path = Path(folder) / "labels.tsv"
    complaints = complaints or Complaints(strict)
    lines = []
    if not path.is_file():
        raise UserError(
            f"{path}: no such file", "It holds a line `FILE TAB TEXT` each."
        )
    for number, line in _numbered_lines(path, complaints):
        where = f"{path}, line {number}"
        name, tab, text = line.partition("\t")
        if not tab or not text.strip():
            complaints.add(f"{where}: expected `FILE TAB TEXT`, got {line[:60]!r}")
        elif not (path.parent / name).is_file():
            complaints.add(f"{where}: no picture {path.parent / name}")
        elif _known(text, characters, where, complaints):
            lines.append(LabelledLine(path.parent / name, text.strip()))
    return lines


def _box_files(
    folder: Path, names: Collection[str] | None, split: str | None
) -> list[Path]:
    files = sorted((folder / "boxes").glob("*.csv"))
    if not files:
        raise UserError(
            f"{folder / 'boxes'}: no box files (NAME.csv)",
            "A data folder holds images/NAME.* and boxes/NAME.csv.",
        )
    if split is not None:
        if split not in SPLITS:
            raise UserError(f"no split {split!r}", f"Known: {', '.join(SPLITS)}.")
        first, last = SPLITS[split]
        return [f for f in files if f.stem.isdigit() and first <= int(f.stem) < last]
    missing = sorted(set(names or ()) - {f.stem for f in files})
    if missing:
        raise UserError(f"{folder / 'boxes' / missing[0]}.csv: no such file")
    return [f for f in files if names is None or f.stem in names]


def _numbered_lines(path: Path, complaints: Complaints) -> Iterator[tuple[int, str]]:
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        complaints.add(f"{path}: not UTF-8 (byte {error.start})", "Save it as UTF-8.")
        return
    # split("\n"), not splitlines(): a transcript may hold U+2028 or a form feed
    for number, line in enumerate(content.split("\n"), start=1):
        if line.strip():
            yield number, line.rstrip("\r")


def _parse_box(line: str, where: str, complaints: Complaints) -> Box | None:
    fields = line.split(",", 8)
    try:
        values = np.array([float(f) for f in fields[:8]], np.float32)
        if len(fields) != 9 or not np.isfinite(values).all():
            raise ValueError
    except ValueError:
        complaints.add(
            f"{where}: expected eight numbers and a text, got {line[:60]!r}",
            "x1,y1,x2,y2,x3,y3,x4,y4,text, corners clockwise from the top left.",
        )
        return None
    quad = values.reshape(4, 2)
    x, y = quad.T
    area = (x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2
    if area <= 0:  # y points down, so clockwise is positive
        complaints.add(
            f"{where}: the corners {_shown(quad)} enclose no area or run "
            "counter-clockwise",
            "Corners go clockwise from the top left of the text.",
        )
        return None
    if not fields[8].strip():
        complaints.add(f"{where}: empty text")
        return None
    return Box(quad, fields[8].strip())


def _known(
    text: str, characters: Container[str] | None, where: str, complaints: Complaints
) -> bool:
    if characters is None:
        return True
    # composed, as `Alphabet.encode` has it
    composed = unicodedata.normalize("NFC", text)
    unknown = sorted({c for c in composed if c not in characters})
    if unknown:
        names = ", ".join(f"{c!r} (U+{ord(c):04X})" for c in unknown)
        complaints.add(
            f"{where}: characters outside the alphabet: {names}",
            "Replace them, or train with an alphabet that has them.",
        )
    return not unknown


def _inside(quad: np.ndarray, size: tuple[int, int]) -> bool:
    return bool(
        (quad >= -_TOLERANCE).all() and (quad <= np.add(size, _TOLERANCE)).all()
    )


def _shown(quad: np.ndarray) -> str:
    return ",".join(f"{v:g}" for v in quad.ravel())
