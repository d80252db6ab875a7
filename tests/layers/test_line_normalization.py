"""Lines of any brightness and contrast come out alike, whatever the padding holds."""

from functools import partial

import numpy as np
import pytest

from suite.layers import LineNormalization
from tests.contract import check_layer
from tests.numeric import assert_close, to_numpy

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)
LINES = RNG.uniform(size=(4, 8, 21, 1)).astype("float32")
WIDTHS = np.array([21, 20, 9, 1], "int32")


def oracle(x, widths, floor=0.05):
    """The definition, a line at a time, in float64."""
    want = np.zeros(x.shape)
    for row, width in enumerate(widths):
        line = x[row, :, :width].astype(np.float64)
        want[row, :, :width] = (line.mean() - line) / max(line.std(), floor)
    return want


@pytest.mark.parametrize("floor", [0.05, 0.4])
def test_matches_the_definition(floor):
    got = LineNormalization(floor)(LINES, WIDTHS)
    assert_close(got, oracle(LINES, WIDTHS, floor), atol=2e-6)


def test_by_hand():
    line = np.array([0.0, 1.0, 0.3], "float32").reshape(1, 1, 3, 1)
    got = to_numpy(LineNormalization()(line, np.array([2])))
    assert_close(got.ravel(), [1, -1, 0], atol=1e-6)


def test_faint_and_dark_lines_look_alike():
    faint = 0.7 + 0.25 * LINES
    got = to_numpy(LineNormalization(0.001)(faint, WIDTHS))
    assert_close(got, to_numpy(LineNormalization(0.001)(LINES, WIDTHS)), atol=1e-4)


def test_padding_does_not_show():
    columns = np.arange(LINES.shape[2])[None, None, :, None]
    beyond = columns >= WIDTHS[:, None, None, None]
    spoilt = np.where(beyond, RNG.uniform(size=LINES.shape), LINES)
    wider = np.concatenate([spoilt, spoilt[:, :, :11]], axis=2).astype("float32")
    got = to_numpy(LineNormalization()(wider, WIDTHS))
    assert_close(got[:, :, :21], oracle(LINES, WIDTHS), atol=2e-6)
    assert not got[:, :, 21:].any()


def test_an_even_line_stays_quiet():
    grey = np.full((1, 8, 640, 1), 0.6, "float32")
    grey += RNG.normal(0, 0.002, grey.shape).astype("float32")
    got = to_numpy(LineNormalization()(grey, np.array([640])))
    assert np.abs(got).max() < 0.25


def test_half_precision_keeps_the_mean_of_a_long_line():
    line = RNG.uniform(size=(1, 32, 1280, 1)).astype("float32")
    layer = LineNormalization(dtype="mixed_bfloat16")
    got = to_numpy(layer(line, np.array([1280])))
    assert got.dtype == np.float32
    assert_close(got, oracle(line, [1280]), atol=1e-5)


def test_contract():
    check_layer(partial(LineNormalization, floor=0.3), [LINES, WIDTHS], free_axes=(2,))


def test_bad_floor_is_named():
    with pytest.raises(ValueError, match="floor=0"):
        LineNormalization(0)
