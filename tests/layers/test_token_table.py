"""Looking tokens up and scoring them by one table."""

from functools import partial

import numpy as np
import pytest

from suite.layers import TokenTable
from tests.contract import check_layer
from tests.numeric import assert_close, to_numpy

pytestmark = pytest.mark.backend
TOKENS = np.array([[3, 1, 0], [2, 3, 3]], "int32")


def test_looks_up_scales_and_hides_padding():
    layer = TokenTable(5, 4, padding=1, scale=True)
    got = to_numpy(layer(TOKENS))
    table = layer.get_weights()[0]
    assert_close(got, table[TOKENS] * 2 * (TOKENS != 1)[..., None], atol=1e-6)
    assert not got[0, 1].any()
    assert_close(TokenTable(5, 4, padding=0)(TOKENS)[0, 2], np.zeros(4), atol=0)


def test_scores_by_the_same_table():
    layer = TokenTable(5, 4, scale=True)
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    got = to_numpy(layer(x, reverse=True))
    assert_close(got, x.astype("float64") @ layer.get_weights()[0].T, atol=1e-5)
    assert len(layer.weights) == 1
    biased = TokenTable(5, 4, bias=True)
    biased.build()
    biased.set_weights([layer.get_weights()[0], np.arange(5.0)])
    assert_close(biased(x, reverse=True), got + np.arange(5), atol=1e-6)


def test_is_drawn_as_published():
    layer = TokenTable(4000, 128)
    layer.build()
    assert to_numpy(layer.table).var() == pytest.approx(1 / 128, rel=0.02)


def test_contract():
    arguments = {"vocabulary": 5, "units": 4, "padding": 1, "scale": True, "bias": True}
    check_layer(partial(TokenTable, **arguments), TOKENS, trained=False)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="vocabulary=5, units=4, padding=5"):
        TokenTable(5, 4, padding=5)
    with pytest.raises(ValueError, match=r"'table' scores.* 3, units=4"):
        TokenTable(5, 4, name="table")(np.ones((1, 3), "float32"), reverse=True)
