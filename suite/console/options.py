"""Options: what every verb shares, and values from a TOML file and a preset."""

import dataclasses
import difflib
import tomllib
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from suite.console.errors import UserError

Inputs = Annotated[
    tuple[str, ...],
    tyro.conf.Positional,
    tyro.conf.arg(metavar="INPUT...", help_behavior_hint=""),
]

# None is the way to say "not given" in a dataclass, no word to type.
TYRO = (tyro.conf.DisallowNone,)


@dataclass(frozen=True, kw_only=True)
class Common:
    """What every verb of every program takes."""

    config: Path | None = None
    """TOML file with values for the options below, by their names; a flag wins."""
    json: bool = False
    """Print the result as one JSON object."""
    quiet: bool = False
    """Say nothing but errors on stderr."""
    verbose: bool = False
    """Say more on stderr: logs, tracebacks."""


@dataclass(frozen=True, kw_only=True)
class WithBackend:
    """For verbs that may compute with Keras."""

    backend: Literal["tensorflow", "jax", "torch"] | None = None
    """Keras backend; else KERAS_BACKEND, keras.json, the first installed."""


@dataclass(frozen=True, kw_only=True)
class WithLimit:
    """For verbs that go through many inputs."""

    limit: int | None = None
    """Only the first N inputs, for a quick trial."""

    def __post_init__(self) -> None:
        # -1 would leave out the last one and tell nobody
        if self.limit is not None and self.limit < 1:
            raise UserError(f"{self.limit}: too few inputs (--limit)", "At least 1.")


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file.

    Raises:
        UserError: The file cannot be read or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error} (--config)") from error
    except ValueError as error:  # both of TOML and of UTF-8
        raise UserError(f"{path}: not a TOML file: {error}") from error


def check_keys(values: Mapping[str, Any], kinds: Sequence[type], path: Path) -> None:
    """Refuses keys that none of the dataclasses knows.

    Args:
        values: The content of the file; a table stands for a nested dataclass.
        kinds: Dataclasses whose fields the file may name.
        path: The file, for the message.

    Raises:
        UserError: An unknown key, with the nearest known one.
    """
    known = sorted({key for kind in kinds for key, _ in _fields(kind)})
    for key, _ in flatten(values):
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."
            raise UserError(f"{path}: unknown key {key} (--config)", hint)


def to_arguments(
    values: Mapping[str, Any], kind: type, path: Path | None = None
) -> list[str]:
    """Values as command-line arguments, so that one parser checks all of them.

    Args:
        values: Keys and values of a file; keys that `kind` does not know are left out.
        kind: The dataclass to be parsed.
        path: The file, for the message.

    Raises:
        UserError: A switch that is neither true nor false, true or false or a list
            for an option that takes none.
    """
    known = dict(_fields(kind))
    words: list[str] = []
    for key, value in flatten(values):
        flag = key.replace("_", "-")
        if key not in known:
            continue
        _check_kind(key, value, known[key], path)
        if isinstance(value, bool):
            parent, dot, name = flag.rpartition(".")
            words.append(f"--{flag}" if value else f"--{parent}{dot}no-{name}")
        elif isinstance(value, list):
            words += [f"--{flag}", *map(str, value)]
        else:
            # One word: a value may begin with a hyphen.
            words.append(f"--{flag}={value}")
    return words


def flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Keys and values, those of a table as `table.key`."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _check_kind(key: str, value: Any, hint: Any, path: Path | None) -> None:
    """Refuses what the parser would take apart.

    `json = "yes"` would be the switch --json and an input `yes`, `limit = [1, 2]` an
    input `2`. All else the parser checks.
    """
    kinds = {typing.get_origin(one) or one for one in _alternatives(hint)}
    if Any in kinds:
        return
    if bool in kinds and not isinstance(value, bool):
        wanted = "true or false"
    elif isinstance(value, bool) and bool not in kinds:
        wanted = "a value"
    elif isinstance(value, list) and not kinds & {tuple, list}:
        wanted = "one value"
    else:
        return
    raise UserError(
        f"{path}: {key} must be {wanted}, not {_toml(value)} (--config)",
        "Write true or false without quotes." if bool in kinds else None,
    )


def _alternatives(hint: Any) -> Iterator[Any]:
    """The types that a hint allows: of `int | None` both."""
    origin = typing.get_origin(hint)
    if origin is Annotated:
        yield from _alternatives(typing.get_args(hint)[0])
    elif origin in (typing.Union, types.UnionType):
        for one in typing.get_args(hint):
            yield from _alternatives(one)
    else:
        yield hint


def _toml(value: Any) -> str:
    """A value about as the file has it."""
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _fields(kind: type, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Names and hints of the fields that a file may set, of a nested one as `a.b`."""
    hints = typing.get_type_hints(kind, include_extras=True)
    for field in dataclasses.fields(kind):
        hint = hints[field.name]
        marks = getattr(hint, "__metadata__", ())
        # What is acted on is named on the command line alone, what is fixed nowhere.
        if {tyro.conf.Positional, tyro.conf.Fixed} & {*marks} or field.name == "config":
            continue
        inner = typing.get_args(hint)[0] if marks else hint
        if dataclasses.is_dataclass(inner) and isinstance(inner, type):
            yield from _fields(inner, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}", hint
