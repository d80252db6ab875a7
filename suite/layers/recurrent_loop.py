"""Recurrent layers as loops of built-in operators: the form that leaves for the phone.

Keras' own loop becomes list operators that phones refuse, or, with a fixed batch, one
that copies its list in each step. Here the product with the inputs is made for all
steps at once before the loop, a step writes its result in place
(`DYNAMIC_UPDATE_SLICE`), and the backward direction counts down instead of reversing
anything.

LiteRT copies the outputs of a loop in each turn, so that a plain loop over n steps
copies n rows n times. Long sequences therefore go in windows: an outer loop hands the
inner one a few rows, and puts back what it gives.

These layers hold no weights of their own: they refer to those of the layer that was
trained. They are made when a model is exported and never saved or trained.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

WINDOW = 16
"""Steps that share a window; anything from 10 to 20 was equally fast for 80 to 320."""

Step = Callable[[Any, list[Any]], list[Any]]
"""(inputs times kernel of one step, states) -> states, the output first."""


class RecurrentLoop(keras.layers.Layer):
    """An LSTM, GRU or SimpleRNN layer as one loop.

    Args:
        layer: The built layer; every option of it but `stateful` is followed. Dropout
            is not applied.
        time_order: Bool. With `go_backwards`, give the steps in the order of time, not
            in the order in which they were made.

    Call arguments:
        sequence: Float tensor of shape `(batch, steps, channels)`, batch and steps
            fixed.
        initial_state: Optional list of tensors of shape `(batch, units)`.
        mask: Optional bool tensor of shape `(batch, steps)`; masked steps leave the
            states alone.
        lengths: Optional int tensor of shape `(batch,)`: what a mask of the first
            `lengths` steps would do. A single sample then costs only its true steps.

    Returns:
        What the layer returns.

    Raises:
        ValueError: If the layer is another one, or stateful.
    """

    def __init__(self, layer: Any, time_order: bool = False) -> None:
        super().__init__(name=layer.name, dtype=layer.dtype_policy, trainable=False)
        if not can_be_loop(layer):
            raise ValueError(
                "`layer` must be a keras.layers.LSTM, GRU or SimpleRNN that is not "
                f"stateful. Received: layer={layer!r}"
            )
        self.layer = layer
        self.time_order = time_order
        self.supports_masking = True
        self.built = True

    def call(
        self,
        sequence: Any,
        initial_state: Sequence[Any] | Any | None = None,
        mask: Any = None,
        lengths: Any = None,
        training: bool | None = None,
    ) -> Any:
        batch, steps = ops.shape(sequence)[:2]
        backwards = self.layer.go_backwards
        short = batch == 1 and (self.time_order or not backwards)
        count = steps
        if lengths is not None:
            lengths = ops.cast(lengths, "int32")
            if short:
                count = lengths[0]
            else:
                mask = ops.arange(steps)[None, :] < lengths[:, None]
        projected, step = _STEPS[type(self.layer)](self.layer.cell, sequence)
        states = _states(self.layer, initial_state, batch, projected.dtype)
        output, last, states = self._run(step, projected, states, mask, count)
        if not self.layer.return_sequences:
            output = last
        elif lengths is not None and short:
            # Masked steps repeat the output before them. In the backward direction
            # they come first, where there is none but zeros.
            zeroed = backwards or self.layer.zero_output_for_mask
            true = ops.arange(steps)[None, :, None] < count
            output = ops.where(true, output, 0.0 if zeroed else last[:, None, :])
        return (output, *states) if self.layer.return_state else output

    def _run(
        self, step: Step, projected: Any, states: list[Any], mask: Any, count: Any
    ) -> tuple[Any, Any, list[Any]]:
        """All outputs (or a stand-in), the last one, the last states."""
        batch, steps, width = projected.shape
        units = states[0].shape[-1]
        keep = self.layer.return_sequences
        backwards = self.layer.go_backwards
        mirrored = backwards and self.time_order

        def made(
            rows: Any, first_row: Any, first_place: Any, end: Any, *loop: Any
        ) -> Any:
            """Steps up to `end`; `rows` and the outputs may be windows of all."""

            def body(t: Any, outputs: Any, last: Any, *old: Any) -> tuple[Any, ...]:
                at = count - 1 - t if backwards else t
                row = ops.slice(rows, (0, at - first_row, 0), (batch, 1, width))
                new = step(ops.reshape(row, (batch, width)), list(old))
                output = new[0]
                if mask is not None:
                    true = ops.slice(mask, (0, at), (batch, 1))
                    new = [ops.where(true, a, b) for a, b in zip(new, old, strict=True)]
                    zeroed = self.layer.zero_output_for_mask
                    output = ops.where(true, output, 0.0 if zeroed else last)
                if keep:
                    place = (at if mirrored else t) - first_place
                    outputs = ops.slice_update(
                        outputs, (0, place, 0), output[:, None, :]
                    )
                return (t + 1, outputs, output, *new)

            return ops.while_loop(lambda t, *_: t < end, body, loop)

        def windowed(t: Any, outputs: Any, *loop: Any) -> tuple[Any, ...]:
            """The next `WINDOW` steps, in copies of the rows that they touch."""
            end = ops.minimum(t + WINDOW, count)
            ahead = ops.minimum(t, steps - WINDOW)
            behind = ops.maximum(count - t - WINDOW, 0)
            first_row = behind if backwards else ahead
            first_place = behind if mirrored else ahead
            rows = ops.slice(projected, (0, first_row, 0), (batch, WINDOW, width))
            part = ops.slice(outputs, (0, first_place, 0), (batch, WINDOW, units))
            t, part, *loop = made(rows, first_row, first_place, end, t, part, *loop)
            return (t, ops.slice_update(outputs, (0, first_place, 0), part), *loop)

        zero = ops.zeros((batch, units), projected.dtype)
        # not zeros, which would be stored in the file: each true step is overwritten
        outputs = projected[:, :, :units] if keep else zero
        loop = (ops.convert_to_tensor(0, "int32"), outputs, zero, *states)
        if keep and steps > 2 * WINDOW:
            loop = ops.while_loop(lambda t, *_: t < count, windowed, loop)
        else:
            loop = made(projected, 0, 0, count, *loop)
        _, outputs, last, *states = loop
        return outputs, last, list(states)

    def compute_output_spec(self, sequence: Any, *args: Any, **kwargs: Any) -> Any:
        kwargs.pop("lengths", None)
        return self.layer.compute_output_spec(sequence, *args, **kwargs)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return self.layer.compute_mask(inputs, mask)


class BidirectionalLoop(keras.layers.Layer):
    """A `keras.layers.Bidirectional` of such layers as two loops.

    Args:
        layer: The built layer.

    Call arguments, returns: As `RecurrentLoop`; `initial_state` holds the states of
        the forward direction first.

    Raises:
        ValueError: If it holds other layers than `RecurrentLoop` takes.
    """

    def __init__(self, layer: Any) -> None:
        super().__init__(name=layer.name, dtype=layer.dtype_policy, trainable=False)
        self.layer = layer
        self.directions = [
            RecurrentLoop(layer.forward_layer, time_order=True),
            RecurrentLoop(layer.backward_layer, time_order=True),
        ]
        self.supports_masking = True
        self.built = True

    def call(
        self,
        sequence: Any,
        initial_state: Sequence[Any] | None = None,
        mask: Any = None,
        lengths: Any = None,
        training: bool | None = None,
    ) -> Any:
        half = len(initial_state) // 2 if initial_state is not None else 0
        given = (
            [None, None]
            if initial_state is None
            else [initial_state[:half], initial_state[half:]]
        )
        results = [
            direction(sequence, initial_state=state, mask=mask, lengths=lengths)
            for direction, state in zip(self.directions, given, strict=True)
        ]
        states: tuple[Any, ...] = ()
        if self.layer.return_state:
            states = tuple(state for result in results for state in result[1:])
            results = [result[0] for result in results]
        if self.layer.return_sequences and self.layer.forward_layer.go_backwards:
            # Keras turns the second result whatever its direction, never the first
            results = [ops.flip(result, axis=1) for result in results]
        merged = _merge(self.layer.merge_mode, *results)
        if self.layer.merge_mode is None:
            return (*merged, *states)
        return (merged, *states) if states else merged

    def compute_output_spec(self, sequence: Any, *args: Any, **kwargs: Any) -> Any:
        kwargs.pop("lengths", None)
        return self.layer.compute_output_spec(sequence, *args, **kwargs)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return self.layer.compute_mask(inputs, mask)


def can_be_loop(layer: Any) -> bool:
    """Whether `RecurrentLoop` or `BidirectionalLoop` can stand for a layer.

    Subclasses are left alone: their `call` may do anything.
    """
    if type(layer) is keras.layers.Bidirectional:
        return can_be_loop(layer.forward_layer) and can_be_loop(layer.backward_layer)
    return type(layer) in _STEPS and not layer.stateful


def as_loop(layer: Any) -> "RecurrentLoop | BidirectionalLoop":
    """The loop that stands for a layer; see `can_be_loop`."""
    if isinstance(layer, keras.layers.Bidirectional):
        return BidirectionalLoop(layer)
    return RecurrentLoop(layer)


def _lstm(cell: Any, sequence: Any) -> tuple[Any, Step]:
    """Gates in Keras' order: input, forget, candidate, output; no peepholes."""
    recurrent = ops.convert_to_tensor(cell.recurrent_kernel)

    def step(row: Any, states: list[Any]) -> list[Any]:
        hidden, memory = states
        gates = row + ops.matmul(hidden, recurrent)
        i, f, candidate, o = ops.split(gates, 4, axis=-1)
        memory = cell.recurrent_activation(f) * memory + cell.recurrent_activation(
            i
        ) * cell.activation(candidate)
        return [cell.recurrent_activation(o) * cell.activation(memory), memory]

    return _projected(cell, sequence, cell.bias if cell.use_bias else None), step


