"""LiteRT's CompiledModel, which phones and browsers run, as an engine."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from suite.engine.contract import CheckedModel, Signature, TensorSpec


class CompiledRunner(CheckedModel):
    """A LiteRT file run by `CompiledModel` on the CPU, on one thread.

    Args:
        content: The content of a .tflite file.
        config: The content of config.json.
        signatures: Its entry points by name.
        origin: The file, for messages.

    Raises:
        RuntimeError: CompiledModel refuses the file.
    """

    def __init__(
        self,
        content: bytes,
        config: dict[str, Any],
        signatures: Mapping[str, Signature],
        origin: str = "model",
    ) -> None:
        from ai_edge_litert.compiled_model import CompiledModel

        super().__init__(config, signatures, origin)
        self._model = CompiledModel.from_buffer(content)
        self._buffers: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}

    def _run(
        self, signature: str, inputs: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        entry = self.signatures[signature]
        if signature not in self._buffers:
            make = (
                self._model.create_input_buffer_by_name,
                self._model.create_output_buffer_by_name,
            )
            self._buffers[signature] = (
                _made(entry.inputs, signature, make[0]),
                _made(entry.outputs, signature, make[1]),
            )
        given, taken = self._buffers[signature]
        # As bytes: the wrapper has no name for int64 and others that the model takes.
        for tensor, buffer in given.items():
            buffer.write(inputs[tensor].reshape(-1).view(np.uint8))
        self._model.run_by_name(signature, given, taken)
        return {
            tensor: _read(taken[tensor], spec) for tensor, spec in entry.outputs.items()
        }


def _made(tensors: Iterable[str], signature: str, make: Any) -> dict[str, Any]:
    return {tensor: make(signature, tensor) for tensor in tensors}


def _read(buffer: Any, spec: TensorSpec) -> np.ndarray:
    dtype = np.dtype(spec.dtype)
    size = math.prod(spec.shape) * dtype.itemsize
    content: np.ndarray = buffer.read(size, np.uint8)
    return content.view(dtype).reshape(spec.shape)
