"""Shares of the sets that a training draws from."""

import pytest

from suite.recipes.mixture import mixture


@pytest.mark.parametrize(
    ("sizes", "share", "rendered", "want"),
    [
        ([300, 100, 5000], 0.5, 5000, [0.375, 0.125, 0.5]),
        ([400, 5000], 0.35, 5000, [0.65, 0.35]),
        ([300, 100], 0.5, 0, [0.75, 0.25]),
        ([400], 0.35, 0, [1.0]),
        ([5000], 0.35, 5000, [1.0]),  # rendered alone: its share is all
        ([10, 20, 30], 0.0, 30, [1 / 3, 2 / 3, 0.0]),
        ([10, 30], 1.0, 30, [0.0, 1.0]),
    ],
)
def test_shares(sizes, share, rendered, want):
    got = mixture(sizes, share, rendered)
    assert got == pytest.approx(want)
    assert sum(got) == pytest.approx(1)
