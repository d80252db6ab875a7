"""Channels of zero mean and unit variance, in half precision too."""

from functools import partial

import numpy as np
import pytest

from suite.layers import InstanceNormalization
from tests.contract import check_layer
from tests.numeric import assert_close, to_numpy
from tests.oracles.pictures import instance_norm

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)
X = RNG.normal(2, 3, (3, 6, 5, 4)).astype("float32")


@pytest.mark.parametrize("epsilon", [1e-5, 0.3])
def test_matches_the_definition(epsilon):
    got = InstanceNormalization(epsilon)(X)
    assert_close(got, instance_norm(X, epsilon), atol=1e-5)


def test_by_hand():
    x = np.array([1.0, 3.0, 10.0, 30.0], "float32").reshape(1, 1, 2, 2)
    got = to_numpy(InstanceNormalization()(x))  # channels (1, 10) and (3, 30)
    assert_close(got[0, 0], [[-1, -1], [1, 1]], atol=1e-4)


def test_a_picture_does_not_see_its_batch():
    alone = InstanceNormalization()(X[1:2])
    assert_close(alone, to_numpy(InstanceNormalization()(X))[1:2], atol=1e-6)


@pytest.mark.parametrize("scale", [0.05, 1.0, 3000.0])
def test_float16_holds_no_square(scale):
    """3000 squared is beyond float16; so is the sum over a picture of 128 x 128."""
    x = (scale * RNG.normal(1, 1, (1, 128, 128, 2))).astype("float16")
    got = InstanceNormalization(dtype="mixed_float16")(x)
    assert "float16" in str(got.dtype)
    assert_close(to_numpy(got), instance_norm(x), atol=4e-3)


def test_a_single_pixel_is_zero():
    assert not to_numpy(InstanceNormalization()(X[:, :1, :1])).any()


def test_scale_and_offset_belong_to_channels():
    layer = InstanceNormalization(affine=True)
    layer.build(X.shape)
    scale, offset = RNG.normal(size=(2, 4))
    layer.set_weights([scale, offset])
    assert_close(layer(X), instance_norm(X) * scale + offset, atol=2e-5)
    plain = InstanceNormalization()
    plain.build(X.shape)
    assert plain.count_params() == 0 and layer.count_params() == 8


def test_contract():
    layer = partial(InstanceNormalization, epsilon=0.1, affine=True)
    check_layer(layer, X, free_axes=(1, 2))


def test_bad_epsilon_is_named():
    with pytest.raises(ValueError, match="epsilon=0"):
        InstanceNormalization(0)
