"""Weights of the classics against published and measured counts.

Shapes alone are counted, which no backend changes: no marker. Counted is what training
changes, as papers do, and for keras.applications moving statistics, too. Networks whose
multiply-adds are published, too, are counted in test_cost.py; what takes seconds to
build is `slow`.
"""

import math
from functools import cache

import keras
import pytest

from suite.models import build, list_models, parameters
from suite.models.sizes import kept

OWN = [
    ("lenet_5", {}, 60_000),
    ("lenet_5_modern", {}, 61_706),
    ("alexnet", {}, 60_965_224),
    ("alexnet", {"groups": 1}, 62_378_344),
    ("alexnet_one_tower", {}, 61_100_840),
    ("vgg_11", {}, 132_863_336),
    ("vgg_13", {}, 133_047_848),
    ("googlenet", {}, 13_378_280),
    ("googlenet", {"auxiliary": ()}, 6_998_552),
    ("googlenet", {"auxiliary": ("4a",)}, 6_998_552 + 3_188_840),
    ("googlenet", {"auxiliary": ("4d",)}, 6_998_552 + 3_190_888),
    # an offset and a scale instead of a bias for each of 7,280 channels
    ("inception_v2", {}, 6_998_552 + 7_280),
    # 1536 features and an offset for each of 1000 classes are the top
    ("inception_v4", {}, 41_142_816 + 1_537_000),
    ("inception_v4", {"scale": False}, 42_648_232),
    ("resnet_34", {}, 21_797_672),
    ("resnet_200", {"blocks": (3, 4, 6, 3), "hidden_bias": True}, 25_583_592),
    ("resnext_50_32x4d", {}, 25_028_904),
    ("resnet_20", {"shortcut": "B"}, 272_474),
    ("resnet_32", {}, 464_154),
    ("resnet_32", {"shortcut": "B"}, 466_906),
    ("resnet_20", {"blocks": (7, 7, 7)}, 658_586),
    ("densenet_40_12", {}, 1_019_722),
    ("densenet_bc_40_12", {}, 176_122),
    ("densenet_bc_40_12", {"stem": 16}, 170_450),
    ("densenet_bc_100_12", {}, 769_162),
    # the paper's table 1
    ("small_inception", {}, 1_649_402),
    ("small_inception", {"scale": True}, 1_649_402 + 1_712),
]
LARGE = [
    ("resnet_56", {"shortcut": "B"}, 855_770),
    ("resnet_56", {}, 853_018),
    ("densenet_264", {}, 33_337_704),
    # 25,568,360 of keras.applications, less 19,008 biases in front of normalizations
    ("resnet_200_v2", {"blocks": (3, 4, 6, 3)}, 25_568_360 - 19_008),
    ("resnet_200", {"blocks": (3, 8, 36, 3)}, 60_192_808),
    ("resnet_200", {"blocks": (3, 4, 23, 3)}, 44_549_160),
    ("vgg_11", {"blocks": (2, 2, 3, 3, 3)}, 138_357_544),
    ("vgg_11", {"blocks": (2, 2, 4, 4, 4)}, 143_667_240),
    ("resnet_20", {"blocks": (18, 18, 18)}, 1_727_962),
    ("resnet_20", {"blocks": (18, 18, 18), "shortcut": "B"}, 1_730_714),
    ("resnext_101_64x4d", {}, 83_455_272),
    ("densenet_40_12", {"blocks": (32, 32, 32)}, 6_979_642),
    ("densenet_40_12", {"blocks": (32, 32, 32), "growth": 24}, 27_249_082),
    ("densenet_bc_100_12", {"stem": 16}, 754_810),
    ("densenet_bc_40_12", {"blocks": (41, 41, 41), "growth": 24}, 15_324_406),
    ("densenet_bc_40_12", {"blocks": (31, 31, 31), "growth": 40}, 25_624_430),
    ("densenet_161", {}, 28_681_000),
    ("densenet_264", {"blocks": (6, 12, 24, 16)}, 7_978_856),
]
# of keras.applications: with the moving statistics
APPLICATIONS = [
    ("vgg_16", 138_357_544, 0),
    ("inception_v3", 23_817_352, 34_432),
    ("resnet_50_v2", 25_568_360, 45_440),
    ("densenet_121", 7_978_856, 83_648),
    ("mobilenet_v3_small", 2_542_856, 12_112),
    ("mobilenet_v3_large", 5_483_032, 24_400),
    ("efficientnet_v2_b0", 7_139_704, None),
    ("vgg_19", 143_667_240, 0),
]
LARGE_APPLICATIONS = [
    ("resnet_101", 44_549_160 + 52_672, 105_344),
    ("resnet_101_v2", 44_577_896, 97_664),
    ("inception_resnet_v2", 55_813_192, 60_544),
    ("resnet_152", 60_192_808 + 75_712, 151_424),
    ("resnet_152_v2", 60_236_904, 143_744),
    ("densenet_169", 14_149_480, None),
    ("densenet_201", 20_013_928, None),
]
# millions in all, of the table at keras.io/api/applications
MILLIONS = {
    **{
        f"efficientnet_b{number}": millions
        for number, millions in enumerate((5.3, 7.9, 9.2, 12.3, 19.5, 30.6, 43.3, 66.7))
    },
    "efficientnet_v2_b0": 7.2,
    "efficientnet_v2_b1": 8.2,
    "efficientnet_v2_b2": 10.2,
    "efficientnet_v2_b3": 14.5,
    "efficientnet_v2_small": 21.6,
    "efficientnet_v2_medium": 54.4,
    "efficientnet_v2_large": 119.0,
}


