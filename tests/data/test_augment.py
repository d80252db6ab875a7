"""Augmentation: what reading sees when not training, and bounded changes when so."""

import dataclasses

import numpy as np
import pytest

from suite.data.augment import AugmentConfig, augment_line, jittered
from suite.data.shards import LineRecord
from suite.imaging.geometry import box_quad, quad_size, rectify

STILL = AugmentConfig(**{f.name: 0.0 for f in dataclasses.fields(AugmentConfig)})


def record(width=200, height=24, margin=10):
    rng = np.random.default_rng(width)
    image = np.full((height + 2 * margin, width + 2 * margin), 230, np.uint8)
    for x in range(margin + 3, margin + width - 5, 9):
        image[margin + 2 : margin + height - 2, x : x + rng.integers(2, 6)] = 20
    quad = box_quad(margin, margin, margin + width, margin + height)
    return LineRecord(image, quad, "text", True, "")


def test_without_training_a_line_is_what_reading_cuts_out():
    line = record()
    expected = rectify(line.image, line.quad, 32)
    rng = np.random.default_rng(0)
    assert np.array_equal(augment_line(line, rng, training=False), expected)
    assert np.array_equal(augment_line(line, None), expected)
    assert rng.random() == np.random.default_rng(0).random()  # nothing was drawn


def test_all_strengths_at_nought_change_nothing():
    line = record()
    expected = rectify(line.image, line.quad, 32)
    result = augment_line(line, np.random.default_rng(0), config=STILL)
    assert np.array_equal(result, expected)


@pytest.mark.parametrize("width", [8, 60, 900])
def test_shape_type_and_determinism(width):
    line = record(width)
    plain = augment_line(line, None).shape[1]
    widths = []
    for seed in range(60):
        result = augment_line(line, np.random.default_rng(seed))
        again = augment_line(line, np.random.default_rng(seed))
        assert np.array_equal(result, again)
        assert result.dtype == np.uint8
        assert result.shape[0] == 32
        widths.append(result.shape[1])
    assert 0.85 < np.median(widths) / plain < 1.15
    assert 0.04 < np.std(np.log(widths)) < 0.3


def test_sides_move_by_the_jitter_and_no_further_than_the_caps():
    quad = box_quad(100, 50, 400, 80)
    config = dataclasses.replace(STILL, jitter=0.05, inwards=0.12, outwards=0.25)
    rng = np.random.default_rng(0)
    moved = np.array([jittered(rng, quad, config) for _ in range(2000)])
    out = np.stack([50 - moved[:, 0, 1], moved[:, 2, 1] - 80,
                    100 - moved[:, 0, 0], moved[:, 1, 0] - 400], 1) / 30  # fmt: skip
    np.testing.assert_allclose(out.std(0), 0.05, rtol=0.1)
    np.testing.assert_allclose(out.mean(0), 0, atol=0.005)
    wild = dataclasses.replace(config, jitter=1.0)
    moved = np.array([jittered(rng, quad, wild) for _ in range(500)])
    out = np.stack([50 - moved[:, 0, 1], moved[:, 2, 1] - 80], 1) / 30
    assert out.min() == pytest.approx(-0.12)
    assert out.max() == pytest.approx(0.25)


def test_rotation_is_small_at_the_ends_of_long_lines():
    config = dataclasses.replace(STILL, degrees=0.6)
    rng = np.random.default_rng(0)
    for width in (100, 1500):
        quad = box_quad(0, 0, width, 30)
        rises = [
            (lambda q: (q[1, 1] - q[0, 1]) / 30)(jittered(rng, quad, config))
            for _ in range(500)
        ]
        assert np.abs(rises).max() < 0.25
        expected = min(np.radians(0.6) * width / 30, 0.24)
        assert 0.4 * expected < np.std(rises) <= 1.1 * expected


def test_a_turned_quad_is_jittered_along_its_own_sides():
    turn = np.radians(30)
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    flat = box_quad(0, 0, 200, 30)
    config = AugmentConfig()
    a = jittered(np.random.default_rng(3), flat, config)
    b = jittered(np.random.default_rng(3), (flat @ spin).astype(np.float32), config)
    np.testing.assert_allclose(a @ spin, b, atol=1e-3)
    assert quad_size(a) != pytest.approx(quad_size(flat), rel=1e-3)


@pytest.mark.parametrize(
    ("share", "changes"),
    [("invert", "inverted"), ("thicker", "darker"), ("thinner", "lighter")],
)
def test_each_share_does_what_it_is_called(share, changes):
    line = record()
    plain = augment_line(line, None).astype(int)
    config = dataclasses.replace(STILL, **{share: 1.0})
    for seed in range(10):
        rng = np.random.default_rng(seed)
        result = augment_line(line, rng, config=config).astype(int)
        if changes == "inverted":
            assert np.array_equal(result, 255 - plain)
        elif changes == "darker":
            assert result.mean() < plain.mean() - 0.5
        else:
            assert result.mean() > plain.mean() + 0.5


@pytest.mark.parametrize("share", ["blur", "coarse", "gamma", "noise"])
def test_other_shares_change_the_line_and_keep_it_readable(share):
    line = record()
    plain = augment_line(line, None).astype(float)
    config = dataclasses.replace(STILL, **{share: 1.0})
    for seed in range(20):
        rng = np.random.default_rng(seed)
        result = augment_line(line, rng, config=config).astype(float)
        assert not np.array_equal(result, plain)
        assert np.corrcoef(result.ravel(), plain.ravel())[0, 1] > 0.75


@pytest.mark.parametrize("ink", ["dark", "light"])
def test_faint_rows_lose_ink_and_the_others_keep_theirs(ink):
    line = record()
    if ink == "light":
        line = dataclasses.replace(line, image=255 - line.image)
    plain = augment_line(line, None).astype(float)
    config = dataclasses.replace(STILL, faint_rows=1.0)
    rows = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        result = augment_line(line, rng, config=config).astype(float)
        contrast = result.std(axis=1) / np.maximum(plain.std(axis=1), 1e-6)
        assert contrast.max() < 1.01
        weak = contrast < 0.6
        assert np.abs(result - plain)[~weak].max() <= 1
        rows.append(int((weak & (plain.std(axis=1) > 20)).sum()))
    assert max(rows) <= 6
    assert np.mean(rows) > 1
