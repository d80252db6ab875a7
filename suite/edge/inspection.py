"""What a LiteRT file holds: signatures, operators, how its weights are stored."""

from __future__ import annotations

import collections
from typing import Any

from suite.edge.delegates import refused
from suite.edge.operators import histogram, objections, parse


def inspect(content: bytes) -> dict[str, Any]:
    """Describes a LiteRT file without running it.

    Args:
        content: The content of a .tflite file.

    Returns:
        `bytes`; `signatures`: for each its inputs and outputs with shape and dtype;
        `operators`: counts over all subgraphs; `weights`: bytes by dtype, each buffer
        once; `refused`: for each delegate of phones the operators that it leaves to
        the CPU; `objections`: why phones would refuse the file.

    Raises:
        UserError: The content is no LiteRT file.
    """
    model = parse(content)
    counts: collections.Counter[str] = collections.Counter()
    for graph in histogram(content).values():
        counts.update(graph)
    return {
        "bytes": len(content),
        "signatures": _signatures(model),
        "operators": dict(sorted(counts.items())),
        "weights": _weights(model),
        "refused": refused(counts),
        "objections": objections(content),
    }


def _signatures(model: Any) -> dict[str, Any]:
    def tensors(graph: Any, maps: Any) -> dict[str, Any]:
        return {
            entry.name.decode(): _tensor(graph.tensors[entry.tensorIndex])
            for entry in maps or ()
        }

    return {
        definition.signatureKey.decode(): {
            "inputs": tensors(graph, definition.inputs),
            "outputs": tensors(graph, definition.outputs),
        }
        for definition in model.signatureDefs or ()
        for graph in [model.subgraphs[definition.subgraphIndex]]
    }


def _tensor(tensor: Any) -> dict[str, Any]:
    # -1 stands for a size that is not fixed
    known = tensor.shapeSignature if tensor.shapeSignature is not None else tensor.shape
    return {"shape": [int(size) for size in known], "dtype": _dtype(tensor.type)}


def _weights(model: Any) -> dict[str, int]:
    """Bytes of constants by dtype."""
    sizes: collections.Counter[str] = collections.Counter()
    seen: set[int] = set()
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            data = model.buffers[tensor.buffer].data
            if data is not None and len(data) and tensor.buffer not in seen:
                seen.add(tensor.buffer)
                sizes[_dtype(tensor.type)] += len(data)
    return dict(sizes.most_common())


def _dtype(code: int) -> str:
    from ai_edge_litert import schema_py_generated as schema

    names = {
        value: name.lower()
        for name, value in vars(schema.TensorType).items()
        if isinstance(value, int)
    }
    return names[code]
