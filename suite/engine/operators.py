"""Which operators a LiteRT file may hold, read from it before anything is loaded."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from typing import Any

from suite.console.errors import UserError

_ALLOWED = """
    ABS ADD ADD_N ARG_MAX ARG_MIN ATAN2 AVERAGE_POOL_2D BATCH_MATMUL BATCH_TO_SPACE_ND
    BITCAST BITWISE_XOR BROADCAST_ARGS BROADCAST_TO BUCKETIZE CAST CEIL COMPLEX_ABS
    CONCATENATION CONV_2D CONV_3D CONV_3D_TRANSPOSE COS CUMSUM DENSIFY DEPTHWISE_CONV_2D
    DEPTH_TO_SPACE DEQUANTIZE DILATE DIV DYNAMIC_UPDATE_SLICE ELU EMBEDDING_LOOKUP EQUAL
    EXP EXPAND_DIMS FAKE_QUANT FILL FLOOR FLOOR_DIV FLOOR_MOD FULLY_CONNECTED GATHER
    GATHER_ND GELU GREATER GREATER_EQUAL HARD_SWISH IF IMAG L2_NORMALIZATION L2_POOL_2D
    LEAKY_RELU LESS LESS_EQUAL LOCAL_RESPONSE_NORMALIZATION LOG LOGICAL_AND LOGICAL_NOT
    LOGICAL_OR LOGISTIC LOG_SOFTMAX MATRIX_DIAG MATRIX_SET_DIAG MAXIMUM MAX_POOL_2D MEAN
    MINIMUM MIRROR_PAD MUL NEG NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 NOT_EQUAL
    ONE_HOT PACK PAD PADV2 POW PRELU QUANTIZE RANGE RANK REAL REDUCE_ALL REDUCE_ANY
    REDUCE_MAX REDUCE_MIN REDUCE_PROD REDUCE_WINDOW RELU RELU6 RELU_0_TO_1 RELU_N1_TO_1
    RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR REVERSE_SEQUENCE REVERSE_V2 RFFT2D
    RIGHT_SHIFT ROUND RSQRT SCATTER_ND SEGMENT_SUM SELECT SELECT_V2 SHAPE SIGN SIN SLICE
    SOFTMAX SPACE_TO_BATCH_ND SPACE_TO_DEPTH SPARSE_TO_DENSE SPLIT SPLIT_V SQRT SQUARE
    SQUARED_DIFFERENCE SQUEEZE STRIDED_SLICE SUB SUM TANH TILE TOPK_V2 TRANSPOSE
    TRANSPOSE_CONV UNIQUE UNPACK UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_MIN
    UNSORTED_SEGMENT_PROD UNSORTED_SEGMENT_SUM WHERE WHILE ZEROS_LIKE
"""

IDENTIFIER = b"TFL3"
"""Bytes 4 to 7 of a LiteRT file."""
ALLOWED = frozenset(_ALLOWED.split())
"""Built-in operators that compute the same from the same inputs, everywhere.

Left out of the built-ins: those that keep something between calls (variables, hash
tables, the fused recurrent ones: refused by CompiledModel and in the browser), those
that draw random numbers, those of strings, and StableHLO's, which few runtimes know.
"""

_NO_WEIGHTS = frozenset({"VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE"})
# what the readers that the schema generates raise where an offset leads nowhere
_DAMAGE = (struct.error, LookupError, TypeError, ValueError, AttributeError)


@contextlib.contextmanager
def damage_told() -> Iterator[None]:
    """Around what reads a file's tables: a damaged one is a `UserError`."""
    try:
        yield
    except _DAMAGE as error:
        raise UserError(
            f"not a LiteRT file, or damaged: {type(error).__name__}",
            "Copy the file again, or export the model again.",
        ) from error


@damage_told()
def parse(content: bytes) -> Any:
    """The root table of a LiteRT file, whose fields are read as they are asked for.

    Raises:
        UserError: The content is no LiteRT file.
    """
    from ai_edge_litert import schema_py_generated as schema

    if content[4:8] != IDENTIFIER:
        raise UserError(
            f"not a LiteRT file: it lacks the identifier {IDENTIFIER.decode()}",
            "Name a .tflite file, or a folder that holds some.",
        )
    return schema.Model.GetRootAs(content, 0)


@damage_told()
def operator_names(content: bytes) -> list[str]:
    """Names of the kinds of operators in a file, by their index in it.

    Args:
        content: The content of a .tflite file.

    Returns:
        Names as in LiteRT's schema; a custom operator's is `custom NAME`.

    Raises:
        UserError: The content is no LiteRT file.
    """
    return list(_names(parse(content)))


def not_allowed(content: bytes) -> list[str]:
    """Says which operators of a file are not in `ALLOWED`.

    A VAR_HANDLE means weights that are not in the file, which then yields
    uninitialised memory without any error; Flex and other custom operators need
    libraries that are not there.

    Args:
        content: The content of a .tflite file.

    Returns:
        One clause for each, without repetition; empty where all are allowed.

    Raises:
        UserError: The content is no LiteRT file.
    """
    return [
        _clause(name)
        for name in dict.fromkeys(operator_names(content))
        if name not in ALLOWED
    ]


def check_operators(content: bytes, origin: str) -> None:
    """Refuses a file before anything of it is loaded.

    Args:
        content: The content of a .tflite file.
        origin: Its name, for the message.

    Raises:
        UserError: The content is no LiteRT file, or `not_allowed` finds something.
    """
    try:
        faults = not_allowed(content)
    except UserError as error:
        raise UserError(f"{origin}: {error.message}", error.hint) from error
    if faults:
        raise UserError(
            f"{origin}: not run: {'; '.join(faults)}",
            "Export the model by this suite, which uses built-in operators only.",
        )


def _clause(name: str) -> str:
    kind, _, own = name.partition(" ")
    if own:
        return f"operator {own} is {kind}"
    if name in _NO_WEIGHTS:
        return f"operator {name}: weights are not in the file"
    return f"operator {name} is not among those that run everywhere"


def _names(model: Any) -> Iterator[str]:
    from ai_edge_litert import schema_py_generated as schema

    kinds = vars(schema.BuiltinOperator).items()
    names = {value: name for name, value in kinds if isinstance(value, int)}
    for index in range(model.OperatorCodesLength()):
        code = model.OperatorCodes(index)
        number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        own = code.CustomCode()
        if own or number == schema.BuiltinOperator.CUSTOM:
            yield f"custom {(own or b'?').decode(errors='replace')}"
        else:
            yield names.get(number, f"number_{number}")
