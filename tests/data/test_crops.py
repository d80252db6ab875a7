"""Lines cut out of pages: pixels, boxes and borders are where they should be."""

import numpy as np
import pytest
from PIL import Image

from suite.data.crops import MARGIN, cut_line, write_labelled_lines, write_page_lines
from suite.data.shards import LineShards
from suite.data.sroie import LabelledLine, pages, read_lines
from suite.imaging.geometry import box_quad, quad_size, rectify


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)


def test_inside_the_page_a_crop_is_a_slice():
    page = noise(100, 200)
    crop, quad = cut_line(page, box_quad(50, 40, 130, 60))
    around = round(MARGIN * 20)
    assert np.array_equal(crop, page[40 - around : 60 + around, 50 - around : 138])
    np.testing.assert_allclose(quad, box_quad(around, around, 80 + around, 20 + around))


@pytest.mark.parametrize(
    "box", [(0, 0, 40, 20), (160, 80, 200, 100), (0, 0, 200, 100), (-6, -4, 30, 16)]
)
def test_beyond_the_page_its_border_is_repeated(box):
    page = noise(100, 200)
    crop, quad = cut_line(page, box_quad(*box), max_height=1e9)
    around = MARGIN * (box[3] - box[1])
    columns = np.clip(np.arange(np.floor(box[0] - around), np.ceil(box[2] + around)),
                      0, 199)  # fmt: skip
    rows = np.clip(
        np.arange(np.floor(box[1] - around), np.ceil(box[3] + around)), 0, 99
    )
    assert np.array_equal(crop, page[np.ix_(rows.astype(int), columns.astype(int))])
    assert quad_size(quad) == pytest.approx((box[2] - box[0], box[3] - box[1]))


def test_a_high_line_is_scaled_to_the_limit_and_stays_in_place():
    page = np.full((400, 900), 255, np.uint8)
    page[100:220, 150:750] = 0  # the line itself: all black
    crop, quad = cut_line(page, box_quad(150, 100, 750, 220), max_height=48)
    width, height = quad_size(quad)
    assert height == pytest.approx(48, abs=0.5)
    assert width / height == pytest.approx(5, rel=0.02)
    inside = rectify(crop, quad, 32)
    assert np.mean(inside < 40) > 0.97  # half a pixel of rounding at the border
    assert np.mean(crop < 128) == pytest.approx(1 / (1.8 * (600 + 96) / 600), rel=0.05)


def test_a_turned_line_keeps_its_corners():
    page = np.zeros((200, 300), np.uint8)
    quad = np.array([[80, 90], [180, 70], [186, 100], [86, 120]], np.float32)
    for x, y in quad.astype(int):
        page[y, x] = 255
    crop, moved = cut_line(page, quad)
    assert [crop[int(y), int(x)] for x, y in moved] == [255] * 4
    assert quad_size(moved) == pytest.approx(quad_size(quad), rel=1e-5)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "boxes").mkdir()
    for number in (7, 401):
        name = f"{number:03d}"
        Image.fromarray(noise(60, 120, number)).save(tmp_path / f"images/{name}.png")
        (tmp_path / f"boxes/{name}.csv").write_text(
            "20,20,60,20,60,36,20,36,TOTAL\n70,20,110,20,110,36,70,36,5.00\n"
        )
    return tmp_path


def test_lines_of_pages_with_and_without_case(folder, tmp_path):
    write_page_lines(pages(folder, split="train"), tmp_path / "a", cased=False)
    write_page_lines(pages(folder), tmp_path / "b")
    upper, both = LineShards(tmp_path / "a"), LineShards(tmp_path / "b")
    assert [r.source for r in upper] == ["007:0", "007:1"]
    assert [r.source for r in both] == ["007:0", "007:1", "401:0", "401:1"]
    assert not upper.cased.any()
    assert both.cased.all()
    assert upper.texts == ["TOTAL", "5.00"]
    page = noise(60, 120, 7)
    assert np.array_equal(
        rectify(upper[0].image, upper[0].quad, 16), page[20:36, 20:60]
    )


def test_a_changed_label_writes_anew(folder, tmp_path):
    write_page_lines(pages(folder, ["007"]), tmp_path / "a")
    path = folder / "boxes" / "007.csv"
    path.write_text(path.read_text().replace("TOTAL", "TUTAL"))
    write_page_lines(pages(folder, ["007"]), tmp_path / "a")
    assert LineShards(tmp_path / "a").texts[0] == "TUTAL"


def test_lines_of_a_damaged_picture_are_left_out(folder, tmp_path, caplog):
    path = folder / "images" / "007.png"
    found = pages(folder)
    path.write_bytes(path.read_bytes()[:-2000])  # its head is whole
    manifest = write_page_lines(found, tmp_path / "a")
    assert manifest["records"] == 2
    assert [r.source for r in LineShards(tmp_path / "a")] == ["401:0", "401:1"]
    (warning,) = caplog.messages  # once, not for each line
    assert "007.png" in warning and "left out" in warning
    line = LabelledLine(path, "x")
    assert write_labelled_lines([line], tmp_path / "b")["records"] == 0


def test_pictures_of_lines_are_boxed_whole(tmp_path):
    Image.fromarray(noise(20, 90)).save(tmp_path / "a.png")
    (tmp_path / "labels.tsv").write_text("a.png\tStraße\n", "utf-8")
    write_labelled_lines(read_lines(tmp_path), tmp_path / "out")
    (record,) = LineShards(tmp_path / "out")
    assert record.text == "Straße"
    assert np.array_equal(rectify(record.image, record.quad, 20), noise(20, 90))
