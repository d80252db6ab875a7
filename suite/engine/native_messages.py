"""Messages that native code writes past Python, straight to descriptor 2."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Iterator

_HARMLESS = (b"INFO:", b"W0000", b"I0000", b"WARNING: All log messages before absl")
_lock = threading.Lock()


@contextlib.contextmanager
def without_chatter() -> Iterator[None]:
    """Drops informational lines that native code writes to stderr meanwhile.

    LiteRT announces its XNNPACK delegate once a process and no log level silences it
    (`TF_CPP_MIN_LOG_LEVEL` was tried). Everything else written in the meantime, by
    whatever thread, comes out when the block ends.
    """
    with _lock, contextlib.ExitStack() as stack:
        try:
            caught = stack.enter_context(tempfile.TemporaryFile())
            stderr = os.dup(2)
        except OSError:  # no room for a file, or nobody reads stderr
            yield
            return
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            caught.seek(0)
            kept = [line for line in caught if not line.startswith(_HARMLESS)]
            if kept:
                os.write(2, b"".join(kept))
