"""A model of a picture and the one it was made from, which says what sizes it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras


@keras.saving.register_keras_serializable(package="suite")
class PicturePair(keras.Model):
    """Functional model of "reference" and "distorted", both of one fixed size.

    Given other sizes, or two that differ, it names both and the size it takes, where
    Keras names the one input that it looks at first. A side that is unknown while a
    graph is traced passes. All else is as in `keras.Model`, weights and names, too.

    Raises:
        ValueError: When called, if a known side of a picture is not that of the input.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._check(args[0] if args else kwargs.get("inputs"))
        return super().__call__(*args, **kwargs)

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        self._check(inputs)  # fit and predict come here at once under jax
        return super().call(inputs, training=training, mask=mask)

    def _check(self, inputs: Any) -> None:
        if not isinstance(inputs, Mapping) or {*inputs} != {*self.input}:
            return  # Keras has its say on structure and names
        shapes = {
            name: tuple(getattr(inputs[name], "shape", ())) for name in self.input
        }
        if any(len(shape) != 4 for shape in shapes.values()):
            return
        wanted = {name: tuple(tensor.shape) for name, tensor in self.input.items()}
        if any(
            isinstance(side, int) and side != wanted[name][axis]
            for name, shape in shapes.items()
            for axis, side in enumerate(shape)
            if axis in (1, 2)
        ):
            pictures = " and ".join(f"`{name}`" for name in shapes)
            received = ", ".join(f"{k} {_size(shape)}" for k, shape in shapes.items())
            size = _size(next(iter(wanted.values())))
            raise ValueError(
                f"{pictures} must both have {size} pixels, height x width. "
                f"Received: {received}. Nearest: {size} for both"
            )


def _size(shape: tuple[Any, ...]) -> str:
    return f"{shape[1]} x {shape[2]}"