def _gru(cell: Any, sequence: Any) -> tuple[Any, Step]:
    """Gates in Keras' order: update, reset, candidate."""
    recurrent = ops.convert_to_tensor(cell.recurrent_kernel)
    units = cell.units
    bias = inner = None
    if cell.use_bias:
        bias = ops.convert_to_tensor(cell.bias)
        if cell.reset_after:
            bias, inner = bias[0], bias[1]

    def step(row: Any, states: list[Any]) -> list[Any]:
        (hidden,) = states
        row_z, row_r, row_c = ops.split(row, 3, axis=-1)
        if cell.reset_after:
            product = ops.matmul(hidden, recurrent)
            if inner is not None:
                product = product + inner
            z, r, c = ops.split(product, 3, axis=-1)
            z = cell.recurrent_activation(row_z + z)
            c = cell.recurrent_activation(row_r + r) * c
        else:
            product = ops.matmul(hidden, recurrent[:, : 2 * units])
            z, r = ops.split(product, 2, axis=-1)
            z = cell.recurrent_activation(row_z + z)
            r = cell.recurrent_activation(row_r + r)
            c = ops.matmul(r * hidden, recurrent[:, 2 * units :])
        return [z * hidden + (1 - z) * cell.activation(row_c + c)]

    return _projected(cell, sequence, bias), step


