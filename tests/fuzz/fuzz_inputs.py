"""Feed damaged files to `open_pages`, or to a reader, for some time.

    python tests/fuzz/fuzz_inputs.py --seconds 30 --seed 0
    python tests/fuzz/fuzz_inputs.py --seconds 600 --read suite.ocr:Reader

Damaged PNG, JPEG, WebP, TIFF, PDF and other files may be read or refused by a
`UserError` of one line that names them. Anything else fails: another exception, a
crash, more than `--memory` MB, more than `--patience` seconds. Work is done in a child
process; an input that fails is kept in `--failures` beside a note of what happened.
Input N of a seed is the same on every run. The last line says `N passed, N failed`;
exit code 1 if any failed.
"""

import argparse
import importlib
import multiprocessing
import random
import resource
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # a checkout works without being installed
    sys.path[:0] = [str(Path(__file__).parents[2])]

from tests.fuzz.samples import mutate, samples

NAME = "fuzzed.bin"
MAX_PIXELS, MAX_FRAMES = 16e6, 20  # keep a single input short
START = 120.0  # seconds in which a child has to start, models included


def read_pages(data: bytes) -> None:
    """The default target; checks what comes out, too."""
    import numpy as np

    from suite.imaging.pages import open_pages

    for mode, reduce_to in (("L", None), ("RGB", 3_600)):
        pages = open_pages(
            data,
            mode=mode,
            name=NAME,
            max_pixels=MAX_PIXELS,
            max_frames=MAX_FRAMES,
            reduce_to=reduce_to,
        )
        for page in pages:
            image = page.image
            if image.dtype != np.uint8 or image.ndim != (2 if mode == "L" else 3):
                raise TypeError(f"page of {image.dtype}, {image.shape}")
            full = np.array([page.height, page.width])
            if np.abs(image.shape[:2] - full * page.scale).max() > 1:
                raise ValueError(f"{image.shape} of {full}, scale {page.scale}")


def find_target(name: str | None) -> Callable[[bytes], Any]:
    """`MODULE:NAME` -> function of bytes; a class is made, its `pages` is called."""
    if name is None:
        return read_pages
    module, _, attribute = name.partition(":")
    target = getattr(importlib.import_module(module), attribute)
    target = target() if isinstance(target, type) else target
    return getattr(target, "pages", target)


def _judge(target: Callable[[bytes], Any], data: bytes) -> tuple[str, str]:
    """("read" | "refused" | "failed", what happened)."""
    from suite.console import UserError

    try:
        result = target(data)
        if isinstance(result, Iterable):
            for _ in result:
                pass
    except UserError as error:
        text = str(error)
        if not text.strip() or "\n" in text or "not enough memory" in text:
            return "failed", f"UserError: {text!r}"
        return "refused", text
    except Exception:  # what the fuzzing is for
        return "failed", traceback.format_exc()
    return "read", ""


def _work(connection: Connection, name: str | None, memory: int) -> None:
    target = find_target(name)
    # a sound file: loads what is loaded on first use
    status, text = _judge(target, connection.recv_bytes())
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + memory * (1 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    connection.send((status, text))
    while True:
        data = connection.recv_bytes()
        if not data:
            return
        connection.send(_judge(target, data))


class Child:
    """A process that reads inputs; after one that it dies of, a new one."""

    def __init__(self, options: argparse.Namespace, sound: bytes) -> None:
        self.options, self.sound = options, sound
        self.process: BaseProcess | None = None

    def __call__(self, data: bytes) -> tuple[str, str]:
        """Judge one input."""
        if self.process is None:
            self.start()
        self.connection.send_bytes(data or b"\0")
        return self._answer(self.options.patience)

    def start(self) -> None:
        """Have a process that is ready."""
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        arguments = (theirs, self.options.read, self.options.memory)
        self.process = context.Process(target=_work, args=arguments, daemon=True)
        self.process.start()
        theirs.close()
        self.connection.send_bytes(self.sound)
        status, text = self._answer(START)
        if status != "read":
            raise RuntimeError(f"the child did not start: {text}")

    def _answer(self, seconds: float) -> tuple[str, str]:
        try:
            if self.connection.poll(seconds):
                return self.connection.recv()
            text = f"the child had no answer after {seconds:g} s"
            self.stop()
        except (EOFError, ConnectionError):
            self.process.join(10)
            text = f"the child died, exit code {self.process.exitcode}"
            self.stop()
        return "failed", text

    def stop(self) -> None:
        """End the process, whatever it does."""
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.connection.close()
            self.process = None


def make_input(
    seed: int, number: int, sound: dict[str, list[bytes]]
) -> tuple[str, bytes]:
    """(kind, data) of input `number` of a seed."""
    rng = random.Random(f"{seed}/{number}")
    kind = rng.choice(list(sound))
    other = rng.choice(sound[rng.choice(list(sound))])
    return kind, mutate(rng.choice(sound[kind]), other, rng)


def fuzz(options: argparse.Namespace) -> tuple[int, int]:
    """Run until the time is over; (passed, failed)."""
    sound, counts = samples(), Counter[str]()
    child = Child(options, sound["png"][0])
    number = 0
    try:
        child.start()  # before the clock: models may take their time
        end = time.monotonic() + options.seconds
        while time.monotonic() < end and number < options.inputs:
            kind, data = make_input(options.seed, number, sound)
            status, text = child(data)
            counts[status] += 1
            if status == "failed":
                _keep(options.failures, f"{options.seed}-{number}.{kind}", data, text)
            number += 1
    finally:
        child.stop()
    sys.stderr.write(f"{counts['read']} read, {counts['refused']} refused\n")
    return counts["read"] + counts["refused"], counts["failed"]


def _keep(folder: Path, name: str, data: bytes, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    last = text.strip().splitlines()[-1]
    sys.stderr.write(f"failed: {folder / name}: {last}\n")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--inputs", type=int, default=sys.maxsize, help="at most so many"
    )
    parser.add_argument(
        "--read", metavar="MODULE:NAME", help="target; open_pages if none"
    )
    parser.add_argument("--memory", type=int, default=1024, help="MB above the start")
    parser.add_argument("--patience", type=float, default=20, help="seconds an input")
    parser.add_argument("--failures", type=Path, default=Path("runs/fuzz"))
    passed, failed = fuzz(parser.parse_args(arguments))
    sys.stdout.write(f"{passed} passed, {failed} failed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
