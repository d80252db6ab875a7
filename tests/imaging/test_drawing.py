"""Marks over a page, text set into quads."""

import io
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from fontTools.pens.areaPen import AreaPen
from fontTools.ttLib import TTFont

from suite.imaging.drawing import SURE, UNSURE, Mark, draw_marks, draw_reading
from suite.imaging.geometry import box_quad
from suite.imaging.invisible_font import invisible_font
from suite.imaging.typesetting import text_picture
from suite.text import LATIN


def ink_box(picture):
    """(left, top, right, bottom) of what is dark."""
    rows, columns = np.nonzero(picture < 128)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


@pytest.mark.parametrize("shape", [(80, 120), (80, 120, 3)])
def test_marks_tint_the_inside_and_leave_the_rest(shape):
    page = np.full(shape, 200, np.uint8)
    marks = [Mark(box_quad(10, 10, 50, 30)), Mark(box_quad(60, 40, 110, 70), "x", 0.4)]
    drawn = draw_marks(page, marks)
    assert drawn.shape == (80, 120, 3) and (page == 200).all()
    for colour, row, column in [(SURE, 20, 30), (UNSURE, 55, 85)]:
        want = 0.75 * 200 + 0.25 * np.array(colour)
        np.testing.assert_allclose(drawn[row, column], want, atol=1)
    for row, column in [(5, 5), (20, 55), (35, 80), (75, 115)]:
        assert (drawn[row, column] == 200).all()
    # outlines are drawn in full colour, on the border
    np.testing.assert_allclose(drawn[20, 9:11].mean(0), SURE, atol=90)


def test_marks_beyond_the_page_and_none_at_all():
    page = np.full((20, 30, 3), 90, np.uint8)
    far = [Mark(box_quad(-1e9, -50, 1e9, 500)), Mark(box_quad(40, 40, 60, 50))]
    assert draw_marks(page, far).shape == page.shape
    np.testing.assert_array_equal(draw_marks(page, []), page)


def test_text_fills_its_quad():
    quad = box_quad(40, 30, 240, 60)
    left, top, right, bottom = ink_box(text_picture(300, 100, [("HOUSE", quad)]))
    assert left == pytest.approx(40, abs=6) and right == pytest.approx(240, abs=6)
    assert 29 <= top < 36 and 50 < bottom <= 60


def test_turned_text_stands_in_its_quad():
    upright = text_picture(120, 100, [("HAND", box_quad(20, 60, 100, 85))])
    # the same page turned clockwise by a quarter: (x, y) -> (100 - y, x)
    turned = np.array([(40, 20), (40, 100), (15, 100), (15, 20)], np.float32)
    picture = text_picture(100, 120, [("HAND", turned)])
    wanted = np.rot90(upright, -1)
    assert picture.shape == wanted.shape
    assert np.abs(picture.astype(int) - wanted).mean() < 2 < 255 - picture.mean()


@pytest.mark.parametrize("character", LATIN.characters.strip())
def test_every_character_of_the_alphabet_has_ink_of_its_own(character):
    quad = box_quad(10, 10, 40, 50)
    drawn = text_picture(60, 60, [(character, quad)])
    unknown = text_picture(60, 60, [("漢", quad)])
    assert drawn.min() < 100
    assert character == "?" or (drawn != unknown).any()


def test_text_without_place_is_left_out():
    picture = text_picture(
        50, 40, [("", box_quad(0, 0, 9, 9)), ("a", box_quad(5, 5, 5, 5))]
    )
    assert picture.shape == (40, 50) and (picture == 255).all()


