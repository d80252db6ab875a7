"""Many files read one after another: what `predict` does."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from suite.console import Input, UserError, emit, expand_inputs, for_each
from suite.console.files import utf8
from suite.console.output import check_stdout
from suite.imaging import heads
from suite.ocr.formats import find_format, render, write
from suite.ocr.result import PageText

if TYPE_CHECKING:
    from suite.ocr.reader import Reader

SUFFIXES = heads.SUFFIXES | {".pdf"}
"""Endings of what is read in a folder; a file that is named is tried in any case."""

_STREAMS = {"text", "json"}  # results of several inputs can follow one another


class Prediction:
    """Files to be read and the place for what was read.

    Args:
        arguments: Files, folders, globs, `-` for stdin.
        form: Name of a format.
        output: Folder for the results; None for stdout.
        shard: `I/N`, one of N parts of the inputs; None for all.
        limit: At most so many inputs; None for all.

    Raises:
        UserError: No input; two inputs for one name; a result in the place of an
            input; stdout that cannot take these results. Nothing was done then.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        form: str = "text",
        *,
        output: Path | None = None,
        shard: str | None = None,
        limit: int | None = None,
    ) -> None:
        self.form = find_format(form)
        self.output = output
        self.inputs = expand_inputs(
            arguments,
            SUFFIXES,
            output=output,
            ending=self.form.suffix,
            shard=shard,
            limit=limit,
        )
        self._emitted = False
        self._targets: frozenset[Path] = frozenset()
        if output is None:
            self._check_stdout()
        else:
            named = (item for item in self.inputs if item.error is None)
            ending = self.form.suffix
            self._targets = frozenset(item.target(output, ending) for item in named)

    def run(self, reader: "Reader") -> int:
        """Reads all inputs; one that fails is reported and the others go on.

        Returns:
            The exit code: 0 all read, 1 some failed.
        """
        hidden = self.output is None and sys.stdout.isatty()
        return for_each(
            self.inputs, lambda item: self._read(reader, item), "reading", hidden=hidden
        )

    def _read(self, reader: "Reader", item: Input) -> None:
        source = item.read()
        pages: list[PageText] = []
        try:
            for page in reader.pages(source):
                pages.append(replace(page, name=item.name))
        except Exception:  # of any kind: memory may be short on page 7
            if pages:  # what was read before is not lost
                self._put(item, pages, source)
            raise
        self._put(item, pages, source)

    def _put(self, item: Input, pages: list[PageText], source: Path | bytes) -> None:
        if self.output is not None:
            target = item.target(self.output, self.form.suffix)
            form, taken = self.form.name, self._targets - {target}
            write(pages, form, target, source=source, taken=taken)
            return
        content = render(pages, self.form.name, source=source)
        data = utf8(content) if isinstance(content, str) else content
        separator = b"\f" if self._emitted and self.form.name == "text" else b""
        emit(separator + data)
        self._emitted = True

    def _check_stdout(self) -> None:
        check_stdout()
        name = self.form.name
        if len(self.inputs) > 1 and name not in _STREAMS:
            raise UserError(
                f"{len(self.inputs)} results of format {name} do not fit on stdout",
                "Add --output FOLDER.",
            )
        if self.form.pictures and sys.stdout.isatty():
            raise UserError(
                f"format {name} is not for a terminal",
                f"Add --output FOLDER, or > FILE{self.form.suffix}.",
            )
