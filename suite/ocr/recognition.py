"""From cut-out text lines to logits: buckets of width, long lines in pieces."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from suite.ocr.stitching import stitch
from suite.text import Alphabet

if TYPE_CHECKING:
    from suite.engine import Model

Logits = npt.NDArray[np.float32]
Read = Callable[[npt.NDArray[np.uint8]], Logits]
Item = TypeVar("Item")
Result = TypeVar("Result")


class Recognizer:
    """Read lines of any width with a network of a few fixed widths.

    Args:
        models: The opened model folder, once for each thread that reads: one network
            runs on one line at a time, and lines are too small to share.
    """

    overlap = 128
    """Pixels that neighbouring pieces of a long line share; a multiple of 2 strides."""

    def __init__(self, models: Sequence[Model]) -> None:
        self.models = models
        config = models[0].config
        self.alphabet = Alphabet(config["alphabet"])
        self.height: int = config["preprocessing"]["height"]
        self.stride: int = config["preprocessing"]["stride"]
        names = (re.fullmatch(r"read_(\d+)", name) for name in models[0].signatures)
        self.widths = sorted(int(match[1]) for match in names if match)

    def __call__(self, lines: Sequence[npt.NDArray[np.uint8]]) -> list[Logits]:
        """Logits of lines.

        Args:
            lines: uint8 (height, width) each, height as the model has it.

        Returns:
            For each line float32 (frames, classes), frames = ceil(width / stride).
        """
        # widest first: the threads end together
        order = sorted(range(len(lines)), key=lambda i: -lines[i].shape[1])
        results = self.map(lambda read, index: read(lines[index]), order)
        return [logits for _, logits in sorted(zip(order, results, strict=True))]

    def map(
        self, function: Callable[[Read, Item], Result], items: Sequence[Item]
    ) -> list[Result]:
        """Runs a function of a reader and an item on all threads that read.

        What is done to a line before and after the network is done beside the other
        threads' network, too.

        Args:
            function: Called with what gives the logits of a line, and an item.
            items: Given out in this order.

        Returns:
            The results in the order of the items.
        """
        results: dict[int, Result] = {}
        queue = iter(enumerate(items))

        def work(model: Model) -> None:
            for index, item in queue:
                results[index] = function(partial(self._line, model), item)

        if len(self.models) == 1 or len(items) < 2:
            work(self.models[0])
        else:
            with ThreadPoolExecutor(len(self.models)) as pool:
                list(pool.map(work, self.models))
        return [results[index] for index in range(len(items))]

    def _line(self, model: Model, line: npt.NDArray[np.uint8]) -> Logits:
        width, widest = line.shape[1], self.widths[-1]
        if width <= widest:
            return self._piece(model, line)
        # starts at whole frames, so that the frames of all pieces lie on one grid
        last = -(-(width - widest) // self.stride) * self.stride
        starts = [*range(0, last, widest - self.overlap), last]
        pieces = [self._piece(model, line[:, s : s + widest]) for s in starts]
        offsets = [start // self.stride for start in starts]
        return stitch(pieces, offsets, -(-width // self.stride))

    def _piece(self, model: Model, line: npt.NDArray[np.uint8]) -> Logits:
        width = line.shape[1]
        bucket = next(size for size in self.widths if size >= width)
        image = np.zeros((1, self.height, bucket, 1), np.uint8)
        image[0, :, :width, 0] = line
        true = np.array([width], np.int32)
        found = model(f"read_{bucket}", {"image": image, "width": true})
        logits: Logits = found["logits"][0]
        return logits[: -(-width // self.stride)]


def usable_processors() -> int:
    """How many processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):  # Linux; a container may have a part of them
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
