"""What a program writes to stdout: its result and nothing else."""

import json
import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from suite.console.errors import UserError
from suite.console.files import FULL
from suite.console.messages import report_error

SCHEMA = 1  # of the JSON object that every verb prints with --json


@dataclass(frozen=True)
class Result:
    """What a verb found out.

    Args:
        metrics: Names and values, in the order to be shown; numbers unrounded.
        text: What stdout shows without `--json`; None for a table of `metrics`. Empty
            together with empty metrics where the verb wrote its results itself.
        code: Exit code: 0 all done, 1 some inputs failed or the verdict is no.
        backend: What computed: `litert`, or the Keras backend.
        seed: Seed of the random numbers, where any were drawn.
    """

    metrics: Mapping[str, Any]
    text: str | None = None
    code: int = 0
    backend: str | None = None
    seed: int | None = None


def emit(content: str | bytes) -> None:
    """Writes a part of the result to stdout at once.

    Args:
        content: Text, ended with a newline if it has none; or bytes as they are.

    Raises:
        SystemExit: With code 0, where the reader went away (`| head -1`); with code 2,
            after a message, where stdout cannot be written: more inputs would end
            the same.
        UserError: Stdout is closed (`>&-`).
    """
    check_stdout()
    with until_closed():
        if isinstance(content, bytes):
            sys.stdout.flush()
            sys.stdout.buffer.write(content)
        else:
            sys.stdout.write(content if content.endswith("\n") else content + "\n")
        sys.stdout.flush()


def check_stdout() -> None:
    """Refuses a stdout that is closed: to be called before any work.

    Raises:
        UserError: It is.
    """
    # how Python shows it, whatever the hints say
    if getattr(sys, "stdout", None) is None:
        raise UserError("stdout is closed", "Leave >&- out, or write to a file: > FILE")


@contextmanager
def until_closed() -> Iterator[None]:
    """Ends the program where a block that writes to stdout cannot.

    Raises:
        SystemExit: With code 0, quietly, where nobody reads it any more; with code 2,
            after a message, where it is full or broken.
    """
    try:
        yield
    except BrokenPipeError:
        _forget_stdout()
        raise SystemExit(0) from None
    except OSError as error:
        if error.filename is not None:  # of a file, not of the stream
            raise
        what = f"stdout cannot be written: {error.strerror or error}"
        report_error(
            UserError(what, "Free some space." if error.errno in FULL else None)
        )
        _forget_stdout()
        raise SystemExit(2) from error


def _forget_stdout() -> None:
    """Python flushes stdout once more when it ends, and would complain then."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    os.close(devnull)


def to_json(value: Mapping[str, Any], *, indent: int | None = None) -> str:
    """A JSON object as text: ASCII, numbers unrounded, NaN and infinity as null."""
    return json.dumps(_plain(value), allow_nan=False, indent=indent)


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as an aligned table: numbers to the right, floats with four digits.

    Args:
        rows: One mapping of column name to value for each row; a value may be
            missing. Columns stand in the order of their first appearance.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [names] + [[_cell(row.get(name)) for name in names] for row in rows]
    numeric = [
        all(isinstance(row.get(name), int | float | None) for row in rows)
        for name in names
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = (
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in cells
    )
    return "\n".join(lines) + "\n"


def figures(metrics: Mapping[str, Any]) -> str:
    """One line a figure, name and value aligned; nested figures as `name.part`."""
    flat = dict(_flat(metrics))
    width = max(map(len, flat), default=0)
    return "".join(f"{name:{width}}  {_cell(value)}\n" for name, value in flat.items())


def _flat(metrics: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for name, value in metrics.items():
        if isinstance(value, Mapping):
            pairs += _flat(value, f"{prefix}{name}.")
        else:
            pairs.append((f"{prefix}{name}", value))
    return pairs


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4f}" if 1e-3 <= abs(value) < 1e4 else f"{value:.4g}"
    return str(value)


def _plain(value: Any) -> Any:
    """Values that JSON knows: NumPy scalars and arrays as numbers, paths as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, str | bool | int | None):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    return [_plain(item) for item in value]
