"""The classics: what makes each of them what it is, on small copies.

The sweep of the registry compares backends and trains on each; here, what no backend
changes runs once.
"""

import keras
import numpy as np
import pytest

from suite.models import build, for_inference
from suite.models.classifier_inference import PIXELS
from tests.models.conftest import scrambled
from tests.models.sweep import reduced
from tests.numeric import assert_close, to_numpy

RNG = np.random.default_rng(0)


def small(name, **changes):
    return build(name, reduced(name), **changes)


def pictures(model, count=2):
    shape = (count, *model.input["picture"].shape[1:])
    return {"picture": RNG.uniform(-1, 1, shape).astype("float32")}


@pytest.mark.parametrize("name", ["lenet_5", "resnet_20", "alexnet"])
def test_pixels_become_probabilities(name):
    core = scrambled(small(name))
    model = for_inference(name, core)
    (height, width, channels) = model.input["picture"].shape[1:]
    pixels = RNG.integers(0, 256, (2, height, width, channels), "uint8")
    share = to_numpy(model({"picture": pixels})["probabilities"])
    assert model.input["picture"].dtype == "uint8"
    assert set(model.output) == {"probabilities"}
    low, high = (-0.1, 1.175) if name == "lenet_5" else (-1, 1)
    scaled = (pixels / 255 * (high - low) + low).astype("float32")
    logits = to_numpy(core({"picture": scaled}, training=False)["logits"])
    want = np.exp(logits - logits.max(-1, keepdims=True))
    assert_close(share, want / want.sum(-1, keepdims=True), atol=1e-5)


@pytest.mark.backend
@pytest.mark.parametrize(
    ("kind", "module"),
    [
        ("means", keras.applications.resnet50),
        ("means", keras.applications.vgg16),
        ("standardized", keras.applications.densenet),
        ("signed", keras.applications.mobilenet_v2),
        ("signed", keras.applications.resnet_v2),
        ("plain", keras.applications.efficientnet),
        ("plain", keras.applications.mobilenet_v3),
    ],
)
def test_pixels_as_keras_applications_take_them(kind, module):
    pixels = RNG.integers(0, 256, (1, 3, 4, 3), "uint8")
    want = module.preprocess_input(pixels.astype("float32"))
    assert_close(PIXELS[kind]()(pixels), want, atol=1e-4)


def test_lenet_as_published_and_as_usual():
    published, modern = small("lenet_5"), small("lenet_5_modern")
    assert to_numpy(published(pictures(published))["logits"]).max() <= 0  # distances
    kinds = {type(layer).__name__ for layer in modern.layers}
    assert not kinds & {"ConnectedConv2D", "TrainedSubsampling", "FixedCentres"}
    assert (
        len(
            {type(layer).__name__ for layer in published.layers}
            & {"ConnectedConv2D", "TrainedSubsampling", "FixedCentres"}
        )
        == 3
    )
    squash = published.get_layer("c1_squash").activation
    assert float(squash(1.0)) == pytest.approx(1.0, abs=1e-3)


def test_halves_of_alexnet():
    """Half of the first maps feed half of the second; the third sees all."""
    model = scrambled(small("alexnet"))
    seen = keras.Model(model.input, model.get_layer("conv_2").output)
    maps = keras.Model(model.input, model.get_layer("pool_1").output)
    assert maps.output.shape[-1] == 4 and seen.output.shape[-1] == 8
    kernels = {n: model.get_layer(f"conv_{n}").kernel.shape[2] for n in range(1, 6)}
    assert kernels == {1: 3, 2: 2, 3: 8, 4: 2, 5: 2}


def test_auxiliary_classifiers_stay_behind():
    model = small("googlenet", auxiliary=("3a", "4a"), size=65)
    assert set(model.output) == {"logits", "auxiliary_3a", "auxiliary_4a"}
    shipped = for_inference("googlenet", model)
    assert not [w.path for w in shipped.weights if "auxiliary" in w.path]
    assert shipped.count_params() == small("googlenet", auxiliary=()).count_params()


def test_a_block_that_adds_nothing():
    """Its convolutions silenced, version 1 gives the ReLU, version 2 the input."""
    for name, rectified in (("resnet_20", True), ("resnet_20_v2", False)):
        model = scrambled(small(name, blocks=(2,)))
        for layer in model.layers:
            if layer.name.endswith("block_2_2_norm"):
                layer.gamma.assign(np.zeros(layer.gamma.shape))
                layer.beta.assign(np.zeros(layer.beta.shape))
        ends = [f"stage_1_block_{n}_{'relu' if rectified else 'add'}" for n in (1, 2)]
        outputs = [model.get_layer(end).output for end in ends]
        first, second = keras.Model(model.input, outputs)(pictures(model))
        assert np.abs(to_numpy(first)).max() > 0.1
        assert_close(second, first, atol=1e-6, name=name)


