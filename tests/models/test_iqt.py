"""IQT: published counts, the difference, the reference's part, and the frozen part."""

import dataclasses

import keras
import numpy as np
import pytest
from keras import layers, ops

from suite.layers import quality_map
from suite.models import build, for_inference
from suite.models.iqt import COMPACT, IQTConfig, iqt_transformer
from suite.models.quality_backbones import IQT_MAPS, inception_side
from tests.models.conftest import scrambled
from tests.numeric import assert_close, gradient_of, run

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)
SMALL = {
    "size": 32,
    "width": 8,
    "blocks": 1,
    "heads": 2,
    "units": 8,
    "head_units": 8,
    "stages": ((4, 1), (4, 2)),
    "expansion": 2,
}
PAIR = {
    name: RNG.uniform(-1, 1, (3, 32, 32, 3)).astype("float32")
    for name in ("reference", "distorted")
}


def counted(config, cells, channels=1920):
    """Parameters behind the backbone; no weights are made."""
    with keras.StatelessScope(initialize_variables=False):
        return iqt_transformer(config, (cells, cells, channels)).count_params()


@pytest.mark.parametrize(
    ("config", "changes", "want"),
    [
        (IQTConfig(), {}, 5_233_665),
        (IQTConfig(), {"shared_projection": True}, 4_741_889),
        (IQTConfig(), {"head_size": 256, "head_bias": False}, 9_965_568),
        (COMPACT, {"units": 512}, 1_084_673),
        (COMPACT, {}, 1_347_841),
        (COMPACT, {"units": 512, "shared_projection": True}, 838_785),
        (COMPACT, {"shared_projection": True}, 1_101_953),
        (COMPACT, {"head_size": 128, "head_bias": False}, 1_940_992),
    ],
)
@pytest.mark.erratum(
    "Public code",
    "Each head of IQT is as wide as all features, and the last layers have no biases",
    "Heads share the features, D / heads each: 5,233,665 parameters, not 9,965,568",
)
@pytest.mark.erratum(
    "Articles",
    "IQT-C widens its feed-forward layers by 4, to 512",
    "1024 in the re-implementation, which makes 1,347,841 parameters of 1,084,673",
)
def test_published_parameters(config, changes, want):
    config = dataclasses.replace(config, **changes)
    assert counted(config, inception_side(config.size)) == want


@pytest.mark.erratum(
    "Articles",
    "IQT reads 891 tokens of a crop of 256 x 256 pixels, as its paper says",
    "841 = 29 x 29: the sides are 127, 125, 62, 60, 29; 891 is no square",
)
def test_tokens_of_the_published_crops():
    """841, not the 891 of the paper: 256 gives 127, 125, 62, 60, 29."""
    sides = {256: 29, 192: 21, 299: 35, 320: 37, 384: 45, 512: 61}
    assert {side: inception_side(side) for side in sides} == sides
    assert 29**2 == 841 and 21**2 == 441


def test_whole_networks():
    with keras.StatelessScope(initialize_variables=False):
        model, edge = build("iqt"), build("iqt_edge")
    backbone = model.get_layer("backbone")
    assert backbone.output.shape[-1] == 1920
    assert model.get_layer("transformer").input["reference"].shape == (
        None,
        29,
        29,
        1920,
    )
    assert backbone.count_params() == 1_669_344 + 6_656
    assert not backbone.trainable_weights
    assert model.count_params() == 5_233_665 + backbone.count_params()
    assert edge.count_params() == 1_314_377 <= 3_000_000


@pytest.fixture(scope="module")
def small():
    return scrambled(build("iqt_edge", **SMALL))


def test_a_score_does_not_depend_on_its_batch(small):
    whole = run(small, PAIR)["score"]
    assert whole.shape == (3, 1) and np.ptp(whole) > 1e-3
    # of the same size: some backends compile for each
    turned = run(small, {name: x[[2, 1, 1]] for name, x in PAIR.items()})["score"]
    assert_close(turned[:2], whole[[2, 1]], atol=1e-4)


def test_equal_pictures_have_no_difference(small):
    transformer = small.get_layer("transformer")
    difference = transformer.get_layer("difference").output
    model = keras.Model(transformer.input, difference)
    features = run(small.get_layer("backbone"), PAIR["reference"])
    same = {"reference": features, "distorted": features}
    assert features.any() and not run(model, same).any()


def test_every_token_of_the_reference_moves_the_score(small):
    """The difference held still: only the decoder's own path is left."""
    transformer = small.get_layer("transformer")
    shape = (1, *transformer.input["reference"].shape[1:])
    features, gap = RNG.normal(size=(2, *shape)).astype("float32")

    def score(x):
        pair = {"reference": x, "distorted": x - ops.convert_to_tensor(gap)}
        return ops.sum(transformer(pair)["score"])

    _, slope = gradient_of(score, features)
    assert (np.abs(slope).max(axis=-1) > 1e-7).all()


