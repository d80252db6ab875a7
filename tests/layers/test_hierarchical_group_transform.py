"""Stacked group layers against a loop over slices, for each way to skip."""

from functools import partial

import numpy as np
import pytest

from suite.layers import HierarchicalGroupTransform
from suite.layers.hierarchical_group_transform import SKIPS, split_and_mix
from tests.contract import check_layer
from tests.layers.filled import normal_weights
from tests.numeric import assert_close, to_numpy

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 3, 8)).astype("float32")


def oracle(x, weights, groups, skip):
    """One slice at a time, without normalization or activation, in float64."""
    seen = x
    for index, group in enumerate(groups):
        kernel, bias = (np.asarray(w, "float64") for w in weights[2 * index :][:2])
        parts = np.split(seen, group, -1)
        y = np.concatenate([parts[i] @ kernel[i] + bias[i] for i in range(group)], -1)
        if skip == "residual":
            both = min(y.shape[-1], seen.shape[-1])
            y[..., :both] += seen[..., :both]
        slices = groups[index + 1] if index + 1 < len(groups) else 1
        if skip == "mix":
            pairs = zip(np.split(x, slices, -1), np.split(y, slices, -1), strict=True)
            seen = np.concatenate([part for pair in pairs for part in pair], -1)
        else:
            seen = np.concatenate([x, y], -1) if skip == "concatenation" else y
    return y


@pytest.mark.parametrize("skip", SKIPS)
def test_matches_the_definition(skip):
    layer = HierarchicalGroupTransform(
        [16, 12, 4], [4, 4, 2], skip=skip, normalize=False, activation=None
    )
    layer.build(X.shape)
    normal_weights(layer)
    want = oracle(X.astype("float64"), layer.get_weights(), [4, 4, 2], skip)
    assert_close(layer(X), want, atol=1e-5)


def test_mix_by_hand():
    got = split_and_mix(np.arange(4)[None], np.arange(10, 18)[None], 2)
    want = [[0, 1, 10, 11, 12, 13, 2, 3, 14, 15, 16, 17]]
    assert to_numpy(got).tolist() == want
    got = split_and_mix(np.array([[1, 2]]), np.array([[3]]), 1)
    assert to_numpy(got).tolist() == [[1, 2, 3]]


def test_with_mixing_each_group_sees_a_part_of_the_input():
    """Group 1 of layer 2 depends on the last half of x, by the skip alone."""
    layer = HierarchicalGroupTransform([8, 8], [2, 2], normalize=False, activation=None)
    moved = X.copy()
    moved[..., :4] += 1
    change = np.abs(to_numpy(layer(moved)) - to_numpy(layer(X))).max((0, 1))
    assert (change[:4] > 0).all() and (change[4:] == 0).all()


def test_phone_form_is_equal():
    layer = HierarchicalGroupTransform([16, 8], [4, 2], shuffle=True)
    want = layer(X)
    for form in ("convolution", "products"):
        phone = layer.for_export(form)
        assert {step.form for step in phone.steps} == {form}
        assert_close(phone(X), want, atol=1e-6)
    assert {step.form for step in layer.steps} == {"einsum"}


def test_contract():
    arguments = {
        "units": [16, 8],
        "groups": [4, 2],
        "shuffle": True,
        "skip": "concatenation",
    }
    arguments |= {"normalize": False, "activation": "relu", "dropout": 0.2}
    check_layer(partial(HierarchicalGroupTransform, **arguments), X)
    # with mixing, and without a shuffle: as in DeFINE
    layer_fn = partial(HierarchicalGroupTransform, units=[16, 8], groups=[4, 2])
    others = ["shuffle", "skip", "normalize", "activation", "dropout"]
    check_layer(layer_fn, X, elsewhere=others)


def test_bad_sizes_are_named():
    with pytest.raises(ValueError, match=r"units=\[8\], groups=\[2, 2\]"):
        HierarchicalGroupTransform([8], [2, 2])
    with pytest.raises(ValueError, match="skip='jump'"):
        HierarchicalGroupTransform([8], [2], skip="jump")
    layer = HierarchicalGroupTransform([12, 12], [2, 3], name="hgt")
    with pytest.raises(ValueError, match=r"'hgt'.*layer 1.* 8, groups=3. Nearest: 6,"):
        layer.build((None, 8))
