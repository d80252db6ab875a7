"""Columns beyond the true width are zero, the others untouched."""

from functools import partial

import numpy as np
import pytest

from suite.layers import ColumnMask
from tests.contract import check_layer
from tests.numeric import assert_close

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_a_column_with_a_true_pixel_is_kept(stride):
    x = RNG.normal(size=(13, 2, 12, 3)).astype("float32")
    widths = np.arange(13, dtype="int32")
    want = x.copy()
    for row, width in enumerate(widths):
        for column in range(12):
            pixels = range(column * stride, (column + 1) * stride)
            if not any(pixel < width for pixel in pixels):
                want[row, :, column] = 0
    assert_close(ColumnMask(stride)(x, widths), want, atol=0)


def test_contract():
    x = RNG.normal(size=(3, 2, 6, 3)).astype("float32")
    widths = np.array([24, 9, 1], "int32")
    check_layer(partial(ColumnMask, stride=4), [x, widths], free_axes=(1, 2))


def test_bad_stride_is_named():
    with pytest.raises(ValueError, match="stride=0"):
        ColumnMask(0)