def test_shortcuts_without_weights():
    plain, projected = small("resnet_20"), small("resnet_20", shortcut="B")
    kinds = [
        {type(x).__name__ for x in model.layers if "short" in x.name}
        for model in (plain, projected)
    ]
    assert kinds == [{"PaddedShortcut"}, {"Conv2D", "BatchNormalization"}]


def test_strides_and_groups_of_a_bottleneck():
    late, early = (
        small("resnext_50_32x4d", stride_at=place) for place in ("3x3", "1x1")
    )
    strides = [
        [model.get_layer(f"stage_2_block_1_{n}_conv").strides[0] for n in (1, 2, 3)]
        for model in (late, early)
    ]
    assert strides == [[1, 2, 1], [2, 1, 1]]
    kernel = late.get_layer("stage_2_block_1_2_conv").kernel
    assert kernel.shape == (3, 3, 4, 8)  # 8 channels in two parts of 4


def test_convolutions_are_centred_at_stride_two():
    """The first window begins three pixels before an even picture; "same" has two."""
    model = scrambled(small("resnet_18"))
    stem = keras.Model(model.input, model.get_layer("stem_conv").output)
    picture = pictures(model, 1)["picture"]
    kernel, *_ = model.get_layer("stem_conv").get_weights()
    want = np.einsum("ijc,ijco->o", picture[0, :4, :4], kernel[3:, 3:])
    assert_close(to_numpy(stem({"picture": picture}))[0, 0, 0], want, atol=1e-4)


