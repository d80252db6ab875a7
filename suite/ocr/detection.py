"""From a page's pixels to boxes of its text lines: tiles, network, map, boxes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from suite.ocr.boxes import BoxOptions, find_boxes
from suite.ocr.ink import inked_cells

if TYPE_CHECKING:
    from suite.engine import Model

__all__ = ["BoxOptions", "Detector", "find_boxes"]

_CELL = 4  # pixels, a quarter of a line's height: letters are several cells

Probability = npt.NDArray[np.float32]


class Detector:
    """Find text lines on a page of any size with a network of a few fixed sizes.

    Args:
        model: Opened model folder with signatures `detect_HEIGHTxWIDTH`.
        options: How boxes are made; the shrink ratio is the model's own.
    """

    overlap = 64
    """Pixels that neighbouring tiles share; each sees half of it beyond the seam."""

    def __init__(self, model: Model, options: BoxOptions | None = None) -> None:
        self.model = model
        config = model.config
        # never a guess: boxes grown by another ratio than the labels' are all wrong
        ratio = config["postprocessing"]["shrink_ratio"]
        self.options = replace(options or BoxOptions(), shrink_ratio=ratio)
        self.text_height: float = config["preprocessing"]["text_height"]
        sizes = (re.fullmatch(r"detect_(\d+)x(\d+)", name) for name in model.signatures)
        self.canvases = [(int(m[1]), int(m[2])) for m in sizes if m]

    def __call__(
        self, image: npt.NDArray[np.uint8]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Boxes and scores; see `find_boxes`.

        Args:
            image: uint8 (height, width), grey, upright, scaled so that most lines
                are about `text_height` pixels high.
        """
        return find_boxes(self.probability(image), self.options)

    def probability(self, image: npt.NDArray[np.uint8]) -> Probability:
        """The network's map of a whole picture, float32 (height, width), 0..1.

        Where paper is blank the network is not asked: the map is 0.
        """
        canvas, tiles = self._layout(image)
        result = np.zeros(image.shape, np.float32)
        background = int(np.median(image[::4, ::4]))
        name = f"detect_{canvas[0]}x{canvas[1]}"
        for ((top, bottom), inner_rows), ((left, right), inner_columns) in tiles:
            tile = np.full((1, *canvas, 1), background, np.uint8)
            part = image[top:bottom, left:right]
            tile[0, : part.shape[0], : part.shape[1], 0] = part
            found = self.model(name, {"image": tile})["probability"][0, :, :, 0]
            result[inner_rows, inner_columns] = found[
                inner_rows.start - top : inner_rows.stop - top,
                inner_columns.start - left : inner_columns.stop - left,
            ]
        return result

    def _layout(
        self, image: npt.NDArray[np.uint8]
    ) -> tuple[tuple[int, int], list[tuple[_Span, _Span]]]:
        """The canvas that covers all print with the fewest pixels, and its tiles."""
        inked = inked_cells(image, _CELL)

        def tiles(canvas: tuple[int, int]) -> list[tuple[_Span, _Span]]:
            rows, columns = (
                list(_spans(side, size, self.overlap))
                for side, size in zip(image.shape, canvas, strict=True)
            )
            return [
                (row, column)
                for row in rows
                for column in columns
                if inked[_cells(row), _cells(column)].any()
            ]

        layouts = [(canvas, tiles(canvas)) for canvas in self.canvases]
        return min(layouts, key=lambda found: len(found[1]) * math.prod(found[0]))


_Span = tuple[tuple[int, int], slice]


def _cells(span: _Span) -> slice:
    """The cells that the counting part of a tile touches."""
    return slice(span[1].start // _CELL, -(-span[1].stop // _CELL))


def _spans(length: int, size: int, overlap: int) -> Iterator[_Span]:
    """Tiles along one side: where each lies, and the part of it that counts."""
    count = max(1, math.ceil((length - overlap) / (size - overlap)))
    step = (length - size) / (count - 1) if count > 1 else 0.0
    starts = [max(0, round(index * step)) for index in range(count)]
    seams = [0, *((b + a + size) // 2 for a, b in pairwise(starts)), length]
    for start, (low, high) in zip(starts, pairwise(seams), strict=True):
        yield (start, min(start + size, length)), slice(low, high)
