"""The Transformer's blocks: counted, causal, and step by step equal to the whole."""

from functools import partial

import keras
import numpy as np
import pytest
from keras import ops

from suite.layers import TransformerDecoderBlock, TransformerEncoderBlock
from tests.contract import check_layer
from tests.numeric import assert_close, to_numpy

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)
Y = RNG.normal(size=(2, 6, 8)).astype("float32")
SEEN = RNG.normal(size=(2, 4, 8)).astype("float32")
MASK = np.array([[1, 1, 1, 0], [1, 1, 0, 0]], bool)


@pytest.mark.parametrize(
    ("sizes", "encoder", "decoder"),
    [((128, 4, 256), 132_480, 198_784), ((512, 8, 2048), 3_152_384, 4_204_032)],
)
def test_counts_as_published(sizes, encoder, decoder):
    for kind, want in (
        (TransformerEncoderBlock, encoder),
        (TransformerDecoderBlock, decoder),
    ):
        block = kind(*sizes)
        with keras.StatelessScope(initialize_variables=False):
            block.build((None, None, sizes[0]))
            assert block.count_params() == want


def test_matches_layers_of_keras():
    block = TransformerEncoderBlock(8, 2, 12)
    block.build((None, None, 8))
    got = block(SEEN, mask=MASK)
    kernel, bias, kernel_out, bias_out = block.attention.get_weights()
    attention = keras.layers.MultiHeadAttention(2, 4)
    attention.build(SEEN.shape, SEEN.shape)
    qkv = [
        part.reshape(shape)
        for k, b in zip(np.split(kernel, 3, 1), np.split(bias, 3), strict=True)
        for part, shape in ((k, (8, 2, 4)), (b, (2, 4)))
    ]
    attention.set_weights(
        [*qkv[:2], *qkv[2:4], *qkv[4:], kernel_out.reshape(2, 4, 8), bias_out]
    )
    norm = keras.layers.LayerNormalization(epsilon=1e-5)
    allowed = np.repeat(MASK[:, None], 4, 1)
    x = norm(SEEN + to_numpy(attention(SEEN, SEEN, attention_mask=allowed)))
    want = norm(x + block.feed_forward(x))
    assert_close(got, want, atol=1e-5)


@pytest.mark.parametrize("pre_norm", [False, True])
def test_step_by_step_equals_the_whole(pre_norm):
    block = TransformerDecoderBlock(8, 2, 12, pre_norm=pre_norm)
    want = to_numpy(block(Y, SEEN, memory_mask=MASK))
    keys_values = block(SEEN, project_memory=True)
    cache = np.zeros((2, 6, 16), "float32")
    for step in range(6):
        got, cache = block(
            Y[:, step : step + 1],
            memory_mask=MASK,
            memory_cache=keys_values,
            cache=cache,
            position=np.array([step], "int32"),
        )
        assert_close(to_numpy(got)[:, 0], want[:, step], atol=1e-5, name=f"step {step}")


@pytest.mark.parametrize(
    ("steps", "position", "said"),
    [
        (1, 4, r"for 4 steps. Received: 1 from position=4 on. Nearest: position=3"),
        (3, 2, r"Received: 3 from position=2 on. Nearest: position=1"),
        (1, -1, r"position=-1 on. Nearest: position=0"),
        (6, 0, r"room for 4 steps. Received: 6 steps. Nearest: 4"),
    ],
)
def test_steps_behind_the_room_of_the_cache_are_refused(steps, position, said):
    """Jax and tensorflow would overwrite the last ones."""
    block = TransformerDecoderBlock(8, 2, 12, cross=False)
    cache = np.zeros((2, 4, 16), "float32")
    for place in (np.array([position], "int32"), ops.convert_to_tensor([position])):
        with pytest.raises(ValueError, match=said):
            block(Y[:, :steps], cache=cache, position=place)
    with pytest.raises(ValueError, match="needs a `position`"):
        block(Y[:, :1], cache=cache)


def test_the_room_is_checked_where_the_position_is_not_known():
    block = TransformerDecoderBlock(8, 2, 12, cross=False)
    x, cache = keras.Input((1, 8)), keras.Input((4, 16))
    position = keras.Input(batch_shape=(1,), dtype="int32")
    model = keras.Model(
        [x, cache, position], block(x, cache=cache, position=position)[0]
    )
    given = [Y[:, :1], np.zeros((2, 4, 16), "float32"), np.array([3], "int32")]
    assert_close(model.predict_on_batch(given), model(given), atol=1e-5)
    with pytest.raises(ValueError, match=r"position=4 on. Nearest: position=3"):
        model([*given[:2], np.array([4], "int32")])


def arguments(**extra):
    given = {"units": 8, "heads": 2, "hidden": 12, "activation": "silu"}
    given |= {"dropout": 0.1, "attention_dropout": 0.1, "activation_dropout": 0.1}
    return given | {"pre_norm": True} | extra


def test_contract_of_the_encoder():
    check_layer(partial(TransformerEncoderBlock, **arguments()), SEEN, mask=MASK)


def test_contract_of_the_decoder():
    check_layer(partial(TransformerDecoderBlock, **arguments(cross=False)), Y)
    layer_fn = partial(TransformerDecoderBlock, **arguments())
    check_layer(layer_fn, [Y, SEEN], elsewhere=["cross"])


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"8, heads=3\. Nearest: 6, 9"):
        TransformerEncoderBlock(8, 3, 12)
    with pytest.raises(ValueError, match="cross=False"):
        TransformerDecoderBlock(8, 2, 12, cross=False)(Y, project_memory=True)
