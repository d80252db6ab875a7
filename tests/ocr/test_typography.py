"""Spaces that print has and nobody means."""

import numpy as np
import pytest

from suite.ocr.reading import Reading, geometric_mean
from suite.ocr.typography import closed_up

GAPS = [
    ("WITH RECEIPT .", "WITH RECEIPT."),
    ("BALAKONG , SELANGOR  ,", "BALAKONG, SELANGOR,"),
    ("(M) . Café ,à 5 . ", "(M). Café ,à 5. "),
    ("Total . . . . 3 .50 , 1,50", "Total . . . . 3 .50, 1,50"),
    ("- . , .", "- . , ."),
    ("", ""),
]


@pytest.mark.parametrize(("gapped", "text"), GAPS)
def test_a_mark_that_ends_a_word_stands_at_it(gapped, text):
    count = len(gapped)
    frames = np.stack([np.arange(count)] * 2, axis=1).astype(np.int32)
    sure = np.linspace(0.5, 1, count, dtype=np.float32)
    result = closed_up(Reading(gapped, geometric_mean(sure), frames, sure))
    assert result.text == text
    # what is left keeps its place and its confidence
    assert "".join(gapped[i] for i in result.frames[:, 0]) == text
    np.testing.assert_array_equal(
        result.character_confidence, sure[result.frames[:, 0]]
    )
    assert result.confidence == geometric_mean(result.character_confidence)
