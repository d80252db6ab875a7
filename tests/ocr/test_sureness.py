"""What is left out as no text, and what a page's own figure is made of."""

import numpy as np
import pytest

from suite.ocr.result import Line
from suite.ocr.sureness import SHORT, is_sure, sureness


def line(text: str, confidence: float) -> Line:
    return Line(text, np.zeros((4, 2), np.float32), confidence, ())


def test_a_short_line_needs_the_square_root():
    short, long = "x" * SHORT, "x" * (SHORT + 1)
    assert is_sure(line(long, 0.5), 0.5)
    assert not is_sure(line(long, 0.49), 0.5)
    assert is_sure(line(short, 0.71), 0.5)
    assert not is_sure(line(short, 0.70), 0.5)


@pytest.mark.parametrize("text", ["7", "THANK YOU FOR SHOPPING"])
def test_nothing_keeps_all_and_one_the_certain(text):
    assert is_sure(line(text, 0.0), 0.0)
    assert is_sure(line(text, 1.0), 1.0)
    assert not is_sure(line(text, 0.999), 1.0)


def test_a_page_is_as_sure_as_its_characters():
    lines = [line("TOTAL", 1.0), line("4", 0.4)]
    assert sureness(lines) == pytest.approx(0.9)
    assert sureness(lines[1:]) == 0.0
    assert sureness(lines[1:], least=1) == pytest.approx(0.4)
    assert sureness([]) == 0.0
