"""Messages that native code writes past Python, straight to descriptor 2."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator

logger = logging.getLogger(__name__)

_HARMLESS = (b"INFO:", b"W0000", b"I0000", b"WARNING: All log messages before absl")
_MANY = 200  # lines that a damaged file may add to the log
# One for both functions: what the second of two threads kept would be the first's file.
_lock = threading.Lock()


def native_messages_logged() -> contextlib.AbstractContextManager[None]:
    """Sends what is written to descriptor 2 meanwhile to the log, at level DEBUG.

    libtiff prints a line for each fault of a file ("Fax4Decode: Bad code word ..."),
    and Pillow gives no way to stop it. The descriptor belongs to the whole process:
    what other threads write to stderr at that moment ends in the log, too, so keep
    the block short. Where there is no stderr nothing is changed.
    """
    return _caught(_log)


def without_chatter() -> contextlib.AbstractContextManager[None]:
    """Drops informational lines that native code writes to descriptor 2 meanwhile.

    LiteRT announces its XNNPACK delegate once a process and no log level silences it
    (`TF_CPP_MIN_LOG_LEVEL` was tried). Everything else written in the meantime, by
    whatever thread, comes out when the block ends.
    """
    return _caught(_pass_on)


def _log(lines: Iterable[bytes]) -> None:
    for line, _ in zip(lines, range(_MANY), strict=False):
        logger.debug("%s", line.decode(errors="replace").rstrip("\n"))


def _pass_on(lines: Iterable[bytes]) -> None:
    kept = [line for line in lines if not line.startswith(_HARMLESS)]
    if kept:
        os.write(2, b"".join(kept))


@contextlib.contextmanager
def _caught(give: Callable[[Iterable[bytes]], None]) -> Iterator[None]:
    with _lock, contextlib.ExitStack() as stack:
        try:
            if sys.__stderr__ is None:  # 2 is then a file that somebody opened
                raise OSError
            caught = stack.enter_context(tempfile.TemporaryFile())
            stderr = os.dup(2)
        except OSError:  # no room for a file, or nobody reads stderr
            yield
            return
        stack.callback(os.close, stderr)
        _flush()
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            _flush()
            os.dup2(stderr, 2)
            caught.seek(0)
            give(caught)


def _flush() -> None:
    # None under pythonw; closed or broken pipes are not ours to report
    with contextlib.suppress(AttributeError, OSError, ValueError):
        sys.stderr.flush()
