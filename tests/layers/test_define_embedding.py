"""DeFINE: the published unit on top of a table, and the table it turns into."""

from functools import partial

import keras
import numpy as np
import pytest

from suite.layers import DefineEmbedding
from tests.contract import check_layer
from tests.layers.filled import fill_like_reference, normal_weights
from tests.numeric import assert_close, to_numpy
from tests.oracles import delight_reference

pytestmark = pytest.mark.backend
SMALL = {"vocabulary": 11, "units": 16, "table_units": 8, "expansion": 32}
TOKENS = np.array([[0, 3, 10], [7, 7, 2]], "int32")


def test_published_numbers():
    """The fixture's input stands in the table's rows."""
    x = delight_reference.inputs(1, 3, 64)
    layer = DefineEmbedding(3, 64, 64, 256, projection=32)
    layer.build()
    fill_like_reference(layer.unit)
    layer.table.set_weights([x[0]])
    got = to_numpy(layer(np.array([[0, 1, 2]])))
    want = delight_reference.fixtures()["define unit N=3 w=4 g_max=4, 64->32->64"]
    assert_close(got, want, atol=1e-5)


@pytest.mark.parametrize(
    ("n", "projection", "m", "k", "depth", "groups", "want"),
    [
        (128, 256, 512, 1024, 3, 4, 1_587_904),
        (128, 64, 128, 256, 4, 4, 126_048),
        (64, 128, 256, 1024, 3, 8, 785_120),
        (128, 200, 400, 1024, 7, 8, 2_177_588),
    ],
)
def test_counts_as_released(n, projection, m, k, depth, groups, want):
    layer = DefineEmbedding(100, m, n, k, depth, groups, projection)
    with keras.StatelessScope(initialize_variables=False):
        layer.build()
        assert layer.count_params() == want + 100 * n


def test_the_papers_variant_counted_by_hand():
    layer = DefineEmbedding(100, 64, 64, 512, 2, 4, variant="paper")
    with keras.StatelessScope(initialize_variables=False):
        layer.build()
        count = layer.count_params()
    # 64 -> 288/4, 64 + 288 -> 512/2, then 64 + 512 -> 64
    kernels = 64 * 288 // 4 + 352 * 512 // 2 + 576 * 64
    assert count == 6400 + kernels + (288 + 144) + (512 + 512) + 3 * 64


def test_the_default_projection_is_half_the_width():
    assert DefineEmbedding(10, 16, 8, 32).unit.projection == 8


@pytest.mark.parametrize("cutoffs", [[], [4, 7]])
def test_its_table_gives_the_same(cutoffs):
    layer = DefineEmbedding(**SMALL, cutoffs=cutoffs, dropout=0.5)
    layer.build()
    normal_weights(layer)
    table = layer.to_table(rows=4)
    assert type(table) is keras.layers.Embedding and table.name == layer.name
    assert table.count_params() == 11 * 16
    assert_close(table(TOKENS), layer(TOKENS), atol=1e-6)
    assert_close(layer.for_export()(TOKENS), layer(TOKENS), atol=2e-6)


def test_scores_by_its_narrow_table():
    layer = DefineEmbedding(**SMALL)
    layer.build()
    x = np.random.default_rng(0).normal(size=(2, 3, 8)).astype("float32")
    want = x.astype("float64") @ to_numpy(layer.table(np.arange(11))).T
    assert_close(layer(x, reverse=True), want, atol=1e-5)


def test_contract():
    arguments = SMALL | {"depth": 2, "max_groups": 2}
    arguments |= {"variant": "paper", "transform": "group", "skip": "concatenation"}
    arguments |= {"reduce": False, "shuffle": True, "padding": 3, "dropout": 0.1}
    arguments |= {"scale": True}
    layer_fn = partial(DefineEmbedding, **arguments, cutoffs=[4, 7])
    check_layer(layer_fn, TOKENS, elsewhere=["projection"], trained=False)
    layer = DefineEmbedding(**SMALL, projection=4)
    assert layer.get_config()["projection"] == 4


def test_padding_is_one_vector_and_saved():
    layer = DefineEmbedding(**SMALL, padding=3)
    layer.build()
    assert layer.get_config()["padding"] == 3
    zero = layer.unit(np.zeros((1, 8), "float32"))
    assert_close(layer(TOKENS)[0, 1], zero[0], atol=1e-6)


def test_bad_arguments_are_named():
    layer = DefineEmbedding(8, 16, 8, 32, projection=6)
    with pytest.raises(ValueError, match="projection=0"):
        DefineEmbedding(8, 16, 8, 32, projection=0)
    with pytest.raises(ValueError, match="projection=4, variant='paper'"):
        DefineEmbedding(8, 16, 8, 32, projection=4, variant="paper")
    with pytest.raises(ValueError, match=r"6, groups=2|6, groups=4. Nearest: 4, 8"):
        layer.build()


def test_the_table_has_the_layers_policy_not_the_global_one():
    layer = DefineEmbedding(**SMALL, dtype="float32")
    layer.build()
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        table = layer.to_table()
    finally:
        keras.config.set_dtype_policy(policy)
    assert table.compute_dtype == "float32"
    assert_close(table(TOKENS), layer(TOKENS), atol=1e-6)
