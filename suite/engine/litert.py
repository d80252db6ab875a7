"""The LiteRT engine: one file, several signatures of one set of weights."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from suite.console.errors import UserError
from suite.console.native_messages import without_chatter
from suite.engine.contract import CheckedModel, Signature, TensorSpec, check_signatures
from suite.engine.folder import read_verified
from suite.engine.operators import check_operators

_REMEDY = "Export the model again, or copy the file again."
_announced = threading.Event()


class LiteRTModel(CheckedModel):
    """A LiteRT file run by `ai_edge_litert`, through its signatures only.

    A signature takes its working memory at its first call and keeps it, while the
    weights are shared (measured: a detector 110 MB for 1280x1280 and 25 MB for each
    640x960 more; a recognizer with five widths 59 MB in one interpreter, 249 MB in
    five). `keep` bounds that: beyond it the interpreter starts afresh with the
    signature that is called, which costs 30 to 100 ms.

    Args:
        content: The content of the .tflite file.
        config: The content of config.json.
        signatures: Its entry points; the file may hold more.
        threads: Threads of the interpreter, at least 1.
        keep: Number of signatures that hold working memory at a time; None for all.
        origin: Name of the file, for messages.

    Raises:
        UserError: The file is not a LiteRT file, holds operators that
            `suite.engine.operators.ALLOWED` lacks, or is not what config.json says.
        ValueError: `threads` or `keep` is below 1.
    """

    def __init__(
        self,
        content: bytes,
        config: dict[str, Any],
        signatures: Mapping[str, Signature],
        *,
        threads: int = 2,
        keep: int | None = None,
        origin: str = "model",
    ) -> None:
        super().__init__(config, signatures, origin)
        if threads < 1 or (keep is not None and keep < 1):
            raise ValueError(
                "`threads` and `keep` must be at least 1. "
                f"Received: threads={threads}, keep={keep}"
            )
        self.threads = threads
        self.keep = keep
        self._content = content
        self._lock = threading.Lock()  # an interpreter serves one call at a time
        self._interpreter: Any = None
        self._runners: dict[str, Any] = {}
        check_operators(content, origin)
        inside = self._open().get_signature_list()
        known = {name: self._inside(name, inside[name]) for name in inside}
        check_signatures(signatures, known, inside, origin)

    def release(self) -> None:
        """Gives all working memory back; the next call takes it again."""
        with self._lock:
            self._forget()

    def _run(
        self, signature: str, inputs: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        with self._lock:
            try:
                runner = self._runner(signature)
                if _announced.is_set():
                    return dict(runner(**inputs))
                with without_chatter():
                    outputs = dict(runner(**inputs))
            except (RuntimeError, ValueError) as error:
                self._forget()
                raise UserError(
                    f"{self.origin}: signature {signature!r} does not run: {error}",
                    _REMEDY,
                ) from error
            _announced.set()
            return outputs

    def _runner(self, signature: str) -> Any:
        # A plain `invoke()` beside signature runners raises: runners only.
        if signature in self._runners:
            return self._runners[signature]
        if self.keep is not None and len(self._runners) >= self.keep:
            self._forget()
        runner = self._open().get_signature_runner(signature)
        self._runners[signature] = runner
        return runner

    def _open(self) -> Any:
        if self._interpreter is None:
            interpreter_class = _interpreter_class()
            try:
                self._interpreter = interpreter_class(
                    model_content=self._content, num_threads=self.threads
                )
            except (RuntimeError, ValueError) as error:
                raise UserError(
                    f"{self.origin}: not a LiteRT file, or damaged: {error}", _REMEDY
                ) from error
        return self._interpreter

    def _forget(self) -> None:
        # a runner holds its interpreter: both must go
        self._runners.clear()
        self._interpreter = None

    def _inside(self, name: str, tensors: Mapping[str, Sequence[str]]) -> Signature:
        """A signature as the file has it."""
        details = self._open().get_signature_runner(name).get_input_details()
        return Signature(
            {
                tensor: TensorSpec(
                    # -1 for a size that is not fixed
                    tuple(int(size) for size in details[tensor]["shape_signature"]),
                    np.dtype(details[tensor]["dtype"]).name,
                )
                for tensor in tensors["inputs"]
            },
            dict.fromkeys(tensors["outputs"], TensorSpec((), "")),
        )


def open_litert(
    folder: Path,
    config: dict[str, Any],
    signatures: Mapping[str, Signature],
    *,
    precision: str,
    threads: int,
    keep: int | None,
) -> LiteRTModel:
    """Opens `PRECISION.tflite` of a model folder, after a look at its checksum.

    Raises:
        UserError: The file is absent, damaged, or not the one that was verified.
    """
    return LiteRTModel(
        read_verified(folder, precision),
        config,
        signatures,
        threads=threads,
        keep=keep,
        origin=str(folder / f"{precision}.tflite"),
    )


def _interpreter_class() -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise UserError(
            f"ai-edge-litert cannot be imported: {error}",
            "Install it: pip install ai-edge-litert",
        ) from error
    return Interpreter
