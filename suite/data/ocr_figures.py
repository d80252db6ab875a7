"""The figure of a detector or recognizer by itself, on labelled pages; no keras."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from suite.data.page_crops import Quads, text_height
from suite.data.sroie import LabelledPage, pages
from suite.engine import Model
from suite.imaging.opening import open_image
from suite.ocr.decoding import greedy
from suite.ocr.detection import Detector
from suite.ocr.evaluation import in_capitals, page_names, read_in_boxes
from suite.ocr.recognition import Recognizer
from suite.ocr.scoring import Matches, score_boxes
from suite.text.distance import error_rates


def as_metric(
    data: Path | None, numbers: str | None, limit: int | None, caseless: bool | None
) -> dict[str, Any]:
    """What the exporter has to be told so that it compares `figure`; {} without data.

    Args: As `figure` has them.

    Raises:
        UserError: As `figure`, of what can be known without a model.
    """
    if data is None:
        return {}
    _labelled(data, numbers, limit)  # now, not after minutes of converting
    options = {"data": str(data.resolve()), "numbers": numbers, "limit": limit}
    return {
        "metric": f"{__name__}:{figure.__name__}",
        "metric_options": {**options, "caseless": caseless},
        "metric_drop": 0.005,  # of a share: half a point of characters or boxes
    }


def figure(
    model: Model,
    data: str,
    numbers: str | None = None,
    limit: int | None = None,
    caseless: bool | None = None,
) -> float:
    """What `export --data` compares before and after; the higher the better.

    Args:
        model: An open detector or recognizer.
        data: Folder of labelled pages in SROIE's layout.
        numbers: Range of pages, as in `suite.ocr.evaluation.page_names`.
        limit: The first pages only, 1 or more.
        caseless: Compare lines without case; where labels are capitals only if None.

    Returns:
        The detector's H-mean at IoU 0.5, of pages at the scale of their true text
        height; 1 - character error rate of the recognizer, lines cut out by their
        true boxes and decoded greedily. So neither hides what the other loses, nor
        the language model.

    Raises:
        UserError: There is no such page, or one cannot be used.
    """
    labelled = _labelled(Path(data), numbers, limit)
    if model.config["model"] == "detector":
        return matched(Detector(model), map(_as_it_is, labelled)).f1
    fold_case = in_capitals(labelled) if caseless is None else caseless
    return 1 - _error_rate(Recognizer([model]), labelled, fold_case)


def _labelled(data: Path, numbers: str | None, limit: int | None) -> list[LabelledPage]:
    return pages(data, page_names(data, numbers)[:limit])


def matched(
    detector: Detector, pages: Iterable[tuple[npt.NDArray[np.uint8], Quads]]
) -> Matches:
    """Detection counts at IoU 0.5, of pages at the scale of their true text height.

    Args:
        detector: An open detector.
        pages: uint8 (height, width), grey, and the true quads, float32 (n, 4, 2).
    """
    counts = Matches()
    for image, truth in pages:
        height = text_height(truth)
        if height is not None:
            scale = detector.text_height / max(height, 1.0)
            small = cv2.resize(
                image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
            )
            image, truth = np.asarray(small, np.uint8), truth * np.float32(scale)
        counts += score_boxes(detector(image)[0], truth)
    return counts


def _as_it_is(page: LabelledPage) -> tuple[npt.NDArray[np.uint8], Quads]:
    quads = np.array([box.quad for box in page.boxes], np.float32)
    return open_image(page.image, mode="L"), quads.reshape(-1, 4, 2)


def _error_rate(
    recognizer: Recognizer, labelled: Sequence[LabelledPage], fold_case: bool
) -> float:
    decode = partial(greedy, alphabet=recognizer.alphabet)
    pairs: list[tuple[str, str]] = []
    for page in labelled:
        quads = (box.quad for box in page.boxes)
        texts = read_in_boxes(recognizer, decode, page.image, quads)
        pairs += zip(texts, (box.text for box in page.boxes), strict=True)
    return error_rates(pairs, fold_case=fold_case).character_error_rate
