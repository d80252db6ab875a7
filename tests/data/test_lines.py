"""Rendered lines: the seed decides, the box holds the ink, nothing held out is used."""

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

from suite.data import degrade, lines
from suite.data.fonts import held_out_fonts
from suite.data.ink import Ink, Style, set_text, tight_quad
from suite.data.lines import LineConfig, LineRenderer, write_rendered_lines
from suite.data.shards import LineShards
from suite.imaging.geometry import quad_size


def same(a, b):
    return (
        np.array_equal(a.image, b.image)
        and np.array_equal(a.quad, b.quad)
        and a.text == b.text
    )


def test_a_line_depends_on_seed_and_number_alone(faces, corpus):
    first = LineRenderer(faces, corpus, 5)
    forwards = [first(i) for i in range(12)]
    second = LineRenderer(faces, corpus, 5)
    backwards = [second(i) for i in reversed(range(12))][::-1]
    assert all(same(a, b) for a, b in zip(forwards, backwards, strict=True))
    assert not any(same(a, b) for a, b in itertools.combinations(forwards, 2))
    other = LineRenderer(faces, corpus, 6)
    assert not any(same(other(i), forwards[i]) for i in range(12))


def test_workers_change_nothing(tmp_path, font_folder):
    for workers in (0, 2):
        write_rendered_lines(
            tmp_path / str(workers), 24, 9, fonts=font_folder, workers=workers
        )
    a, b = LineShards(tmp_path / "0"), LineShards(tmp_path / "2")
    assert len(a) == len(b) == 24
    assert all(same(a[i], b[i]) for i in range(24))


def test_another_seed_or_font_writes_anew(tmp_path, faces, corpus):
    hashes = {
        write_rendered_lines(tmp_path, 2, seed, fonts=fonts, text=corpus, workers=0)[
            "hash"
        ]
        for seed, fonts in ((1, faces), (2, faces), (1, faces[:2]))
    }
    assert len(hashes) == 3


@pytest.fixture(scope="module")
def drawn(faces, corpus):
    render = LineRenderer(faces, corpus, 1)
    return [render(i) for i in range(150)]


def test_records_are_whole(drawn):
    for record in drawn:
        height, width = record.image.shape
        assert record.image.dtype == np.uint8
        assert record.cased
        assert record.text == record.text.strip() != ""
        assert (record.quad >= 0).all()
        assert (record.quad <= [width, height]).all()
        _, down = quad_size(record.quad)
        assert 4 < down <= 48.5
        # the margin: what jitter and rotation need
        left, top = record.quad.min(0)
        assert min(left, top) >= 0.4 * down - 1.5
        assert min(
            width - record.quad[:, 0].max(), height - record.quad[:, 1].max()
        ) >= (0.4 * down - 1.5)
    sources = [record.source for record in drawn]
    assert sources[:2] == ["rendered:0", "rendered:1"]


def test_shares_of_the_config_are_kept(faces, corpus, drawn):
    dark = np.mean([np.median(record.image) < 100 for record in drawn])
    assert 0.02 < dark < 0.18
    render = LineRenderer(faces, corpus, 1, LineConfig(inverse=1.0))
    assert np.mean([np.median(render(i).image) < 128 for i in range(30)]) > 0.9


@pytest.mark.parametrize("seed", range(3))
def test_the_box_is_tight_around_the_ink(monkeypatch, faces, corpus, seed):
    """With paper, print and scanner made perfect, ink and box can be compared."""
    monkeypatch.setattr(degrade, "paper", lambda _, shape: np.full(shape, 255, "f4"))
    monkeypatch.setattr(degrade, "print_faults", lambda _, ink, __: ink)
    monkeypatch.setattr(degrade, "scan", lambda _, image, __: image)
    render = LineRenderer(faces, corpus, seed,
                          LineConfig(inverse=0, neighbours=0, rules=0))  # fmt: skip
    loose = []
    for index in range(40):
        record = render(index)
        rows, columns = np.nonzero(record.image < 170)
        points = np.stack([columns, rows], 1) + 0.5
        _, height = quad_size(record.quad)
        edge = [
            cv2.pointPolygonTest(record.quad, (float(x), float(y)), True)
            for x, y in points[:: max(1, len(points) // 400)]
        ]
        # creases move ink by up to 0.07 heights beyond a straight box
        assert min(edge) > -0.1 * height - 1.0, record.text
        loose.append(min(edge) / height)
    assert np.mean(np.array(loose) > -0.02) > 0.85
    assert np.median(loose) < 0.12


def test_a_hyphen_is_boxed_as_high_as_a_letter(faces):
    rng = np.random.default_rng(0)
    style = Style(faces[0], em=40.0)
    heights = {}
    for text in ("-", "x", "H"):
        # made glyphs have letters' heights; cut the hyphen's ink to a stroke
        ink = set_text(text, style)
        if text == "-":
            left, _, right, bottom = ink.box
            box = left, bottom - 12, right, bottom - 8
            ink = Ink(ink.mask, ink.baseline, box)
        sizes = [quad_size(tight_quad(rng, text, ink, style)[0]) for _ in range(40)]
        heights[text] = np.median([h for _, h in sizes])
    assert heights["-"] == pytest.approx(heights["x"], rel=0.12)
    assert heights["H"] > 1.2 * heights["x"]


def test_no_held_out_font_is_drawn_by_default(tmp_path, font_folder, corpus):
    from .made_fonts import make_font

    folder = tmp_path / "fonts"
    folder.mkdir()
    held = sorted(held_out_fonts())[0]
    make_font(folder / held, "ABC")
    for path in font_folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    make_font(folder / held, "".join(sorted(corpus.alphabet.characters)))
    seen = []
    original = lines.render_line

    def watch(rng, book, *rest):
        seen.extend(Path(face.path).name for face in book.faces)
        return original(rng, book, *rest)

    lines.render_line = watch
    try:
        write_rendered_lines(tmp_path / "out", 3, fonts=folder, text=corpus, workers=0)
    finally:
        lines.render_line = original
    assert seen
    assert held not in seen


def test_unreadable_print_is_drawn_again():
    quad = np.array([[10, 10], [90, 10], [90, 30], [10, 30]], np.float32)
    blank = np.full((40, 100), 200, np.uint8)
    assert not lines._readable(blank, quad, 20.0)
    faint = blank.copy()
    faint[14:26, 20:80:6] = 190
    assert not lines._readable(faint, quad, 20.0)
    clear = blank.copy()
    clear[14:26, 20:80:6] = 0
    clear[14:26, 21:80:6] = 0
    assert lines._readable(clear, quad, 20.0)
    assert lines._readable(255 - clear, quad, 20.0)
