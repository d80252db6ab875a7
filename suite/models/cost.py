"""What a model costs: its weights, and the multiply-adds of one input.

Counted are the products of convolutions, linear maps and attention, each together with
its addition as one, as papers count. Normalizations, activations, pooling and
interpolation are left out. Nothing is computed, and no weight need exist.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import keras
from keras import layers

from suite.layers import (
    ConnectedConv2D,
    FixedCentres,
    GroupLinear,
    ProjectedAttention,
    QualityHead,
    QualityToken,
    TokenTable,
)
from suite.layers.quality_attention import QualityAttention
from suite.models.registry import build

Shape = tuple[Any, ...]
STEPWISE = ("cache", "memory_cache", "project_memory")
"""Arguments of a decoder block by which a call does less than the whole of it."""


class Call(NamedTuple):
    """The shapes of a layer's call."""

    inputs: Shape
    outputs: Shape
    memory: Shape
    """Of the second input; that of the first where there is one alone."""


class Cost(NamedTuple):
    """Of one model."""

    trained: int
    """Weights that training changes: what papers count."""
    fixed: int
    """Weights it does not change: moving statistics, constants."""
    multiply_adds: int | None
    """Of one input; None where the model leaves its size open and none was given."""


def cost(name: str, sizes: Mapping[str, Shape] | None = None, **overrides: Any) -> Cost:
    """What a registered model costs, counted without making weights.

    Args:
        name: A registered name.
        sizes: Shapes of inputs, as in `multiply_adds`.
        **overrides: Fields to change in its configuration.

    Raises:
        ValueError: If there is no such name, or as `multiply_adds`.

    Example:

    >>> cost("resnet_20")
    Cost(trained=269722, fixed=1376, multiply_adds=40551040)
    """
    with keras.StatelessScope(initialize_variables=False):
        model = build(name, **overrides)
        trained = _size(model.trainable_weights)
        whole = all(None not in symbol.shape[1:] for symbol in model.inputs)
        work = multiply_adds(model, sizes) if sizes or whole else None
        return Cost(trained, _size(model.weights) - trained, work)


def multiply_adds(model: keras.Model, sizes: Mapping[str, Shape] | None = None) -> int:
    """Multiply-adds of a functional model for one input.

    Args:
        model: A functional model; models inside it are looked into.
        sizes: Shape of each input by its name, without the batch, where the model
            leaves it open: `{"picture": (256, 256, 3)}`.

    Raises:
        ValueError: If a size is unknown, or a layer with kernels is of a kind, or
            called in a way, that this module cannot count.

    Example:

    >>> model = build("delight_translator_128")
    >>> multiply_adds(model, {"source": (32,), "target": (32,)})
    260348928
    """
    given = dict(sizes or {})
    inputs = [
        keras.Input(
            given.pop(_name(symbol), symbol.shape[1:]),
            1,
            symbol.dtype,
            name=_name(symbol),
        )
        for symbol in model.inputs
    ]
    if given:
        known = ", ".join(_name(symbol) for symbol in model.inputs)
        raise ValueError(
            f"The model has no input {', '.join(map(repr, given))}. Known: {known}"
        )
    for symbol in inputs:
        if None in symbol.shape:
            raise ValueError(
                "Multiply-adds need inputs of a known size: pass `sizes`. Received: "
                f"{symbol.name} {tuple(symbol.shape[1:])}"
            )
    return _counted(model, inputs)


def _counted(model: keras.Model, inputs: list[Any]) -> int:
    """Calls the model's layers once more, on symbols of known sizes, and adds up."""
    total = 0

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal total
        result = layer(*args, **kwargs)
        if isinstance(layer, keras.Model):
            given = [x for x in keras.tree.flatten(args) if x is not None]
            # of the names that a dictionary of inputs asks for
            total += _counted(
                layer,
                [
                    keras.Input(x.shape[1:], x.shape[0], x.dtype, name=_name(symbol))
                    for x, symbol in zip(given, layer.inputs, strict=True)
                ],
            )
        elif isinstance(layer, keras.layers.Layer):
            if any(kwargs.get(name) not in (None, False) for name in STEPWISE):
                raise _unknown(layer, "step by step")
            shapes = [x.shape for x in keras.tree.flatten(args) if hasattr(x, "shape")]
            first, memory = (shapes * 2)[:2] if shapes else ((), ())
            outputs = keras.tree.flatten(result)[0].shape
            total += _of_layer(layer, Call(first, outputs, memory))
        return result

    keras.models.clone_model(
        model,
        keras.tree.pack_sequence_as(model.input, inputs),
        clone_function=lambda layer: layer,
        call_function=call,
    )
    return total


