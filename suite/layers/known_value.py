"""Values of tensors, where they are known already."""

from typing import Any

import keras
import numpy as np
from keras import ops


def known_value(x: Any) -> np.ndarray | None:
    """What a tensor holds, for checks of arguments; None while a graph is traced.

    Args:
        x: Tensor, array or number.

    Returns:
        Array of the same shape, or None for a symbolic or traced tensor.
    """
    if isinstance(x, keras.KerasTensor):
        return None
    try:
        return np.asarray(ops.convert_to_numpy(x))
    # how tensorflow, jax and torch say that a tensor of a graph has no value yet
    except (NotImplementedError, TypeError, RuntimeError):
        return None
