"""What a program says beside its result: always on stderr, quiet on request."""

import contextlib
import logging
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from suite.console.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console


@dataclass
class _Speech:
    """How the running program speaks; one per process."""

    program: str = "suite"
    quiet: bool = False
    verbose: bool = False


_speech = _Speech()

# a file's name may hold what clears a terminal
_CONTROLS = {
    code: repr(chr(code))[1:-1] for code in {*range(160)} - {*range(32, 127), 9, 10}
}


def configure(program: str, *, quiet: bool = False, verbose: bool = False) -> None:
    """Sets the program's name and how much it says.

    Args:
        program: The name at the head of each message, `kes-ocr`.
        quiet: Errors only: no progress, no remarks.
        verbose: Logs from INFO upwards, tracebacks of errors.
    """
    _speech.program, _speech.quiet, _speech.verbose = program, quiet, verbose
    level = logging.INFO if verbose else logging.ERROR if quiet else logging.WARNING
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(f"{program}: %(levelname)s: %(message)s"))
    # `suite` alone: keras, jax and absl configure loggers of their own.
    logger = logging.getLogger("suite")
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False


def is_quiet() -> bool:
    """Whether `--quiet` was given."""
    return _speech.quiet


def is_verbose() -> bool:
    """Whether `--verbose` was given."""
    return _speech.verbose


def stderr_console() -> "Console":
    """A rich console on stderr; no colour off a terminal or with NO_COLOR."""
    from rich.console import Console

    class Patient(Console):
        def on_broken_pipe(self) -> None:
            """rich would close stdout and end the program with code 1."""

    return Patient(
        stderr=True,
        highlight=False,
        soft_wrap=True,
        no_color=bool(os.environ.get("NO_COLOR")) or None,
    )


def remark(text: str) -> None:
    """Says one line on stderr, unless `--quiet`."""
    if not _speech.quiet:
        _say(text)


def report_error(error: UserError | str) -> None:
    """Shows an error in two lines: what is wrong, then what to do.

    Example:
        kes-ocr: error: runs/ocr/model.keras: no such file (--model)
        Train one first: kes-ocr train --model recognizer
    """
    _say(f"{_speech.program}: error: {error}", style="bold red")
    if isinstance(error, UserError) and error.hint:
        _say(error.hint)


def _say(text: str, style: str | None = None) -> None:
    from rich.text import Text

    text = text.translate(_CONTROLS)
    # Where nobody listens on stderr any more, the exit code still tells.
    with contextlib.suppress(OSError, ValueError):
        # Text, not a string: file names may hold what rich reads as markup.
        stderr_console().print(Text(text, style=style or ""))
