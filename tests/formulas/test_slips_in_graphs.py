"""Slips about published networks that the graphs of ours show; nothing is computed."""

import math

import keras
import pytest
from keras import layers

from suite.models import build, cost


def graph(name, **changes):
    """The network without weights."""
    with keras.StatelessScope(initialize_variables=False):
        return build(name, **changes)


def kinds(model, *wanted):
    return [layer for layer in model.layers if isinstance(layer, wanted)]


def before(layer, *passed):
    """The nearest layers in front of a layer that are none of the kinds passed."""
    found = []
    for tensor in keras.tree.flatten(layer.input):
        one = tensor._keras_history.operation
        found += before(one, *passed) if isinstance(one, passed) else [one]
    return found


@pytest.mark.erratum(
    "Articles",
    "Inception v4 has residual connections",
    "Not one layer adds; those that do are Inception-ResNet v1 and v2",
)
@pytest.mark.erratum(
    "Articles",
    "Modules of Inception v4 have 3x3 convolutions and 1x1 ones behind them",
    "A 1x1 in front, which narrows; no convolution has a 1x1 behind it",
)
def test_modules_of_inception_v4():
    model = graph("inception_v4")
    assert not kinds(model, layers.Add) and kinds(graph("resnet_20"), layers.Add)
    narrow = [one for one in kinds(model, layers.Conv2D) if one.kernel_size == (1, 1)]
    for one in narrow:
        (source,) = before(one, layers.BatchNormalization, layers.ReLU)
        assert not isinstance(source, layers.Conv2D), one.name
    assert len(narrow) > 4 * 4 + 7 * 4 + 3 * 4


@pytest.mark.erratum(
    "Articles",
    "The point of GoogLeNet is its kernels of several sizes side by side",
    "It is the 1x1 maps in front of them: without these its 3x3 and 5x5 take four "
    "times the multiply-adds",
)
def test_maps_in_front_of_large_kernels():
    model = graph("googlenet", auxiliary=())
    as_built = without = 0
    for one in kinds(model, layers.Conv2D):
        if not one.name.startswith("inception") or one.kernel_size == (1, 1):
            continue
        (source,) = before(one, layers.ReLU)
        assert source.kernel_size == (1, 1) and source.filters < source.input.shape[-1]
        places = math.prod(one.output.shape[1:3])
        as_built += places * math.prod(source.kernel.shape)
        as_built += places * math.prod(one.kernel.shape)
        inputs = source.input.shape[-1]
        without += places * math.prod(one.kernel_size) * inputs * one.filters
    assert without / as_built == pytest.approx(4.2, abs=0.05)


@pytest.mark.erratum(
    "Articles",
    "Inception v2 is GoogLeNet with batch normalization",
    "The published one has no 5x5 convolution either: two of 3x3 in the place of each",
)
def test_the_published_inception_v2_has_no_5x5():
    def maps_of_5x5(name):
        found = kinds(graph(name), layers.Conv2D)
        return [one.name for one in found if one.kernel_size == (5, 5)]

    assert len(maps_of_5x5("inception_v2")) == 9  # as GoogLeNet's nine modules
    assert maps_of_5x5("bn_inception") == []


@pytest.mark.erratum(
    "Articles",
    "Batch normalization has come to stand behind the ReLU",
    "In front of it in the published networks: none here normalizes what a ReLU gives, "
    "unless a pooling or a sum lies between",
)
@pytest.mark.parametrize(
    "name", ["resnet_20", "resnet_20_v2", "inception_v4", "densenet_40_12", "mobilenet"]
)
def test_normalization_in_front_of_the_relu(name):
    model = graph(name)
    norms = kinds(model, layers.BatchNormalization)
    assert norms
    for norm in norms:
        (source,) = before(norm)
        assert not isinstance(source, layers.ReLU), norm.name
    rectified = {before(relu)[0].__class__ for relu in kinds(model, layers.ReLU)}
    rectified -= {layers.Add, layers.Concatenate, layers.MaxPooling2D}
    assert rectified == {layers.BatchNormalization}


@pytest.mark.erratum(
    "Public code",
    "ResNet-20 of option B has 273,066 parameters, in an example of Keras",
    "272,474: that one has biases which a normalization undoes, and projections "
    "without a normalization",
)
def test_parameters_of_resnet_20():
    assert cost("resnet_20", shortcut="B").trained == 272_474
    model = graph("resnet_20", shortcut="B", hidden_bias=True)
    short = [
        norm for norm in kinds(model, layers.BatchNormalization) if "short" in norm.name
    ]
    trained = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    bare = trained - sum(2 * norm.gamma.shape[0] for norm in short)
    assert len(short) == 2 and bare == 273_066
