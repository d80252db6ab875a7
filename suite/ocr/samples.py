"""Pieces of the sample page as inputs of a model: what `export` compares on."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from suite.imaging.opening import open_image
from suite.ocr.opening import sample


def sample_inputs(
    config: Mapping[str, Any], count: int = 1
) -> Callable[[str], dict[str, npt.NDArray[Any]]]:
    """Inputs for each signature of a detector or recognizer, cut out of the page.

    Args:
        config: The model's config.json.
        count: Pieces, at most: a page has fewer of a large size.

    Returns:
        From the name of a signature to its inputs: `image` uint8 (n, H, W, 1), the
        pieces of the page with the most contrast, the best one first, and `width`
        int32 (n,) where asked for, the whole width.

    Raises:
        UserError: The sample page is missing.
    """
    page = open_image(sample(), mode="L")

    def inputs(signature: str) -> dict[str, npt.NDArray[Any]]:
        specs = config["signatures"][signature]["inputs"]
        _, height, width, _ = specs["image"]["shape"]
        pieces = _pieces(page, height, width)[:count]
        arrays: dict[str, npt.NDArray[Any]] = {"image": np.stack(pieces)[..., None]}
        if "width" in specs:
            arrays["width"] = np.full(len(pieces), width, np.int32)
        return arrays

    return inputs


def _pieces(
    page: npt.NDArray[np.uint8], height: int, width: int
) -> list[npt.NDArray[np.uint8]]:
    """Pieces of (height, width) by contrast; a small page is padded with white."""
    missing = [
        (0, max(0, n - have))
        for n, have in zip((height, width), page.shape, strict=True)
    ]
    page = np.pad(page, missing, constant_values=255)
    tops = range(0, page.shape[0] - height + 1, max(1, height // 4))
    lefts = range(0, page.shape[1] - width + 1, max(1, width // 4))
    pieces = [page[y : y + height, x : x + width] for y in tops for x in lefts]
    return sorted(pieces, key=lambda piece: -float(piece.std()))
