"""The files that a program is asked to work on."""

import errno
import functools
import glob
import os
import sys
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from suite.console.errors import UserError
from suite.console.messages import is_verbose, report_error
from suite.console.progress import Progress


@dataclass(frozen=True)
class Input:
    """One thing to work on.

    Args:
        name: How messages and results call it: the path as found, or `-`.
        path: The file; None for stdin.
        place: Where its results go below the output folder, without ending.
        error: What is known to be wrong with it before it is opened.
    """

    name: str
    path: Path | None
    place: PurePath
    error: UserError | None = None

    def read(self) -> Path | bytes:
        """The file's path, or everything that stdin gives.

        Raises:
            UserError: There is nothing to open.
        """
        if self.error is not None:
            raise self.error
        if self.path is not None:
            # a pipe can be read once, and some formats open the pictures again
            return self.path.read_bytes() if self.path.is_fifo() else self.path
        if getattr(sys, "stdin", None) is None:  # how Python shows it, closed by <&-
            raise UserError(f"{self.name}: stdin is closed", "Name a file instead.")
        return sys.stdin.buffer.read()

    def target(self, output: Path, ending: str) -> Path:
        """The file that takes the results, `ending` as in `.txt`."""
        return output / self.place.parent / (self.place.name + ending)


def expand_inputs(
    arguments: Sequence[str],
    suffixes: Collection[str],
    *,
    output: Path | None = None,
    ending: str = "",
    shard: str | None = None,
    limit: int | None = None,
) -> list[Input]:
    """Finds the files behind files, folders, globs and `-` (stdin).

    A file is taken whatever its ending. A folder gives, sorted and with its
    subfolders, the files that end in one of `suffixes`; hidden ones and those below
    `output` are passed over. The order of the arguments stays. An argument that leads
    to nothing becomes an input that fails, so that the others are still read. What is
    found twice, as by `FOLDER/**`, is taken at its first place.

    Args:
        arguments: What the command line named.
        suffixes: Endings that count in a folder, in lower case: `{".png"}`.
        output: The folder for the results; None for stdout.
        ending: Ending of a result: `.txt`.
        shard: `I/N`, the I-th (from 1) of N parts of the work; None for all of it.
        limit: At most so many inputs, 1 or more; None for all.

    Raises:
        UserError: Nothing to read at all; two inputs with one place for their
            results; a result in the place of an input; a shard that is none.
    """
    every = (item for word in arguments for item in _expand(word, suffixes, output))
    found = list(_once(every))
    if not found:
        raise UserError("no input was given", "Name files, folders, globs, or - .")
    if all(item.error for item in found) and found[0].error:
        raise found[0].error
    if output is not None:
        _refuse_collisions(found, output, ending)
    index, count = _shard(shard)
    return found[index - 1 :: count][:limit]


def for_each(
    inputs: Sequence[Input],
    work: Callable[[Input], None],
    description: str,
    *,
    hidden: bool = False,
) -> int:
    """Works on each input; one that fails is reported and the others go on.

    Args:
        inputs: What to work on.
        work: Called with each input.
        description: For the progress bar: `reading`.
        hidden: No progress bar, as where results go to the same terminal.

    Returns:
        The exit code: 0 all done, 1 some failed.
    """
    failed = 0
    with Progress(description, len(inputs), hidden=hidden) as progress:
        for item in inputs:
            try:
                work(item)
            except UserError as error:
                failed += 1
                report_error(error)
            except Exception as error:  # one bad file must not cost the others
                failed += 1
                if is_verbose():
                    traceback.print_exc()
                report_error(unexpected(error, item.name))
            progress.update(failed=failed)
    return 1 if failed else 0


