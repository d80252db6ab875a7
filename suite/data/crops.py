"""Lines cut out of labelled pages, with their surroundings, into shards."""

import hashlib
import logging
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from suite.console import UserError
from suite.data.shards import LineRecord, write_shards
from suite.data.sroie import Box, LabelledLine, LabelledPage
from suite.imaging.geometry import bounding_box, box_quad, quad_size

logger = logging.getLogger(__name__)

MARGIN = 0.4
"""Surroundings kept on each side of a line, in heights of the line: what jitter of a
box and a rotation by a degree or two need."""

MAX_HEIGHT = 48.0
"""Pixels that the height of a kept line has at most; recognizers read 32."""


def cut_line(
    image: npt.NDArray[np.uint8],
    quad: npt.ArrayLike,
    margin: float = MARGIN,
    max_height: float = MAX_HEIGHT,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """The part of a page around a line.

    Args:
        image: uint8 (H, W), grey.
        quad: (4, 2), the line on the page, continuous pixel coordinates.
        margin: Float >= 0, surroundings on each side in heights of the line; beyond
            the page its border is repeated.
        max_height: Pixels; a higher line is scaled down to it, averaging areas.

    Returns:
        uint8 (h, w) and the quad within it, float32 (4, 2).
    """
    points = np.asarray(quad, np.float64).reshape(4, 2)
    height = max(quad_size(points)[1], 1.0)
    around = margin * height
    left, top, right, bottom = bounding_box(points)
    x0, y0 = int(np.floor(left - around)), int(np.floor(top - around))
    x1, y1 = int(np.ceil(right + around)), int(np.ceil(bottom + around))
    crop = _replicated(image, x0, y0, x1, y1)
    points = points - (x0, y0)
    if height > max_height:
        scale = max_height / height
        size = [max(1, round(side * scale)) for side in crop.shape[::-1]]
        points *= np.divide(size, crop.shape[::-1])
        crop = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    return np.asarray(crop, np.uint8), points.astype(np.float32)


def _replicated(
    image: npt.NDArray[np.uint8], x0: int, y0: int, x1: int, y1: int
) -> npt.NDArray[np.uint8]:
    rows, columns = image.shape
    inner = image[
        min(max(y0, 0), rows - 1) : max(min(y1, rows), 1),
        min(max(x0, 0), columns - 1) : max(min(x1, columns), 1),
    ]
    pads = (max(-y0, 0), max(y1 - rows, 0)), (max(-x0, 0), max(x1 - columns, 0))
    return np.pad(inner, pads, mode="edge")


class _PageLines:
    """Record number -> line of a labelled page; pages are opened as they come up."""

    def __init__(self, lines: Sequence[tuple[Path, Box, str]], cased: bool) -> None:
        self.lines = list(lines)
        self.cased = cased

    def __call__(self, index: int) -> LineRecord | None:
        path, box, source = self.lines[index]
        page = _open_grey(str(path))
        if page is None:
            return None
        image, quad = cut_line(page, box.quad)
        return LineRecord(image, quad, box.text, self.cased, source)


class _SingleLines:
    """Record number -> picture of one line; its quad is the whole picture."""

    def __init__(self, lines: Sequence[LabelledLine], cased: bool) -> None:
        self.lines = list(lines)
        self.cased = cased

    def __call__(self, index: int) -> LineRecord | None:
        line = self.lines[index]
        whole = _open_grey(str(line.image))
        if whole is None:
            return None
        quad = box_quad(0, 0, whole.shape[1], whole.shape[0])
        image, quad = cut_line(whole, quad)
        return LineRecord(image, quad, line.text, self.cased, line.image.stem)


@lru_cache(maxsize=1)  # the lines of a page follow one another
def _open_grey(path: str) -> npt.NDArray[np.uint8] | None:
    """uint8 (H, W); None, and a warning, where the picture is damaged."""
    from suite.imaging.opening import open_image

    try:
        return open_image(path, mode="L")
    except UserError as error:
        logger.warning("%s: left out", error)
        return None


def write_page_lines(
    pages: Sequence[LabelledPage],
    out: str | Path,
    *,
    cased: bool = True,
    workers: int = 0,
) -> dict[str, Any]:
    """Writes the lines of labelled pages in true boxes into shards.

    Those of a picture that can't be read are left out, with a warning.

    Args:
        pages: Of `suite.data.sroie.pages`.
        out: Folder of the shards.
        cased: False where transcripts are upper case whatever is printed.
        workers: See `write_shards`.

    Returns:
        The manifest.
    """
    lines = [
        (page.image, box, f"{page.name}:{number}")
        for page in pages
        for number, box in enumerate(page.boxes)
    ]
    labels = _digest([(s, p.stat().st_size, b.text, b.quad) for p, b, s in lines])
    make = _PageLines(lines, cased)
    settings = _settings("page_lines", cased, labels)
    return write_shards(out, len(lines), make, settings, workers=workers)


def write_labelled_lines(
    lines: Sequence[LabelledLine],
    out: str | Path,
    *,
    cased: bool = True,
    workers: int = 0,
) -> dict[str, Any]:
    """Writes pictures of single lines into shards; see `write_page_lines`.

    Args:
        lines: Of `suite.data.sroie.read_lines`.
        out, cased, workers: See `write_page_lines`.

    Returns:
        The manifest.
    """
    labels = _digest([(str(x.image), x.image.stat().st_size, x.text) for x in lines])
    make = _SingleLines(lines, cased)
    settings = _settings("labelled_lines", cased, labels)
    return write_shards(out, len(lines), make, settings, workers=workers)


def _settings(kind: str, cased: bool, labels: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "cased": cased,
        "margin": MARGIN,
        "max_height": MAX_HEIGHT,
        "labels": labels,
    }


def _digest(rows: Sequence[tuple[Any, ...]]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        for value in row:
            is_array = isinstance(value, np.ndarray)
            digest.update(value.tobytes() if is_array else str(value).encode())
            digest.update(b"\0")
    return digest.hexdigest()
