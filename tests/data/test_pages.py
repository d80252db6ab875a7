"""Rendered pages: boxes hold the ink, do not overlap, come back from the files."""

import cv2
import numpy as np
import pytest

from suite.console import UserError
from suite.data import degrade
from suite.data import layout_parts as parts
from suite.data import pages as pages_module
from suite.data.ink import Style
from suite.data.layout_parts import Desk
from suite.data.layouts import LAYOUTS
from suite.data.page_files import format_boxes, write_page, write_rendered_pages
from suite.data.pages import BENCHMARK, PageConfig, PageRenderer, benchmark_pages
from suite.data.sheet import Sheet
from suite.data.sroie import pages, read_boxes
from suite.imaging.geometry import iou_matrix, quad_size
from suite.imaging.opening import open_image

SMALL = PageConfig(text_height=(12.0, 16.0), max_pixels=3e5)


@pytest.fixture(scope="module")
def render(faces, corpus):
    return PageRenderer(faces, corpus, 2, SMALL)


def same(a, b):
    return (
        np.array_equal(a.image, b.image)
        and [x.text for x in a.boxes] == [x.text for x in b.boxes]
        and all(np.array_equal(x.quad, y.quad) for x, y in zip(a.boxes, b.boxes,
                                                               strict=True))
    )  # fmt: skip


def test_a_page_depends_on_seed_and_number_alone(render, faces, corpus):
    again = PageRenderer(faces, corpus, 2, SMALL)
    first = [render(i) for i in range(4)]
    assert all(same(again(i), first[i]) for i in (3, 0))
    other = PageRenderer(faces, corpus, 3, SMALL)
    assert not any(same(other(i), first[i]) for i in range(4))


@pytest.mark.parametrize("kind", sorted(LAYOUTS))
def test_boxes_lie_on_the_page_and_apart(render, kind):
    counted = 0
    for index in range(3):
        page = render(index, kind)
        height, width = page.image.shape
        assert page.image.dtype == np.uint8
        assert page.kind == kind
        assert page.language in ("en", "de", "fr")
        quads = [box.quad for box in page.boxes]
        counted += len(quads)
        for box in page.boxes:
            assert box.text == " ".join(box.text.split()) != ""
            assert (box.quad > -1).all()
            assert (box.quad < [width + 1, height + 1]).all()
            along, across = quad_size(box.quad)
            assert 3 < across < 60
            assert along > 1
        if quads:
            overlap = iou_matrix(quads, quads) - np.eye(len(quads))
            assert overlap.max() < 0.35
    assert (counted == 0) == (kind == "empty")


def perfect(monkeypatch):
    """Paper, print and scanner without faults."""
    monkeypatch.setattr(degrade, "paper", lambda _, shape: np.full(shape, 255, "f4"))
    monkeypatch.setattr(degrade, "print_faults", lambda _, ink, __: ink)
    monkeypatch.setattr(pages_module, "camera", lambda _, image, __: image)


@pytest.mark.parametrize("kind", ["book", "letter"])
def test_all_ink_of_prose_lies_in_boxes_and_each_box_has_ink(monkeypatch, render, kind):
    perfect(monkeypatch)
    for name in ("rule", "fill"):
        monkeypatch.setattr(pages_module.Sheet, name, lambda *_: None)
    monkeypatch.setattr(
        "suite.data.layouts.scribble", lambda *_: np.zeros((2, 2), "u1")
    )
    checked = 0
    for index in range(3):
        page = render(index, kind)
        image = page.image if np.median(page.image) > 128 else 255 - page.image
        inside = np.zeros_like(image)
        for box in page.boxes:
            centre = box.quad.mean(0)
            quad = np.round(centre + (box.quad - centre) * 1.02 - 0.5).astype(np.int32)
            mask = np.zeros_like(image)
            cv2.fillPoly(mask, [quad], 1)
            assert image[mask > 0].min() < 150, box.text
            inside |= cv2.dilate(mask, np.ones((3, 3), np.uint8))
        paper = int(np.median(image))
        stray = (image < paper - 90) & (inside == 0)
        if image[0, 0] > 128:  # else a dark lid shows beside the turned page
            assert stray.sum() < 0.02 * (image < paper - 90).sum()
            checked += 1
    assert checked


def test_runs_that_would_leave_the_page_are_not_printed(faces):
    style = Style(faces[0], em=20.0)
    sheet = Sheet(200, 100, np.random.default_rng(0))
    for x, y in ((-9, 50), (150, 50), (10, 5), (10, 112)):
        assert sheet.put(x, y, "ABCDEF", style) == (x, x)
    assert sheet.boxes == []
    assert sheet.ink.max() == 0
    left, right = sheet.put(190, 50, "ABC", style, align=1.0)
    assert right == pytest.approx(190, abs=1)
    assert right - left == pytest.approx((2 * 0.6 + 0.48) * 20, abs=2)
    (box,) = sheet.boxes
    assert box.quad[0, 0] < left
    assert box.quad[2, 0] > right


