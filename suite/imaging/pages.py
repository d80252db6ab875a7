"""Pages of a picture, a TIFF of several frames, or a PDF, one after another."""

import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass
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

    Raises:
        UserError: As `open_image`; too many pages; a PDF with a password. Raised when
            the page in question is asked for: pages before it have been yielded.
    """
    with open_source(source, name) as (stream, label):
        head = stream.read(1024)
        stream.seek(0)
        if head.lstrip(b"\xef\xbb\xbf\0\t\n\f\r ").startswith(b"%PDF-"):
            limits = max_frames, max_pixels
            yield from _pdf_pages(stream, label, mode, dpi, limits, reduce_to)
            return
        picture = open_picture(stream, label, max_pixels)
        frames = _frames(picture, label, max_frames, max_pixels)
        for index, _ in enumerate(frames):
            page = decode(picture, stream, label, mode, reduce_to)
            yield Page(page.pixels, label, index, page.width, page.height, page.scale)


def _frames(
    picture: Image.Image, label: str, max_frames: int, max_pixels: float
) -> Iterator[None]:
    """Set a picture on each of its pages in turn."""
    if picture.format != "TIFF":
        yield
        return
    if _seek(picture, max_frames, label):
        _refuse_pages(label, max_frames)
    frame = 0
    while _seek(picture, frame, label):
        kind = getattr(picture, "tag_v2", {}).get(_SUBFILE_TYPE, 0)
        if frame == 0 or not (isinstance(kind, int) and kind & 1):
            check_pixels(picture.width, picture.height, label, max_pixels)
            yield
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
) -> Iterator[Page]:
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
        count = len(document)
    try:
        if not count:
            raise UserError(f"{label}: a PDF without pages")
        if count > limits[0]:
            _refuse_pages(label, limits[0])
        for index in range(count):
            with refuse_damage(f"{label}, page {index + 1}"), PDFIUM:
                page = _draw(document, index, label, mode, dpi, limits[1], reduce_to)
            yield page
    finally:
        with PDFIUM:
            document.close()


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
