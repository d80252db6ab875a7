"""Readers in processes of their own, asked page by page in turn."""

from __future__ import annotations

import json
import select
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

from benchmarks.readers import ROOT, PageReader
from benchmarks.worker import Reply
from suite.console import UserError, track
from suite.console.messages import remark

TIMEOUT = 300.0
"""Seconds after which a page counts as lost."""


class Worker:
    """A reader in its own process; opened when entered, ended when left.

    Args:
        reader: What is to read.
        timeout: Seconds for a page.

    Raises:
        UserError: When entered, if the reader can't be opened.
    """

    def __init__(self, reader: PageReader, timeout: float = TIMEOUT) -> None:
        self.reader = reader
        self.timeout = timeout
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop()

    def read(self, image: Path) -> Reply:
        """Reads a page; a failure, a crash and a timeout are errors in the reply."""
        return self._ask({"image": str(image.resolve())})

    def lines(self, image: Path, quads: Any) -> Reply:
        """Reads the lines in given boxes, (n, 4, 2) numbers."""
        return self._ask({"image": str(image.resolve()), "quads": quads})

    def _start(self) -> None:
        kind = type(self.reader)
        factory = f"{kind.__module__}:{kind.__qualname__}"
        settings = json.dumps(vars(self.reader))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", factory, settings],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            # Ctrl-C is the parent's to answer; it ends this process
            start_new_session=True,
        )
        opened = self._receive(TIMEOUT)
        if opened.error is not None:
            self._stop()
            raise UserError(f"{self.reader.title}: {opened.error}", opened.hint)

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _ask(self, request: Mapping[str, Any]) -> Reply:
        if self._process is None:
            self._start()
        process = self._process
        if process is None or process.stdin is None:
            return Reply(error="no process")
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            pass  # it ended between two pages: told below
        reply = self._receive(self.timeout)
        if reply.error is not None and process.poll() is not None:
            self._stop()  # the next page begins a new one
        return reply

    def _receive(self, timeout: float) -> Reply:
        """The next reply; a process that gives none is ended."""
        process = self._process
        if process is None or process.stdout is None:
            return Reply(error="no process")
        # a reply is one line for one question: nothing waits in the buffer
        ready, _, _ = select.select([process.stdout], [], [], timeout)
        line = process.stdout.readline() if ready else ""
        if line.endswith("\n"):
            return Reply(**json.loads(line))
        if not ready:
            process.kill()
        code = process.wait()
        late = f"gave no text within {timeout:.0f} s"
        what = f"ended with {code}" if ready else late
        return Reply(error=f"its process {what}")


@contextmanager
def workers(readers: Mapping[str, PageReader]) -> Iterator[dict[str, Worker]]:
    """Processes of several readers, by their names.

    Raises:
        UserError: One can't be opened.
    """
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(Worker(reader))
            for name, reader in readers.items()
        }


def read_in_turn(
    open_workers: Mapping[str, Worker], pages: Mapping[str, Path]
) -> dict[str, dict[str, Reply]]:
    """Lets every reader read every page, page after page.

    The readers take turns at each page, and at who begins, so that other load on the
    machine meets all of them. The first page is read once before, unmeasured.

    Args:
        open_workers: Readers by name.
        pages: Pictures by name, in the order to be read.

    Returns:
        Replies by name of the reader, then of the page.
    """
    names = list(open_workers)
    replies: dict[str, dict[str, Reply]] = {name: {} for name in names}
    for worker in open_workers.values():
        for image in list(pages.values())[:1]:
            worker.read(image)
    for turn, page in enumerate(track(pages, "reading")):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            reply = open_workers[name].read(pages[page])
            if reply.error is not None:
                remark(f"{open_workers[name].reader.title}: {page}: {reply.error}")
            replies[name][page] = reply
    return replies


def cold_starts(
    readers: Mapping[str, PageReader], image: Path, runs: int = 5
) -> dict[str, float | None]:
    """Seconds from the start of a fresh process to the first text of a page.

    Files are in the page cache: each command runs once before. Readers take turns.

    Args:
        readers: Readers by name.
        image: The picture to be read.
        runs: Timed runs of each.

    Returns:
        Medians by name; None where a run gave no text.
    """
    times: dict[str, list[float | None]] = {name: [] for name in readers}
    for turn in range(runs + 1):
        for name, reader in readers.items():
            seconds = _first_output(reader.command(str(image.resolve())))
            if turn:
                times[name].append(seconds)
    return {name: _median(values) for name, values in times.items()}


def quickest(command: Sequence[str], runs: int = 3) -> float | None:
    """Seconds to the first output of a command, the best of some runs; None if one
    fails. The best, since others only tell what else the machine did."""
    times = [_first_output(command) for _ in range(runs)]
    known = [seconds for seconds in times if seconds is not None]
    return min(known) if known and len(known) == runs else None


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known and len(known) == len(values) else None


def _first_output(command: Sequence[str]) -> float | None:
    start = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT
    ) as process:
        if process.stdout is None or not process.stdout.read(1):
            return None
        seconds = time.perf_counter() - start
        process.stdout.read()
    return seconds if process.returncode == 0 else None