def test_a_pair_is_read_from_left_to_right_and_cut_to_fit(faces, corpus):
    style = Style(faces[0], em=20.0)
    sheet = Sheet(300, 100, np.random.default_rng(0))
    desk = Desk(np.random.default_rng(0), sheet, style, style, style, corpus, "en",
                pitch=26.0, margin=10.0)  # fmt: skip
    parts.pair(desk, 40.0, "TOTAL", "5.00")
    parts.pair(desk, 80.0, "A LABEL THAT HAS TOO MANY WORDS", "1,234.00")
    texts = [box.text for box in sheet.boxes]
    assert texts[:2] == ["TOTAL", "5.00"]
    assert texts[3] == "1,234.00"
    assert "A LABEL THAT HAS TOO MANY WORDS".startswith(texts[2])
    assert sheet.boxes[2].quad[1, 0] + 20 < sheet.boxes[3].quad[0, 0]
    assert [sheet.boxes[i].quad[1, 0] for i in (1, 3)] == pytest.approx(
        [290, 290], abs=4
    )


def test_separate_boxes_of_a_row_stand_apart(monkeypatch, render):
    """A gap of less than about half a height would be a space, not two boxes."""
    monkeypatch.setattr(
        pages_module,
        "_photographed",
        lambda _, desk, kind, language, __: pages_module.RenderedPage(
            desk.sheet.ink, tuple(desk.sheet.boxes), kind, language
        ),
    )
    gaps = []
    for index, kind in enumerate(["receipt", "table", "form", "letter"] * 3):
        boxes = [(*b.quad[0], *b.quad[2]) for b in render(index, kind).boxes]
        for a in boxes:
            for b in boxes:
                height = min(a[3] - a[1], b[3] - b[1])
                shared = min(a[3], b[3]) - max(a[1], b[1])
                if shared > 0.6 * height and b[0] >= a[2]:
                    gaps.append((b[0] - a[2]) / height)
    assert len(gaps) > 20
    assert min(gaps) > 0.4


def test_files_are_read_back(tmp_path, render):
    page = render(1, "receipt")
    write_page(tmp_path, "p1", page)
    (read,) = pages(tmp_path)
    assert [b.text for b in read.boxes] == [b.text for b in page.boxes]
    for a, b in zip(read.boxes, page.boxes, strict=True):
        np.testing.assert_allclose(a.quad, b.quad, atol=0.051)
    pixels = open_image(read.image, mode="L").astype(float)
    assert np.abs(pixels - page.image).mean() < 8  # WebP is lossy
    (tmp_path / "x.csv").write_text(format_boxes(page.boxes), "utf-8")
    assert len(read_boxes(tmp_path / "x.csv")) == len(page.boxes)


def test_workers_change_nothing_and_an_interrupted_writing_goes_on(tmp_path, faces):
    for workers in (0, 2):
        folder = tmp_path / str(workers)
        write_rendered_pages(folder, 4, 3, fonts=faces, workers=workers, config=SMALL)
    a, b = tmp_path / "0", tmp_path / "2"
    names = sorted(str(p.relative_to(a)) for p in a.rglob("*.*"))
    assert len(names) == 4 + 4 + 2
    assert all((a / n).read_bytes() == (b / n).read_bytes() for n in names)
    (a / "manifest.json").unlink()
    kept = a / "boxes" / "page00001.csv"
    kept.write_text(kept.read_text() + "1,1,9,1,9,9,1,9,kept\n")
    (a / "boxes" / "page00002.csv").unlink()
    write_rendered_pages(a, 4, 3, fonts=faces, workers=0, config=SMALL)
    assert kept.read_text().endswith("kept\n")
    write_rendered_pages(a, 3, 4, fonts=faces, workers=0, config=SMALL)  # another seed
    assert not kept.read_text().endswith("kept\n")
    assert len(list((a / "images").iterdir())) == 3


def test_benchmark_pages_take_turns_and_are_frozen(monkeypatch, faces, corpus):
    small = pages_module.PageConfig(**{**BENCHMARK.__dict__, "dpi": (45.0, 50.0)})
    monkeypatch.setattr(pages_module, "BENCHMARK", small)
    found = list(benchmark_pages(0, 9, fonts=faces, corpus=corpus))
    turns = {(p.kind, p.language) for p in found}
    assert turns == {
        (k, x) for k in ("letter", "form", "book") for x in ("en", "de", "fr")
    }
    again = list(benchmark_pages(0, 2, fonts=faces, corpus=corpus))
    assert all(same(a, b) for a, b in zip(found[:2], again, strict=True))
    assert not same(
        found[0], next(iter(benchmark_pages(1, 1, fonts=faces, corpus=corpus)))
    )
    assert BENCHMARK.dpi == (150.0, 300.0)


def test_the_benchmark_draws_with_held_out_fonts_alone(monkeypatch, tmp_path, corpus):
    monkeypatch.setattr("suite.data.fonts.SYSTEM_FOLDERS", (str(tmp_path),))
    with pytest.raises(UserError, match="held-out fonts"):
        next(benchmark_pages(0, 1, corpus=corpus))
