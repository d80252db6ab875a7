"""Pages of a picture, a TIFF of several frames, or a PDF, one after another."""

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from suite.console import UserError
from suite.imaging.opening import (
    MAX_PIXELS,
    Source,
    check_pixels,
    decode,
    open_picture,
    open_source,
    refuse_damage,
    without_pillow_limit,
)
from suite.imaging.pixels import Mode, Pixels

MAX_FRAMES = 2000
_SUBFILE_TYPE = 254  # TIFF tag; bit 0: a smaller copy of another page
Damaged = Callable[[int, UserError], None]
"""Told of a page that cannot be opened: its place in the file, from 0, and why."""
PDFIUM = threading.Lock()
"""Held by whoever is in PDFium, which may not be entered twice at a time."""


@dataclass(frozen=True)
class Page:
    """One page, ready to be read.

    image: uint8 (H, W) or (H, W, 3), upright by EXIF.
    name: Path or name of the source.
    index: Place of the page in the file, from 0.
    width, height: Size in pixels of the undiminished page, upright by EXIF; of a PDF
        page at `dpi`.
    scale: Size of `image` by that size, 0 < scale <= 1: x of the page = x / scale.
    """

    image: Pixels
    name: str
    index: int
    width: int
    height: int
    scale: float


def open_pages(
    source: Source,
    *,
    mode: Mode = "L",
    dpi: float = 200,
    max_frames: int = MAX_FRAMES,
    max_pixels: float = MAX_PIXELS,
    reduce_to: int | None = None,
    name: str | None = None,
    damaged: Damaged | None = None,
) -> Iterator[Page]:
    """Yield the pages of a file; only one of them is in memory at a time.

    Every frame of a TIFF is a page, except smaller copies of a page (previews and the
    levels of a pyramid). Of animations and of MPO the first picture is the page.

    Args:
        source, mode, max_pixels, reduce_to, name: See `open_image`; `max_pixels` is
            for a single page.
        dpi: Resolution at which PDF pages are drawn, pixels per inch; `reduce_to`
            lowers it.
        max_frames: A file of more pages is refused before the first is read.
        damaged: Told of each page that cannot be opened, and the next one is; None to
            have the error raised.

    Raises:
        UserError: As `open_image`; too many pages; a PDF with a password. Raised when
            the page in question is asked for: pages before it have been yielded.
    """
    with open_source(source, name) as (stream, label):
        if _is_pdf(stream):
            limits = max_frames, max_pixels
            yield from _pdf_pages(stream, label, mode, dpi, limits, reduce_to, damaged)
            return
        picture = open_picture(stream, label, max_pixels)
        for index, where in _frames(picture, label, max_frames, damaged):
            try:
                check_pixels(picture.width, picture.height, where, max_pixels)
                page = decode(picture, stream, where, mode, reduce_to)
            except UserError as error:
                _pass_over(index, error, damaged)
                continue
            yield Page(page.pixels, label, index, page.width, page.height, page.scale)


def has_several_pages(source: Source, *, name: str | None = None) -> bool:
    """Whether a file has more than one page; none of them is decoded.

    Args:
        source, name: As in `open_pages`.

    Raises:
        UserError: As `open_pages`.
    """
    with open_source(source, name) as (stream, label):
        if _is_pdf(stream):
            document = _open_pdf(stream, label)
            with PDFIUM:
                count = len(document)
                document.close()
            return count > 1
        picture = open_picture(stream, label, MAX_PIXELS)
        frames = _frames(picture, label, MAX_FRAMES, lambda index, error: None)
        return len(list(islice(frames, 2))) > 1


def _is_pdf(stream: BinaryIO) -> bool:
    head = stream.read(1024)
    stream.seek(0)
    return head.lstrip(b"\xef\xbb\xbf\0\t\n\f\r ").startswith(b"%PDF-")


def _pass_over(index: int, error: UserError, damaged: Damaged | None) -> None:
    if damaged is None:
        raise error
    damaged(index, error)


