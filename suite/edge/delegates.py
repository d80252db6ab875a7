"""Which operators the delegates of phones are known to take.

By name only: a delegate may still refuse an operator for its shapes or options, and
what it refuses runs on the CPU. Nothing here was run on a phone: the knowledge is that
of TensorFlow's own sources, `SOURCES`.
"""

from collections.abc import Iterable

_GPU = """
    ABS ADD ADD_N ATAN2 AVERAGE_POOL_2D BATCH_MATMUL CAST CEIL CONCATENATION CONV_2D COS
    CUMSUM DENSIFY DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE DIV DYNAMIC_UPDATE_SLICE
    ELU EMBEDDING_LOOKUP EQUAL EXP FLOOR FLOOR_DIV FLOOR_MOD FULLY_CONNECTED GATHER GELU
    GREATER GREATER_EQUAL HARD_SWISH LEAKY_RELU LESS LESS_EQUAL LOG LOGICAL_AND LOGISTIC
    LSTM MAXIMUM MAX_POOL_2D MEAN MINIMUM MIRROR_PAD MUL NEG NOT_EQUAL ONE_HOT PACK PAD
    PADV2 POW PRELU QUANTIZE REDUCE_MAX REDUCE_MIN REDUCE_PROD RELU RELU6 RELU_N1_TO_1
    RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR RSQRT SELECT SELECT_V2 SIGN SIN
    SLICE SOFTMAX SPACE_TO_DEPTH SPLIT SPLIT_V SQRT SQUARE SQUARED_DIFFERENCE
    STABLEHLO_CLAMP STRIDED_SLICE SUB SUM TANH TILE TRANSPOSE TRANSPOSE_CONV
"""
_CORE_ML = """
    ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D FULLY_CONNECTED
    HARD_SWISH LOGISTIC MAX_POOL_2D MEAN MIRROR_PAD MUL PAD PADV2 RELU RELU6
    RELU_N1_TO_1 RESHAPE RESIZE_BILINEAR SOFTMAX TANH TRANSPOSE_CONV
"""

GPU = frozenset(_GPU.split())
"""Operators of the OpenCL, OpenGL and Metal delegate."""

CORE_ML = frozenset(_CORE_ML.split())
"""Operators of the Core ML delegate, on float tensors."""

DELEGATES = {"gpu": GPU, "core_ml": CORE_ML}


SOURCES = {
    "gpu": "CheckGpuDelegateCompatibility in TensorFlow's "
    "lite/tools/versioning/gpu_compatibility.cc, commit 03a5e4e",
    "core_ml": "IsNodeSupportedByDelegate in TensorFlow's "
    "lite/delegates/coreml/coreml_delegate.mm, commit 1b4a71e; float files only",
}
"""Where the lists above are from."""

UNKNOWN = ("nnapi", "qnn")
"""Delegates of neural engines of which nothing is known here: it depends on the
driver of each device (NNAPI), or stands in no source that was read (QNN)."""


def refused(operators: Iterable[str]) -> dict[str, list[str]]:
    """The operators that each delegate leaves to the CPU, sorted, by its name."""
    there = set(operators)
    return {name: sorted(there - known) for name, known in DELEGATES.items()}
