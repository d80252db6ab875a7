"""A small program with every kind of verb, for the tests of the console."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

from suite.console import (
    Input,
    Result,
    UserError,
    atomic_path,
    emit,
    expand_inputs,
    for_each,
    write_atomic,
)
from suite.console.options import Common, Inputs, WithBackend, WithLimit
from suite.console.program import Program, Verb


@dataclass(frozen=True, kw_only=True)
class Tour(Common):
    """Show two figures."""


@dataclass(frozen=True, kw_only=True)
class Predict(Common, WithBackend, WithLimit):
    """Shout the content of text files."""

    inputs: Inputs
    """Files, folders, globs, or - for stdin."""
    output: Path | None = None
    """Folder for the results; stdout if not given."""
    shard: str | None = None
    """I/N: the I-th of N parts."""
    repeat: int = 1
    """How often each text is written."""


@dataclass(frozen=True)
class Schedule:
    """How a rate changes."""

    warmup: float = 0.1
    """Share of the steps."""


@dataclass(frozen=True)
class Settings:
    """What training is told."""

    data: tuple[Path, ...] = ()
    """Folders."""
    epochs: int = 10
    """Passes over the data."""
    rates: tuple[float, ...] = (0.1,)
    """Learning rates."""
    shuffle: bool = True
    """Mix the order."""
    seed: int = 1
    """Seed."""
    schedule: Schedule = field(default_factory=Schedule)
    """How the rate changes."""


RECIPE = SimpleNamespace(
    Recipe=Settings,
    PRESETS={"default": Settings(), "smoke": Settings(epochs=1, seed=7)},
)


@dataclass(frozen=True, kw_only=True)
class Train(Common):
    """Train a model."""

    model: Literal["a", "b"]
    """Which model."""
    preset: str = "default"
    """Named settings."""
    data: tuple[Path, ...] | None = None
    """Folders."""
    seed: int | None = None
    """Seed."""
    dry_run: bool = False
    """Print the settings and stop."""


@dataclass(frozen=True, kw_only=True)
class Break(Common):
    """Fail in a chosen way."""

    how: str = "bug"
    """Which failure."""
    file: Path | None = None
    """A file to write half of."""


def tour(options: Tour) -> Result:
    metrics = {"rate": 0.12345678901234567, "bad": float("nan"), "at": {"n": 3}}
    return Result(metrics, backend="litert", seed=4)


def predict(options: Predict) -> Result:
    found = expand_inputs(
        options.inputs,
        {".txt"},
        output=options.output,
        ending=".out",
        shard=options.shard,
        limit=options.limit,
    )

    def shout(item: Input) -> None:
        source = item.read()
        content = source.read_bytes() if isinstance(source, Path) else source
        if content == b"bug":
            raise ZeroDivisionError("as planned")
        if not content:
            raise UserError(f"{item.name}: zero bytes", "Write something.")
        text = content.decode().upper() * options.repeat
        if options.output is None:
            emit(text)
        else:
            write_atomic(item.target(options.output, ".out"), text)

    return Result({}, text="", code=for_each(found, shout, "shouting"))


def train(options: Train, settings: Settings) -> Result:
    return Result({"model": options.model, "settings": repr(settings)})


def fail(options: Break) -> Result:
    if options.how == "user":
        raise UserError("page.png: zero bytes", "Copy it again.")
    if options.how == "markup":
        raise UserError("[bold]page[/bold].png [/]: zero bytes")
    if options.how == "interrupt":
        assert options.file is not None
        with atomic_path(options.file) as path:
            path.write_text("half")
            raise KeyboardInterrupt
    if options.how == "missing":
        Path("absent.bin").read_bytes()
    if options.how == "pipe":
        raise BrokenPipeError(32, "Broken pipe")
    raise ZeroDivisionError("as planned")


def main(argv: Sequence[str] | None = None) -> int:
    verbs: list[Any] = [
        Verb("tour", Tour, tour, "kes-toy"),
        Verb("predict", Predict, predict, "kes-toy predict notes.txt"),
        Verb("train", Train, train, "kes-toy train --model a", lambda _: RECIPE),
        Verb("break", Break, fail, "kes-toy break"),
    ]
    return Program("kes-toy", "Shouts. Without a verb: two figures.", verbs).main(argv)


if __name__ == "__main__":
    sys.exit(main())