@pytest.mark.parametrize(
    ("size", "shape"),
    [((90, 60), (90, 120, 3)), ((60, 90), (120, 90, 3)), ((4800, 2400), (2400,) * 3)],
)
def test_reading_puts_the_text_beside_the_page(size, shape):
    page = np.full(size, 255, np.uint8)
    height, width = size
    quad = box_quad(0.2 * width, 0.4 * height, 0.8 * width, 0.7 * height)
    drawn = draw_reading(page, [Mark(quad, "Text")])
    assert drawn.shape == (*shape[:2], 3)
    rows, columns = shape[0] // (1 + (width > height)), shape[1]
    beside = drawn[rows:] if width > height else drawn[:, columns // 2 :]
    left, top, right, bottom = ink_box(beside[..., 0])
    assert 0.15 < left / beside.shape[1] < 0.3 and 0.7 < right / beside.shape[1] < 0.85
    assert 0.35 < top / beside.shape[0] < 0.55 < bottom / beside.shape[0] <= 0.71


def test_slanted_text_stays_in_its_quad():
    quad = np.array([(30, 60), (190, 20), (200, 60), (40, 100)], np.float32)
    rows, columns = np.nonzero(text_picture(240, 130, [("HOUSE", quad)]) < 128)
    inside = [
        cv2.pointPolygonTest(quad, (x + 0.5, y + 0.5), True)
        for x, y in zip(columns.tolist(), rows.tolist(), strict=True)
    ]
    assert min(inside) > -1.5
    assert columns.min() < 60 and columns.max() > 170


def test_texts_are_drawn_by_several_threads():
    quads = [box_quad(5, 5, 40 + 20 * i, 40) for i in range(6)]
    want = [text_picture(160, 50, [("Text", quad)]) for quad in quads]
    with ThreadPoolExecutor(4) as pool:
        got = list(
            pool.map(lambda quad: text_picture(160, 50, [("Text", quad)]), quads)
        )
    np.testing.assert_array_equal(got, want)


CHARACTERS = "aß€漢𝄞\U0010ffff"


@pytest.fixture
def font():
    # 2: fontTools refuses sums that do not fit
    made = TTFont(io.BytesIO(invisible_font(CHARACTERS)), checkChecksums=2)
    made.ensureDecompiled()
    return made


def test_invisible_font_maps_each_character_to_its_own_glyph(font):
    glyphs = font.getBestCmap()
    assert set(glyphs) == set(map(ord, CHARACTERS + " "))
    assert [font.getGlyphID(glyphs[code]) for code in sorted(glyphs)] == [*range(1, 8)]
    assert {font["hmtx"][name] for name in glyphs.values()} == {(500, 0)}


def test_invisible_font_has_an_extent_and_no_ink(font):
    for name in font.getGlyphOrder():
        pen = AreaPen()
        font.getGlyphSet()[name].draw(pen)
        assert pen.value == 0
        glyph = font["glyf"][name]
        assert (glyph.xMin, glyph.yMin, glyph.xMax, glyph.yMax) == (0, -200, 500, 800)
        assert list(glyph.getCoordinates(font["glyf"])[0]) == [(0, -200), (500, 800)]


def test_invisible_font_keeps_what_the_tables_repeat(font):
    """fontTools computes these anew when it writes: they were right before."""
    buffer = io.BytesIO()
    font.recalcTimestamp = False
    font.save(buffer)
    again = TTFont(buffer)
    before = TTFont(io.BytesIO(invisible_font(CHARACTERS)))
    assert set(before.keys()) == set(again.keys())
    # the short form of `loca`, which fontTools prefers, and with it the sum
    for field in ("checkSumAdjustment", "indexToLocFormat"):
        setattr(again["head"], field, getattr(before["head"], field))
    for name in ["head", "hhea", "maxp", "OS/2", "post", "name", "cmap", "hmtx"]:
        assert dump(before, name) == dump(again, name)


def dump(font, name):
    text = io.StringIO()
    font.saveXML(text, tables=[name], writeVersion=False)
    return text.getvalue()


def test_invisible_font_is_small_and_always_the_same():
    # 24 bytes of outline, 12 of `cmap`, 4 of `loca`, 2 of `hmtx` a character
    sizes = [len(invisible_font(map(chr, range(0x4E00, 0x4E00 + n)))) for n in (9, 109)]
    assert sizes[1] - sizes[0] == pytest.approx(100 * 42, abs=4)
    assert invisible_font("ab") == invisible_font("bab") != invisible_font("abc")
