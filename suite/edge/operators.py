"""What a LiteRT file is made of, read from its own schema."""

from __future__ import annotations

import collections
from typing import Any

from suite.console.errors import UserError


def histogram(content: bytes) -> dict[str, dict[str, int]]:
    """Counts the operators of each subgraph.

    Args:
        content: The content of a .tflite file.

    Returns:
        For each subgraph, under the name of its signature if it is one, a count by
        operator name; custom operators (Flex among them) by their own names.
    """
    model, names = parse(content), _builtin_names()
    counts: dict[str, dict[str, int]] = {}
    # the subgraph of a lone signature is called "main"
    keys = {
        entry.subgraphIndex: entry.signatureKey for entry in model.signatureDefs or ()
    }
    for index, graph in enumerate(model.subgraphs):
        label = (keys.get(index) or graph.name or b"%d" % index).decode()
        found = collections.Counter(
            _operator(model, names, operator) for operator in graph.operators or ()
        )
        counts[label] = dict(sorted(found.items()))
    return counts


def objections(content: bytes) -> list[str]:
    """Says why phones would refuse a file.

    CompiledModel and the browser refuse variable tensors; Flex and other custom
    operators need libraries that are not there; a VAR_HANDLE means weights that are
    not in the file, which then yields uninitialised memory without any error.

    Args:
        content: The content of a .tflite file.

    Returns:
        One clause for each fault; empty for a file of built-in operators only.
    """
    from ai_edge_litert import schema_py_generated as schema

    model, names = parse(content), _builtin_names()
    faults = []
    for code in model.operatorCodes:
        builtin = max(code.builtinCode, code.deprecatedBuiltinCode)
        if code.customCode or builtin == schema.BuiltinOperator.CUSTOM:
            faults.append(f"operator {(code.customCode or b'?').decode()} is custom")
        elif names[builtin] in {"VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE"}:
            faults.append(f"operator {names[builtin]}: weights are not in the file")
    for graph in model.subgraphs:
        faults += [
            f"tensor {tensor.name.decode()} keeps state between calls"
            for tensor in graph.tensors
            if tensor.isVariable
        ]
    return faults


def parse(content: bytes) -> Any:
    """The file as the objects of LiteRT's schema.

    Raises:
        UserError: The content is no LiteRT file.
    """
    from ai_edge_litert import schema_py_generated as schema

    if content[4:8] != b"TFL3":
        raise UserError(
            "not a LiteRT file: it lacks the identifier TFL3",
            "Name a .tflite file, or a folder that holds some.",
        )
    try:
        return schema.ModelT.InitFromObj(schema.Model.GetRootAs(bytearray(content), 0))
    except Exception as error:  # whatever an offset that leads nowhere raises
        raise UserError(
            f"damaged LiteRT file: {type(error).__name__}",
            "Copy the file again, or export the model again.",
        ) from error


def _builtin_names() -> dict[int, str]:
    from ai_edge_litert import schema_py_generated as schema

    codes = vars(schema.BuiltinOperator).items()
    return {value: name for name, value in codes if isinstance(value, int)}


def _operator(model: Any, names: dict[int, str], operator: Any) -> str:
    code = model.operatorCodes[operator.opcodeIndex]
    if code.customCode:
        return code.customCode.decode()
    return names[max(code.builtinCode, code.deprecatedBuiltinCode)]
