"""Channels become pixels in the order of TensorFlow's depth_to_space."""

from functools import partial

import keras
import numpy as np
import pytest

from suite.layers import PixelShuffle
from tests.contract import check_layer
from tests.numeric import assert_close, to_numpy

pytestmark = pytest.mark.backend


@pytest.mark.parametrize(
    ("factor", "shape"), [(1, (2, 3, 2, 5)), (2, (2, 3, 5, 12)), (4, (1, 2, 3, 16))]
)
def test_matches_the_definition(factor, shape):
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    batch, height, width, channels = shape
    depth = channels // factor**2
    want = np.empty((batch, factor * height, factor * width, depth), "float32")
    for y, i, j, k in np.ndindex(height, factor, factor, depth):
        channel = (factor * i + j) * depth + k
        want[:, factor * y + i, j::factor, k] = x[:, y, :, channel]
    assert_close(PixelShuffle(factor)(x), want, atol=0)


def test_by_hand():
    x = np.array([[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]]])
    got = to_numpy(PixelShuffle(2)(x))[0, :, :, 0]
    assert got.tolist() == [[1, 2, 5, 6], [3, 4, 7, 8]]


def test_contract():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 8)).astype("float32")
    check_layer(partial(PixelShuffle, factor=2), x, free_axes=(1, 2))


def test_shape_is_told_without_the_sizes():
    output = PixelShuffle(4)(keras.Input((None, 7, 16)))
    assert output.shape == (None, None, 28, 1)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="factor=0"):
        PixelShuffle(0)
    with pytest.raises(ValueError, match="channels=6, factor=2"):
        PixelShuffle(2)(np.zeros((1, 2, 2, 6), "float32"))