def unexpected(error: Exception, where: str | None = None) -> UserError:
    """An exception that nobody foresaw, as a sentence."""
    place = f"{where}: " if where else ""
    if isinstance(error, OSError) and error.strerror:
        name = f"{error.filename}: " if error.filename else place
        return UserError(f"{name}{error.strerror}")
    if isinstance(error, MemoryError):
        return UserError(f"{place}out of memory", "Try fewer threads, smaller inputs.")
    return UserError(
        f"{place}{type(error).__name__}: {error}",
        "This is a fault of the program; --verbose shows where.",
    )


def _expand(
    word: str, suffixes: Collection[str], output: Path | None
) -> Iterator[Input]:
    if word == "-":
        yield Input("-", None, PurePath("stdin"))
        return
    path = Path(word)
    try:
        path.stat()
    except OSError as error:
        if error.errno not in {errno.ENOENT, errno.ENOTDIR}:
            yield _nothing(word, f"{word}: {error.strerror}")
            return
    if path.is_dir():
        yield from _folder(path, suffixes, output)
    elif not os.path.lexists(path) and set(word) & set("*?["):
        matches = sorted(glob.glob(word, recursive=True))
        if not matches:
            hint = "Mind the quotes: the shell expands globs only without them."
            yield _nothing(word, f"{word}: no file matches", hint)
        for match in map(Path, matches):
            if match.is_dir():
                yield from _folder(match, suffixes, output)
            else:
                yield _file(match)
    elif not path.exists():
        yield _nothing(word, f"{word}: no such file or folder")
    else:
        yield _file(path)


def _once(items: Iterable[Input]) -> Iterator[Input]:
    resolved = functools.cache(Path.resolve)  # folders are fewer than files
    seen: set[Path | None] = set()
    for item in items:
        if item.error is None:
            # The name stays: of a link and what it points at both were asked for.
            path = item.path and resolved(item.path.parent) / item.path.name
            if path in seen:
                continue
            seen.add(path)
        yield item


def _folder(
    folder: Path, suffixes: Collection[str], output: Path | None
) -> Iterator[Input]:
    own = output.resolve() if output is not None else None
    empty = True
    unread: list[OSError] = []
    for root, folders, names in os.walk(folder, onerror=unread.append):
        here = Path(root)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and (here / name).resolve() != own
        )
        for name in sorted(names):
            path = here / name
            if path.suffix.lower() in suffixes and not name.startswith("."):
                empty = False
                yield Input(str(path), path, path.relative_to(folder).with_suffix(""))
    for error in unread:
        yield _nothing(error.filename, f"{error.filename}: {error.strerror}")
    if empty and not unread:
        kinds = " ".join(sorted(suffixes))
        yield _nothing(
            str(folder), f"{folder}: no input in this folder", f"It takes {kinds}."
        )


def _file(path: Path) -> Input:
    return Input(str(path), path, PurePath(path.stem))


def _nothing(name: str, message: str, hint: str | None = None) -> Input:
    return Input(name, None, PurePath(Path(name).name), UserError(message, hint))


def _refuse_collisions(found: Sequence[Input], output: Path, ending: str) -> None:
    sources = {item.path.resolve(): item.name for item in found if item.path}
    seen: dict[Path, str] = {}
    for item in found:
        if item.error is not None:
            continue
        target = item.target(output, ending)
        if target in seen:
            raise UserError(
                f"{seen[target]} and {item.name} would both be written to {target}",
                "Give them in two calls with two output folders.",
            )
        if target.resolve() in sources:
            raise UserError(
                f"{target}: the result would replace an input (--output)",
                "Choose another output folder.",
            )
        seen[target] = item.name


def _shard(text: str | None) -> tuple[int, int]:
    if text is None:
        return 1, 1
    index, slash, count = text.partition("/")
    if slash and index.isdecimal() and count.isdecimal():
        part = int(index), int(count)
        if 1 <= part[0] <= part[1]:
            return part
    raise UserError(
        f"{text}: not a part of the work (--shard)",
        "Give I/N with I from 1 to N: 1/4, 2/4, 3/4, 4/4.",
    )
