import io
import pickle
import sys

import pytest

from suite.console import Progress, UserError, messages, track


@pytest.fixture(autouse=True)
def loud():
    messages.configure("kes-toy")
    yield
    messages.configure("suite")


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def lines_of(capsys, steps: int, seconds: float, total: int | None) -> list[str]:
    clock = Clock()
    with Progress("reading", total, clock=clock) as progress:
        for step in range(steps):
            clock.now += seconds
            progress.update(loss=step / 8)
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


def test_short_work_says_nothing(capsys):
    assert lines_of(capsys, 100, 0.01, 100) == []


def test_a_line_every_tenth(capsys):
    lines = lines_of(capsys, 100, 1, 100)
    assert len(lines) == 10
    assert lines[0] == "reading 10/100 10 s loss 1.125"
    assert lines[-1].startswith("reading 100/100 100 s")


def test_a_line_every_30_seconds_where_a_tenth_takes_longer(capsys):
    assert len(lines_of(capsys, 100, 10, 1000)) == 34  # 1000 s, and the last one
    assert len(lines_of(capsys, 12, 10, None)) == 4


def test_fast_tenths_are_not_all_said(capsys):
    assert len(lines_of(capsys, 100, 0.1, 100)) == 5  # 10 s: one in 2 s


def test_quiet(capsys):
    messages.configure("kes-toy", quiet=True)
    assert lines_of(capsys, 100, 1, 100) == []


def test_track_gives_the_items(capsys):
    assert list(track([3, 1, 2], "counting")) == [3, 1, 2]
    assert list(track(iter("ab"), "counting", total=2)) == ["a", "b"]
    assert capsys.readouterr().out == ""


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_bar_stays_away_from_stdout(monkeypatch):
    screen, result = Terminal(), io.StringIO()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(sys, "stdout", result)
    with Progress("reading", 2) as progress:
        sys.stdout.write("text of a page\n")
        progress.update()
    assert result.getvalue() == "text of a page\n"
    assert "reading" in screen.getvalue()


@pytest.mark.parametrize("quiet", [True, False])
def test_no_bar_on_a_terminal_where_none_is_wanted(monkeypatch, quiet):
    screen = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", screen)
    messages.configure("kes-toy", quiet=quiet)
    with Progress("reading", 2, hidden=not quiet) as progress:
        progress.update(2)
    assert screen.getvalue() == ""


def test_a_user_error_crosses_processes():
    error = pickle.loads(pickle.dumps(UserError("what", "remedy")))  # noqa: S301
    assert (str(error), error.hint) == ("what", "remedy")
