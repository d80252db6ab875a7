"""Files that are either complete or absent."""

import contextlib
import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from suite.console.errors import UserError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""Numbers of the errors of a medium that takes no more."""
_SURROGATES = re.compile("[\ud800-\udfff]")  # how Python keeps such bytes in a name
_NAME_LIMIT = 255  # bytes in a file name: ext4, APFS, NTFS and tmpfs agree


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yields a temporary path that takes the place of `path` when the block ends well.

    The temporary path lies in the same folder (a rename within one file system is
    atomic), is hidden and keeps the whole ending of the name, because writers choose
    their format by it. What was at `path` before stays until the new content is on
    the disk. Missing parent folders are made. A device such as `/dev/stdout` is
    written directly.

    Args:
        path: The file to write; a folder is possible where none is there yet.

    Raises:
        UserError: The disk is full or `path` cannot be written. Other exceptions of
            the block pass unchanged; the temporary file is removed in any case.
    """
    # A link stays a link: what it points at is replaced.
    target = Path(os.path.realpath(path))
    device = target.exists() and not target.is_file() and not target.is_dir()
    temporary = target if device else _beside(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        if not device:
            _to_disk(temporary)
            temporary.replace(target)
            _to_disk(target.parent)
    except OSError as error:
        if not _ours(error, temporary, target):
            raise
        raise UserError(
            f"{path}: cannot be written: {error.strerror or error}",
            "Free some space." if error.errno in FULL else "Choose another place.",
        ) from error
    finally:
        if not device:
            _remove(temporary)


def write_atomic(path: str | os.PathLike[str], content: bytes | str) -> None:
    """Writes the whole content to `path`, or leaves what was there.

    Args:
        path: The file to write.
        content: Bytes as they are; text as `utf8` has it, with its line ends untouched.

    Raises:
        UserError: The disk is full or `path` cannot be written.
    """
    data = utf8(content) if isinstance(content, str) else content
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def utf8(text: str) -> bytes:
    """Text as UTF-8; bytes of a file name that are no text become U+FFFD."""
    return _SURROGATES.sub("\ufffd", text).encode()


def _beside(target: Path) -> Path:
    token = f".{secrets.token_hex(4)}."
    room = _NAME_LIMIT - len(token)
    # The end of a very long name is cut off at its front: the ending must stay.
    ending = os.fsencode(target.name)[-room:].decode("utf-8", "ignore")
    return target.with_name(token + ending)


def _to_disk(path: Path) -> None:
    """Waits until the file, or the names in a folder, are on the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows opens no folders
    descriptor = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems refuse fsync on a folder; the file is written.
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(descriptor)


def _ours(error: OSError, temporary: Path, target: Path) -> bool:
    """Whether the failure is about the file being written, not one being read."""
    if error.errno in FULL:
        return True
    names = {str(temporary), str(target), *map(str, target.parents)}
    return str(error.filename) in names


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):  # not to hide the failure that led here
            path.unlink()
