"""Figures on rendered pages, and whether memory is flat."""

import numpy as np
import pytest

from benchmarks import general, memory
from benchmarks.worker import Reply
from tests.benchmarks.stand_in import Forking, StandIn


def test_figures_of_kinds_and_languages(make_page):
    runs = [(0, 0, 90, 20, "Größe: 7"), (0, 30, 90, 50, "zehn")]
    pages = [make_page(f"00{n}-{kind}", "", runs) for n, kind in
             enumerate(["letter-de", "form-de", "book-fr"])]  # fmt: skip
    texts = ["zehn\nGröße: 7", "Grösse: 7\n| zehn |", ""]
    replies = {p.name: Reply(text=t) for p, t in zip(pages, texts, strict=True)}
    figures = general.quality(pages, replies)
    # of 12 characters: none, 2 edits and 2 marks, all
    assert figures["error letter"] == 0.0
    assert figures["error form"] == pytest.approx((2 + 2) / 12)
    assert figures["error book"] == figures["error fr"] == 1.0
    assert figures["error de"] == pytest.approx(4 / 24)
    assert figures["error"] == pytest.approx(16 / 36)
    assert figures["error_words"] == pytest.approx(14 / 36)
    assert figures["exact"] == pytest.approx(3 / 6)
    assert figures["word_f1"] == pytest.approx(2 * 5 / (3 + 5 + 9))
    assert set(figures) <= {row.key for row in general.MEASURES}


def test_readers_side_by_side(make_page):
    page = make_page("000-book-en", "one run", [(0, 0, 90, 20, "one run")])
    figures = general.compare({"x": StandIn(), "y": StandIn(capitals=True)}, [page])
    assert figures["x"]["error"] == 0.0
    assert figures["y"]["error"] == 1.0
    assert figures["y"]["wall"] > 0


def test_pages_are_rendered_into_a_folder(tmp_path, monkeypatch):
    from suite.data import pages as data_pages

    seen = {}

    def rendered(seed, count, *, text):
        seen.update(seed=seed, text=text)
        box = data_pages.Box(np.array([[1, 1], [9, 1], [9, 5], [1, 5]], "f4"), "a, b")
        for kind in ["letter", "form"][:count]:
            yield data_pages.RenderedPage(np.zeros((20, 30), "u1"), (box,), kind, "en")

    monkeypatch.setattr(data_pages, "benchmark_pages", rendered)
    labelled = general.render(tmp_path, 2, 5, tmp_path / "texts")
    assert [page.name for page in labelled] == ["000-letter-en", "001-form-en"]
    assert labelled[0].boxes[0].text == "a, b"
    assert seen == {"seed": 5, "text": str(tmp_path / "texts")}


@pytest.mark.parametrize(
    ("count", "page"), [(500, 50), (51, 50), (50, 5), (10, 1), (1, 1)]
)
def test_the_page_that_the_last_one_is_compared_with(count, page):
    assert memory.early_page(count) == page


def test_flatness():
    resident = [10] * 49 + [100] + [300] * 50 + [105]
    figures = memory.flatness(resident)
    assert figures == {"early": 100, "last": 105, "ratio": 1.05}
    assert memory.flatness([100, 0])["ratio"] is None


@pytest.mark.parametrize(("ratio", "code"), [(1.05, 0), (1.0501, 1), (None, 1)])
def test_verdict(ratio, code):
    assert memory.verdict({"x": {"ratio": 0.9}, "y": {"ratio": ratio}}) == code


def test_pages_are_read_again_and_again(make_page):
    images = [make_page(name, "t", []).image for name in ("a", "b", "refuse")]
    readers = {"x": StandIn(), "forking": Forking()}
    figures = memory.compare(readers, images, 7)
    assert list(figures) == ["x"]
    assert figures["x"]["failed"] == 2
    assert 0.5 < figures["x"]["ratio"] < 2
    assert figures["x"]["most"] >= 0.9 * figures["x"]["last"] > 1_000_000
