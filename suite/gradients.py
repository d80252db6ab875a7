"""Gradients by hand: what `keras.ops` lacks, for tensorflow, jax and torch.

The one module of the build world with code of a backend. Everything is a function of
tensors; `over_variables` makes one of a function that reads a model's weights:

    loss = over_variables(lambda: loss_fn(model(x)), model.trainable_variables)
    value, gradients = value_and_gradient(loss, [v.value for v in ...])

The results can be differentiated again, so they may stand in a loss. A function must
have no side effect: JAX traces it, and a seed or a moving mean written inside would be
lost or leak.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

Function = Callable[..., Any]


def over_variables(function: Callable[[], Any], variables: Sequence[Any]) -> Function:
    """A function of no arguments as one of the values of some variables.

    Args:
        function: Called without arguments; reads the variables.
        variables: Keras variables, in the order of the new arguments.

    Returns:
        Function of as many tensors as there are variables. The variables themselves
        are never written; losses that layers add on the way are the model's `losses`
        inside of the function alone.
    """

    def of_values(*values: Any) -> Any:
        pairs = list(zip(variables, values, strict=True))
        with keras.StatelessScope(state_mapping=pairs, collect_losses=True):
            return function()

    return of_values


def value_and_gradient(
    function: Function, tensors: Sequence[Any]
) -> tuple[Any, list[Any]]:
    """A scalar and its derivative with respect to each tensor.

    Args:
        function: `function(*tensors)` gives a scalar tensor.
        tensors: Float tensors, or arrays, of any shapes.

    Returns:
        `(value, gradients)`, the gradients in the shapes of the tensors; zeros for a
        tensor that the value does not depend on.

    Raises:
        ValueError: If the function gives no scalar.
    """
    tensors = [ops.convert_to_tensor(x) for x in tensors]
    return _BACKENDS[keras.backend.backend()](_scalar(function), tensors)


def gradient(function: Function, tensors: Sequence[Any]) -> list[Any]:
    """The derivative alone; see `value_and_gradient`."""
    return value_and_gradient(function, tensors)[1]


def hessian_vector_product(
    function: Function, tensors: Sequence[Any], vectors: Sequence[Any]
) -> list[Any]:
    """Second derivative times a direction, without the matrix: the gradient of
    `gradient · vectors`, at the cost of about two gradients.

    Args:
        function: `function(*tensors)` gives a scalar tensor, twice differentiable.
        tensors: Float tensors, where the derivatives are taken.
        vectors: Tensors of the same shapes, the direction.

    Returns:
        List of tensors of those shapes.

    Raises:
        ValueError: If the shapes differ or the function gives no scalar.
    """
    tensors = [ops.convert_to_tensor(x) for x in tensors]
    vectors = [ops.convert_to_tensor(v, x.dtype) for v, x in _pairs(vectors, tensors)]

    def slope(*values: Any) -> Any:
        pairs = zip(gradient(function, values), vectors, strict=True)
        return sum(ops.sum(g * v) for g, v in pairs)

    return gradient(slope, tensors)


def input_gradient(function: Function, inputs: Any) -> Any:
    """Derivative of each sample's output with respect to that sample's input.

    Args:
        function: Maps inputs to outputs of any shape, batch first, each sample by
            itself (no batch normalization).
        inputs: Float tensor, batch first.

    Returns:
        Tensor of the shape of `inputs`: the gradient of the sum of the outputs.
    """
    return gradient(lambda x: ops.sum(function(x)), [inputs])[0]


def compiled(function: Function) -> Function:
    """The function as one graph, traced once for each set of shapes.

    Args:
        function: Takes and gives structures of tensors, None among them, without side
            effect.

    Returns:
        Function of the same arguments. Under torch the function itself: its compiler
        needs one for C++ on the user's machine.
    """
    return _COMPILERS.get(keras.backend.backend(), lambda it: it)(function)


def _pairs(vectors: Sequence[Any], tensors: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Pairs of vectors and tensors of equal shapes."""
    shapes = [[tuple(ops.shape(x)) for x in some] for some in (vectors, tensors)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            "Vectors must have the shapes of the tensors. Received: "
            f"vectors={shapes[0]}, tensors={shapes[1]}"
        )
    return list(zip(vectors, tensors, strict=True))


def _scalar(function: Function) -> Function:
    def checked(*tensors: Any) -> Any:
        value = function(*tensors)
        if len(value.shape):
            raise ValueError(
                "The function must give a scalar. Received: "
                f"shape={tuple(value.shape)}. Take its sum or mean."
            )
        return value

    return checked


def _tensorflow(function: Function, tensors: list[Any]) -> tuple[Any, list[Any]]:
    import tensorflow as tf

    # an outer tape, the training step's, records the inner one's arithmetic
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value = function(*tensors)
    zero = tf.UnconnectedGradients.ZERO
    gradients = tape.gradient(value, tensors, unconnected_gradients=zero)
    # that of `ops.take` is a list of rows, which no arithmetic takes
    return value, [tf.convert_to_tensor(x) for x in gradients]


def _jax(function: Function, tensors: list[Any]) -> tuple[Any, list[Any]]:
    import jax

    places = tuple(range(len(tensors)))
    value, gradients = jax.value_and_grad(function, places)(*tensors)
    return value, list(gradients)


def _torch(function: Function, tensors: list[Any]) -> tuple[Any, list[Any]]:
    import torch

    # kept on the graph where they are on one: the result may be differentiated again
    with torch.enable_grad():
        tensors = [
            x if x.requires_grad else x.detach().requires_grad_() for x in tensors
        ]
        value = function(*tensors)
        if not value.requires_grad:  # a constant: torch would refuse
            return value, [torch.zeros_like(x) for x in tensors]
        gradients = torch.autograd.grad(
            value, tensors, create_graph=True, materialize_grads=True
        )
    return value, list(gradients)


def _tensorflow_graph(function: Function) -> Function:
    import tensorflow as tf

    graph: Function = tf.function(function)
    return graph


def _jax_graph(function: Function) -> Function:
    import jax

    graph: Function = jax.jit(function)
    return graph


_BACKENDS = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
_COMPILERS = {"tensorflow": _tensorflow_graph, "jax": _jax_graph}
