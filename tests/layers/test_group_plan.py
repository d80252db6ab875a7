"""The shape rules against the published counts, layer by layer."""

import pytest

from suite.layers import block_wise_scaling, group_plan, most_groups
from suite.layers.group_plan import chosen_groups
from tests.oracles import delight_count

WIDTHS = [128, 256, 384, 512, 640, 1024]


def chained(plan, projection):
    """(seen, units, groups) of each layer, x of `projection` features seen by all."""
    rows, seen = [], projection
    for units, groups in plan:
        rows.append((seen, units, groups))
        seen = units + projection
    return rows


@pytest.mark.parametrize(
    ("width", "rows"),
    [
        (2.0, [(64, 64, 2), (128, 256, 4), (320, 256, 4), (320, 64, 2)]),
        (2.143, [(64, 64, 2), (128, 280, 4), (344, 280, 4), (344, 64, 2)]),
        (
            2.286,
            [(64, 64, 2), (128, 184, 4), (248, 296, 4), (360, 184, 4), (248, 64, 2)],
        ),
    ],
)
@pytest.mark.erratum(
    "Articles",
    "The first layer of a DeLighT transform has one group",
    "Two in the released code, whose linear maps in front and behind are the layers "
    "of one group: that gives the published sizes",
)
@pytest.mark.erratum(
    "Articles",
    "The widths of a DeLighT transform grow evenly from that of the model",
    "From half of it in the released code: its first linear map halves, and the first "
    "layer with groups keeps that",
)
def test_delight_as_published(width, rows):
    plan = group_plan(128, 64, 64, 128 * width, len(rows), 4)
    assert chained(plan, 64) == rows


@pytest.mark.parametrize("units", WIDTHS)
def test_delight_is_the_published_rule_at_every_block(units):
    groups, half = most_groups(units), units // 2
    assert groups == delight_count.max_groups(units)
    for deepest, blocks in ((8, 8), (12, 12)):
        for depth, width in block_wise_scaling(4, deepest, blocks, 2.0):
            got = group_plan(units, half, half, units * width, depth, groups)
            want = delight_count.delight_layers(units, half, half, width, depth, groups)
            assert chained(got, half) == want


@pytest.mark.parametrize(
    ("sizes", "rows"),
    [
        ((128, 256, 512, 8, 3, 4), [(256, 640, 4), (896, 1024, 2), (1280, 512, 1)]),
        (
            (128, 64, 128, 2, 4, 4),
            [(64, 128, 1), (192, 192, 4), (256, 256, 2), (320, 128, 1)],
        ),
        ((64, 128, 256, 16, 3, 8), [(128, 576, 4), (704, 1024, 2), (1152, 256, 1)]),
        (
            (128, 200, 400, 8, 7, 8),
            [
                (200, 344, 4),
                (544, 480, 2),
                (680, 616, 1),
                (816, 752, 8),
                (952, 888, 4),
                (1088, 1024, 2),
                (1224, 400, 1),
            ],
        ),
    ],
)
def test_define_as_released(sizes, rows):
    features, projection, units, width, depth, groups = sizes
    plan = group_plan(
        features, projection, units, features * width, depth, groups, "define"
    )
    assert chained(plan, projection) == rows


def test_paper_variants_by_hand():
    delight = group_plan(128, 64, 64, 256, 4, 4, variant="paper")
    assert delight == [(128, 1), (256, 2), (160, 2), (64, 1)]
    define = group_plan(128, 64, 64, 1024, 4, 4, "define", "paper")
    assert define == [(352, 4), (576, 2), (800, 1), (1024, 1)]


def test_ablations_by_hand():
    assert group_plan(64, 32, 32, 128, 3, 4, transform="linear") == [
        (32, 1),
        (128, 1),
        (32, 1),
    ]
    assert {g for _, g in group_plan(64, 32, 32, 128, 5, 8, transform="group")} == {8}


def test_scaling_as_published():
    depths, widths = zip(*block_wise_scaling(4, 8, 8, 2.0), strict=True)
    assert depths == (4, 4, 5, 5, 6, 6, 7, 8)
    assert widths == (2.0, 2.143, 2.286, 2.429, 2.571, 2.714, 2.857, 3.0)
    depths, widths = zip(*block_wise_scaling(3, 9, 9, 1.0), strict=True)
    assert depths == (3, 3, 4, 5, 6, 6, 7, 8, 9)
    assert widths == (1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75, 3.0)
    depths, widths = zip(*block_wise_scaling(4, 12, 12, 2.0), strict=True)
    assert depths == (4, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11, 12)
    assert (widths[1], widths[-1]) == (2.182, 4.0)
    assert block_wise_scaling(5, 5, 2, 1.5) == [(5, 1.5), (5, 1.5)]


def test_a_whole_width_survives_rounding():
    plan = group_plan(384, 192, 384, 384 * (1024 / 384), 3, 1, "define")
    assert plan[1].units == 1024


@pytest.mark.parametrize("deepest", [4, 8, 9, 12])
def test_widths_that_the_groups_divide(deepest):
    """544 features fail in the mixing of nine layers; the published widths never."""
    for units in (32, 64, 96, 128, 256, 320, 384, 512, 640, 1024):
        assert chosen_groups(units, None, deepest) == most_groups(units)
    if deepest < 9:
        return
    message = f"units=544, {deepest} layers in the deepest block. Nearest: 512, 576"
    with pytest.raises(ValueError, match=message):
        chosen_groups(544, None, deepest)


def test_bad_sizes_are_named():
    with pytest.raises(ValueError, match="shallowest=8, deepest=4"):
        block_wise_scaling(8, 4, 4, 2.0)
    with pytest.raises(ValueError, match=r"100\. Nearest: 96, 128"):
        most_groups(100)
    with pytest.raises(ValueError, match=r"max_groups=0. Nearest: 1"):
        chosen_groups(64, 0, 4)
    with pytest.raises(ValueError, match=r"units=60, 4 layers.* Nearest: 56, 64"):
        chosen_groups(60, 4, 4)
    with pytest.raises(ValueError, match=r"hierarchy.*'flat'"):
        group_plan(64, 32, 32, 128, 3, 4, "flat")
    with pytest.raises(ValueError, match="depth=0"):
        group_plan(64, 32, 32, 128, 0, 4)