def test_attention_on_request(small):
    model = build("iqt_edge", **SMALL, attention=True)
    model.set_weights(small.get_weights())
    result = run(model, PAIR)
    assert_close(result["score"], run(small, PAIR)["score"], atol=1e-5)
    attention = result["attention"]
    assert attention.shape == (3, 1, 2, 17, 17)
    assert_close(attention.sum(-1), np.ones((3, 1, 2, 17)), atol=1e-5)
    mask = quality_map(ops.convert_to_tensor(attention), (4, 4), (32, 32))
    assert mask.shape == (3, 32, 32, 1)
    assert_close(mask, quality_map([attention[:, 0]], (4, 4), (32, 32)), atol=1e-5)
    # without the request not an operator more
    names = [layer.name for layer in small.get_layer("transformer").layers]
    assert not any("stack" in name for name in names)


@pytest.mark.erratum(
    "Public code",
    "The frozen backbone of IQT is put into inference mode for testing alone",
    "In training, too, or batch normalization sees other statistics and moves its own",
)
def test_the_published_backbone_is_never_trained(monkeypatch):
    """A small network with the published one's names, which freezes nothing itself."""

    def small_network(include_top, weights):
        x = picture = keras.Input((None, None, 3))
        x = layers.Conv2D(4, 3, 16, name="conv")(x)
        x = layers.BatchNormalization(name=IQT_MAPS[0])(x)
        for name in IQT_MAPS[1:]:
            x = layers.Activation("relu", name=name)(x)
        return keras.Model(picture, x)

    monkeypatch.setattr(keras.applications, "InceptionResNetV2", small_network)
    changes = {**SMALL, "backbone": "inception_resnet_v2", "size": 80}
    model = scrambled(build("iqt_edge", **changes))
    parts = [model.get_layer(name) for name in ("backbone", "transformer")]
    before = [part.get_weights() for part in parts]
    model.compile("sgd", {"score": "mse"})
    pair = {name: RNG.uniform(-1, 1, (2, 80, 80, 3)) for name in PAIR}
    model.train_on_batch(pair, {"score": np.ones((2, 1))})
    backbone, transformer = (part.get_weights() for part in parts)
    assert len(backbone) == 6  # statistics, too
    for old, new in zip(before[0], backbone, strict=True):
        assert_close(new, old, atol=0, name="backbone")
    assert any((a != b).any() for a, b in zip(before[1], transformer, strict=True))


def test_inference_takes_pixels(small):
    model = for_inference("iqt_edge", small)
    pixels = {name: RNG.integers(0, 256, x.shape, "uint8") for name, x in PAIR.items()}
    scaled = {n: (x / 127.5 - 1).astype("float32") for n, x in pixels.items()}
    want = run(small, scaled)["score"]
    assert_close(run(model, pixels)["score"], want, atol=1e-4)


def sized(reference, distorted, dtype="float32"):
    """Grey pictures of these heights and widths."""
    sizes = {"reference": reference, "distorted": distorted}
    return {name: np.ones((1, *size, 3), dtype) for name, size in sizes.items()}


@pytest.mark.parametrize(
    ("reference", "distorted", "said"),
    [
        ((32, 32), (24, 32), "reference 32 x 32, distorted 24 x 32"),
        ((40, 32), (32, 32), "reference 40 x 32, distorted 32 x 32"),
        ((48, 48), (48, 48), "reference 48 x 48, distorted 48 x 48"),
    ],
)
def test_pictures_of_other_sizes_are_named_with_the_size_that_works(
    small, reference, distorted, said
):
    match = rf"both have 32 x 32 .* Received: {said}. Nearest: 32 x 32 for both$"
    with pytest.raises(ValueError, match=match):
        small(sized(reference, distorted))


def test_sizes_are_refused_in_every_way_to_call(small, tmp_path):
    model = for_inference("iqt_edge", small)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    pair = sized((32, 32), (24, 32), "uint8")
    symbols = {name: keras.Input(x.shape[1:], 1, "uint8") for name, x in pair.items()}
    for how in (loaded.predict_on_batch, loaded, model):
        with pytest.raises(ValueError, match=r"distorted 24 x 32. Nearest: 32 x 32"):
            how(pair)
    with pytest.raises(ValueError, match=r"distorted 24 x 32. Nearest: 32 x 32"):
        model(symbols)


def test_bad_arguments_are_named():
    message = "stride 8. Received: size=39. Nearest: 32, 40"
    with pytest.raises(ValueError, match=message):
        build("iqt_edge", **{**SMALL, "size": 39})
    with pytest.raises(ValueError, match=r"size=3. Nearest: 8$"):
        build("iqt_edge", **{**SMALL, "size": 3})
    with pytest.raises(ValueError, match=r"size=64. Nearest: 75"):
        build("iqt", size=64)
    with pytest.raises(ValueError, match="backbone='vgg16'"):
        build("iqt", backbone="vgg16")
