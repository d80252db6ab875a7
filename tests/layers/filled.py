"""Weights by the rule of the published fixtures, put into our layers."""

import numpy as np

from suite.layers import GroupLinear
from tests.oracles.delight_reference import fill


def fill_like_reference(*layers):
    """Number the tensors of the layers in order, as `delight_reference.Maker` does.

    Kernels of plain linear maps stand (out, in) there and (in, out) here.
    """
    number = 0
    for layer in layers:
        for part in parts(layer):
            values = []
            for weight in part.weights:
                shape, kind = weight.shape, kind_of(weight.name)
                if kind == "w" and shape[0] == 1:  # one group
                    value = fill((shape[2], shape[1]), number, kind).T[None]
                elif kind == "w" and len(shape) == 2:
                    value = fill(shape[::-1], number, kind).T
                else:
                    value = fill(shape, number, kind)
                values.append(value.astype("float32"))
                number += 1
            part.set_weights(values)


def kind_of(name):
    return {"kernel": "w", "gamma": "g"}.get(name, "b")


def parts(layer):
    """The layers inside that own weights, in order, a GroupLinear as one."""
    if isinstance(layer, GroupLinear) or layer._trainable_variables:
        return [layer]
    return [part for inner in layer._layers for part in parts(inner)]


def normal_weights(layer, seed=1, scale=0.5):
    """All weights drawn anew: biases are not zero, gammas not one."""
    rng = np.random.default_rng(seed)
    layer.set_weights([rng.normal(0, scale, w.shape) for w in layer.get_weights()])
    return layer