def _frames(
    picture: Image.Image, label: str, max_frames: int, damaged: Damaged | None
) -> Iterator[tuple[int, str]]:
    """Set a picture on each of its pages in turn; yields their places and names."""
    if picture.format != "TIFF":
        yield 0, label
        return
    try:
        too_many = _seek(picture, max_frames, label)
    except UserError:  # raised again below, after the pages before the break
        too_many = False
    if too_many:
        _refuse_pages(label, max_frames)
    frame = index = 0
    several = getattr(picture, "is_animated", False)
    while True:
        where = f"{label}, page {index + 1}" if several else label
        try:
            if not _seek(picture, frame, where):
                return
        except UserError as error:  # nobody knows where the next one is
            _pass_over(index, error, damaged)
            return
        kind = getattr(picture, "tag_v2", {}).get(_SUBFILE_TYPE, 0)
        if frame == 0 or not (isinstance(kind, int) and kind & 1):
            yield index, where
            index += 1
        frame += 1


def _seek(picture: Image.Image, frame: int, label: str) -> bool:
    with refuse_damage(label), without_pillow_limit():
        try:
            picture.seek(frame)
        except EOFError:
            return False
    return True


def _refuse_pages(label: str, max_frames: int) -> None:
    raise UserError(
        f"{label}: more than {max_frames} pages", "Split the file, or raise the limit."
    )


def _pdf_pages(
    stream: BinaryIO,
    label: str,
    mode: Mode,
    dpi: float,
    limits: tuple[int, float],
    reduce_to: int | None,
    damaged: Damaged | None,
) -> Iterator[Page]:
    document = _open_pdf(stream, label)
    try:
        with PDFIUM:
            count = len(document)
        if not count:
            raise UserError(f"{label}: a PDF without pages")
        if count > limits[0]:
            _refuse_pages(label, limits[0])
        for index in range(count):
            try:
                with refuse_damage(f"{label}, page {index + 1}"), PDFIUM:
                    page = _draw(
                        document, index, label, mode, dpi, limits[1], reduce_to
                    )
            except UserError as error:
                _pass_over(index, error, damaged)
                continue
            yield page
    finally:
        with PDFIUM:
            document.close()


def _open_pdf(stream: BinaryIO, label: str) -> Any:
    import pypdfium2  # 0.1 s, which pictures need not wait for

    with refuse_damage(label), PDFIUM:
        try:
            document = pypdfium2.PdfDocument(stream)
        except pypdfium2.PdfiumError as error:
            if "password" not in str(error).lower():
                raise
            hint = "Save a copy without the password."
            raise UserError(f"{label}: protected by a password", hint) from error
        document.init_forms()  # what is typed into forms is drawn too
        return document


def draw_pdf_page(data: bytes, width: int, height: int) -> Pixels:
    """Draw the first page of a PDF of ours as grey, uint8 (height, width)."""
    import pypdfium2

    with PDFIUM:
        document = pypdfium2.PdfDocument(data)
        page = document[0]
        bitmap = page.render(scale=width / page.get_width(), grayscale=True)
        drawn = np.array(bitmap.to_numpy())
        page.close()
        document.close()
    return drawn.reshape(drawn.shape[:2])[:height, :width]


def _draw(
    document: Any,
    index: int,
    label: str,
    mode: Mode,
    dpi: float,
    max_pixels: float,
    reduce_to: int | None,
) -> Page:
    page = document[index]
    try:
        width, height = (math.ceil(side * dpi / 72) for side in page.get_size())
        check_pixels(width, height, f"{label}, page {index + 1}", max_pixels)
        scale = min(1.0, math.sqrt(reduce_to / (width * height))) if reduce_to else 1.0
        bitmap = page.render(
            scale=scale * dpi / 72, grayscale=mode == "L", rev_byteorder=True
        )
        drawn = bitmap.to_numpy()  # (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)
        image = drawn.reshape(*drawn.shape[:2]) if mode == "L" else drawn[..., :3]
        # a copy: the bitmap's memory goes with the page
        return Page(np.array(image), label, index, width, height, scale)
    finally:
        page.close()
