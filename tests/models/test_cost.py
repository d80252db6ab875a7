"""Multiply-adds, counted by hand and as papers state them.

Shapes alone are counted, which no backend changes: no marker.
"""

import math

import keras
import pytest
from keras import layers

from suite.layers import GroupLinear, InstanceDown, ProjectedAttention
from suite.models import build, cost, for_inference, multiply_adds
from suite.models.iqt import IQTConfig, iqt_transformer

FIFTY = {"blocks": (3, 4, 6, 3)}
SMALL = {"units": 32, "heads": 2, "hidden": 32}


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


def test_the_cost_of_a_model_of_open_size():
    open_ = cost("cyclegan_edge", width=8, blocks=1)
    assert open_.multiply_adds is None and open_.trained > 0
    sizes = {"source": (7,), "target": (5,)}
    small = {**SMALL, "vocabulary": 100, "blocks": 2}
    got = cost("transformer_translator_base", sizes, **small)
    assert got.multiply_adds == 226_560  # as below


def test_a_model_of_several_kinds_by_hand():
    x = keras.Input((6, 6, 4), name="x")
    y = layers.Conv2D(8, 3, groups=2)(x)  # 4 x 4 places
    y = GroupLinear(12, groups=4)(layers.Reshape((16, 8))(y))
    model = keras.Model({"x": x}, {"y": layers.Dense(5, "softmax")(y)})
    assert multiply_adds(model) == 16 * (8 * 9 * 2 + 12 * 2 + 12 * 5)


@pytest.mark.parametrize(
    ("name", "changes", "traced"),
    [  # counted once in the graph that JAX traces, of all its products
        ("delight_translator_128", {"units": 64, "width": 1.0}, 1_170_304),
        (
            "delight_translator_128",
            {"units": 64, "width": 1.0, "target_vocabulary": 50},
            1_154_304,
        ),
        ("transformer_translator_base", SMALL, 226_560),
        ("transformer_translator_base", {**SMALL, "embedding": "projected"}, 344_192),
    ],
)
def test_translators_as_their_graph_says(name, changes, traced):
    if name.startswith("delight"):
        changes = {**changes, "table_units": 64}
    with keras.StatelessScope(initialize_variables=False):
        model = build(name, vocabulary=100, blocks=2, **changes)
        assert multiply_adds(model, {"source": (7,), "target": (5,)}) == traced


def test_attention_to_a_memory_by_hand():
    """Queries and the way out of three steps, keys and values of five."""
    x, memory = keras.Input((3, 8)), keras.Input((5, 8))
    y = ProjectedAttention(4, 8, cross=True)(x, memory)
    want = 3 * (8 * 4 + 4 * 8) + 5 * 8 * 8 + 2 * 3 * 5 * 4
    assert multiply_adds(keras.Model([x, memory], y)) == want


def test_what_cannot_be_counted_is_named():
    with pytest.raises(ValueError, match="InstanceDown"):
        one_layer(InstanceDown(4), 8, 8, 3)
    with pytest.raises(ValueError, match="LSTM"):
        one_layer(layers.LSTM(4), 8, 3)
    core = build("transformer_translator_base", vocabulary=20, blocks=1, **SMALL)
    sizes = {"source": (4,), "cache": (1, 6, 64), "memory_cache": (1, 4, 64)}
    with pytest.raises(ValueError, match="'decoder_0' step by step"):
        multiply_adds(for_inference("transformer_translator_base", core), sizes)


def test_half_the_computation():
    """The survey: ResNeXt-101 has half the computation of ResNet-200."""
    deep, wide = cost("resnet_200"), cost("resnext_101_32x4d")
    assert (deep.trained, wide.trained) == (64_673_832, 44_177_704)
    assert round(deep.multiply_adds / 1e9, 1) == 15.0
    assert round(wide.multiply_adds / 1e9, 1) == 8.0
    assert 0.5 < wide.multiply_adds / deep.multiply_adds < 0.55


@pytest.mark.parametrize(
    ("name", "changes", "trained", "fixed", "millions"),
    [
        # 569, 300 and 390 M in their papers
        ("mobilenet", {}, 4_231_976, 21_888, 569),
        ("mobilenet_v2", {}, 3_504_872, 34_112, 301),
        ("efficientnet_b0", {}, 5_288_548, 42_023, 386),
        # 1.8 G in table 1 of the paper, and 3.8 G of 50 layers that halve at the 1x1
        ("resnet_18", {}, 11_689_512, 9_600, 1814),
        ("resnet_200", {**FIFTY, "stride_at": "1x1"}, 25_557_032, 53_120, 3858),
        ("resnet_200", FIFTY, 25_557_032, 53_120, 4089),
        ("resnet_50", {}, 25_583_592, 53_120, 3858),
        # 41 M as the paper counts
        ("resnet_20", {}, 269_722, 1_376, 41),
    ],
)
def test_published_costs(name, changes, trained, fixed, millions):
    got = cost(name, **changes)
    assert (got.trained, got.fixed) == (trained, fixed)
    assert round(got.multiply_adds / 1e6) == millions


def test_iqt_by_hand():
    """17 tokens see each linear map of encoder and decoder, the head sees one."""
    config = IQTConfig(width=8, blocks=1, heads=2, units=6, head_units=5)
    with keras.StatelessScope(initialize_variables=False):
        model = iqt_transformer(config, (4, 4, 3))
        maps = 2 * 16 * 3 * 8
        linear = 3 * 4 * 8 * 8 + 2 * 2 * 8 * 6  # three attentions, two feed-forward
        attended = 3 * 2 * 17 * 17 * 8
        want = maps + 17 * linear + attended + 8 * 5 + 5
        assert multiply_adds(model) == want


def test_a_classifier_of_blocks_by_hand():
    """Linear maps see four tokens each; an attention adds 2 x 4 x 4 x 16."""
    sizes = {"size": 8, "units": 32, "shallowest": 2, "deepest": 3, "blocks": 2}
    model = build("delight_classifier", **sizes)
    kernels = {
        weight.path: math.prod(weight.shape)
        for weight in model.weights
        if weight.path.endswith("kernel")
    }
    head = kernels.pop("logits/kernel")
    want = 4 * sum(kernels.values()) + head + 2 * (2 * 16 * 16)
    assert multiply_adds(model) == want
