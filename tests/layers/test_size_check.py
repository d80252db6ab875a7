"""Sizes that suit pass, others are named with the nearest that do."""

import re
from functools import partial

import keras
import numpy as np
import pytest

from suite.layers import SizeCheck
from tests.contract import check_layer
from tests.numeric import assert_close

pytestmark = pytest.mark.backend
X = np.random.default_rng(1).normal(size=(2, 8, 12, 3)).astype("float32")


def test_good_sizes_pass_unchanged():
    assert_close(SizeCheck(4, 8)(X), X, atol=0)
    assert SizeCheck(4, 8)(keras.Input((None, 16, 3))).shape == (None, None, 16, 3)


@pytest.mark.parametrize(
    ("height", "width", "nearest"),
    [
        (18, 16, "16 x 16, 20 x 16"),
        (15, 17, "16 x 16, 16 x 20"),
        (3, 3, "16 x 16"),
        (16, 21, "16 x 20, 16 x 24"),
    ],
)
def test_the_nearest_sizes_are_named(height, width, nearest):
    said = f"height={height}, width={width}. Nearest: {nearest}"
    with pytest.raises(ValueError, match=re.escape(said) + "$"):
        SizeCheck(4, 16).call(np.zeros((1, height, width, 3)))


def test_a_known_side_is_checked_beside_an_unknown():
    with pytest.raises(ValueError, match="height=None, width=10"):
        SizeCheck(4, 8).call(keras.Input((None, 10, 3)))


def test_a_smallest_side_that_is_no_multiple():
    with pytest.raises(ValueError, match="Nearest: 12 x 12"):
        SizeCheck(4, 10).call(np.zeros((1, 8, 8, 3)))


def test_contract():
    # known sides only: torch would trace unknown ones as 83, which does not suit
    check_layer(partial(SizeCheck, multiple=4, minimum=8), X, free_axes=())


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="multiple=0, minimum=1"):
        SizeCheck(0)


def test_a_bad_size_fails_after_good_ones():
    """TensorFlow retraces with unknown sides at the second size."""
    inputs = keras.Input((None, None, 1))
    model = keras.Model(inputs, SizeCheck(4, 8)(inputs))
    for height, width in ((8, 8), (12, 16), (16, 8)):
        x = np.random.default_rng(0).normal(size=(1, height, width, 1))
        assert_close(model.predict(x, verbose=0), x.astype("float32"), atol=0)
    for height, width in ((10, 12), (12, 14), (4, 12)):
        # ValueError, or TensorFlow's own error of the reshape
        with pytest.raises(Exception, match=r"(?i)reshape|Nearest"):
            model.predict(np.zeros((1, height, width, 1)), verbose=0)
