"""Truth and prediction must have one shape: refused before they are broadcast."""

from typing import Any

import numpy as np


def check_same_shape(
    one: Any, two: Any, names: tuple[str, str], rank: int | None = None
) -> None:
    """Refuse two tensors of different shapes.

    `(batch,)` against `(batch, 1)` would broadcast to `(batch, batch)`, and training
    on that teaches nothing.

    Args:
        one: Tensor or array; what is unknown of its shape while a graph is traced
            passes.
        two: Tensor or array.
        names: What they are called in the message.
        rank: Number of axes that both must have, if not any.

    Raises:
        ValueError: If the shapes differ.
    """
    shapes = _shape(one), _shape(two)
    fits = len(shapes[0]) == len(shapes[1]) and rank in (None, len(shapes[0]))
    known = (pair for pair in zip(*shapes, strict=False) if None not in pair)
    if not fits or any(a != b for a, b in known):
        wanted = "one shape" if rank is None else "the shape (batch,)"
        raise ValueError(
            f"`{names[0]}` and `{names[1]}` must have {wanted}. Received: "
            f"{names[0]} {shapes[0]}, {names[1]} {shapes[1]}"
        )


def _shape(x: Any) -> tuple[int | None, ...]:
    shape = x.shape if hasattr(x, "shape") else np.shape(x)
    return tuple(size if isinstance(size, int) else None for size in shape)
