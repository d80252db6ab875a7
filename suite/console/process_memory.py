"""What a process keeps of the memory that it has freed."""

import ctypes
import sys

_MMAP_THRESHOLD = -3  # glibc's malloc.h
_LARGE = 1 << 20  # bytes


def return_large_blocks() -> None:
    """Have blocks of a megabyte and more go back to the system as soon as freed.

    glibc raises that limit to 32 MB by and by and keeps what is below it: a reader of
    many pages held 40 MB of pictures that were read long ago. It costs no time that
    could be measured. For programs, since it holds for the whole process; elsewhere
    than on Linux with glibc it does nothing.
    """
    if sys.platform != "linux":
        return
    # musl has no such function
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGE)
