"""The blocks of a CycleGAN generator against their definitions."""

from functools import partial

import keras
import numpy as np
import pytest

from suite.layers import (
    ConnectedConv2D,
    InstanceDown,
    InstanceResidual,
    InstanceUp,
    NearestResize,
    StandardizedConv2D,
    TrainedSubsampling,
)
from tests.contract import check_layer
from tests.numeric import assert_close, to_numpy
from tests.oracles.pictures import (
    convolve,
    instance_norm,
    reflect,
    transposed,
    zeros_around,
)

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 6, 4, 3)).astype("float32")


def with_weights(layer, shape=X.shape):
    """The layer, its weights drawn, biases too."""
    layer.build(shape)
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    return layer, layer.get_weights()


def repeated(x, factor=2):
    return np.repeat(np.repeat(x, factor, axis=1), factor, axis=2)


def test_residual_matches_the_definition():
    layer, (kernel_1, bias_1, kernel_2, bias_2) = with_weights(InstanceResidual())
    y = np.maximum(instance_norm(convolve(reflect(X, 1), kernel_1, bias_1)), 0)
    want = X + instance_norm(convolve(reflect(y, 1), kernel_2, bias_2))
    assert want.min() < 0  # no ReLU after the sum
    assert_close(layer(X), want, atol=2e-5)


@pytest.mark.parametrize("shape", [(2, 6, 4, 3), (1, 5, 7, 3)])
def test_down_matches_the_definition(shape):
    x = RNG.normal(size=shape).astype("float32")
    layer, (kernel, bias) = with_weights(InstanceDown(5), shape)
    want = np.maximum(instance_norm(convolve(zeros_around(x), kernel, bias, 2)), 0)
    assert_close(layer(x), want, atol=2e-5)


def test_transposed_up_matches_the_definition():
    layer, (kernel, bias) = with_weights(InstanceUp(5, "transposed"))
    # one row and column cut at the start, as padding 1 with output padding 1 does
    want = instance_norm(transposed(X, kernel, bias)[:, 1:, 1:])
    assert_close(layer(X), np.maximum(want, 0), atol=2e-5)


def test_nearest_up_matches_the_definition():
    layer, (kernel, bias) = with_weights(InstanceUp(5, "nearest"))
    want = instance_norm(convolve(reflect(repeated(X), 1), kernel, bias))
    assert_close(layer(X), np.maximum(want, 0), atol=2e-5)


def test_both_forms_have_as_many_weights():
    counts = {
        with_weights(InstanceUp(5, form))[0].count_params()
        for form in ("transposed", "nearest")
    }
    assert counts == {3 * 3 * 3 * 5 + 5}


@pytest.mark.parametrize("factor", [2, 3])
def test_resize_repeats_pixels(factor):
    assert_close(NearestResize(factor)(X), repeated(X, factor), atol=0)


def test_resize_by_hand():
    x = np.array([[[[1.0], [2.0]]]])
    got = to_numpy(NearestResize()(x))[0, :, :, 0].tolist()
    assert got == [[1, 1, 2, 2]] * 2


@pytest.mark.parametrize(
    "layer",
    [
        partial(InstanceResidual, use_bias=False, affine=True),
        partial(InstanceDown, filters=5, use_bias=False, affine=True),
        partial(InstanceUp, filters=5, form="nearest", use_bias=False, affine=True),
        partial(InstanceUp, filters=5, form="transposed", use_bias=False, affine=True),
        partial(NearestResize, factor=3),
    ],
    ids=lambda layer: layer.func.__name__,
)
def test_contract(layer):
    check_layer(layer, X, free_axes=(1, 2))


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="filters=0"):
        InstanceDown(0)
    with pytest.raises(ValueError, match="filters=4, form='bilinear'"):
        InstanceUp(4, "bilinear")
    with pytest.raises(ValueError, match="factor=1"):
        NearestResize(1)
    with pytest.raises(ValueError, match="padding=1, height=1, width=4"):
        InstanceResidual()(X[:, :1])


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: InstanceDown(8), (1, 3, 3, 8)),
        (lambda: InstanceUp(8, "transposed"), (1, 12, 12, 8)),
        (lambda: InstanceUp(8, "nearest"), (1, 12, 12, 8)),
        (InstanceResidual, (1, 6, 6, 4)),
        (lambda: StandardizedConv2D(8, 3), (1, 4, 4, 8)),
        (lambda: ConnectedConv2D([[0], [1, 3]], 3), (1, 4, 4, 2)),
        (TrainedSubsampling, (1, 3, 3, 4)),
    ],
)
def test_channels_are_last_whatever_the_global_setting(make, shape):
    keras.config.set_image_data_format("channels_first")
    try:
        got = make()(np.ones((1, 6, 6, 4), "float32"))
    finally:
        keras.config.set_image_data_format("channels_last")
    assert tuple(got.shape) == shape
