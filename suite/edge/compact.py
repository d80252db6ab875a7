"""A LiteRT file written again, with what its signatures share in it once.

The converter stores weights once for all signatures, but the scales and zero points of
quantized ones, 12 bytes a channel, and shapes once for each tensor that refers to them:
of the recognizer's seven signatures 14 % of the file.
"""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt

from suite.engine.operators import IDENTIFIER, parse

_ALIGNMENT = 16
"""Bytes, of weights in a file: LiteRT's schema, `force_align`."""


def compact(content: bytes) -> bytes:
    """The same model in fewer bytes: operators, tensors, names and weights are kept.

    Args:
        content: The content of a .tflite file.

    Returns:
        The content of the smaller one; weights begin at multiples of 16 bytes.

    Raises:
        UserError: The content is no LiteRT file.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(parse(content))
    if any(buffer.offset for buffer in model.buffers):
        return content  # weights behind the tables, as beyond 2 GB: places would shift
    model.buffers = [_Weights(buffer.data, schema) for buffer in model.buffers]
    once: dict[Any, _Once] = {}
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            if tensor.quantization is not None:
                key = _content(tensor.quantization)
                tensor.quantization = once.setdefault(key, _Once(tensor.quantization))
    builder = _Builder(len(content))
    builder.Finish(model.Pack(builder), IDENTIFIER)
    return bytes(builder.Output())


class _Builder(flatbuffers.Builder):
    """Writes equal vectors of numbers once."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._vectors: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, x: npt.NDArray[Any]) -> int:  # noqa: N802
        key = (x.dtype.str, x.tobytes())
        if key not in self._vectors:
            self._vectors[key] = super().CreateNumpyVector(x)
        return self._vectors[key]


class _Once:
    """A table that is written where it is first asked for."""

    def __init__(self, table: Any) -> None:
        self._table, self._place = table, 0

    def Pack(self, builder: _Builder) -> int:  # noqa: N802
        self._place = self._place or self._table.Pack(builder)
        return self._place


class _Weights:
    """A buffer; the schema's own `Pack` leaves its alignment to chance."""

    def __init__(self, data: npt.NDArray[np.uint8] | None, schema: Any) -> None:
        self._data, self._schema = data, schema

    def Pack(self, builder: _Builder) -> int:  # noqa: N802
        vector = None
        if self._data is not None:
            size = len(self._data)
            builder.StartVector(1, size, _ALIGNMENT)
            builder.head -= size
            builder.Bytes[builder.head : builder.head + size] = self._data.tobytes()
            vector = builder.EndVector()
        self._schema.BufferStart(builder)
        if vector is not None:
            self._schema.BufferAddData(builder, vector)
        return int(self._schema.BufferEnd(builder))


def _content(table: Any) -> tuple[tuple[str, Any], ...]:
    """What a table holds, to compare it by; numbers of a vector as bytes."""
    return tuple(
        (name, value.tobytes() if isinstance(value, np.ndarray) else value)
        for name, value in vars(table).items()
    )
