"""What a LiteRT file holds: signatures, operators, how its weights are stored."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Any

from suite.edge.delegates import SOURCES, UNKNOWN, refused
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
        once; `quantization`: how many tensors, see `quantization`; `refused`: for each
        delegate of phones the operators that it leaves to the CPU; `refused_sources`:
        where that is from; `unknown_delegates`: those of which nothing is known;
        `objections`: why phones would refuse the file.

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
        "quantization": quantization(model),
        "refused": refused(counts),
        "refused_sources": dict(SOURCES),
        "unknown_delegates": list(UNKNOWN),
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


def quantization(model: Any) -> dict[str, int]:
    """Counts the tensors that stand for real numbers by a scale.

    Returns:
        `per_axis` and `per_tensor`: constants with a scale for each channel, or one;
        `activations`: what is computed, none of it where floats flow between int8
        weights.
    """
    counts = {"per_axis": 0, "per_tensor": 0, "activations": 0}
    seen: set[int] = set()
    for graph in subgraphs(model):
        for tensor in tensors(graph):
            found = tensor.Quantization()
            scales = found.ScaleLength() if found is not None else 0
            if not scales:
                continue
            if not model.Buffers(tensor.Buffer()).DataLength():
                counts["activations"] += 1
            elif tensor.Buffer() not in seen:  # signatures share them
                seen.add(tensor.Buffer())
                counts["per_axis" if scales > 1 else "per_tensor"] += 1
    return counts


def _dtype(code: int) -> str:
    from ai_edge_litert import schema_py_generated as schema

    names = {
        value: name.lower()
        for name, value in vars(schema.TensorType).items()
        if isinstance(value, int)
    }
    return names[code]
