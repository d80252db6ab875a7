"""How far a long piece of work is, on stderr."""

import time
from collections.abc import Callable, Iterable, Iterator, Sized
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from suite.console.messages import is_quiet, remark, stderr_console

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

T = TypeVar("T")

_SHARE = 0.1  # of the work between two plain lines
_EVERY = 30.0  # seconds after which a plain line comes in any case
_CALM = 2.0  # seconds between two plain lines at least: short work says nothing


class Progress:
    """A bar on a terminal; elsewhere a plain line now and then; nothing if quiet.

    Off a terminal a line comes when a tenth of the work was done since the last one
    (and 2 seconds have passed), or when 30 seconds have passed.

    Args:
        description: What is being done: `reading`.
        total: Number of steps; None where nobody knows.
        hidden: Show nothing, as with `--quiet`.
        clock: Seconds that only go up; tests pass their own.

    Example:
        with Progress("training", total=100) as progress:
            for step in range(100):
                progress.update(1, loss=0.25)
    """

    def __init__(
        self,
        description: str,
        total: int | None = None,
        *,
        hidden: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.description = description
        self.total = total
        self.done = 0
        self.fields: dict[str, Any] = {}
        self._hidden = hidden or is_quiet()
        self._clock = clock
        self._bar: Bar | None = None
        self._started = self._said_at = clock()
        self._said_done = 0

    def __enter__(self) -> Self:
        self._started = self._said_at = self._clock()
        if not self._hidden and (console := stderr_console()).is_terminal:
            from rich import progress as rich_progress

            self._bar = rich_progress.Progress(
                rich_progress.TextColumn("{task.description}", markup=False),
                rich_progress.BarColumn(),
                rich_progress.MofNCompleteColumn(),
                rich_progress.TimeRemainingColumn(elapsed_when_finished=True),
                rich_progress.TextColumn("{task.fields[note]}", markup=False),
                console=console,
                transient=True,
                # rich would send what the program writes to stdout to stderr.
                redirect_stdout=False,
            )
            self._bar.add_task(self.description, total=self.total, note="")
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        elif self._said_done and self._said_done != self.done:
            self._say(self._clock())

    def update(self, advance: int = 1, **fields: Any) -> None:
        """Counts steps and shows figures beside them.

        Args:
            advance: Steps done since the last call.
            **fields: Figures to show, each kept until it is given again; floats are
                shown with four digits.
        """
        self.done += advance
        self.fields |= fields
        if self._bar is not None:
            task = self._bar.task_ids[0]
            self._bar.update(task, advance=advance, note=self._note())
            return
        if self._hidden:
            return
        now = self._clock()
        waited = now - self._said_at
        share = (self.done - self._said_done) / self.total if self.total else 0.0
        if waited >= _EVERY or (share >= _SHARE and waited >= _CALM):
            self._say(now)

    def _note(self) -> str:
        return " ".join(
            f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in self.fields.items()
        )

    def _say(self, now: float) -> None:
        self._said_at, self._said_done = now, self.done
        of = f"/{self.total}" if self.total else ""
        seconds = now - self._started
        line = f"{self.description} {self.done}{of} {seconds:.0f} s {self._note()}"
        remark(line.rstrip())


def track(
    iterable: Iterable[T], description: str, total: int | None = None
) -> Iterator[T]:
    """Yields the items and shows how many are done.

    Args:
        iterable: What to go through.
        description: What is being done: `reading`.
        total: Number of items; taken from `len(iterable)` where that is known.
    """
    if total is None and isinstance(iterable, Sized):
        total = len(iterable)
    with Progress(description, total) as progress:
        for item in iterable:
            yield item
            progress.update()
