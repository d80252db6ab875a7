"""The blocks of DeLighT: published numbers and counts, causality, caches."""

from functools import partial

import keras
import numpy as np
import pytest

from suite.layers import DelightDecoderBlock, DelightEncoderBlock, block_wise_scaling
from tests.contract import check_layer
from tests.layers.filled import fill_like_reference
from tests.numeric import assert_close, to_numpy
from tests.oracles import delight_count, delight_reference

pytestmark = pytest.mark.backend
X = delight_reference.inputs(1, 3, 64).astype("float32")
MEMORY = delight_reference.inputs(1, 5, 64)[:, ::-1].astype("float32")
SIZES = {"units": 64, "depth": 4, "width": 2.0, "max_groups": 4}
RNG = np.random.default_rng(0)
Y = RNG.normal(size=(2, 6, 64)).astype("float32")
SEEN = RNG.normal(size=(2, 4, 64)).astype("float32")
MASK = np.array([[1, 1, 1, 0], [1, 1, 0, 0]], bool)


def built(kind, **arguments):
    block = kind(**SIZES | arguments)
    block.build((None, None, 64))
    return block


def test_published_numbers_of_the_encoder():
    block = built(DelightEncoderBlock)
    fill_like_reference(block)
    got = to_numpy(block(X)).astype("float64")
    name = "encoder block d_m=64 N=4 w=2 g_max=4"
    assert_close(got, delight_reference.fixtures()[name], atol=1e-5)
    assert_close(got.ravel()[:4], [1.429302, 1.128031, 1.051860, 0.049412], atol=1e-5)
    assert_close([got.sum(), (got**2).sum()], [0.245434, 193.142028], atol=1e-3)


@pytest.mark.erratum(
    "Articles",
    "DeLighT's decoder reads as if it attended to the encoder first",
    "Transform, self-attention, attention to the encoder, feed-forward: the released "
    "code's numbers",
)
def test_published_numbers_of_the_decoder():
    block = built(DelightDecoderBlock)
    fill_like_reference(block)
    got = to_numpy(block(X, MEMORY)).astype("float64")
    name = "decoder block d_m=64 N=4 w=2 g_max=4"
    assert_close(got, delight_reference.fixtures()[name], atol=1e-5)
    assert_close(got.ravel()[:4], [1.037250, 0.729436, 1.111154, -0.062161], atol=1e-5)
    assert_close([got.sum(), (got**2).sum()], [0.024724, 193.962382], atol=1e-3)


def test_without_a_memory_it_is_a_causal_encoder():
    block = built(DelightDecoderBlock, cross=False)
    fill_like_reference(block)
    maker = delight_reference.Maker()
    reference = delight_reference.EncoderBlock(maker, 64, 2.0, 4, 4)
    assert_close(block(X), reference(X.astype("float64"), causal=True), atol=1e-5)


@pytest.mark.parametrize("units", [128, 384, 640])
def test_counts_of_every_published_block(units):
    groups = delight_count.max_groups(units)
    for cross, kind in ((False, DelightEncoderBlock), (True, DelightDecoderBlock)):
        rows = delight_count.blocks(units, 4, 8, 2, groups, cross)
        for number, (depth, width) in enumerate(block_wise_scaling(4, 8, 8, 2)):
            block = kind(units, depth, width)
            with keras.StatelessScope(initialize_variables=False):
                block.build((None, None, units))
                assert block.count_params() == rows[number]["total"]
    if units == 128:  # the last block, and the first of models.md by hand
        assert rows[0]["total"] == 58752 + 20800 + 8352 + 33088 + 768 == 121760


@pytest.mark.parametrize("pre_norm", [False, True])
def test_normalization_stands_where_it_is_asked_for(pre_norm):
    """Post-norm results have mean 0; pre-norm keeps the input in the sum."""
    block = built(DelightEncoderBlock, pre_norm=pre_norm)
    got = to_numpy(block(100 + Y))
    assert_close(got.mean(), 100.0 if pre_norm else 0.0, atol=1.0)


