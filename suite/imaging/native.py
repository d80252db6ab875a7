"""Messages that libraries in C write past Python."""

import contextlib
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

logger = logging.getLogger(__name__)
_LOCK = threading.Lock()


@contextlib.contextmanager
def native_messages_logged() -> Iterator[None]:
    """Send what is written to file descriptor 2 to the log, at level DEBUG.

    libtiff prints a line for each fault of a file ("Fax4Decode: Bad code word ..."),
    and Pillow gives no way to stop it. The descriptor belongs to the whole process:
    what other threads write to stderr at that moment ends in the log, too, so keep
    the block short. Where there is no descriptor 2 nothing is changed.
    """
    with _LOCK, contextlib.ExitStack() as stack:
        try:
            kept = os.dup(2)
        except OSError:
            yield
            return
        stack.callback(os.close, kept)
        caught = stack.enter_context(_scratch())
        _flush()
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            _flush()
            os.dup2(kept, 2)
            caught.seek(0)
            for line in caught.read(20_000).decode(errors="replace").splitlines():
                logger.debug("%s", line)


def _scratch() -> IO[bytes]:
    try:
        return tempfile.TemporaryFile()
    except OSError:  # nowhere to write, which is no reason not to read
        return Path(os.devnull).open("w+b")


def _flush() -> None:
    # None under pythonw; closed or broken pipes are not ours to report
    with contextlib.suppress(AttributeError, OSError, ValueError):
        sys.stderr.flush()
