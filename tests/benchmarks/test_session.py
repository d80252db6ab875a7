"""Readers in processes of their own: what happens to the others when one fails."""

import os
import sys

import pytest

from benchmarks.session import Worker, cold_starts, quickest, read_in_turn, workers
from suite.console import UserError
from tests.benchmarks.stand_in import Forking, StandIn


def test_a_page_is_read_and_measured(make_page):
    page = make_page("a", "some text", [])
    with Worker(StandIn(capitals=True)) as worker:
        reply = worker.read(page.image)
        assert reply.text == "SOME TEXT"
        assert reply.error is None
        assert len(reply.quads or []) == 1
        assert 0 < reply.wall < 30
        assert reply.peak >= reply.resident * 0.9 > 1_000_000
        # of the reader alone: this process, with NumPy, has more
        assert reply.peak < 60_000_000
        assert worker.lines(page.image, [[0] * 8] * 3).lines == ["line"] * 3
    with Worker(Forking(offers_lines=False)) as worker:
        assert worker.read(page.image).peak == 0  # it had no children
        assert worker.lines(page.image, [[0] * 8]).lines is None


def test_failures_cost_one_page_each(make_page):
    names = ["good", "refuse", "good", "crash", "good", "missing", "hang", "good"]
    pages = {name: make_page(name, "text", []).image for name in {*names}}
    pages["missing"].with_suffix(".txt").unlink()
    with Worker(StandIn(), timeout=2.0) as worker:
        replies = [worker.read(pages[name]) for name in names]
    errors = [reply.error for reply in replies]
    assert [name for name, error in zip(names, errors, strict=True) if error] == [
        *("refuse", "crash", "missing", "hang")
    ]
    assert [reply.text for reply in replies if not reply.error] == ["text"] * 4
    assert errors[1] == "this page cannot be read"
    assert replies[1].hint == "Take another."
    assert errors[3] == "its process ended with 3"
    assert "missing.txt" in str(errors[5])
    assert errors[6] == "its process gave no text within 2 s"


def test_a_reader_that_cannot_be_opened_ends_the_run():
    readers = {"good": StandIn(), "bad": StandIn(opens=False)}
    error = pytest.raises(UserError, match="stand-in: no model there")
    with error as caught, workers(readers):
        pass
    assert caught.value.hint == "Train one."


def test_no_process_is_left(make_page):
    with Worker(StandIn()) as worker:
        process = worker._process
        assert process is not None
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


class Recorder:
    """A worker that remembers the order of its calls."""

    def __init__(self, name, worker, calls):
        self.name, self.worker, self.calls = name, worker, calls
        self.reader = worker.reader

    def read(self, image):
        self.calls.append((self.name, image.stem))
        return self.worker.read(image)


def test_readers_take_turns(make_page):
    pages = {name: make_page(name, name, []).image for name in "abc"}
    calls: list[tuple[str, str]] = []
    with workers({"x": StandIn(), "y": StandIn(capitals=True)}) as opened:
        recorders = {n: Recorder(n, w, calls) for n, w in opened.items()}
        replies = read_in_turn(recorders, pages)
    assert {p: r.text for p, r in replies["y"].items()} == {
        "a": "A",
        "b": "B",
        "c": "C",
    }
    assert list(replies["x"]) == ["a", "b", "c"]
    warm, measured = calls[:2], calls[2:]
    assert warm == [("x", "a"), ("y", "a")]
    assert measured == [
        *(("x", "a"), ("y", "a")),
        *(("y", "b"), ("x", "b")),
        *(("x", "c"), ("y", "c")),
    ]


class Warming(StandIn):
    """Prints nothing when it is started for the first time."""

    def command(self, image):
        code = (
            f"from pathlib import Path; seen = Path({image!r} + '.seen')\n"
            "print('text' if seen.exists() else '', end='')\n"
            "seen.touch()"
        )
        return [sys.executable, "-c", code]


def test_the_first_start_fills_the_page_cache_and_does_not_count(make_page):
    page = make_page("a", "text", [])
    assert cold_starts({"x": Warming()}, page.image, 1)["x"] is not None
    assert cold_starts({"x": Warming()}, page.image, 0) == {"x": None}


def test_quickest_of_several_runs():
    seconds = quickest(StandIn().help(), runs=2)
    assert seconds is not None and 0.001 < seconds < 30
    assert quickest([sys.executable, "-c", "import nothing"]) is None


def test_cold_start_is_the_time_to_the_first_text(make_page):
    page = make_page("a", "text", [])
    missing = make_page("b", "", [])
    missing.image.with_suffix(".txt").unlink()
    seconds = cold_starts({"x": StandIn()}, page.image, 1)["x"]
    assert seconds is not None
    assert 0.001 < seconds < 30
    assert cold_starts({"x": StandIn()}, missing.image, 1) == {"x": None}
