"""Tokens of a map, the quality token first, each with a position of its own."""

from functools import partial

import keras
import numpy as np
import pytest

from suite.layers import QualityToken
from tests.contract import check_layer
from tests.numeric import assert_close, to_numpy

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(1)
X = RNG.normal(size=(2, 3, 4, 5)).astype("float32")


def with_weights(layer, shape=X.shape):
    layer.build(shape)
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    return layer, layer.get_weights()


@pytest.mark.parametrize("positions", [13, 20])
def test_matches_the_definition(positions):
    layer, (token, table) = with_weights(QualityToken(positions))
    want = np.concatenate([np.repeat(token, 2, 0), X.reshape(2, 12, 5)], axis=1)
    assert_close(layer(X), want + table[:, :13], atol=1e-6)


def bilinear(grid, rows, columns):
    """Pixel by pixel: centres in the grid, clipped to its own outermost centres."""
    height, width = grid.shape[:2]
    want = np.zeros((rows, columns, grid.shape[2]))
    for y, x in np.ndindex(rows, columns):
        v = min(max((y + 0.5) * height / rows - 0.5, 0), height - 1)
        u = min(max((x + 0.5) * width / columns - 0.5, 0), width - 1)
        for i, j in np.ndindex(height, width):
            share = max(0, 1 - abs(v - i)) * max(0, 1 - abs(u - j))
            want[y, x] += share * grid[i, j].astype(np.float64)
    return want


@pytest.mark.parametrize("size", [(3, 4), (2, 2), (7, 3), (1, 1)])
def test_positions_are_stretched_over_the_map(size):
    layer, (token, table) = with_weights(QualityToken(13, (3, 4)))
    got = to_numpy(layer(np.zeros((1, *size, 5), "float32")))[0]
    assert_close(got[0], token[0, 0] + table[0, 0], atol=1e-6, name="token")
    want = bilinear(table[0, 1:].reshape(3, 4, 5), *size)
    assert_close(got[1:], want.reshape(-1, 5), atol=1e-5)


@pytest.mark.erratum(
    "Public code",
    "`position_embeddings[:, x.shape[1], :]` in ViT-IQA",
    "Picks one row for all tokens; each has a position of its own",
)
def test_every_token_has_its_own_position():
    """The public code of ViT-IQA adds one row to all tokens."""
    layer, _ = with_weights(QualityToken(13))
    got = to_numpy(layer(np.zeros_like(X)))[0, 1:]
    assert len(np.unique(got[:, 0])) == 12


def test_start():
    layer = QualityToken(193, stddev=None)
    layer.build((None, 12, 16, 32))
    token, table = (np.abs(w) for w in layer.get_weights())
    assert layer.count_params() == 32 + 6_176
    assert 0.3 < token.max() <= np.sqrt(6 / 33)  # Glorot, as TRIQ's code
    assert 0.155 < table.max() <= np.sqrt(6 / 225)
    layer = QualityToken(193)
    layer.build((None, 12, 16, 32))
    token, table = layer.get_weights()
    assert table.std() == pytest.approx(0.02, rel=0.05)
    assert (table[0, 0] != token[0, 0]).all()


def test_contract():
    layer = partial(QualityToken, positions=7, zoom=(2, 3), stddev=0.5)
    check_layer(layer, X, free_axes=(1, 2))


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="positions=1, stddev"):
        QualityToken(1)
    with pytest.raises(ValueError, match=r"positions=12, zoom=\(3, 4\). Nearest: 13"):
        QualityToken(12, (3, 4))
    message = r"3 x 4 = 12 cells, positions=12. Nearest: 11 cells"
    with pytest.raises(ValueError, match=message):
        QualityToken(12)(X)
    assert QualityToken(193)(keras.Input((None, None, 8))).shape == (None, None, 8)
