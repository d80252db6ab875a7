"""Parameters of language models and translators against the published counts.

Shapes alone are counted, which no backend changes: no marker.
"""

from functools import partial

import pytest

from suite.models import parameters


@pytest.mark.parametrize(
    ("units", "constant"),
    [
        (128, 2_496_224),
        (256, 8_190_376),
        (384, 17_647_864),
        (512, 31_165_580),
        (640, 48_438_028),
    ],
)
def test_delight_counts_as_published(units, constant):
    assert parameters(f"delight_translator_{units}") == constant + 128 * 43_736
    millions = {128: 8.09, 256: 13.79, 384: 23.25, 512: 36.76, 640: 54.04}
    assert round((constant + 128 * 43_736) / 1e6, 2) == millions[units]
    # En-Fr and En-Ro, tables of 44,520 and 34,968 words
    french = {128: 8.19, 256: 13.89, 384: 23.35, 512: 36.86, 640: 54.14}
    assert round((constant + 128 * 44_520) / 1e6, 2) == french[units]
    romanian = {128: 6.97, 256: 12.67, 384: 22.12, 640: 52.91}
    if units in romanian:
        assert round((constant + 128 * 34_968) / 1e6, 2) == romanian[units]


@pytest.mark.parametrize(
    ("sizes", "want"),
    [
        # a joint table of 9,712 tokens
        ({"units": 64, "table_units": 64}, 1_568_576),
        ({"units": 96, "table_units": 64}, 2_015_976),
        ({"shallowest": 3, "deepest": 6, "width": 1.0}, 2_485_496),
        ({"shallowest": 3, "deepest": 6}, 2_816_248),
        ({"table_units": 64}, 3_063_776),
        ({}, 3_739_360),
    ],
)
def test_delight_counts_of_small_settings(sizes, want):
    assert parameters("delight_translator_128", vocabulary=9712, **sizes) == want


@pytest.mark.erratum(
    "Papers",
    "DeLighT of 30 M parameters for IWSLT'14",
    "No width gives them: 28.19 M at 480 and 31.84 M at 512 with one table, 28.87 M "
    "and 32.52 M with two",
)
def test_delight_counts_with_two_tables():
    """The setting of IWSLT'14, which gives 14.02 M where the paper says 14 M."""
    sizes = {"shallowest": 3, "deepest": 9, "width": 1.0}
    tables = {"vocabulary": 8848, "target_vocabulary": 6632}
    count = partial(parameters, "delight_translator_128", **sizes)
    second = 128 * (8848 + 6632 - 10_152)
    joint = {units: count(vocabulary=10_152, units=units) for units in (320, 480, 512)}
    assert count(**tables, units=320) == joint[320] + second
    found = {
        units: [round(total / 1e6, 2) for total in (one, one + second)]
        for units, one in joint.items()
    }
    assert found == {320: [13.34, 14.02], 480: [28.19, 28.87], 512: [31.84, 32.52]}


@pytest.mark.erratum(
    "Public code",
    "Uniform scaling of DeLighT's encoder fails: the release asks for an option that "
    "it has not",
    "Equal depths at both ends give blocks of one size",
)
def test_uniform_scaling():
    sizes = {"vocabulary": 8, "shallowest": 4, "deepest": 4}
    eight, nine = (
        parameters("delight_translator_128", blocks=blocks, **sizes)
        for blocks in (8, 9)
    )
    # the first block of the encoder and of the decoder, counted by hand
    assert nine - eight == 88_416 + 121_760


def test_transformer_counts_as_published():
    assert parameters("transformer_translator_tiny") == 2_568_192
    base = parameters("transformer_translator_base", vocabulary=1000)
    assert base - 512 * 1000 == 44_138_496


def test_define_saves_parameters():
    """n 128, k 1024, m 512: table, unit and map instead of a table of full width."""
    standard = parameters("transformer_translator_base", vocabulary=43_736)
    define = parameters("transformer_translator_base_define")
    assert standard - define == 43_736 * (512 - 128) - 1_587_904 - 512 * 128
    assert [round(n / 1e6, 1) for n in (standard, define)] == [66.5, 51.4]
    assert round(1 - define / standard, 2) == 0.23


@pytest.mark.parametrize(
    ("units", "want"),
    [
        (128, 14_346_164),
        (256, 18_794_540),
        (384, 24_997_032),
        (512, 35_101_170),
        (1024, 99_247_668),
    ],
)
def test_delight_language_model_counts_as_published(units, want):
    assert parameters(f"delight_language_model_{units}") == want


def test_lstm_counts_as_published():
    """PyTorch's LSTM has a second bias of the same effect: 4 more for each unit."""
    second = 4 * (1150 + 1150 + 400)
    standard = parameters("lstm_language_model")
    assert standard + second == 24_221_600
    narrow = {"lstm_units": (1150, 1150, 128), "table_units": 128}
    projected = parameters("lstm_language_model", embedding="projected", **narrow)
    second = 4 * (1150 + 1150 + 128)
    assert projected - 128 * 400 + second == 19_673_760
    define = parameters(
        "lstm_language_model",
        embedding="define",
        define_depth=7,
        define_groups=8,
        **narrow,
    )
    assert define - 2_177_588 + 10_000 == projected - 128 * 400


def test_transformer_xl_counts_as_published():
    """All published layers share 820 numbers, u and v of ten heads."""
    name, published = "transformer_xl_language_model", 151_107_538
    assert parameters(name) == published
    assert parameters(name, shared_biases=False) == published + 15 * 820
    assert round(parameters(f"{name}_define") / 1e6, 1) == 78.8
