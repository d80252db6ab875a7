"""One animal of the zoo: a small Keras model, and what export is to do with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras


@dataclass(frozen=True)
class Entry:
    """A model to export."""

    name: str
    """Name of its folder, and of its row in docs/edge-coverage.md."""
    build: Callable[[], keras.Model]
    """Makes the model, weights as they are initialized."""
    refused: str | None = None
    """A piece of the sentence by which export refuses it; None where it does not."""
    unsaved: str | None = None
    """Why only the tensorflow backend makes it; None where each does."""


def layer(
    name: str,
    shape: tuple[int, ...],
    make: Callable[[], Any],
    *,
    dtype: str = "float32",
    refused: str | None = None,
    unsaved: str | None = None,
) -> Entry:
    """A model of one layer, or of some in a row.

    Args:
        name: Its name.
        shape: Shape of the input without the batch.
        make: Gives the layer, or a list of layers.
        dtype: Of the input.
        refused, unsaved: As in `Entry`.
    """

    def build() -> keras.Model:
        made = make()
        x = inputs = keras.Input(shape, dtype=dtype, name="x")
        for one in made if isinstance(made, list) else [made]:
            x = one(x)
        return keras.Model(inputs, x)

    return Entry(name, build, refused, unsaved)


def graph(
    name: str,
    shapes: dict[str, tuple[int, ...]],
    connect: Callable[..., Any],
    *,
    dtype: str | dict[str, str] = "float32",
    refused: str | None = None,
) -> Entry:
    """A functional model of several inputs.

    Args:
        name: Its name.
        shapes: Shapes without the batch by name of the input.
        connect: From the symbolic inputs to the outputs.
        dtype: Of all inputs, or by name of those that are not float32.
        refused: As in `Entry`.
    """

    def build() -> keras.Model:
        kinds = dtype if isinstance(dtype, dict) else dict.fromkeys(shapes, dtype)
        inputs = {
            key: keras.Input(shape, dtype=kinds.get(key, "float32"), name=key)
            for key, shape in shapes.items()
        }
        return keras.Model(list(inputs.values()), connect(*inputs.values()))

    return Entry(name, build, refused)
