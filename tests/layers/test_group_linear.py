"""Grouped linear maps against their definition, in each form that computes them."""

from functools import partial

import numpy as np
import pytest

from suite.layers import GroupLinear
from tests.contract import check_layer
from tests.numeric import assert_close, to_numpy

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)


def oracle(x, weights, groups, shuffle, normalize):
    """The definition with ReLU, one group at a time, in float64 NumPy."""
    kernel, bias, *norm = [np.asarray(w, "float64") for w in weights]
    slices = np.split(x.astype("float64"), groups, axis=-1)
    y = np.stack([s @ k + b for s, k, b in zip(slices, kernel, bias, strict=True)], -2)
    if shuffle:
        y = np.swapaxes(y, -1, -2).reshape(y.shape)
    if normalize:
        gamma, beta = norm
        y = (y - y.mean(-1, keepdims=True)) / np.sqrt(y.var(-1, keepdims=True) + 1e-5)
        y = y * gamma + beta
    return np.maximum(y, 0).reshape(*x.shape[:-1], -1)


@pytest.mark.parametrize(
    ("shape", "form"),
    [
        ((3, 12), "einsum"),
        ((2, 3, 2, 12), "einsum"),
        ((2, 5, 12), "convolution"),
        ((2, 5, 12), "products"),
    ],
)
@pytest.mark.parametrize(("shuffle", "normalize"), [(0, 0), (0, 1), (1, 0), (1, 1)])
@pytest.mark.erratum(
    "Public code",
    "DeLighT's group linear map takes tensors of rank 2 or 3",
    "Of any rank: the last axis alone is mapped",
)
def test_matches_the_definition(shape, shuffle, normalize, form):
    layer = GroupLinear(
        20, 4, bool(shuffle), bool(normalize), activation="relu", form=form
    )
    layer.build(shape)
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    x = RNG.normal(size=shape).astype("float32")
    want = oracle(x, layer.get_weights(), 4, shuffle, normalize)
    assert layer.compute_output_shape(shape) == want.shape
    assert_close(layer(x), want, atol=1e-5, rtol=1e-4)


def test_one_group_is_a_dense_layer():
    layer = GroupLinear(7, groups=1, shuffle=True)
    x = RNG.normal(size=(2, 3, 5)).astype("float32")
    got = to_numpy(layer(x))
    kernel, bias = (w.astype("float64") for w in layer.get_weights())
    assert_close(got, x @ kernel[0] + bias[0], atol=1e-5)


def test_shuffle_by_hand():
    """Identity kernels: feature j of group i goes to place 2 j + i."""
    layer = GroupLinear(8, groups=2, shuffle=True, use_bias=False)
    layer.build((None, 8))
    layer.set_weights([np.stack([np.eye(4)] * 2)])
    got = to_numpy(layer(np.arange(8.0, dtype="float32")[None]))
    assert got.tolist() == [[0, 4, 1, 5, 2, 6, 3, 7]]


@pytest.mark.parametrize("form", ["einsum", "convolution", "products"])
def test_a_group_sees_only_its_own_slice(form):
    layer = GroupLinear(8, groups=4, form=form)
    x = RNG.normal(size=(1, 12)).astype("float32")
    moved = x + np.repeat([0, 1, 0, 0], 3).astype("float32")
    change = (to_numpy(layer(moved)) - to_numpy(layer(x)))[0]
    assert (change.reshape(4, 2).any(axis=-1) == [False, True, False, False]).all()


@pytest.mark.parametrize(
    ("scale", "fans"), [("group", 128 + 64), ("released", 128 * 64 + 512)]
)
def test_kernel_is_drawn_from_the_stated_range(scale, fans):
    layer = GroupLinear(512, groups=8, kernel_scale=scale)
    layer.build((None, 1024))
    limit = np.sqrt(6 / fans)
    assert 0.99 * limit < np.abs(to_numpy(layer.kernel)).max() <= limit


@pytest.mark.parametrize("form", ["convolution", "products"])
def test_phone_form_is_equal(form):
    layer = GroupLinear(20, 4, shuffle=True, normalize=True, activation="silu")
    x = RNG.normal(size=(2, 5, 12)).astype("float32")
    want = layer(x)
    phone = layer.for_export(form)
    assert (phone.form, layer.form, phone.name) == (form, "einsum", layer.name)
    assert_close(phone(x), want, atol=1e-6)
    assert phone.for_export("einsum").form == "einsum"


def test_contract():
    arguments = {
        "units": 32,
        "groups": 4,
        "shuffle": True,
        "normalize": True,
        "use_bias": False,
    }
    arguments |= {"activation": "relu", "kernel_scale": "released", "form": "products"}
    x = RNG.normal(size=(3, 6, 12)).astype("float32")
    operators = check_layer(partial(GroupLinear, **arguments), x)
    if operators:  # it leaves as a grouped convolution, whatever it was trained as
        assert operators["CONV_2D"] == 1 and "BATCH_MATMUL" not in operators


def test_contract_of_the_trained_form():
    """With the default form, which the other case leaves out."""
    layer_fn = partial(GroupLinear, units=8, groups=4, shuffle=True)
    others = ["normalize", "activation", "use_bias", "kernel_scale", "form"]
    x = RNG.normal(size=(3, 6, 12)).astype("float32")
    operators = check_layer(layer_fn, x, elsewhere=others)
    if operators:
        assert operators["CONV_2D"] == 1 and "BATCH_MATMUL" not in operators
    inputs = RNG.normal(size=(2, 3, 4, 12)).astype("float32")
    layer = GroupLinear(8, 4, shuffle=True)
    want = to_numpy(layer(inputs))
    assert_close(layer(inputs.reshape(6, 4, 12)), want.reshape(6, 4, 8), atol=1e-6)


@pytest.mark.parametrize(
    ("units", "groups", "message"),
    [
        (10, 4, "10, groups=4. Nearest: 8, 12"),
        (0, 1, "0, groups=1. Nearest: 1"),
        (2, 4, "2, groups=4. Nearest: 4"),
        (4, 0, "groups=0. Nearest: 1"),
    ],
)
def test_bad_sizes_are_named(units, groups, message):
    with pytest.raises(ValueError, match=message):
        GroupLinear(units, groups)


def test_bad_input_and_names_are_named():
    with pytest.raises(ValueError, match=r"'glt'.* 10, groups=4. Nearest: 8, 12"):
        GroupLinear(8, groups=4, name="glt")(np.ones((2, 10), "float32"))
    with pytest.raises(ValueError, match="form='loop'"):
        GroupLinear(8, 4, form="loop")
    with pytest.raises(ValueError, match="kernel_scale='he'"):
        GroupLinear(8, 4, kernel_scale="he")
