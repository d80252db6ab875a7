"""The LiteRT engine in a process of its own, for files of unknown origin.

    python -m suite.engine.isolated      what the parent starts, never by hand

A message either way is its length in eight bytes, then an .npz of plain arrays whose
first one is the head, JSON in bytes.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from suite.console.errors import UserError
from suite.engine.contract import CheckedModel, Signature

_REMEDY = "Do not use this file, or copy it again from where it comes from."


class IsolatedModel(CheckedModel):
    """A LiteRT file run in a child process: its crash is a `UserError`.

    A damaged or hostile file may end the process that runs it, or never end; here that
    process is another one, and the next call starts it again. It keeps a crash away,
    not an attacker: the child may do what its user may do.

    Args:
        folder: The model folder.
        config: The content of its config.json.
        signatures: Its entry points by name.
        precision, threads, keep: As in `suite.engine.open_model`.
        timeout: Seconds after which opening the file, or a call, counts as stuck.

    Raises:
        UserError: What the engine says of the file, or that it crashes or is stuck.
        ValueError: `threads` or `keep` is below 1.
    """

    def __init__(
        self,
        folder: Path,
        config: dict[str, Any],
        signatures: Mapping[str, Signature],
        *,
        precision: str,
        threads: int,
        keep: int | None = None,
        timeout: float = 60.0,
    ) -> None:
        super().__init__(config, signatures, str(folder / f"{precision}.tflite"))
        self.timeout = timeout
        self._settings = {
            "folder": str(folder.resolve()),
            "precision": precision,
            "threads": threads,
            "keep": keep,
        }
        self._lock = threading.Lock()  # the child serves one call at a time
        self._child: subprocess.Popen[bytes] | None = None
        with self._lock:
            self._start()

    def release(self) -> None:
        """Ends the child; the next call starts it again."""
        with self._lock:
            self._stop()

    def _run(
        self, signature: str, inputs: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        with self._lock:
            child = self._child or self._start()
            head = {"signature": signature, "names": list(inputs)}
            answer, arrays = self._ask(child, head, list(inputs.values()))
            return dict(zip(answer["names"], arrays, strict=True))

    def _start(self) -> subprocess.Popen[bytes]:
        path = os.pathsep.join(entry for entry in sys.path if entry)
        child = subprocess.Popen(
            # -P: no module of the current folder in place of an installed one
            [sys.executable, "-P", "-m", "suite.engine.isolated"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # native code's last words
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is the parent's to answer
        )
        self._child = child
        self._ended = weakref.finalize(self, _end, child)
        try:
            self._ask(child, self._settings, [])
        except (UserError, ValueError):
            self._stop()
            raise
        return child

    def _stop(self) -> None:
        if self._child is not None:
            self._child = None
            self._ended()

    def _ask(
        self,
        child: subprocess.Popen[bytes],
        head: Mapping[str, Any],
        arrays: Sequence[np.ndarray],
    ) -> tuple[dict[str, Any], list[np.ndarray]]:
        """Sends a message and waits for the answer."""
        late = threading.Event()

        def give_up() -> None:
            late.set()
            child.kill()

        clock = threading.Timer(self.timeout, give_up)
        clock.daemon = True
        clock.start()
        try:
            with contextlib.suppress(BrokenPipeError):  # told below
                send(_pipe(child.stdin), head, arrays)
            answer = receive(_pipe(child.stdout))
        except (ValueError, EOFError, OSError) as error:
            raise self._lost(f"gave no answer: {error}") from error
        except BaseException:  # Ctrl-C: the answer to come is nobody's
            self._stop()
            raise
        finally:
            clock.cancel()
        if answer is None:
            code = child.wait()
            if late.is_set():
                raise self._lost(f"did not end within {self.timeout:g} s")
            name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            raise self._lost(f"crashed ({name})")
        said = answer[0]
        if "error" in said:
            raise UserError(said["error"], said["hint"])
        if "wrong" in said:
            raise ValueError(said["wrong"])
        return answer

    def _lost(self, what: str) -> UserError:
        self._stop()
        return UserError(f"{self.origin}: the process that runs it {what}", _REMEDY)


def send(
    stream: IO[bytes], head: Mapping[str, Any], arrays: Sequence[np.ndarray]
) -> None:
    """Writes a message."""
    buffer = io.BytesIO()
    first = np.frombuffer(json.dumps(head).encode(), "uint8")
    np.savez(buffer, first, *arrays)
    content = buffer.getbuffer()
    stream.write(len(content).to_bytes(8, "little"))
    stream.write(content)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], list[np.ndarray]] | None:
    """Reads a message; None where there is no more, or only a part of one."""
    length = int.from_bytes(stream.read(8), "little")
    content = stream.read(length)
    if not length or len(content) < length:
        return None
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        first, *arrays = (stored[f"arr_{n}"] for n in range(len(stored.files)))
    return json.loads(first.tobytes()), arrays


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Opens the model that the first message names, runs it for each further one."""
    from suite.engine.opening import open_model

    model: Any = None
    while (message := receive(requests)) is not None:
        head, arrays = message
        result: dict[str, np.ndarray] = {}
        try:
            if model is None:
                model = open_model(head.pop("folder"), **head)
            else:
                given = dict(zip(head["names"], arrays, strict=True))
                result = model(head["signature"], given)
        except UserError as error:
            send(answers, {"error": error.message, "hint": error.hint}, [])
        except ValueError as error:
            send(answers, {"wrong": str(error)}, [])
        else:
            send(answers, {"names": list(result)}, list(result.values()))


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise ValueError("no pipe")
    return stream


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


if __name__ == "__main__":
    # native code may print: the way to the parent is kept from it
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        serve(sys.stdin.buffer, replies)
