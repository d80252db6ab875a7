"""Multiply-adds, counted by hand and as papers state them.

Shapes alone are counted, which no backend changes: no marker.
"""

import keras
import pytest
from keras import layers

from suite.layers import GroupLinear, InstanceDown, ProjectedAttention
from suite.models import build, cost, multiply_adds


def one_layer(layer, *shape):
    x = keras.Input(shape)
    return multiply_adds(keras.Model(x, layer(x)))


@pytest.mark.parametrize(
    ("layer", "shape", "want"),
    [
        (layers.Conv2D(5, 3, 2, "same"), (7, 8, 4), 4 * 4 * 5 * 9 * 4),
        (layers.Conv2D(6, (1, 7), groups=2), (7, 8, 4), 7 * 2 * 6 * 7 * 2),
        (layers.Conv1D(5, 3), (8, 2), 6 * 5 * 3 * 2),
        (layers.DepthwiseConv2D(3, padding="same"), (7, 8, 4), 56 * 9 * 4),
        (layers.SeparableConv2D(5, 3, padding="same"), (7, 8, 4), 56 * (36 + 20)),
        (layers.Conv2DTranspose(5, 3, 2), (7, 8, 4), 56 * 9 * 4 * 5),
        (layers.Dense(3), (9,), 27),
        (layers.Dense(3), (5, 9), 5 * 27),
        (GroupLinear(8, 4), (5, 12), 5 * 4 * 3 * 2),
        # queries, keys, values and the way out; scores and sums of two heads of 4
        (ProjectedAttention(8, 12, 2), (5, 12), 5 * (12 * 24 + 8 * 12) + 2 * 25 * 8),
        (layers.BatchNormalization(), (7, 8, 4), 0),
        (layers.MaxPooling2D(2), (7, 8, 4), 0),
    ],
)
def test_by_hand(layer, shape, want):
    assert one_layer(layer, *shape) == want


def test_lenet_by_hand():
    maps = 28 * 28 * 6 * 25 + 10 * 10 * 60 * 25  # 60 connections
    assert cost("lenet_5").multiply_adds == maps + 400 * 120 + 120 * 84 + 840


def test_a_model_within_a_model_and_a_shared_layer():
    inner_input, x = keras.Input((4,)), keras.Input((4,))
    dense = layers.Dense(4)
    inner = keras.Model(inner_input, dense(dense(inner_input)))
    assert multiply_adds(keras.Model(x, inner(layers.Dense(4)(x)))) == 3 * 16


def test_open_sizes():
    x = keras.Input((None, None, 3), name="picture")
    model = keras.Model({"picture": x}, layers.Conv2D(2, 1)(x))
    assert multiply_adds(model, {"picture": (5, 4, 3)}) == 20 * 6
    with pytest.raises(ValueError, match=r"picture \(None, None, 3\)"):
        multiply_adds(model)
    with pytest.raises(ValueError, match=r"'image'\. Known: picture"):
        multiply_adds(model, {"image": (5, 4, 3)})


def test_what_cannot_be_counted_is_named():
    with pytest.raises(ValueError, match="InstanceDown"):
        one_layer(InstanceDown(4), 8, 8, 3)
    with pytest.raises(ValueError, match="LSTM"):
        one_layer(layers.LSTM(4), 8, 3)


def test_half_the_computation():
    """The survey: ResNeXt-101 has half the computation of ResNet-200."""
    deep, wide = cost("resnet_200"), cost("resnext_101_32x4d")
    assert round(deep.multiply_adds / 1e9, 1) == 15.0
    assert round(wide.multiply_adds / 1e9, 1) == 8.0
    assert 0.5 < wide.multiply_adds / deep.multiply_adds < 0.55


@pytest.mark.parametrize(
    ("name", "changes", "millions"),
    [
        # 569, 300 and 390 M in their papers
        ("mobilenet", {}, 569),
        ("mobilenet_v2", {}, 301),
        ("efficientnet_b0", {}, 386),
        # 1.8 G in the paper's table 1; and 3.8 G of the 50 layers that halve at the 1x1
        ("resnet_18", {}, 1814),
        ("resnet_200", {"blocks": (3, 4, 6, 3), "stride_at": "1x1"}, 3858),
        ("resnet_200", {"blocks": (3, 4, 6, 3)}, 4089),
        ("resnet_50", {}, 3858),
    ],
)
def test_published_multiply_adds(name, changes, millions):
    assert round(cost(name, **changes).multiply_adds / 1e6) == millions


def test_all_that_it_costs():
    small = cost("resnet_20")
    assert (small.trained, small.fixed) == (269_722, 1_376)
    # 41 M, as He et al. count
    assert small.multiply_adds == 40_551_040
    model = build("delight_classifier", size=8, units=32, deepest=3, blocks=1)
    assert multiply_adds(model) > 0
