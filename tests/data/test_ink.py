"""Ink: where a line of made glyphs lies is known by arithmetic."""

from dataclasses import replace

import numpy as np
import pytest

from suite.data.ink import INK, Style, ink_box, set_text, text_width

# a made glyph: 3.8 of 10 cells of an em wide, advance 0.6 em, capitals 0.7 em high


@pytest.fixture
def style(faces):
    return Style(faces[0], em=50.0)


def test_box_and_baseline_of_capitals(style):
    ink = set_text("HHH", style)
    left, top, right, bottom = ink.box
    assert right - left == pytest.approx((2 * 0.6 + 0.48) * 50, abs=2)
    assert bottom - top == pytest.approx(0.7 * 50, abs=2)
    assert bottom == pytest.approx(ink.baseline, abs=1)
    assert left >= 1
    assert top >= 1
    assert ink_box(ink.mask) == ink.box
    outside = ink.mask.copy()
    outside[int(top) : int(bottom), int(left) : int(right)] = 0
    assert outside.max() <= INK


@pytest.mark.parametrize(
    ("change", "factor"),
    [
        ({"em": 25.0}, 0.5),
        ({"em": 100.0}, 2.0),
        ({"stretch": 0.7}, 0.7),
        ({"letter_space": 0.1}, (9 * 0.7 + 0.48) / (9 * 0.6 + 0.48)),
        ({"mode": "bilevel", "resolution": 0.4}, 1.0),
        ({"mode": "dots"}, 1.0),
        ({"resolution": 0.3}, 1.0),
    ],
)
def test_style_sets_the_width_whatever_the_mode(style, change, factor):
    plain, changed = (
        set_text("AB CD EF G", style),
        set_text("AB CD EF G", replace(style, **change)),
    )
    widths = [i.box[2] - i.box[0] for i in (plain, changed)]
    assert widths[1] / widths[0] == pytest.approx(factor, rel=0.08)


@pytest.mark.parametrize("mode", ["smooth", "bilevel", "dots"])
@pytest.mark.parametrize("resolution", [0.4, 1.0, 1.5])
def test_capitals_stand_on_the_baseline_in_each_mode(style, mode, resolution):
    ink = set_text("HAB", replace(style, mode=mode, resolution=resolution))
    assert ink.box[3] == pytest.approx(ink.baseline, abs=3)
    assert ink.box[3] - ink.box[1] == pytest.approx(0.7 * 50, abs=5)


def test_word_space_widens_spaces_alone(style):
    for text, spaces in (("AAAA", 0), ("AA AA", 1), ("A A A", 2)):
        narrow, wide = (
            set_text(text, style),
            set_text(text, replace(style, word_space=2)),
        )
        grown = (wide.box[2] - wide.box[0]) - (narrow.box[2] - narrow.box[0])
        assert grown == pytest.approx(spaces * 0.6 * 50, abs=1.5)


def test_bilevel_and_dots_have_no_grey_before_scaling(style):
    bilevel = set_text("AB", replace(style, mode="bilevel"))
    assert set(np.unique(bilevel.mask)) <= {0, 255}
    dots = set_text("ABCDEF", replace(style, mode="dots")).mask
    assert 0 < dots.mean() < set_text("ABCDEF", style).mask.mean()


def test_a_space_has_no_ink(style):
    assert set_text(" ", style).box == (0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("text", ["A", "AAA AAA", "A A A A"])
def test_text_width_is_the_advance(style, text):
    assert text_width(text, style) == pytest.approx(len(text) * 0.6 * 50, rel=0.03)
    wide = replace(style, word_space=2.0)
    expected = (len(text) + text.count(" ")) * 0.6 * 50
    assert text_width(text, wide) == pytest.approx(expected, rel=0.03)
