"""What a LiteRT file holds: signatures, operators, how its weights are stored."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Any

from suite.edge.delegates import refused
from suite.edge.operators import (
    histogram,
    objections,
    signatures,
    subgraphs,
    tensors,
)
from suite.engine.operators import damage_told, parse


@damage_told()
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
    return {
        definition.SignatureKey().decode(): {
            "inputs": _named(graph, definition.Inputs, definition.InputsLength()),
            "outputs": _named(graph, definition.Outputs, definition.OutputsLength()),
        }
        for definition in signatures(model)
        for graph in [model.Subgraphs(definition.SubgraphIndex())]
    }


def _named(graph: Any, entry: Callable[[int], Any], count: int) -> dict[str, Any]:
    """Tensors of a subgraph by the names that a signature gives them."""
    return {
        named.Name().decode(): _tensor(graph.Tensors(named.TensorIndex()))
        for named in map(entry, range(count))
    }


def _tensor(tensor: Any) -> dict[str, Any]:
    # -1 stands for a size that is not fixed
    dynamic = tensor.ShapeSignatureLength() > 0
    # a scalar has an empty shape, which reads as the number 0
    known: Any = tensor.ShapeSignatureAsNumpy() if dynamic else tensor.ShapeAsNumpy()
    sizes = [] if isinstance(known, int) else [int(size) for size in known]
    return {"shape": sizes, "dtype": _dtype(tensor.Type())}


def _weights(model: Any) -> dict[str, int]:
    """Bytes of constants by dtype."""
    sizes: collections.Counter[str] = collections.Counter()
    seen: set[int] = set()
    for graph in subgraphs(model):
        for tensor in tensors(graph):
            length = model.Buffers(tensor.Buffer()).DataLength()
            if length and tensor.Buffer() not in seen:
                seen.add(tensor.Buffer())
                sizes[_dtype(tensor.Type())] += length
    return dict(sizes.most_common())


def _dtype(code: int) -> str:
    from ai_edge_litert import schema_py_generated as schema

    names = {
        value: name.lower()
        for name, value in vars(schema.TensorType).items()
        if isinstance(value, int)
    }
    return names[code]
