"""A reader in a process of its own: requests come in, replies go out, as JSON lines.

Started by `benchmarks.session`, never by hand:

    python -m benchmarks.worker benchmarks.readers:Tesseract '{"psm": 6}'

A request is `{"image": PATH}` or, for lines in known boxes, also `"quads"`, (n, 4, 2)
numbers. A reply is a `Reply` as an object. The first line out is the reply to being
opened. Nothing heavy is imported but by the reader itself: memory is measured here.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from importlib import import_module
from typing import Any, TextIO

from benchmarks import measure


@dataclass(frozen=True)
class Reply:
    """What a reader made of a page, and what that took."""

    text: str = ""
    """The page's text."""
    quads: list[Any] | None = None
    """Boxes of its lines, (n, 4, 2) pixels; None where the reader has none."""
    lines: list[str] | None = None
    """Texts of the boxes that were asked for; None where it cannot read lines."""
    wall: float = 0.0
    """Seconds."""
    cpu: float = 0.0
    """Seconds of processor time, all threads and child processes."""
    peak: int = 0
    """Most bytes in RAM since the process began."""
    resident: int = 0
    """Bytes in RAM now."""
    error: str | None = None
    """Why there is no text; None if all went well."""
    hint: str | None = None
    """What to do about it."""


def serve(reader: Any, requests: TextIO, replies: TextIO) -> None:
    """Answers requests until there are no more.

    Args:
        reader: One of `benchmarks.readers`.
        requests: JSON objects, one a line.
        replies: Where the replies go.
    """
    opened: dict[str, Any] = {}
    _send(replies, _measured(reader, lambda: opened.update(reader=reader.open())))
    for line in requests:
        work = partial(_answer, opened["reader"], **json.loads(line))
        _send(replies, _measured(reader, work))


def _answer(opened: Any, image: str, quads: list[Any] | None = None) -> dict[str, Any]:
    if quads is None:
        text, found = opened.read(image)
        return {"text": text, "quads": found}
    return {"lines": None if opened.lines is None else opened.lines(image, quads)}


def _measured(reader: Any, work: Callable[[], dict[str, Any] | None]) -> Reply:
    """Does a piece of work: its result, or its failure, with what it took."""
    wall, cpu = time.perf_counter(), measure.cpu_seconds()
    try:
        result = work() or {}
    except Exception as error:  # readers fail each in their own way; the page is lost
        result = {"error": str(error) or type(error).__name__}
        result["hint"] = getattr(error, "hint", None)
    return Reply(
        wall=time.perf_counter() - wall,
        cpu=measure.cpu_seconds() - cpu,
        peak=measure.peak(children=reader.children),
        resident=measure.resident(),
        **result,
    )


def _send(replies: TextIO, reply: Reply) -> None:
    replies.write(json.dumps(asdict(reply)) + "\n")
    replies.flush()


def main(factory: str, arguments: str) -> None:
    """Opens `MODULE:CLASS` with arguments in JSON and serves it."""
    # readers may print: the way to the parent is kept from them
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    module, _, name = factory.partition(":")
    reader = getattr(import_module(module), name)(**json.loads(arguments))
    with suppress(BrokenPipeError):  # nobody waits for the answer any more
        serve(reader, sys.stdin, replies)


if __name__ == "__main__":
    main(*sys.argv[1:])
