"""The registered models: `python -m suite.models "delight*"`."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Annotated

import tyro

from suite.console import Result, UserError, table, write_atomic
from suite.console.options import Common
from suite.console.program import Program, Verb


@dataclass(frozen=True, kw_only=True)
class List(Common):
    """List registered models: parameters, multiply-adds, source, what each is.

    Trained parameters are those that papers count, fixed ones moving statistics and
    constants; multiply-adds are of one input, where its size is fixed.
    """

    patterns: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """Names, with `*`, `?` and `[...]` for what may stand there; all by default."""
    page: bool = False
    """Print docs/models.md instead."""
    sizes: bool = False
    """Count all models and print suite/models/sizes.toml instead."""
    pictures: Path | None = None
    """Draw the pictures of that page into this folder instead."""


def run(options: List) -> Result:
    from suite.models import catalog
    from suite.models.page import page
    from suite.models.registry import close_to, list_models, names
    from suite.models.sizes import counted, size

    if options.page:
        return Result({}, page())
    if options.sizes:
        return Result({}, counted())
    if options.pictures is not None:
        from suite.models.pictures import pictures

        paths = []
        for name, text in pictures().items():
            paths.append(str(options.pictures / name))
            write_atomic(paths[-1], text)
        return Result({"pictures": paths}, "\n".join(paths))
    found = {pattern: list_models(pattern) for pattern in options.patterns or ["*"]}
    missing = [pattern for pattern, fitting in found.items() if not fitting]
    if missing:
        raise UserError(
            f"{' '.join(missing)}: no such model",
            f"{close_to(*missing)}There are: {', '.join(names())}",
        )
    rows = [
        {"name": name, **size(name)._asdict(), **catalog.about(name)}
        for name in dict.fromkeys(chain.from_iterable(found.values()))
    ]
    return Result({"models": rows}, table(rows))


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program; returns its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    example = 'python -m suite.models "delight*"'
    about = "The registered models."
    program = Program("suite.models", about, [Verb("list", List, run, example)])
    return program.main(["list", *words])


if __name__ == "__main__":
    sys.exit(main())
