"""A program: its verbs, its exit codes, its last line of defence."""

import io
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import suite
from suite.console.errors import UserError
from suite.console.inputs import unexpected
from suite.console.messages import configure, is_verbose, remark, report_error
from suite.console.output import SCHEMA, Result, emit, figures, to_json, until_closed
from suite.console.parsing import HELP, Verb, end_of_help, parse, parse_any

__all__ = ["Program", "Verb"]


class Program:
    """A command line with verbs.

    Exit codes: 0 all done (also where the reader of stdout went away), 1 some inputs
    failed or the verdict is no, 2 could not run, 130 on Ctrl-C.

    Args:
        name: The installed command: `kes-ocr`.
        about: What it does, one line; then what it does without a verb.
        verbs: The first one runs when none is named.

    Example:
        def main(argv=None):
            return Program("kes-ocr", "Reads text.", [Verb(...), ...]).main(argv)
    """

    def __init__(self, name: str, about: str, verbs: Sequence[Verb]) -> None:
        self.name = name
        self.about = about
        self.verbs = {verb.name: verb for verb in verbs}

    def main(self, argv: Sequence[str] | None = None) -> int:
        """Runs the program; returns the exit code, raises nothing.

        Args:
            argv: Arguments after the program's name; None for those of the process.
        """
        words = list(sys.argv[1:] if argv is None else argv)
        configure(self.name, quiet="--quiet" in words, verbose="--verbose" in words)
        _prepare()
        try:
            with until_closed():
                verb, options, settings = self._parse(words)
            configure(self.name, quiet=options.quiet, verbose=options.verbose)
            return self._run(verb, options, settings)
        except KeyboardInterrupt:
            remark(f"{self.name}: interrupted")
            return 130
        except SystemExit as stop:  # help, bad flags, a reader gone
            return stop.code if isinstance(stop.code, int) else 2
        except UserError as error:
            return _fail(error)
        except Exception as error:
            return _fail(unexpected(error))

    def _parse(self, words: list[str]) -> tuple[Verb, Any, Any]:
        if "--version" in words:
            emit(f"{self.name} {suite.__version__}")
            raise SystemExit(0)
        verb, rest = self._verb(words)
        try:
            return verb, *parse(f"{self.name} {verb.name}", verb, rest)
        except SystemExit as stop:
            if stop.code == 0 and HELP & set(rest):
                end_of_help(f"{self.name} {verb.name}", verb, rest)
            raise

    def _run(self, verb: Verb, options: Any, settings: Any) -> int:
        if not options.verbose:
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        if getattr(options, "dry_run", False):
            emit(to_json(asdict(options if settings is None else settings), indent=2))
            return 0
        result = verb.run(options) if settings is None else verb.run(options, settings)
        self._print(verb.name, options, result)
        return result.code

    def _verb(self, words: list[str]) -> tuple[Verb, list[str]]:
        first = words[0] if words else ""
        if first in self.verbs:
            return self.verbs[first], words[1:]
        root = HELP & set(words) or "completion" in first
        if not words or (first.startswith("-") and not root):
            return next(iter(self.verbs.values())), words
        try:
            parse_any(self.name, self.about, list(self.verbs.values()), words)
        except SystemExit as stop:
            if stop.code == 0 and "completion" not in first:
                example = next(iter(self.verbs.values())).example
                emit(f"\nexample:\n  {example}\n  {self.name} VERB --help")
            raise
        raise UserError(f"{first}: no verb of {self.name}")

    def _print(self, verb: str, options: Any, result: Result) -> None:
        if not result.metrics and result.text == "":
            return  # the verb wrote its results itself
        if options.json:
            head = {
                "schema": SCHEMA,
                "app": self.name.removeprefix("kes-"),
                "verb": verb,
                "version": suite.__version__,
                "backend": result.backend,
                "seed": result.seed,
            }
            emit(to_json({**head, "metrics": result.metrics}))
        elif result.text is None:
            emit(figures(result.metrics))
        elif result.text:
            emit(result.text)


def _prepare() -> None:
    # a file opened in the place of a closed stream would be taken for it
    while (spare := os.open(os.devnull, os.O_RDWR)) < 3:
        pass
    os.close(spare)
    if os.environ.get("NO_COLOR"):
        os.environ["TERM"] = "dumb"  # tyro obeys this one only
    # Results are UTF-8 whatever the locale; a file's odd name comes out as it is.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")


def _fail(error: UserError) -> int:
    if is_verbose():
        traceback.print_exc()
    report_error(error)
    return 2
