"""Ctrl-C, kept until a consistent state can be written."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self


class Interrupts:
    """Within the block, Ctrl-C is noted and raised where the code can bear it.

    A second Ctrl-C raises at once. Outside of the main thread, and where somebody
    else handles or ignores the signal, nothing is changed.

    Example:
        with Interrupts() as interrupts:
            while work():
                if interrupts.pending:
                    save()
                    raise KeyboardInterrupt
    """

    def __init__(self) -> None:
        self.pending = False
        self._immediate = False
        self._before: Any = None

    def __enter__(self) -> Self:
        main = threading.current_thread() is threading.main_thread()
        if main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    @contextmanager
    def released(self) -> Iterator[None]:
        """Within this block Ctrl-C raises at once, as it does without `Interrupts`."""
        self._immediate = True
        try:
            yield
        finally:
            self._immediate = False

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._immediate or self.pending:
            raise KeyboardInterrupt
        self.pending = True
