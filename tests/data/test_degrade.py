"""Degradations: same shape, same result for the same generator, text survives."""

import inspect

import numpy as np
import pytest

from suite.data import degrade

PAPER, BLACK = 235, 30


def picture():
    """Bars of ink on paper, 40 x 120: seven strokes of five pixels."""
    image = np.full((40, 120), PAPER, np.uint8)
    for x in range(10, 110, 15):
        image[8:32, x : x + 5] = BLACK
    return image


def strokes():
    """The same bars as ink: 255 where it is black, 0 else."""
    return np.where(picture() == BLACK, np.uint8(255), np.uint8(0))


ON_PICTURES = ["shadow", "scan", "blurred", "photocopied", "noisy", "compressed"]
ON_INK = ["print_faults", "spread", "thinned", "speckled", "streaked", "faded"]


def call(name, image, seed):
    function = getattr(degrade, name)
    height = {"text_height": 24.0} if "text_height" in inspect.signature(
        function).parameters else {}  # fmt: skip
    return function(np.random.default_rng(seed), image, **height)


@pytest.mark.parametrize("name", ON_PICTURES + ON_INK)
def test_shape_type_and_determinism(name):
    image = picture() if name in ON_PICTURES else strokes()
    before = image.copy()
    for seed in range(12):
        result = call(name, image, seed)
        assert result.shape == image.shape
        assert result.dtype == np.uint8
        assert np.array_equal(result, call(name, image, seed))
    assert np.array_equal(image, before)
    assert any(not np.array_equal(call(name, image, s), image) for s in range(12))


@pytest.mark.parametrize("name", ON_PICTURES)
def test_strokes_stay_darker_than_paper(name):
    image = picture()
    for seed in range(40):
        result = call(name, image, seed).astype(float)
        assert result[image == PAPER].mean() - result[image == BLACK].mean() > 50, seed


@pytest.mark.parametrize("name", ["spread", "thinned", "speckled", "streaked", "faded"])
def test_print_keeps_some_ink_in_place(name):
    ink = strokes()
    for seed in range(40):
        result = call(name, ink, seed).astype(float)
        assert result[ink == 255].mean() > 40, seed
        assert result[(ink == 0)].mean() < 40, seed


def test_spread_thickens_and_thinned_thins():
    ink = strokes()
    for seed in range(20):
        assert call("spread", ink, seed).sum() > ink.sum()
        assert call("thinned", ink, seed).sum() < ink.sum()


def test_paper_is_light_and_of_many_kinds():
    sheets = [degrade.paper(np.random.default_rng(s), (30, 50)) for s in range(80)]
    assert all(s.shape == (30, 50) and s.dtype == np.float32 for s in sheets)
    assert min(float(s.mean()) for s in sheets) > 90
    assert sum(float(s.std()) == 0 for s in sheets) > 20
    assert sum(float(s.std()) > 3 for s in sheets) > 20
    assert sum(float(s.min()) == 255 for s in sheets) > 15


def test_a_copier_leaves_faint_print_alone_and_blackens_no_corner():
    faint = np.full((40, 120), 200, np.uint8)
    faint[10:30:4] = 180
    assert np.array_equal(call("photocopied", faint, 0), faint)
    dim = (picture() * np.linspace(1, 0.5, 120)).astype(np.uint8)
    for seed in range(20):
        copied = call("photocopied", dim, seed)
        assert copied[:, 112:].mean() > 150  # paper at the dark end


def test_cloud_has_features_of_the_given_size():
    for scale in (2.0, 12.0):
        noise = degrade.cloud(np.random.default_rng(0), (120, 120), scale)
        assert 0 <= noise.min() <= noise.max() <= 1
        near = np.corrcoef(noise[:, :-1].ravel(), noise[:, 1:].ravel())[0, 1]
        assert near > (0.5 if scale == 2 else 0.95)