@pytest.mark.parametrize("pre_norm", [False, True])
def test_step_by_step_equals_the_whole(pre_norm):
    block = built(DelightDecoderBlock, pre_norm=pre_norm)
    want, seen = block(Y, SEEN, memory_mask=MASK, return_attention=True)
    keys_values = block(SEEN, project_memory=True)
    cache = np.full((2, 9, 64), 7.0, "float32")  # what lies ahead does not matter
    for start, end in ((0, 2), (2, 3), (3, 6)):
        got, cache, attention = block(
            Y[:, start:end],
            memory_mask=MASK,
            memory_cache=keys_values,
            cache=cache,
            position=np.array([start], "int32"),
            return_attention=True,
        )
        name = f"steps {start} to {end}"
        assert_close(got, to_numpy(want)[:, start:end], atol=1e-5, name=name)
        own = to_numpy(seen)[:, :, start:end]
        assert_close(attention, own, atol=1e-6, name=f"attention of {name}")
    assert to_numpy(cache)[:, 6:].min() == 7


def test_a_step_sees_those_before_it_and_no_padding():
    block = built(DelightDecoderBlock)
    want = to_numpy(block(Y, SEEN, memory_mask=MASK))
    moved = Y.copy()
    moved[:, 3] += 1
    noise = np.where(MASK[..., None], SEEN, 9.0).astype("float32")
    got = to_numpy(block(moved, noise, memory_mask=MASK))
    changed = np.abs(got - want).max((0, 2))
    assert (changed[:3] == 0).all() and (changed[3:] > 1e-4).all()


@pytest.mark.erratum(
    "Public code",
    "DeLighT's decoder never gives its attention, though alignments ask for it",
    "It does here: shares of the encoder's steps, none for padding",
)
def test_attention_weights_add_up_and_change_nothing():
    block = built(DelightEncoderBlock)
    got, weights = block(SEEN, mask=MASK, return_attention=True)
    assert_close(got, block(SEEN, mask=MASK), atol=0)
    decoder = built(DelightDecoderBlock)
    _, other = decoder(Y, SEEN, memory_mask=MASK, return_attention=True)
    for name, shares in (("own", weights), ("memory", other)):
        shares = to_numpy(shares)
        assert_close(shares.sum(-1), np.ones(shares.shape[:-1]), atol=1e-6, name=name)
        assert not shares[0, 0, :, 3].any() and not shares[1, 0, :, 2:].any()


def test_phone_forms_are_equal():
    block = built(DelightEncoderBlock)
    assert_close(block.for_export()(Y), block(Y), atol=5e-6)
    block = built(DelightDecoderBlock)
    assert_close(block.for_export("products")(Y, SEEN), block(Y, SEEN), atol=5e-6)


def arguments(**extra):
    given = {"units": 64, "depth": 3, "width": 1.5, "max_groups": 2, "reduction": 2}
    given |= {"dropout": 0.1, "attention_dropout": 0.1, "activation_dropout": 0.1}
    return given | {"transform_dropout": 0.1, "pre_norm": True} | extra


def test_contract_of_the_encoder():
    check_layer(partial(DelightEncoderBlock, **arguments()), SEEN, mask=MASK)


def test_contract_of_the_decoder():
    layer_fn = partial(DelightDecoderBlock, **arguments())
    check_layer(layer_fn, [Y, SEEN], elsewhere=["cross"])
    # test_transformer_block.py shows the same base without a memory
    alone = DelightDecoderBlock(**arguments(cross=False))
    again = DelightDecoderBlock.from_config(alone.get_config())
    assert again.get_config()["cross"] is again.cross is False


def test_training_reaches_the_attention_to_the_memory():
    block = built(DelightDecoderBlock)
    x, memory = keras.Input((None, 64)), keras.Input((None, 64))
    model = keras.Model([x, memory], block(x, memory))
    before = [to_numpy(w) for w in model.trainable_weights]
    model.compile("sgd", "mse")
    model.train_on_batch([Y, SEEN], RNG.normal(size=Y.shape))
    for weight, old in zip(model.trainable_weights, before, strict=True):
        assert (to_numpy(weight) != old).any(), weight.path


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"Received: 100\. Nearest: 96, 128"):
        DelightEncoderBlock(100)
    with pytest.raises(ValueError, match=r"units=64, reduction=5. Nearest: 4, 8"):
        DelightDecoderBlock(64, reduction=5)
    with pytest.raises(ValueError, match=r"'one' adds.* 64, units=128"):
        DelightEncoderBlock(128, name="one")(Y)
    with pytest.raises(ValueError, match=r"'two' needs.* cross=True, memory missing"):
        DelightDecoderBlock(64, name="two")(Y)
