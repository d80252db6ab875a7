"""Recurrent layers in NumPy, forward and backward, written from their equations.

Shapes: `x` `(batch, steps, channels)`, results `(batch, steps, units)`. Kernels and
gates stand in Keras' order. `slope` is the derivative of a scalar with respect to all
outputs; the results of the backward passes are those of the same scalar.
"""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(x, weights):
    """An LSTM with peepholes, those of Graves; all zero, it is that of Keras.

    Args:
        weights: kernel, recurrent kernel, bias (gates: input, forget, candidate,
            output), peepholes of input and forget gate, which see the old memory, and
            of the output gate, which sees the new one, each `(units,)`.

    Returns:
        Outputs, and what `lstm_backward` needs.
    """
    kernel, recurrent, bias, peep_i, peep_f, peep_o = weights
    hidden = memory = np.zeros((len(x), len(peep_i)))
    steps = []
    for t in range(x.shape[1]):
        before = hidden, memory
        a_i, a_f, a_c, a_o = np.split(
            x[:, t] @ kernel + hidden @ recurrent + bias, 4, 1
        )
        i, f = sigmoid(a_i + peep_i * memory), sigmoid(a_f + peep_f * memory)
        candidate = np.tanh(a_c)
        memory = f * memory + i * candidate
        o = sigmoid(a_o + peep_o * memory)
        hidden = o * np.tanh(memory)
        steps.append((*before, i, f, candidate, o, memory, hidden))
    return np.stack([step[-1] for step in steps], 1), steps


def lstm_backward(x, weights, steps, slope):
    """Gradients of the weights, in their order, and of `x`."""
    kernel, recurrent, _, peep_i, peep_f, peep_o = weights
    gradients = [np.zeros(w.shape) for w in weights]
    of_x = np.zeros(x.shape)
    d_hidden = d_memory = np.zeros(steps[0][0].shape)
    for t in reversed(range(x.shape[1])):
        old_hidden, old_memory, i, f, candidate, o, memory, _ = steps[t]
        d_hidden = d_hidden + slope[:, t]
        d_o = d_hidden * np.tanh(memory) * o * (1 - o)
        # the memory is seen by the output, by the peephole, and by the next step
        d_memory = d_memory + d_hidden * o * (1 - np.tanh(memory) ** 2) + d_o * peep_o
        d_i = d_memory * candidate * i * (1 - i)
        d_f = d_memory * old_memory * f * (1 - f)
        d_c = d_memory * i * (1 - candidate**2)
        gates = np.concatenate([d_i, d_f, d_c, d_o], 1)
        for total, part in zip(
            gradients,
            (
                x[:, t].T @ gates,
                old_hidden.T @ gates,
                gates.sum(0),
                (d_i * old_memory).sum(0),
                (d_f * old_memory).sum(0),
                (d_o * memory).sum(0),
            ),
            strict=True,
        ):
            total += part
        of_x[:, t] = gates @ kernel.T
        d_hidden = gates @ recurrent.T
        d_memory = d_memory * f + d_i * peep_i + d_f * peep_f
    return gradients, of_x


def gru(x, weights, reset_after):
    """A GRU: gates update and reset, h = z·h + (1 - z)·candidate.

    Args:
        weights: kernel, recurrent kernel (gates: update, reset, candidate), bias,
            `(3 units,)`, or with `reset_after` `(2, 3 units)`, of input and state.
        reset_after: The reset gate acts on the recurrent product (Keras' default),
            not on the state before it (as published).

    Returns:
        Outputs, and what `gru_backward` needs.
    """
    kernel, recurrent, bias = weights
    units = recurrent.shape[0]
    own, other = bias if reset_after else (bias, np.zeros(3 * units))
    hidden, steps = np.zeros((len(x), units)), []
    for t in range(x.shape[1]):
        old = hidden
        x_z, x_r, x_c = np.split(x[:, t] @ kernel + own, 3, 1)
        h_z, h_r, h_c = np.split(old @ recurrent + other, 3, 1)
        z, r = sigmoid(x_z + h_z), sigmoid(x_r + h_r)
        inner = r * h_c if reset_after else (r * old) @ recurrent[:, 2 * units :]
        candidate = np.tanh(x_c + inner)
        hidden = z * old + (1 - z) * candidate
        steps.append((old, z, r, candidate, h_c, hidden))
    return np.stack([step[-1] for step in steps], 1), steps


def gru_backward(x, weights, steps, slope, reset_after):
    """Gradients of the weights, in their order, and of `x`."""
    kernel, recurrent, bias = weights
    units = recurrent.shape[0]
    of_kernel, of_recurrent = np.zeros(kernel.shape), np.zeros(recurrent.shape)
    of_bias, of_x = np.zeros(bias.shape), np.zeros(x.shape)
    d_hidden = np.zeros(steps[0][0].shape)
    into = recurrent[:, 2 * units :]  # of the candidate
    for t in reversed(range(x.shape[1])):
        old, z, r, candidate, h_c, _ = steps[t]
        d_hidden = d_hidden + slope[:, t]
        d_z = d_hidden * (old - candidate) * z * (1 - z)
        d_c = d_hidden * (1 - z) * (1 - candidate**2)
        if reset_after:
            d_r, d_state = d_c * h_c * r * (1 - r), d_c * r
            states = np.concatenate([d_z, d_r, d_state], 1)
            of_recurrent += old.T @ states
            of_bias[1] += states.sum(0)
            d_old = states @ recurrent.T
        else:
            d_reset = d_c @ into.T
            d_r = d_reset * old * r * (1 - r)
            gates = np.concatenate([d_z, d_r], 1)
            of_recurrent[:, : 2 * units] += old.T @ gates
            of_recurrent[:, 2 * units :] += (r * old).T @ d_c
            d_old = gates @ recurrent[:, : 2 * units].T + d_reset * r
        gates = np.concatenate([d_z, d_r, d_c], 1)
        of_kernel += x[:, t].T @ gates
        if reset_after:
            of_bias[0] += gates.sum(0)
        else:
            of_bias += gates.sum(0)
        of_x[:, t] = gates @ kernel.T
        d_hidden = d_hidden * z + d_old
    return [of_kernel, of_recurrent, of_bias], of_x
