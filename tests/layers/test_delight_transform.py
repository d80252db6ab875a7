"""The DeLighT transform against the numbers and counts of the published code."""

from functools import partial

import numpy as np
import pytest

from suite.layers import DelightTransform, block_wise_scaling, most_groups
from tests.contract import check_layer
from tests.layers.filled import fill_like_reference
from tests.numeric import assert_close, to_numpy
from tests.oracles import delight_reference

pytestmark = pytest.mark.backend
X = delight_reference.inputs(1, 3, 64)
UNITS = {
    128: [58752, 63960, 68804, 72468, 111304, 118288, 123920, 174232],
    256: [232192, 249352, 232012, 243236, 326020, 344148, 335316, 438576],
    384: [520320, 556216, 515588, 547266, 723424, 773316, 676058, 805312],
    512: [923136, 991536, 919422, 966568, 1283676, 1361296, 1200942, 1435350],
    640: [1440640, 1543072, 1428582, 1512222, 1995312, 2122860, 1864214, 2234480],
}


def count(features, **arguments):
    layer = DelightTransform(**arguments)
    with no_weights():
        layer.build((None, features))
        return layer.count_params()


def no_weights():
    import keras

    return keras.StatelessScope(initialize_variables=False)


@pytest.mark.parametrize(
    ("arguments", "fixture", "ends", "total", "parameters"),
    [
        (
            {"units": 32, "depth": 4, "width": 2.0, "max_groups": 4},
            "unit N=4 w=2 g_max=4, 64->32->32",
            [0.552861, 0.929854, 0.606027, -0.023031, 0.113364, 0.895059],
            [21.457232, 29.719579],
            15040,
        ),
        (
            {"units": 32, "depth": 5, "width": 2.286, "max_groups": 8},
            "unit N=5 w=2.286 g_max=8, 64->32->32",
            [-0.100302, 0.603563, 1.017190, 0.669815, -0.250380, 0.107362],
            [21.911472, 32.559430],
            15838,
        ),
        (
            {
                "units": 64,
                "projection": 32,
                "depth": 3,
                "width": 4.0,
                "max_groups": 4,
                "hierarchy": "define",
                "shuffle": False,
            },
            "define unit N=3 w=4 g_max=4, 64->32->64",
            [0.874771, -0.256548, -0.225648, 1.200078, 0.852109, 0.046459],
            [42.622884, 63.353987],
            51512,
        ),
    ],
)
def test_published_numbers(arguments, fixture, ends, total, parameters):
    layer = DelightTransform(**arguments)
    layer.build(X.shape)
    fill_like_reference(layer)
    got = to_numpy(layer(X.astype("float32"))).astype("float64")
    assert_close(got, delight_reference.fixtures()[fixture], atol=1e-5)
    flat = got.ravel()
    assert_close([*flat[:4], *flat[-2:]], ends, atol=1e-5)
    assert_close([flat.sum(), (flat**2).sum()], total, atol=2e-4)
    assert layer.count_params() == parameters


@pytest.mark.parametrize("features", UNITS)
def test_counts_of_every_published_block(features):
    got = [
        count(
            features,
            units=features // 2,
            depth=depth,
            width=width,
            max_groups=most_groups(features),
        )
        for depth, width in block_wise_scaling(4, 8, 8, 2.0)
    ]
    assert got == UNITS[features]


def test_count_of_the_last_unit_of_the_language_model():
    depth, width = block_wise_scaling(4, 12, 12, 2.0)[11]
    sizes = {"units": 512, "depth": depth, "width": width, "max_groups": 32}
    assert count(1024, **sizes) == 6_921_590


