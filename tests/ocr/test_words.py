"""Word boxes against the places at which characters of a known width stand."""

import numpy as np
import pytest

from suite.imaging.geometry import box_quad
from suite.ocr.decoding import greedy
from suite.ocr.words import line_words
from suite.text.alphabet import LATIN


def read_monospaced(text, steps_each=4, at=2):
    """A reading whose characters are `steps_each` frames wide, with a peak at `at`."""
    logits = np.zeros((len(text) * steps_each, LATIN.size), np.float32)
    logits[:, 0] = 9.0
    for i, k in enumerate(LATIN.encode(text)):
        logits[i * steps_each + at, k] = 20.0
    return greedy(logits, LATIN), len(logits)


@pytest.mark.parametrize("text", ["TOTAL 12.00", "a bc def ghij", "one", "a  b"])
@pytest.mark.parametrize("at", [1, 2])
def test_words_cover_their_characters(text, at):
    reading, steps = read_monospaced(text, at=at)
    quad = box_quad(100, 50, 100 + 10 * len(text), 70)
    words = line_words(reading, quad, steps)
    assert [w.text for w in words] == text.split()
    place = 0
    for word in words:
        start = text.index(word.text, place)
        place = start + len(word.text)
        want = box_quad(100 + 10 * start, 50, 100 + 10 * place, 70)
        np.testing.assert_allclose(word.quad, want, atol=2.0)
        assert word.quad.dtype == np.float32
    assert words[0].quad[0, 0] == 100
    assert words[-1].quad[1, 0] == 100 + 10 * len(text)
    rights, lefts = (
        [w.quad[1, 0] for w in words[:-1]],
        [w.quad[0, 0] for w in words[1:]],
    )
    assert all(r <= left for r, left in zip(rights, lefts, strict=True))


def test_words_of_a_turned_line_lie_on_it():
    reading, steps = read_monospaced("ab cd")
    quad = np.array([[0, 0], [30, 40], [22, 46], [-8, 6]], np.float32)
    first, second = line_words(reading, quad, steps)
    along = (quad[1] - quad[0]) / 50
    for word in (first, second):
        np.testing.assert_allclose(word.quad[1] - word.quad[0], 20 * along, atol=2)
        np.testing.assert_allclose(word.quad[3] - word.quad[0], [-8, 6], atol=1e-4)
    np.testing.assert_allclose(second.quad[0], 30 * along, atol=2)


def test_words_stay_on_the_line_and_carry_their_confidence():
    reading, steps = read_monospaced(" ab ")
    (word,) = line_words(reading, box_quad(0, 0, 16, 4), steps / 2)
    assert word.quad.min() >= 0
    assert word.quad[:, 0].max() == 16
    assert word.confidence == pytest.approx(1, abs=1e-3)
    assert line_words(read_monospaced("  ")[0], box_quad(0, 0, 9, 9), 8) == ()
