"""LiteRT files with something in them changed."""

from collections.abc import Callable
from typing import Any

import flatbuffers
from ai_edge_litert import schema_py_generated as schema


def altered(content: bytes, change: Callable[[Any], None]) -> bytes:
    """The file with something in its tables changed.

    Args:
        content: The content of a .tflite file.
        change: Is given the file as the objects of LiteRT's schema.
    """
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(bytearray(content), 0))
    change(model)
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def variable(model: Any) -> None:
    """A tensor that keeps its value from one call to the next."""
    model.subgraphs[0].tensors[3].isVariable = True


def flex(model: Any) -> None:
    """An operator of TensorFlow."""
    model.operatorCodes[0].customCode = b"FlexErf"


def custom(model: Any) -> None:
    """An operator of nobody knows whom, without a name."""
    code = model.operatorCodes[0]
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM


def passed_on(model: Any) -> None:
    """An output that is an input."""
    signature = model.signatureDefs[0]
    signature.outputs[0].tensorIndex = signature.inputs[0].tensorIndex


def builtin(name: str) -> Callable[[Any], None]:
    """Another built-in operator in place of the first one."""

    def change(model: Any) -> None:
        code = model.operatorCodes[0]
        code.builtinCode = getattr(schema.BuiltinOperator, name)
        # the field of old files, of one byte; the larger of the two counts
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)

    return change


def unheard_of(model: Any) -> None:
    """An operator of a later schema."""
    model.operatorCodes[0].builtinCode = 9999
