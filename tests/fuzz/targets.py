"""Targets with faults that the fuzzer must notice.

The first input, a sound file, is for warming up and not judged.
"""

import os
import signal
import time

_calls: list[int] = []


def _after_the_first() -> bool:
    _calls.append(1)
    return len(_calls) > 1


def raises(data: bytes) -> None:
    """An exception that is no `UserError`."""
    if _after_the_first():
        raise KeyError("surprise")


def crashes(data: bytes) -> None:
    """The process dies."""
    if _after_the_first():
        os.kill(os.getpid(), signal.SIGSEGV)


def hangs(data: bytes) -> None:
    """No end."""
    if _after_the_first():
        time.sleep(60)


def grows(data: bytes) -> None:
    """Two gigabytes, above the limit of one."""
    if _after_the_first():
        bytearray(2 << 30)