def _simple(cell: Any, sequence: Any) -> tuple[Any, Step]:
    recurrent = ops.convert_to_tensor(cell.recurrent_kernel)

    def step(row: Any, states: list[Any]) -> list[Any]:
        return [cell.activation(row + ops.matmul(states[0], recurrent))]

    return _projected(cell, sequence, cell.bias if cell.use_bias else None), step


_STEPS: dict[type, Callable[[Any, Any], tuple[Any, Step]]] = {
    keras.layers.LSTM: _lstm,
    keras.layers.GRU: _gru,
    keras.layers.SimpleRNN: _simple,
}


def _projected(cell: Any, sequence: Any, bias: Any) -> Any:
    """The inputs of all steps times the kernel, outside of the loop."""
    product = ops.matmul(sequence, ops.convert_to_tensor(cell.kernel))
    return product if bias is None else product + ops.convert_to_tensor(bias)


def _states(layer: Any, given: Any, batch: int, dtype: Any) -> list[Any]:
    if given is None:
        count = 2 if isinstance(layer, keras.layers.LSTM) else 1
        return [ops.zeros((batch, layer.units), dtype)] * count
    if not isinstance(given, (list, tuple)):
        given = [given]
    return [ops.cast(state, dtype) for state in given]


def _merge(mode: str | None, forward: Any, backward: Any) -> Any:
    if mode is None:
        return forward, backward
    if mode == "concat":
        return ops.concatenate([forward, backward], axis=-1)
    if mode == "mul":
        return forward * backward
    total = forward + backward
    return total / 2 if mode == "ave" else total