@pytest.mark.parametrize(
    ("units", "want"),
    [(128, 85696), (256, 215680), (384, 407104), (512, 659968), (640, 974272)],
)
def test_counts_of_the_embedding_units(units, want):
    arguments = {"units": units, "projection": units // 2, "depth": 4, "width": 2.0}
    assert count(128, **arguments, max_groups=most_groups(units)) == want


def test_counts_of_both_variants():
    """Kernels and biases by hand; the normalization adds two numbers a feature."""
    arguments = {"units": 64, "depth": 4, "width": 2.0, "max_groups": 4}
    # 128 -> 128/1, 256 -> 256/2, 384 -> 160/2, 288 -> 64/1: no linear map around
    kernels = 128 * 128 + 256 * 256 // 2 + 384 * 160 // 2 + 288 * 64
    rest = 3 * 128 + (256 + 2 * 128) + (160 + 2 * 80) + 3 * 64
    assert count(128, **arguments, variant="paper") == kernels + rest
    assert count(128, **arguments, variant="released") == 58752
    define = {
        "units": 64,
        "depth": 2,
        "width": 8.0,
        "max_groups": 4,
        "hierarchy": "define",
    }
    # 64 -> 288/4, 352 -> 512/2, then [64, 512] -> 64
    kernels = 64 * 288 // 4 + 352 * 512 // 2 + 576 * 64
    rest = (288 + 2 * 72) + (512 + 2 * 256) + 3 * 64
    assert count(64, **define, variant="paper") == kernels + rest


@pytest.mark.parametrize(
    ("change", "want"),
    [
        # the two linear maps and the four layers, each with bias and normalization
        ({"transform": "linear"}, 128 * 64 + 64 * 64 + 128 * 256 + 320 * 256),
        ({"skip": "none"}, 128 * 64 + 64 * 64 // 2 + 64 * 256 // 4 + 256 * 256 // 4),
        ({"skip": "residual"}, 128 * 64 + 64 * 64 // 2 + 64 * 64 + 256 * 64),
        ({"skip": "concatenation"}, 58752),
        ({"shuffle": False}, 58752),
    ],
)
def test_counts_of_the_ablations(change, want):
    got = count(128, units=64, depth=4, width=2.0, max_groups=4, **change)
    if change.get("transform") == "linear":
        want += 320 * 64 + 128 * 64 + 3 * (64 + 64 + 256 + 256 + 64 + 64)
    elif change.get("skip") in ("none", "residual"):
        want += 256 * 64 // 2 + 64 * 64 + (64 + 64 + 256 + 256 + 64 + 64)
        want += 2 * (64 + 32 + 64 + 64 + 32 + 64)
    assert got == want


def test_without_reduce_the_last_layer_is_the_result():
    layer = DelightTransform(32, 4, reduce=False, projection=16)
    with_it = DelightTransform(32, 4, projection=16)
    assert layer.compute_output_shape((2, 64)) == (2, 32)
    layer.build((None, 64))
    with_it.build((None, 64))
    last = (32 + 16) * 32 + 3 * 32
    assert with_it.count_params() - layer.count_params() == last
    wide = DelightTransform(
        32, 3, 4.0, hierarchy="define", variant="paper", reduce=False
    )
    assert wide.compute_output_shape((None, 64)) == (None, 256)
    assert tuple(wide(np.ones((1, 64), "float32")).shape) == (1, 256)


@pytest.mark.parametrize("skip", ["mix", "concatenation", "residual", "none"])
@pytest.mark.parametrize("transform", ["hierarchical", "group", "linear"])
def test_every_row_of_the_ablations_runs(transform, skip):
    layer = DelightTransform(16, 3, transform=transform, skip=skip)
    got = to_numpy(layer(X[..., :32].astype("float32")))
    assert got.shape == (1, 3, 16) and np.isfinite(got).all()


def test_phone_form_is_equal():
    layer = DelightTransform(32, 5, 2.286, 8)
    x = X.astype("float32")
    want = layer(x)
    phone = layer.for_export()
    assert {step.form for step in phone.stack.steps} == {"convolution"}
    assert_close(phone(x), want, atol=2e-6)


def test_contract():
    common = {"units": 32, "depth": 3, "width": 1.5, "max_groups": 2}
    arguments = common | {
        "hierarchy": "define",
        "variant": "paper",
        "transform": "group",
    }
    arguments |= {"skip": "concatenation", "reduce": False, "shuffle": False}
    arguments |= {"activation": "relu", "dropout": 0.1}
    x = np.random.default_rng(0).normal(size=(2, 3, 64)).astype("float32")
    check_layer(partial(DelightTransform, **arguments), x, elsewhere=["projection"])
    # as in DeLighT's blocks, with mixing
    layer_fn = partial(DelightTransform, **common, projection=16)
    check_layer(layer_fn, x, elsewhere=sorted({*arguments} - {*common}))


def test_bad_sizes_are_named():
    with pytest.raises(ValueError, match="depth=0"):
        DelightTransform(32, depth=0)
    with pytest.raises(ValueError, match="skip='jump'"):
        DelightTransform(32, skip="jump")
    with pytest.raises(ValueError, match=r"variant.*'draft'"):
        DelightTransform(32, variant="draft")
    with pytest.raises(ValueError, match=r"projection=8, .*Nearest: projection=None"):
        DelightTransform(32, projection=8, variant="paper")
    with pytest.raises(ValueError, match="width=0"):
        DelightTransform(32, width=0)
    # 272 features, 32 groups: the published code fails in its mixing
    layer = DelightTransform(272, depth=9, max_groups=32, name="unit")
    with pytest.raises(ValueError, match=r"272, groups=32\. Nearest: 256, 288"):
        layer.build((None, 544))
