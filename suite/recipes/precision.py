"""Which dtype policy the convolutions train in fastest on this machine."""

from __future__ import annotations

import platform
from pathlib import Path


def convolution_policy(wanted: str = "auto") -> str:
    """The dtype policy to train convolutions in.

    bfloat16 pays where the hardware multiplies it: a third faster on a CPU with
    AVX-512 BF16, and seven times *slower* on one with AVX2 alone (measured on the
    detector: 29 against 3.9 seconds a step), where it is emulated.

    Args:
        wanted: A Keras dtype policy, or "auto" to look.

    Returns:
        "mixed_bfloat16", "float32", or `wanted` unless that is "auto".
    """
    if wanted != "auto":
        return wanted
    return "mixed_bfloat16" if _has_gpu() or _cpu_has_bfloat16() else "float32"


def _has_gpu() -> bool:
    import keras

    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return jax.default_backend() != "cpu"
    if backend == "torch":
        import torch

        return torch.cuda.is_available()
    import tensorflow

    return bool(tensorflow.config.list_physical_devices("GPU"))


def _cpu_has_bfloat16() -> bool:
    if platform.machine() == "arm64":
        return False
    try:
        flags = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
