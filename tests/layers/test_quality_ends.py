"""What stands around the quality Transformers: pooling, head, score, map, pixels."""

from functools import partial

import keras
import numpy as np
import pytest

from suite.layers import (
    ExpectedScore,
    ImageNetPixels,
    QualityHead,
    StandardizedConv2D,
    TokenBudgetPool,
    quality_map,
)
from tests.contract import check_layer
from tests.numeric import assert_close, to_numpy
from tests.oracles.pictures import convolve

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(1)


@pytest.mark.parametrize(
    ("size", "cells"),
    [
        ((24, 32), (12, 16)),  # 768 x 1024 pixels at stride 32
        ((32, 24), (16, 12)),
        ((12, 16), (12, 16)),  # 384 x 512
        ((16, 12), (16, 12)),  # a portrait that TRIQ's code pools to 48
        ((16, 16), (8, 8)),  # 500 x 500
        ((25, 32), (12, 16)),
        ((48, 64), (12, 16)),
        ((1, 500), (1, 166)),
        ((1, 1), (1, 1)),
    ],
)
@pytest.mark.erratum(
    "Public code",
    "TRIQ pools a map of 16 rows or more",
    "By the cells, not by the height: a portrait and a landscape have equally many "
    "tokens, and no size overflows the table",
)
def test_pool_keeps_the_budget(size, cells):
    layer = TokenBudgetPool(192)
    assert layer.compute_output_shape((None, *size, 3)) == (None, *cells, 3)
    assert cells[0] * cells[1] <= 192


def test_pool_takes_the_largest_of_each_window():
    x = RNG.normal(size=(2, 5, 7, 3)).astype("float32")
    got = to_numpy(TokenBudgetPool(6)(x))  # 2 x 3 windows of 2 x 2
    assert got.shape == (2, 2, 3, 3)
    for i, j in np.ndindex(2, 3):
        window = x[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        assert_close(got[:, i, j], window.max(axis=(1, 2)), atol=0)
    assert_close(TokenBudgetPool(35)(x), x, atol=0)


def test_head_matches_the_definition():
    x = RNG.normal(size=(3, 4, 6)).astype("float32")
    head = QualityHead(units=7, activation="relu")
    head.build(x.shape)
    head.set_weights([RNG.normal(size=w.shape) for w in head.weights])
    w1, b1, w2, b2 = head.get_weights()
    assert_close(head(x), np.maximum(x[:, 0] @ w1 + b1, 0) @ w2 + b2, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "features", "count"),
    [
        ({}, 32, 2_437),  # TRIQ
        ({"levels": 1}, 32, 2_437 - 260),
        ({"levels": 1, "units": 512}, 256, 132_097),  # IQT
        ({"levels": 1, "units": 512, "use_bias": False}, 256, 131_584),
        ({"units": 0}, 768, 3_845),  # the code of ViT-IQA
    ],
)
def test_parameters_of_heads(options, features, count):
    head = QualityHead(**options)
    head.build((None, None, features))
    assert head.count_params() == count


def test_score_by_hand():
    shares = np.array([[0.01, 0.08, 0.11, 0.3, 0.5], [1, 0, 0, 0, 0]], "float32")
    assert_close(ExpectedScore()(shares), [[4.2], [1]], atol=1e-6)


def hand_made(*rows):
    """Weights (1, 2 heads, 5, 5) whose first rows are given, the rest noise."""
    weights = RNG.uniform(size=(1, 2, 5, 5)).astype("float32")
    weights[0, :, 0] = rows
    return weights


def test_map_of_weights_made_by_hand():
    one = hand_made([0.9, 0.1, 0.0, 0.0, 0.0], [0.9, 0.0, 0.1, 0.0, 0.0])
    two = hand_made([0.0, 0.4, 0.0, 0.2, 0.4], [0.2, 0.0, 0.4, 0.2, 0.2])
    heads = to_numpy(quality_map([one, two], (2, 2), (2, 2), over="heads"))
    assert heads.shape == (1, 2, 2, 1)
    # the last block: (0.2, 0.2, 0.2, 0.3), by its largest
    assert_close(heads[0, :, :, 0], np.array([[2, 2], [2, 3]]) / 3, atol=1e-6)
    layers = to_numpy(quality_map([one, two], (2, 2), (2, 2)))
    # of both (0.125, 0.125, 0.1, 0.15)
    want = np.array([[0.125, 0.125], [0.1, 0.15]]) / 0.15
    assert_close(layers[0, :, :, 0], want, atol=1e-6)


