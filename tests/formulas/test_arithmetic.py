"""Slips that arithmetic shows, without keras."""

import numpy as np
import pytest
from scipy import stats

from suite.layers.group_plan import block_wise_scaling
from tests.oracles import delight_count


@pytest.mark.erratum(
    "Articles",
    "DeLighT is 3.7 times as deep as the Transformer",
    "A block is N + 4 deep: 77 layers a stack, 154 in both, 3.2 times the 48 of "
    "Transformer-base",
)
def test_depth_of_delight():
    stack = sum(depth + 4 for depth, _ in block_wise_scaling(4, 8, 8, 2.0))
    assert stack == 77
    assert 2 * stack / (12 * 4) == pytest.approx(3.2, abs=0.01)


@pytest.mark.erratum(
    "Papers",
    "DeFINE's unit has 0.41, 1.83, 3.89 M parameters for 3, 7, 11 layers",
    "The rule of the released code gives none of them, for no number of groups, width "
    "of the first map or depth that comes near",
)
@pytest.mark.parametrize(
    ("features", "depth", "printed"),
    [(256, 3, 0.41), (384, 7, 1.83), (512, 11, 3.89)],  # arXiv:1911.12385, table 1a
)
def test_printed_sizes_of_define(features, depth, printed):
    found = {
        delight_count.unit(
            features,
            projection,
            features,
            1024 / features,
            layers,
            2**groups,
            delight_count.define_layers,
        )
        for groups in range(7)
        for projection in (features, features // 2)
        for layers in (depth - 2, depth - 1, depth)
    }
    assert len(found) > 10
    assert printed not in {round(count / 1e6, 2) for count in found}


@pytest.mark.erratum(
    "Articles",
    "DeFINE of 11 layers has a perplexity about 6 lower than of 3",
    "The paper's table says 5.23 in testing and 5.05 in validation",
)
def test_what_depth_gives_define():
    shallow, deep = np.array([[39.99, 41.17], [34.94, 35.94]])  # table 1a
    assert shallow - deep == pytest.approx((5.05, 5.23))


@pytest.mark.erratum(
    "Articles",
    "TRIQ's error in testing is an MSE",
    "An RMSE, as tabulated: so read, four of five rows give opinions the same spread",
)
def test_the_error_of_triq_is_a_root():
    """What r leaves unexplained is sqrt(1 - r^2) of the spread, the same for all."""
    # CaHDC, ViT-IQA, R50-ViT-IQA and TRIQ of arXiv:2101.01097, table I. Koncept512's
    # 0.719 and 0.601 are left out: they give 0.86, as a bias adds to the error
    correlations = np.array([0.625, 0.775, 0.858, 0.884])
    printed = np.array([0.473, 0.388, 0.304, 0.280])
    left = np.sqrt(1 - correlations**2)
    assert np.ptp(printed / left) < 0.025  # around 0.6 of four levels
    assert np.ptp(np.sqrt(printed) / left) > 0.2


@pytest.mark.erratum(
    "Articles",
    "SROCC is 1 - 6 sum d² / (N (N² - 1))",
    "Without ties alone; in general it is the correlation of average ranks",
)
def test_rank_correlation_with_ties():
    truth = np.array([1.0, 2.0, 2.0, 2.0, 5.0])
    for scores, tied in ((-np.arange(5.0), True), (np.array([3, 1, 1, 2, 9.0]), True)):
        want = stats.spearmanr(truth, scores).statistic
        assert (short(truth, scores) != pytest.approx(want, abs=1e-3)) == tied
    assert short(np.arange(5), -np.arange(5.0)) == pytest.approx(-1)


def short(one, two):
    gap = stats.rankdata(one) - stats.rankdata(two)
    return 1 - 6 * (gap**2).sum() / (len(gap) * (len(gap) ** 2 - 1))


@pytest.mark.erratum(
    "Public code",
    "Boxes of DB grow back by 1.5 · area / perimeter",
    "Of text lines that gives back half the height, 191.6 x 11.6 of 200 x 20; the "
    "exact inverse of the shrink depends on the shape",
)
def test_growing_by_half_does_not_undo_the_shrink():
    r, width, height = 0.4, 200.0, 20.0
    inwards = width * height * (1 - r**2) / (2 * (width + height))
    a, b = width - 2 * inwards, height - 2 * inwards
    outwards = 1.5 * a * b / (2 * (a + b))
    got = (a + 2 * outwards, b + 2 * outwards)
    assert got == pytest.approx((191.6, 11.6), abs=0.05)
    k, total, area = 1 - r**2, a + b, a * b
    exact = (
        np.sqrt(((1 - k) * total) ** 2 + (8 - 4 * k) * k * area) - (1 - k) * total
    ) / (8 - 4 * k)
    assert a + 2 * exact == pytest.approx(width)
    assert b + 2 * exact == pytest.approx(height)
