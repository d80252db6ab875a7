"""TRIQ and ViT-IQA: published counts, distributions, sizes of pictures."""

import dataclasses

import keras
import numpy as np
import pytest

from suite.models import build, for_inference
from suite.models.triq import TRIQConfig, triq_transformer
from tests.models.conftest import scrambled
from tests.numeric import assert_close, run, to_numpy

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)
TRIQ = {
    "width": 8,
    "blocks": 1,
    "heads": 2,
    "units": 8,
    "head_units": 8,
    "stages": ((4, 1),) * 4,
    "expansion": 2,
    "positions": 7,
}
VIT = {
    "patch": 4,
    "width": 8,
    "blocks": 1,
    "heads": 2,
    "units": 8,
    "grid": (3, 3),
    "budget": 9,
}
MODELS = {
    "triq_edge": TRIQ,
    "vit_iqa": VIT,
    "r50_vit_iqa": {**VIT, "stem": (1,), "stem_width": 4},
}
PICTURES = RNG.integers(0, 256, (2, 32, 64, 3), "uint8")


@pytest.mark.parametrize(
    ("changes", "channels", "want"),
    [
        ({}, 2048, 91_301),
        ({"positions": 442}, 2048, 99_269),
        ({"positions": 257}, 2048, 93_349),  # the class's default in the code
        ({"levels": 1}, 2048, 91_041),
        ({}, 512, 42_149),
    ],
)
@pytest.mark.erratum(
    "Public code",
    "TRIQ has 257 positions, the default of its class",
    "193, those of its published weights: 91,301 parameters behind ResNet-50, not "
    "93,349",
)
def test_published_parameters_of_triq(changes, channels, want):
    config = dataclasses.replace(TRIQConfig(), **changes)
    with keras.StatelessScope(initialize_variables=False):
        assert triq_transformer(config, channels).count_params() == want


def test_whole_networks():
    with keras.StatelessScope(initialize_variables=False):
        counts = {name: build(name).count_params() for name in ("triq", "triq_edge")}
        vit, paper = build("vit_iqa"), build("vit_iqa", head_units=64)
        hybrid = build("r50_vit_iqa")
    assert counts["triq"] == 91_301 + 23_534_592 + 53_120
    assert counts["triq_edge"] == 713_261 <= 3_000_000
    assert vit.count_params() == 86_094_341
    # TRIQ's head instead of the code's linear one
    assert paper.count_params() == 86_094_341 - 3_845 + 768 * 64 + 64 + 64 * 5 + 5
    assert hybrid.count_params() == 98_185_797
    behind = ("projection", "tokens", "encoder", "logits")
    stem = [layer for layer in hybrid.layers if layer.name not in behind]
    assert sum(layer.count_params() for layer in stem) == 11_894_848


@pytest.fixture(scope="module", params=MODELS)
def named(request):
    return request.param, scrambled(build(request.param, **MODELS[request.param]))


def test_distribution_and_score(named):
    name, core = named
    model = for_inference(name, core)
    result = run(model, {"picture": PICTURES})
    share, score = result["distribution"], result["score"]
    assert share.shape == (2, 5) and score.shape == (2, 1)
    assert_close(share.sum(axis=1), [1, 1], atol=1e-6)
    assert_close(score[:, 0], share @ np.arange(1, 6), atol=1e-5)
    assert score.min() >= 1 and score.max() <= 5
    logits = run(core, {"picture": PICTURES.astype("float32")})["logits"]
    want = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert_close(share, want, atol=1e-5)
    assert np.ptp(share) > 1e-3
    # a picture is judged alike in any company
    other = np.stack([255 - PICTURES[0], PICTURES[1]])
    alone = run(model, {"picture": other})["distribution"]
    assert_close(alone[1], share[1], atol=1e-4)


def test_portrait_and_landscape(named):
    name, _ = named
    model = build(name, **MODELS[name], attention=True)
    tokens = set()
    for picture in (PICTURES, PICTURES.transpose(0, 2, 1, 3)):
        # called as it is: a function that tensorflow compiles needs one fixed size
        result = model({"picture": picture.astype("float32")})
        attention = to_numpy(result["attention"])
        assert attention.shape[:3] == (2, 1, 2)
        tokens.add(attention.shape[3:])
    assert len(tokens) == 1


@pytest.mark.erratum(
    "Public code",
    "TRIQ's script sets five quality levels, whatever is asked for",
    "An argument: with one level the model gives a score for the mean opinion",
)
def test_one_level_is_a_score():
    model = build("triq_edge", **TRIQ, levels=1)
    assert set(model.output) == {"score"} and model.output["score"].shape == (None, 1)
    result = for_inference("triq_edge", model).output
    assert set(result) == {"score"}


def test_small_pictures_are_refused(named):
    name, core = named
    least = 32 if name == "triq_edge" else 4
    small = np.zeros((1, least - 1, 64, 3), "float32")
    message = rf"height={least - 1}, width=64. Nearest: {least} x 64"
    with pytest.raises(ValueError, match=message):
        core({"picture": small})


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="backbone='resnet18'"):
        build("triq", backbone="resnet18")
    with pytest.raises(ValueError, match=r"positions=1. Nearest: 2"):
        build("triq", positions=1)
    with pytest.raises(ValueError, match=r"patch=16, 1 stages. Nearest: 4"):
        build("r50_vit_iqa", stem=(3,))
