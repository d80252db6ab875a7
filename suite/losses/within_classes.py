"""Targets that are no class, refused or marked before they are looked up."""

from typing import Any

from keras import ops

from suite.layers.known_value import known_value


def within_classes(targets: Any, classes: int, padding: int | None) -> tuple[Any, Any]:
    """The targets made safe to look up, and which of them are none.

    Of a class that there is not, TensorFlow fails, JAX picks NaN, and NaN times zero is
    NaN, and PyTorch picks another class.

    Args:
        targets: Int tensor.
        classes: Number of classes.
        padding: A target that is allowed beside them, or None.

    Returns:
        Int32 tensor in which 0 stands for padding and for what is no class, and a bool
        tensor, true for the latter: to be NaN in the loss.

    Raises:
        ValueError: A target is neither a class nor padding, where values are known (not
            within a compiled graph).
    """
    known = known_value(targets)
    if known is not None:
        wrong = (known < 0) | (known >= classes)
        if padding is not None:
            wrong &= known != padding
        if wrong.any():
            exempt = "" if padding is None else f" or the padding {padding}"
            raise ValueError(
                f"Targets must be in 0..{classes - 1}{exempt}. Received: "
                f"{int(known[wrong].flat[0])}"
            )
    targets = ops.cast(targets, "int32")
    none = ops.logical_or(targets < 0, targets >= classes)
    safe = ops.where(none, 0, targets)
    if padding is None:
        return safe, none
    kept = targets != padding
    return ops.where(kept, safe, 0), ops.logical_and(kept, none)