def _of_layer(layer: Any, call: Call) -> int:
    for kind, rule in RULES.items():
        if isinstance(layer, kind):
            return rule(layer, call)
    parts = [part for part in layer._layers if isinstance(part, keras.layers.Layer)]
    own = {id(weight) for part in parts for weight in part.weights}
    kernels = [w for w in layer.weights if len(w.shape) > 1 and id(w) not in own]
    if kernels or (parts and len(call.inputs) != 3):
        raise _unknown(layer, f"on {tuple(call.inputs)}")
    # a block of a sequence network: each of its parts sees all steps once
    return sum(_of_layer(part, call) for part in parts)


def _unknown(layer: Any, how: str) -> ValueError:
    return ValueError(
        "This layer's multiply-adds cannot be counted. Received: "
        f"{type(layer).__name__} {layer.name!r} {how}"
    )


def _places(shape: Shape) -> int:
    """Rows, columns or steps of `(batch, ..., features)`."""
    return math.prod(shape[1:-1])


def _by_output(layer: Any, call: Call) -> int:
    """A kernel that is used once for each place of the result."""
    return _places(call.outputs) * math.prod(layer.kernel.shape)


def _by_input(layer: Any, call: Call) -> int:
    """A kernel that is used once for each place of the input."""
    return _places(call.inputs) * math.prod(layer.kernel.shape)


def _separable(layer: Any, call: Call) -> int:
    kernels = (layer.depthwise_kernel, layer.pointwise_kernel)
    return _places(call.outputs) * sum(math.prod(kernel.shape) for kernel in kernels)


def _attention(layer: ProjectedAttention, call: Call) -> int:
    steps = _places(call.inputs)
    seen = _places(call.memory) if layer.cross else steps
    maps = {
        part.name: math.prod(part.kernel.shape)
        for part in layer._layers
        if isinstance(part, keras.layers.Dense)
    }
    of_memory = maps.pop("key_value", 0)
    # scores, and the sum of the values
    return (
        steps * sum(maps.values()) + seen * of_memory + 2 * steps * seen * layer.units
    )


def _quality_attention(layer: QualityAttention, call: Call) -> int:
    steps = _places(call.inputs)
    if call.memory != call.inputs:  # a block hands both to each of its parts
        raise _unknown(layer, f"to {tuple(call.memory)} from {tuple(call.inputs)}")
    maps = sum(
        math.prod(part.kernel.shape)
        for part in layer._layers
        if isinstance(part, keras.layers.Dense)
    )
    return steps * maps + 2 * steps * steps * layer.query_dense.kernel.shape[-1]


def _of_one_token(layer: QualityHead, call: Call) -> int:
    return sum(math.prod(w.shape) for w in layer.weights if len(w.shape) == 2)


def _table(layer: TokenTable, call: Call) -> int:
    """A look-up of tokens is none; vectors are scored against all of them."""
    scored = len(call.inputs) == 3
    return _places(call.inputs) * math.prod(layer.table.shape) if scored else 0


def _none(layer: Any, call: Call) -> int:
    return 0


RULES: dict[Any, Callable[[Any, Call], int]] = {
    (layers.SeparableConv1D, layers.SeparableConv2D): _separable,
    (layers.Conv1DTranspose, layers.Conv2DTranspose): _by_input,
    (layers.Conv1D, layers.Conv2D, layers.Conv3D): _by_output,
    (layers.DepthwiseConv1D, layers.DepthwiseConv2D): _by_output,
    ConnectedConv2D: _by_output,
    (layers.Dense, GroupLinear): _by_input,
    FixedCentres: lambda layer, call: math.prod(layer.centres.shape),
    ProjectedAttention: _attention,
    QualityAttention: _quality_attention,
    TokenTable: _table,
    QualityHead: _of_one_token,
    QualityToken: _none,  # added, not multiplied
    layers.Embedding: _none,  # a look-up
}
"""Kind of layer: its multiply-adds, given the shapes of a call."""


def _size(weights: Any) -> int:
    return sum(math.prod(weight.shape) for weight in weights)


def _name(symbol: Any) -> str:
    return str(symbol.name)