@cache
def built(name, *changes):
    """A model without weights; changes as pairs."""
    with keras.StatelessScope(initialize_variables=False):
        return build(name, **dict(changes))


def counted(name, **changes):
    """Weights that training changes, those it doesn't, and the logits' shape."""
    model = built(name, *changes.items())
    trained = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    shape = model.output["logits"].shape
    return trained, model.count_params() - trained, shape


@pytest.mark.parametrize(
    ("name", "changes", "want"),
    [*OWN, *(pytest.param(*row, marks=pytest.mark.slow) for row in LARGE)],
)
def test_counts_of_our_own(name, changes, want):
    assert counted(name, **changes)[0] == want


@pytest.mark.parametrize(
    ("name", "trained", "fixed"),
    [
        *APPLICATIONS,
        *(pytest.param(*row, marks=pytest.mark.slow) for row in LARGE_APPLICATIONS),
    ],
)
def test_counts_and_shapes_of_applications(name, trained, fixed):
    got = counted(name)
    assert got[0] == trained
    assert got[1] == fixed or fixed is None
    assert got[2] == (None, 1000)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "millions"), MILLIONS.items())
def test_counts_of_efficient_nets(name, millions):
    assert round(parameters(name) / 1e6, 1) == millions


def test_kept_sizes_are_the_published_ones():
    """Nothing is built: what is listed, and counted again by `-m slow`."""
    listed = kept()
    for name, changes, want in OWN + LARGE:
        assert changes or listed[name].trained == want, name
    for name, trained, fixed in APPLICATIONS + LARGE_APPLICATIONS:
        assert listed[name].trained == trained, name
        assert fixed in (None, listed[name].fixed), name
    for name, millions in MILLIONS.items():
        total = listed[name].trained + listed[name].fixed
        assert round(total / 1e6, 1) == millions, name


def test_parameters_are_all_weights():
    assert parameters("lenet_5") == 60_000 + 840  # the codes of the classes
    assert parameters("resnet_20") == 269_722 + 1_376
    assert parameters("mobilenet", width=0.25) == 475_544


def test_other_classes_and_sizes():
    # 512 features: ten times 513 weights instead of a thousand times
    assert counted("resnet_18", classes=10, size=64)[0] == 11_689_512 - 990 * 513


def test_published_small_resnext():
    # 34.4 M in table 7 of the paper
    assert round(counted("resnext_29_8x64d")[0] / 1e6, 1) == 34.4


def test_bn_inception_by_hand():
    """Modules of the paper's table, summed up in another way."""
    rows = [  # from, 1x1, 3x3 in, 3x3, double in, double, behind the pooling
        (192, 64, 64, 64, 64, 96, 32),
        (256, 64, 64, 96, 64, 96, 64),
        (320, 0, 128, 160, 64, 96, 0),
        (576, 224, 64, 96, 96, 128, 128),
        (576, 192, 96, 128, 96, 128, 128),
        (576, 160, 128, 160, 128, 160, 96),
        (576, 96, 128, 192, 160, 192, 96),
        (576, 0, 128, 192, 192, 256, 0),
        (1024, 352, 192, 320, 160, 224, 128),
        (1024, 352, 192, 320, 192, 224, 128),
    ]
    kernels = 49 * 3 * 64 + 64 * 64 + 9 * 64 * 192
    channels = 64 + 64 + 192
    for start, one, three_in, three, double_in, double, pool in rows:
        kernels += start * (one + three_in + double_in + pool)
        kernels += 9 * (three_in * three + double_in * double + double * double)
        channels += one + three_in + three + double_in + 2 * double + pool
    want = kernels + 2 * channels + 1024 * 1000 + 1000
    assert counted("bn_inception")[0] == want


def test_all_families_are_registered():
    want = {
        "lenet*": 2,
        "alexnet*": 2,
        "vgg_*": 4,
        "*inception*": 6,
        "resnet_*": 14,
        "resnext_*": 5,
        "densenet_*": 8,
        "mobilenet*": 4,
        "efficientnet_*": 15,
    }
    got = {pattern: len(list_models(pattern)) for pattern in want}
    assert got == want


def test_shapes_along_the_way():
    want = {
        ("alexnet", "conv_1"): (55, 96),
        ("alexnet", "pool_5"): (6, 256),
        ("googlenet", "inception_3a"): (28, 256),
        ("googlenet", "inception_3b"): (28, 480),
        ("googlenet", "inception_4e"): (14, 832),
        ("googlenet", "inception_5b"): (7, 1024),
        ("bn_inception", "inception_3c"): (14, 576),
        ("bn_inception", "inception_4e"): (7, 1024),
        ("inception_v4", "stem_4"): (35, 384),
        ("inception_v4", "reduction_a"): (17, 1024),
        ("inception_v4", "reduction_b"): (8, 1536),
        ("resnet_18", "stage_4_block_2_relu"): (7, 512),
        ("small_inception", "stage_3_2"): (8, 336),
    }
    got = {
        (name, layer): tuple(built(name).get_layer(layer).output.shape[2:])
        for name, layer in want
    }
    assert got == want
