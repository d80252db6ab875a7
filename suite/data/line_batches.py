"""Batches of text lines of like width, as a grain pipeline whose position is saved.

The plan (which line in which batch) is drawn before the first step from the seed
alone; a batch is made from its own number and the seed. So a pipeline can be resumed
at any step, and gives the same batches however many threads make them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import grain
import numpy as np
import numpy.typing as npt

from suite.console import UserError
from suite.data.augment import augment_line
from suite.data.line_shape import HEIGHT, STRIDE
from suite.data.shards import LineRecord
from suite.text import Alphabet

logger = logging.getLogger(__name__)

WIDTHS = (64, 96, 128, 160, 192, 256, 320, 384, 512, 640, 800, 1024, 1280)
"""Widths of batches, in pixels. Few, because a backend compiles for each."""

ROOM = 1.06
"""A line goes into a batch at least this much wider: augmentation stretches some."""

PIXELS_PER_CHARACTER = 5
"""Labels are padded to a batch's width divided by this; the loss costs by it."""


class Lines(Protocol):
    """What `suite.data.shards.LineShards` offers."""

    texts: list[str]

    @property
    def widths(self) -> npt.NDArray[Any]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> LineRecord: ...


@dataclass(frozen=True)
class LineSource:
    """A set of lines and its part in the mixture."""

    lines: Lines
    """Lines read by index; `widths` are theirs at height 32, in pixels."""
    share: float
    """Share of the lines drawn from this set; shares add up to 1."""


@dataclass(frozen=True, eq=False)
class PlannedBatch:
    """Which lines go into a batch."""

    width: int
    """Of `WIDTHS`, in pixels."""
    lines: npt.NDArray[np.int32]
    """(lines, 2): number of the set, and of the line in it."""


def plan_batches(
    sources: Sequence[LineSource],
    steps: int,
    seed: int,
    *,
    area: int = 12_000,
    pool: int = 4096,
) -> list[PlannedBatch]:
    """Plan a training: which lines go into which batch.

    Lines are drawn without replacement until a set is used up, and wait until there
    are enough of like width for a batch. So a batch has one of few shapes.

    Args:
        sources: The sets.
        steps: Number of batches.
        seed: Any int.
        area: Width times lines of a batch, in pixels, at most.
        pool: Lines drawn at a time; their batches are shuffled.

    Returns:
        `steps` batches. Lines wider than the widest are left out; a warning tells
        how many.

    Raises:
        UserError: A set with a share has no line, or none that is narrow enough.
    """
    rng = np.random.default_rng([seed, 0])
    buckets = [np.searchsorted(WIDTHS, s.lines.widths * ROOM) for s in sources]
    usable = [np.flatnonzero(bucket < len(WIDTHS)) for bucket in buckets]
    for source, lines in zip(sources, usable, strict=True):
        if source.share and not len(lines):
            raise UserError(
                f"no line to train on among {len(source.lines)} of a set: none is at "
                f"most {WIDTHS[-1]} pixels wide at a height of {HEIGHT}",
                "Leave the set out, or cut its lines.",
            )
    total = sum(map(len, buckets))
    if wide := total - sum(map(len, usable)):
        logger.warning(
            "%d of %d lines are left out: at a height of %d they are wider than %d "
            "pixels",
            *(wide, total, HEIGHT, int(WIDTHS[-1] / ROOM)),
        )
    queues = [np.empty(0, np.int64) for _ in sources]
    waiting = [np.empty((0, 2), np.int32) for _ in WIDTHS]
    batches: list[PlannedBatch] = []
    while len(batches) < steps:
        drawn, sizes = [], []
        for number, source in enumerate(sources):
            wanted = round(source.share * pool)
            while wanted and len(queues[number]) < wanted:
                order = rng.permutation(usable[number])
                queues[number] = np.concatenate([queues[number], order])
            taken, queues[number] = np.split(queues[number], [wanted])
            drawn.append(np.stack([np.full_like(taken, number), taken], axis=1))
            sizes.append(buckets[number][taken])
        lines, size = np.concatenate(drawn).astype(np.int32), np.concatenate(sizes)
        order = rng.permutation(len(lines))
        lines, size = lines[order], size[order]
        full: list[PlannedBatch] = []
        for bucket, width in enumerate(WIDTHS):
            queue = np.concatenate([waiting[bucket], lines[size == bucket]])
            count = max(1, area // width)
            whole = len(queue) // count * count
            waiting[bucket] = queue[whole:]
            cut = queue[:whole].reshape(-1, count, 2)  # (batches, lines, 2)
            full += [PlannedBatch(width, part) for part in cut]
        batches += [full[i] for i in rng.permutation(len(full))]
    return batches[:steps]


def line_batches(
    sources: Sequence[LineSource],
    alphabet: Alphabet,
    plan: Sequence[PlannedBatch],
    seed: int,
    *,
    threads: int = 1,
) -> grain.IterDataset:
    """Augmented batches for the recognizer, in the order of the plan.

    Args:
        sources: The sets that the plan speaks of.
        alphabet: Classes of the characters; lines with others raise `UserError`.
        plan: Of `plan_batches`.
        seed: Seed of the augmentation.
        threads: Threads that make batches ahead of the training.

    Returns:
        A grain dataset of `(inputs, targets)`: "image" float32 (lines, 32, width, 1),
        0..1, and "width" int32 (lines,); "labels" int32 (lines, characters) padded
        with 0, "label_lengths", "logit_lengths" int32 and "merged" bool (lines,).
    """

    def make(index: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        rng = np.random.default_rng([seed, 1, index])
        batch = plan[index]
        records = [sources[s].lines[int(i)] for s, i in batch.lines]
        images = [augment_line(record, rng) for record in records]
        return assemble(images, records, alphabet, batch.width)

    options = grain.ReadOptions(num_threads=threads, prefetch_buffer_size=4 * threads)
    return grain.MapDataset.range(len(plan)).map(make).to_iter_dataset(options)


def assemble(
    images: Sequence[npt.NDArray[np.uint8]],
    records: Sequence[LineRecord],
    alphabet: Alphabet,
    width: int,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Put lines of height 32 into a batch; see `line_batches`.

    Args:
        images: uint8 (32, w) each; one wider than the batch is squeezed into it.
        records: What is written on them.
        alphabet: Classes of the characters.
        width: Width of the batch in pixels, a multiple of 4.

    Returns:
        Inputs and targets. A label with more characters than the batch has room for
        is cut and its length set beyond the frames, so that the loss counts it as
        one that can't be aligned.
    """
    images = [_squeezed(image, width) for image in images]
    widths = np.array([image.shape[1] for image in images], np.int32)
    pixels = np.zeros((len(images), HEIGHT, width, 1), np.float32)
    labels = np.zeros((len(images), width // PIXELS_PER_CHARACTER), np.int32)
    lengths = np.zeros(len(images), np.int32)
    for row, (image, record) in enumerate(zip(images, records, strict=True)):
        pixels[row, :, : image.shape[1], 0] = image / np.float32(255)
        ids = alphabet.encode(record.text)
        fits = len(ids) <= labels.shape[1]
        lengths[row] = len(ids) if fits else width
        labels[row, : len(ids)] = ids[: labels.shape[1]]
    return {"image": pixels, "width": widths}, {
        "labels": labels,
        "label_lengths": lengths,
        "logit_lengths": -(-widths // STRIDE),
        "merged": np.array([not record.cased for record in records]),
    }


def _squeezed(image: npt.NDArray[np.uint8], width: int) -> npt.NDArray[np.uint8]:
    if image.shape[1] <= width:
        return image
    size = (width, image.shape[0])
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
