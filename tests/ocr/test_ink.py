"""Ink masks and reduced pictures."""

import numpy as np
import pytest

from suite.ocr.ink import ink_mask, reduced
from tests.ocr.pages import text_page


def test_reduced_keeps_small_pictures_and_bounds_large_ones():
    page = text_page((400, 300), 20, 3)
    same, scale = reduced(page, 120_000)
    assert same is page and scale == 1.0
    small, scale = reduced(page, 30_000)
    assert small.shape == (150, 200)
    assert scale == pytest.approx(0.5)
    assert reduced(np.zeros((1, 9000), np.uint8), 100)[0].shape[0] == 1


@pytest.mark.parametrize(("paper", "ink"), [(245, 20), (20, 245), (200, 170)])
def test_mask_is_where_the_pen_was(paper, ink):
    page = text_page((700, 400), 28, 6, paper=paper, ink=ink)
    drawn = np.abs(page.astype(int) - paper) > abs(ink - paper) / 2
    mask = ink_mask(page)
    assert set(np.unique(mask)) == {0, 1}
    assert (mask[drawn] == 1).mean() > 0.95
    far = np.abs(page.astype(int) - paper) == 0
    assert mask[far].mean() < 0.06  # the rim of letters, by the smoothing


def test_shade_is_not_ink():
    page = np.tile(np.linspace(40, 250, 900).astype(np.uint8), (500, 1))
    assert ink_mask(page).sum() == 0
