"""Many files read one after another: what `predict` does."""

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from suite.console import Input, UserError, emit, expand_inputs, for_each
from suite.console.files import utf8
from suite.console.inputs import unexpected
from suite.console.messages import is_verbose, report_error
from suite.console.output import check_stdout
from suite.imaging import heads
from suite.imaging.pages import has_several_pages
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
            input; a file in the place of `output`; stdout that cannot take these
            results. Nothing was done then.
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
            _check_folder(output)
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
        if self.output is None and self.form.paged:
            self._check_single(source, item.name)
        pages: list[PageText] = []
        faults: list[UserError] = []
        ended = False

        def damaged(_: int, error: UserError) -> None:
            faults.append(error)

        try:
            for page in reader.pages(source, name=item.name, damaged=damaged):
                pages.append(page)
        except Exception as error:  # of any kind: memory may be short on page 7
            if not pages and not faults:
                raise
            if is_verbose():
                traceback.print_exc()
            if not isinstance(error, UserError):
                error = unexpected(error, item.name)
            faults.append(error)
            ended = True
        if not pages and len(faults) == 1:
            raise faults[0]
        for fault in faults:
            report_error(fault)
        if pages:  # what could be read is not lost
            self._put(item, pages, source)
        if faults:
            of = "the" if ended else len(pages) + len(faults)
            raise UserError(
                f"{item.name}: {len(pages)} of {of} pages were written",
                "Those after them were not read." if ended else None,
            )

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

    def _check_single(self, source: Path | bytes, name: str) -> None:
        if has_several_pages(source, name=name):
            raise UserError(
                f"{name}: several pages, of which stdout takes one (--format "
                f"{self.form.name})",
                "Add --output FOLDER, or choose --format pdf.",
            )

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


def _check_folder(output: Path) -> None:
    """Refuses a place where no folder is and none can be made."""
    there = next(
        (path for path in (output, *output.parents) if os.path.lexists(path)), None
    )
    if there is not None and not there.is_dir():
        raise UserError(
            f"{there}: not a folder, and the results need one (--output)",
            "Name another; a folder that is not there is made.",
        )