def test_map_has_the_size_of_the_picture():
    weights = hand_made([0, 0, 0, 0, 1], [0, 0, 0, 0, 1])
    mask = to_numpy(quality_map([weights], (2, 2), (8, 12)))[0, :, :, 0]
    assert mask.shape == (8, 12)
    assert mask.max() == mask[-1, -1] == 1 and mask[0, 0] == 0
    row = to_numpy(quality_map([weights], (1, 4), (1, 4)))[0, 0, :, 0]
    assert_close(row, [0, 0, 0, 1], atol=1e-6)
    dark = quality_map([np.zeros_like(weights)], (2, 2), (4, 4))
    assert not to_numpy(dark).any()


@pytest.mark.erratum(
    "Public code",
    "TRIQ gives x / 127.5 - 1 to the ImageNet weights of Keras' ResNet-50",
    "They take blue, green, red, 0..255, less the mean",
)
def test_pixels_for_imagenet():
    x = np.array([[[[255.0, 10.0, 20.0]]]], "float32")
    want = [20 - 103.939, 10 - 116.779, 255 - 123.68]
    assert_close(to_numpy(ImageNetPixels()(x))[0, 0, 0], want, atol=1e-4)
    reference = keras.applications.resnet50.preprocess_input(x.copy())
    assert_close(ImageNetPixels()(x), reference, atol=1e-4)


def test_standardized_convolution_matches_the_definition():
    x = RNG.normal(size=(1, 5, 6, 3)).astype("float32")
    layer = StandardizedConv2D(4, 3, 2)
    layer.build(x.shape)
    (kernel,) = layer.get_weights()
    centred = kernel - kernel.mean(axis=(0, 1, 2))
    kernel = centred / np.sqrt(kernel.var(axis=(0, 1, 2)) + 1e-5)
    assert_close(layer(x), convolve(x, kernel, stride=2), atol=1e-4)


PICTURE = RNG.normal(size=(2, 6, 7, 3)).astype("float32")


@pytest.mark.parametrize(
    ("layer", "inputs", "free"),
    [
        (partial(TokenBudgetPool, budget=8), PICTURE, ()),
        (
            partial(
                QualityHead,
                levels=3,
                units=6,
                activation="relu",
                dropout=0.2,
                use_bias=False,
            ),
            RNG.normal(size=(2, 5, 8)).astype("float32"),
            (1,),
        ),
        (partial(ExpectedScore), RNG.uniform(size=(2, 5)).astype("float32"), ()),
        (partial(ImageNetPixels), PICTURE, (1, 2)),
        (
            partial(StandardizedConv2D, filters=4, kernel_size=(3, 3), strides=(2, 2)),
            PICTURE,
            (1, 2),
        ),
    ],
    ids=["pool", "head", "score", "pixels", "convolution"],
)
def test_contract(layer, inputs, free):
    check_layer(layer, inputs, free_axes=free)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"budget=0\. Nearest: 1"):
        TokenBudgetPool(0)
    with pytest.raises(ValueError, match="levels=0, units=64"):
        QualityHead(levels=0)
    with pytest.raises(ValueError, match="channels=1"):
        ImageNetPixels()(PICTURE[..., :1])
    weights = hand_made([0] * 5, [0] * 5)
    with pytest.raises(ValueError, match="over='tokens', 1 attentions"):
        quality_map([weights], (2, 2), (4, 4), over="tokens")
    with pytest.raises(ValueError, match="grid=3 x 2, 4 cells"):
        quality_map([weights], (3, 2), (4, 4))
