"""Slips of public code that reads, crops and scales pictures, shown in NumPy."""

import csv

import numpy as np
import pytest
from scipy import ndimage, stats

from suite.layers import ImageNetPixels, InstanceNormalization
from tests.numeric import assert_close, to_numpy

RNG = np.random.default_rng(0)


@pytest.mark.erratum(
    "Public code",
    "TRIQ takes spatial information as `sobel(picture)` of height x width x 3",
    "Its axis is the last, the colours: a grey picture has none, whatever is on it; "
    "P.910 takes both slopes of the luma",
)
def test_spatial_information_is_of_the_luma():
    luma = RNG.uniform(0, 255, (8, 9))
    picture = np.repeat(luma[..., None], 3, axis=-1)
    assert np.std(ndimage.sobel(picture)) < 1e-9
    slopes = np.hypot(ndimage.sobel(luma, 0), ndimage.sobel(luma, 1))
    assert np.std(slopes) > 50
    assert np.std(ndimage.sobel(picture, 0)) > 50  # so it is the axis


@pytest.mark.erratum(
    "Public code",
    "IQT draws the corner of a crop by `randint(0, side - crop)`",
    "The upper end is left out: a picture of the crop's size fails, and the last row "
    "and column are never seen; side - crop + 1 is right",
)
def test_every_corner_of_a_crop():
    def corners(side, crop, more):
        return set(RNG.integers(0, side - crop + more, 200).tolist())

    with pytest.raises(ValueError, match="high"):
        corners(8, 8, 0)
    assert corners(8, 8, 1) == {0}
    assert corners(8, 5, 0) == {0, 1, 2} and corners(8, 5, 1) == {0, 1, 2, 3}


@pytest.mark.erratum(
    "Public code",
    "TRIQ's reader of LIVE takes the opinions' deviation for the score",
    "The mean is one column before it; of 929 photographs the two hardly go together "
    "(Spearman's r -0.09)",
)
def test_deviations_are_no_scores(shared_data):
    table = shared_data / "livec" / "scores.csv"
    if not table.is_file():
        pytest.skip("needs ../shared/data/livec")
    with table.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    mean, deviation = ([float(row[name]) for row in rows] for name in ("mos", "std"))
    assert len(rows) == 929
    r = stats.spearmanr(mean, deviation).statistic
    assert r == pytest.approx(-0.09, abs=0.005)


@pytest.mark.erratum(
    "Articles",
    "IQT scores a picture by a weighted sum of its crops' scores",
    "By their plain mean: crops are drawn at random, so that weights by place in the "
    "list would make the score depend on the order of drawing",
)
def test_the_score_of_a_picture_is_a_mean_of_crops():
    scores, weights = RNG.uniform(0, 1, 20), RNG.dirichlet(np.ones(20))
    orders = [RNG.permutation(scores) for _ in range(50)]
    assert np.ptp([order.mean() for order in orders]) < 1e-12
    assert np.ptp([order @ weights for order in orders]) > 0.05


@pytest.mark.erratum(
    "Public code",
    "Keras' CycleGAN flips and crops in front of `.cache()`",
    "Behind it: else each epoch sees the first one's flips and crops again",
)
def test_what_is_cached_is_drawn_once():
    tf = pytest.importorskip("tensorflow")
    numbers = tf.random.Generator.from_seed(0)  # goes on from epoch to epoch

    def epochs(cached_last):
        data = tf.data.Dataset.range(16)
        steps = [lambda d: d.map(drawn), lambda d: d.cache()]
        for step in steps if cached_last else steps[::-1]:
            data = step(data)
        return [list(data.as_numpy_iterator()) for _ in range(2)]

    def drawn(_):
        return numbers.uniform(())

    first, second = epochs(cached_last=True)
    assert first == second and len(set(first)) == 16
    first, second = epochs(cached_last=False)
    assert not set(first) & set(second)


@pytest.mark.backend
@pytest.mark.erratum(
    "Public code",
    "Keras' CycleGAN draws the scales of its normalizations from N(0, 0.02)",
    "They begin at one, where there are any: around zero a map leaves with a fiftieth "
    "of its size, and every other channel turned to its negative",
)
def test_scales_begin_at_one():
    x = RNG.normal(size=(1, 6, 5, 64)).astype("float32")
    layer, plain = InstanceNormalization(affine=True), InstanceNormalization()
    want = to_numpy(plain(x))
    assert_close(layer(x), want, atol=1e-6)
    layer.scale.assign(RNG.normal(0, 0.02, 64))
    got = to_numpy(layer(x))
    assert got.std() == pytest.approx(want.std() / 50, rel=0.3)
    turned = ((got * want).sum((0, 1, 2)) < 0).mean()
    assert 0.3 < turned < 0.7


@pytest.mark.backend
@pytest.mark.erratum(
    "Public code",
    "DB takes 122.68, 116.67, 104.01 from blue, green and red",
    "These are the means of red, green and blue: the mean picture leaves with 0.07 of "
    "blue too little and 0.07 of red too much",
)
def test_means_in_the_order_of_the_colours():
    means = np.array([122.68, 116.67, 104.01], "float32")  # as DB's code has them
    picture = means[None, None, None]
    right = to_numpy(ImageNetPixels()(picture))[0, 0, 0] / 255  # blue, green, red
    assert np.abs(right).max() < 0.005
    blue, green, red = (picture[0, 0, 0, ::-1] - means) / 255
    assert (blue, green, red) == pytest.approx((-0.073, 0, 0.073), abs=1e-3)
