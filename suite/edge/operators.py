"""What a LiteRT file is made of, read from its own schema."""

from __future__ import annotations

import collections
from collections.abc import Iterator
from typing import Any

from suite.engine.operators import damage_told, not_allowed, operator_names, parse


@damage_told()
def histogram(content: bytes) -> dict[str, dict[str, int]]:
    """Counts the operators of each subgraph.

    Args:
        content: The content of a .tflite file.

    Returns:
        For each subgraph, under the name of its signature if it is one, a count by
        operator name; custom operators (Flex among them) by their own names.

    Raises:
        UserError: The content is no LiteRT file.
    """
    model = parse(content)
    names = [name.removeprefix("custom ") for name in operator_names(content)]
    # the subgraph of a lone signature is called "main"
    keys = {
        definition.SubgraphIndex(): definition.SignatureKey()
        for definition in signatures(model)
    }
    counts: dict[str, dict[str, int]] = {}
    for index, graph in enumerate(subgraphs(model)):
        label = (keys.get(index) or graph.Name() or b"%d" % index).decode()
        found = collections.Counter(
            names[graph.Operators(number).OpcodeIndex()]
            for number in range(graph.OperatorsLength())
        )
        counts[label] = dict(sorted(found.items()))
    return counts


def objections(content: bytes) -> list[str]:
    """Says why phones would refuse a file.

    Args:
        content: The content of a .tflite file.

    Returns:
        One clause for each operator that the engine does not take, for each variable
        tensor, which CompiledModel and the browser refuse, and for each output that is
        an input, which CompiledModel does not fill; empty for a file that runs
        everywhere.

    Raises:
        UserError: The content is no LiteRT file.
    """
    kept = (f"tensor {name} keeps state between calls" for name in variables(content))
    passed = (f"output {name} is an input as it came" for name in passed_on(content))
    return [*not_allowed(content), *kept, *passed]


@damage_told()
def variables(content: bytes) -> list[str]:
    """Names of the tensors that keep their values from one call to the next."""
    return [
        tensor.Name().decode()
        for graph in subgraphs(parse(content))
        for tensor in tensors(graph)
        if tensor.IsVariable()
    ]


@damage_told()
def passed_on(content: bytes) -> list[str]:
    """Names of the outputs that no operator writes: they are inputs."""
    model = parse(content)
    found = []
    for definition in signatures(model):
        inputs = {
            definition.Inputs(i).TensorIndex() for i in range(definition.InputsLength())
        }
        outputs = (definition.Outputs(i) for i in range(definition.OutputsLength()))
        found += [o.Name().decode() for o in outputs if o.TensorIndex() in inputs]
    return found


def subgraphs(model: Any) -> Iterator[Any]:
    """The subgraphs of what `parse` gave: signatures, conditions and bodies."""
    return (model.Subgraphs(index) for index in range(model.SubgraphsLength()))


def tensors(graph: Any) -> Iterator[Any]:
    """The tensors of a subgraph, constants among them."""
    return (graph.Tensors(index) for index in range(graph.TensorsLength()))


def signatures(model: Any) -> Iterator[Any]:
    """The definitions of a model's signatures."""
    return (model.SignatureDefs(index) for index in range(model.SignatureDefsLength()))
