"""Batches of page crops with label maps for the detector, as a grain pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import grain
import numpy as np
import numpy.typing as npt

from suite.data.db_labels import label_maps
from suite.data.page_crops import crop_page, text_height
from suite.data.sroie import LabelledPage
from suite.imaging.opening import open_image

_STORED_HEIGHT = 27.0  # of the text of pages kept in memory; crops enlarge up to 1.5


@dataclass(frozen=True)
class PageSource:
    """A set of labelled pages and its part in the mixture."""

    pages: Sequence[LabelledPage]
    """Pages with boxes; a page without any teaches what is no text."""
    share: float
    """Share of the crops drawn from this set; shares add up to 1."""


@lru_cache(maxsize=2500)
def load_page(
    page: LabelledPage,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """A page's grey pixels and boxes, reduced where its text is large.

    Returns:
        uint8 (height, width) and float32 (boxes, 4, 2). Kept in memory: decoding
        costs more than a training step's crop.
    """
    image = open_image(page.image, mode="L")
    quads = np.array([box.quad for box in page.boxes], np.float32).reshape(-1, 4, 2)
    height = text_height(quads)
    if height is not None and (scale := _STORED_HEIGHT / max(height, 1.0)) < 0.9:
        size = [max(1, round(side * scale)) for side in image.shape[::-1]]
        ratio = np.divide(size, image.shape[::-1]).astype(np.float32)
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        quads = quads * ratio
    return image, quads


def page_batches(
    sources: Sequence[PageSource],
    steps: int,
    seed: int,
    *,
    batch: int = 4,
    size: int = 512,
    threads: int = 1,
) -> grain.IterDataset:
    """Augmented crops and their label maps.

    Args:
        sources: The sets.
        steps: Number of batches.
        seed: Seed of the mixture and the augmentation.
        batch: Crops a batch.
        size: Side of a crop in pixels, a multiple of 32.
        threads: Threads that make batches ahead of the training.

    Returns:
        A grain dataset of `(inputs, targets)`: "image" float32 (batch, size, size, 1),
        0..1, and the maps of `label_maps` as float32 of that shape. Batch i depends
        on `seed` and i alone.
    """
    shares = np.cumsum([source.share for source in sources])

    def make(index: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        rng = np.random.default_rng([seed, index])
        images, maps = [], []
        for _ in range(batch):
            drawn = int(np.searchsorted(shares, rng.uniform(0, shares[-1])))
            pages = sources[drawn].pages
            image, quads = load_page(pages[int(rng.integers(len(pages)))])
            image, quads = crop_page(image, quads, rng, size=size)
            images.append(image[..., None].astype(np.float32) / 255)
            maps.append(label_maps(quads, (size, size)))
        targets = {key: np.stack([m[key][..., None] for m in maps]) for key in maps[0]}
        return {"image": np.stack(images)}, targets

    options = grain.ReadOptions(num_threads=threads, prefetch_buffer_size=4 * threads)
    return grain.MapDataset.range(steps).map(make).to_iter_dataset(options)