def test_dense_layers_see_all_before_them():
    model = scrambled(small("densenet_40_12"))
    first, second = (model.get_layer(f"block_1_{n}").output for n in (1, 2))
    maps = keras.Model(model.input, [first, second])(pictures(model))
    one, two = map(to_numpy, maps)
    assert (one.shape[-1], two.shape[-1]) == (16 + 4, 16 + 4 + 4)
    assert_close(two[..., :20], one, atol=0)
    # the transition of the plain form keeps all channels, that of BC half of them
    kept = [
        small(name).get_layer("transition_1_conv").filters
        for name in ("densenet_40_12", "densenet_161")
    ]
    assert kept == [16 + 2 * 4, (2 * 4 + 2 * 4) // 2]


def test_places_of_patches_count():
    model = scrambled(small("delight_classifier"))
    picture = pictures(model, 1)["picture"]
    turned = picture[:, :, [4, 5, 6, 7, 0, 1, 2, 3]]  # two columns of patches swapped
    one, other = (to_numpy(model({"picture": p})["logits"]) for p in (picture, turned))
    assert np.abs(one - other).max() > 1e-3


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("resnet_18", {"size": 31}, "height=31, width=31. Nearest: 32 x 32"),
        ("resnet_20", {"size": 3}, "height=3, width=3. Nearest: 4 x 4"),
        ("vgg_11", {"size": 20}, "height=20, width=20. Nearest: 32 x 32"),
        ("alexnet", {"size": 60}, "Nearest: 67 x 67"),
        ("alexnet_one_tower", {"size": 60}, "Nearest: 63 x 63"),
        ("lenet_5", {"size": 28}, "Nearest: 32 x 32"),
        ("googlenet", {"size": 64}, "Nearest: 65 x 65"),
        ("googlenet", {"auxiliary": ("5a",), "size": 99}, "Nearest: 129 x 129"),
        ("googlenet", {"auxiliary": (), "size": 31}, "Nearest: 32 x 32"),
        ("inception_v4", {"size": 74}, "Nearest: 75 x 75"),
        ("inception_v3", {"size": 74}, "Nearest: 75 x 75"),
        ("mobilenet_v2", {"size": 16}, "Nearest: 32 x 32"),
        ("densenet_bc_40_12", {"size": 2}, "Nearest: 4 x 4"),
        ("delight_classifier", {"size": 30}, "Nearest: 28 x 28, 32 x 32"),
        ("delight_classifier", {"units": 48}, "Received: 48. Nearest: 32, 64"),
        (
            "googlenet",
            {"width": 0.3},
            "width=0.3, 64 channels become 19.2. Nearest: 0.25, 0.5",
        ),
        ("inception_v4", {"width": 0.01}, "become 0.32. Nearest: 0.0625"),
        (
            "mobilenet",
            {"width": 0.35},
            "width=0.35, 32 channels become 11.2. Nearest: 0.3125, 0.375",
        ),
        ("resnet_50", {"width": 0.5}, "ResNet50 takes no width multiplier"),
        ("resnet_50", {"kind": "ResNet18"}, "kind='ResNet18'"),
        ("alexnet", {"filters": (96, 255, 384, 384, 256)}, "255, groups=2.* 254, 256"),
        ("vgg_11", {"blocks": (1, 1)}, "an entry for each stage"),
        ("resnet_18", {"groups": 2}, "groups=2, bottleneck=False"),
        ("resnet_18", {"shortcut": "C"}, "shortcut='C'"),
        ("resnet_18", {"blocks": (0, 1)}, r"blocks=\(0, 1\)"),
        ("densenet_161", {"compression": 0.0}, "compression=0.0"),
        ("densenet_161", {"stem": 0}, "stem=0"),
        ("resnet_18", {"bottleneck": True, "group_width": 0}, "group_width=0"),
        ("googlenet", {"auxiliary": ("6a",)}, "3a, 3b, 4a.*'6a'"),
        ("small_inception", {"halvings": (80,)}, "3 stages, halvings"),
        ("mobilenet", {"width": -1.0}, "above 0.*Received: width=-1"),
        ("googlenet", {"width": -1.0}, "width=-1, .* Nearest: 0.25$"),
        ("mobilenet_v2", {"width": -1.0}, "above 0.*Received: width=-1"),
        ("mobilenet_v3_small", {"width": 0.0}, "above 0.*Received: width=0"),
        ("resnet_20", {"channels": 0}, "Received: channels=0. Nearest: 1"),
        ("vgg_11", {"channels": -3}, "Received: channels=-3. Nearest: 1"),
        ("patchgan_70", {"channels": 0}, "Received: channels=0. Nearest: 1"),
        ("cyclegan_edge", {"channels": 0}, "Received: channels=0. Nearest: 1"),
        ("cyclegan_edge", {"width": 0}, "Received: width=0. Nearest: 1"),
        ("r50_vit_iqa", {"stem_width": 48}, "stem_width=48. Nearest: 32, 64"),
        ("r50_vit_iqa", {"stem_width": 0}, "stem_width=0. Nearest: 1"),
        ("vit_iqa", {"patch": 0}, "Received: patch=0. Nearest: 1"),
        ("delight_classifier", {"patch": 0}, "Received: patch=0. Nearest: 1"),
        ("alexnet", {"filters": (96, 256)}, r"5 entries. Received: 2, filters=\("),
        ("lenet_5", {"units": (120,)}, "2 entries. Received: 1, units="),
        ("lenet_5_modern", {"maps": (6,)}, "2 entries. Received: 1, maps="),
        ("inception_v4", {"blocks": (4, 7)}, "3 entries. Received: 2, blocks="),
        ("iqt_edge", {"stages": ()}, "at least 1 entry. Received: 0, stages="),
        ("triq_edge", {"stages": ()}, "at least 1 entry. Received: 0, stages="),
        ("triq_edge", {"stages": ((8, 1), (8,))}, r"`stages\[1\]` must have 2 entries"),
        ("triq_edge", {"stages": ((8, 0),)}, r"Each of `stages\[0\]` .*=\(8, 0\)"),
        ("iqt_edge", {"stages": ((8, 1), (8,))}, r"`stages\[1\]` must have 2 entries"),
        ("r50_vit_iqa", {"stem": (3, 4, 0)}, r"Received: stem=\(3, 4, 0\)"),
        ("vit_iqa", {"grid": (4,)}, r"2 entries. Received: 1, grid="),
        ("inception_v4", {"blocks": (4, 7, -1)}, r"blocks=\(4, 7, -1\). Nearest: 1"),
        ("googlenet", {"stages": (), "auxiliary": ()}, "Received: 0, stages="),
        ("googlenet", {"stages": ((),), "auxiliary": ()}, r"Received: 0, stages\[0\]"),
        ("googlenet", {"width": float("nan")}, "width=nan, .* Nearest: 0.25$"),
        ("googlenet", {"width": float("inf")}, "width=inf, .* Nearest: 0.25$"),
        ("small_inception", {"stages": ((), (), ())}, r"Received: 0, stages\[0\]"),
        ("small_inception", {"stages": (((16,),),) * 3}, r"2 entries. Received: 1"),
        ("text_detector", {"blocks": (1, 1)}, "4 entries. Received: 2, blocks="),
        ("text_detector", {"blocks": (1, 1, 0, 1)}, "Each of `blocks` must be"),
        ("text_recognizer", {"stages": (96,)}, "2 entries. Received: 1, stages="),
        ("text_recognizer", {"height": 40}, "height=40. Nearest: 32, 48"),
        ("resnet_18", {"classes": 1}, "classes=1"),
        ("lenet_5", {"classes": 0}, "classes=0"),
    ],
)
def test_bad_arguments_are_named(name, changes, message):
    with pytest.raises(ValueError, match=message):
        build(name, **changes)


def test_a_close_name_is_offered():
    with pytest.raises(ValueError, match=r"'resnet50'. Close to it: resnet_50"):
        build("resnet50")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["vgg_16", "mobilenet", "mobilenet_v3_small", "efficientnet_b0"]
)
def test_applications_from_pixels_to_probabilities(name):
    core = build(name, classes=4, size=32)
    pixels = RNG.integers(0, 256, (2, 32, 32, 3), "uint8")
    share = for_inference(name, core)({"picture": pixels})["probabilities"]
    assert_close(to_numpy(share).sum(-1), [1, 1], atol=1e-5)
