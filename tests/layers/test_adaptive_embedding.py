"""Bands of tokens: looked up, scored, counted as published."""

from functools import partial

import keras
import numpy as np
import pytest

from suite.layers import AdaptiveEmbedding
from tests.contract import check_layer
from tests.layers.filled import normal_weights
from tests.numeric import assert_close, to_numpy

pytestmark = pytest.mark.backend
TOKENS = np.array([[0, 3, 4], [6, 7, 11]], "int32")
SIZES = {"vocabulary": 12, "units": 8, "cutoffs": [4, 7]}


def bands(layer):
    """(first token, table, map) of each band."""
    names = {w.name: to_numpy(w).astype("float64") for w in layer.weights}
    starts = [0, *layer.cutoffs]
    for number, start in enumerate(starts):
        yield start, names[f"table_{number}"], names.get(f"map_{number}", np.eye(8))


@pytest.mark.parametrize("scale", ["band", "units", "none"])
@pytest.mark.parametrize("project", [True, False])
def test_looks_up_each_band(project, scale):
    layer = AdaptiveEmbedding(**SIZES, project=project, scale=scale)
    got = to_numpy(layer(TOKENS))
    want = np.zeros((2, 3, 8))
    for start, table, matrix in bands(layer):
        root = {"band": table.shape[1], "units": 8, "none": 1}[scale] ** 0.5
        for at in np.ndindex(TOKENS.shape):
            if start <= TOKENS[at] < start + len(table):
                want[at] = table[TOKENS[at] - start] @ matrix * root
    assert_close(got, want, atol=1e-5)


@pytest.mark.parametrize("bias", [True, False])
def test_scores_head_and_tails(bias):
    layer = AdaptiveEmbedding(**SIZES, bias=bias)
    layer.build()
    normal_weights(layer)
    x = np.random.default_rng(0).normal(size=(2, 3, 8)).astype("float32")
    got = [to_numpy(s) for s in layer(x, reverse=True)]
    named = {w.name: to_numpy(w) for w in layer.weights}
    want = []
    for number, (_, table, matrix) in enumerate(bands(layer)):
        narrow = x.astype("float64") @ matrix.T if number else x
        want.append(narrow @ table.T + (named[f"bias_{number}"] if bias else 0))
    clusters = x @ named["clusters"] + (named["cluster_bias"] if bias else 0)
    want[0] = np.concatenate([want[0], clusters], -1)
    for number, (one, two) in enumerate(zip(got, want, strict=True)):
        assert_close(one, two, atol=1e-5, name=f"scores {number}")


def test_padding_is_zero():
    got = to_numpy(AdaptiveEmbedding(**SIZES, padding=3)(TOKENS))
    assert not got[0, 1].any() and got[0, 0].any()


def test_counts_as_published():
    """WikiText-103: the DeLighT language model's, and Transformer-XL's."""
    with keras.StatelessScope(initialize_variables=False):
        layer = AdaptiveEmbedding(267744, 128, [20000, 60000])
        layer.build()
        assert layer.count_params() == 11_767_808 + 28_672 + 256
        layer = AdaptiveEmbedding(
            267735, 410, [20000, 40000, 200000], 1, project=False, bias=True
        )
        layer.build()
        assert layer.count_params() == 267735 * 411 + 3 * 411


def test_contract():
    arguments = SIZES | {"factor": 1, "project": False, "bias": True}
    arguments |= {"scale": "units", "padding": 3, "dropout": 0.1}
    check_layer(partial(AdaptiveEmbedding, **arguments), TOKENS, trained=False)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"cutoffs=\[5, 5\], vocabulary=12"):
        AdaptiveEmbedding(12, 8, [5, 5])
    with pytest.raises(ValueError, match=r"cutoffs=\[5, 12\], vocabulary=12"):
        AdaptiveEmbedding(12, 8, [5, 12])
    with pytest.raises(ValueError, match="units=8, factor=4"):
        AdaptiveEmbedding(12, 8, [5, 6], factor=4)
    with pytest.raises(ValueError, match=r"scale.*'rows'"):
        AdaptiveEmbedding(12, 8, [5], scale="rows")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"padding": -1}, "padding=-1, vocabulary=12. Nearest: 0"),
        ({"padding": 12}, "padding=12, vocabulary=12. Nearest: 11"),
        ({"units": 3}, r"cutoffs=\[4, 7\]. Nearest: units=4"),
        ({"factor": 0}, "factor=0. Nearest: 1"),
    ],
)
def test_the_nearest_that_works_is_named(arguments, said):
    with pytest.raises(ValueError, match=said):
        AdaptiveEmbedding(**{**SIZES, **arguments})
