"""The detector's loss against NumPy, and what it teaches on pages without text."""

import numpy as np
import pytest
from keras import ops

from suite.losses import DBLoss
from tests.numeric import assert_close, gradient_of, to_numpy

pytestmark = pytest.mark.backend
SHAPE = (2, 8, 12, 1)
RNG = np.random.default_rng(0)


def targets_of(shrunk, weight=None, threshold=None, inside=None):
    maps = {
        "shrunk": shrunk,
        "weight": np.ones(SHAPE) if weight is None else weight,
        "threshold": np.full(SHAPE, 0.3) if threshold is None else threshold,
        "threshold_mask": np.zeros(SHAPE) if inside is None else inside,
    }
    return {key: value.astype(np.float32) for key, value in maps.items()}


def random_targets():
    weight = RNG.choice([0.0, 1.0, 3.0, 8.0], SHAPE)
    inside = RNG.integers(0, 2, SHAPE)
    return targets_of(
        RNG.uniform(size=SHAPE), weight, RNG.uniform(0.3, 0.7, SHAPE), inside
    )


def empty_targets():
    return targets_of(np.zeros(SHAPE))


def outputs_of(logits):
    """Two maps in one array (batch, height, width, 2)."""
    return {"probability": logits[..., :1], "threshold": logits[..., 1:]}


def sigmoid(x):
    return 1 / (1 + np.exp(-np.clip(x, -700, 700)))


def oracle(targets, logits, weights=(5, 10, 1), smooth=100):
    y, w, t, m = (targets[key].astype(np.float64) for key in targets)
    p, q = sigmoid(logits[..., :1].astype(np.float64)), sigmoid(logits[..., 1:])
    entropy = -(y * np.log(p) + (1 - y) * np.log(1 - p))
    probability = (w * entropy).sum() / (w.sum() + 1)
    threshold = (m * np.abs(q - t)).sum() / (m.sum() + 1)
    binary = 1 / (1 + np.exp(-50 * (p - q)))
    seen = w > 0
    common = (binary * y * seen).sum()
    area = (binary * seen).sum() + (y * seen).sum()
    dice = 1 - (2 * common + smooth) / (area + smooth)
    parts = {"probability": probability, "threshold": threshold, "binary": dice}
    return {"loss": np.dot(weights, list(parts.values())), **parts}


@pytest.mark.parametrize("weights", [(5.0, 10.0, 1.0), (1.0, 0.5, 2.0)])
def test_matches_the_formulas(weights):
    targets = random_targets()
    logits = RNG.normal(0, 2, (*SHAPE[:3], 2)).astype(np.float32)
    smooth = 100.0 if weights[0] == 5 else 3.0
    got = DBLoss(*weights, smooth)(targets, outputs_of(logits))
    want = oracle(targets, logits, weights, smooth)
    assert set(got) == set(want)
    for key in want:
        assert_close(got[key], want[key], atol=1e-5, rtol=1e-5, name=key)


@pytest.mark.erratum(
    "Public code",
    "DB's loss takes three times as many negatives as positives",
    "Then a page without text costs nothing and teaches nothing; a number of "
    "negatives is kept",
)
def test_a_page_without_text_teaches():
    targets = empty_targets()
    logits = RNG.normal(0, 2, (*SHAPE[:3], 2)).astype(np.float32)
    loss, gradient = gradient_of(
        lambda x: DBLoss()(targets, outputs_of(x))["loss"], logits
    )
    assert np.isfinite(loss) and loss > 0.1
    assert np.isfinite(gradient).all()
    assert (gradient[..., 0] > 0).all()  # descent makes every pixel less probable
    lower, _ = gradient_of(
        lambda x: DBLoss()(targets, outputs_of(x))["loss"], logits - 3
    )
    assert lower < loss
    silent = np.stack([np.full(SHAPE[:3], -20.0), np.zeros(SHAPE[:3])], -1)
    parts = DBLoss()(targets, outputs_of(silent.astype(np.float32)))
    assert float(parts["loss"]) == pytest.approx(0, abs=1e-4)


def test_a_perfect_prediction_costs_nearly_nothing():
    shrunk = np.zeros(SHAPE)
    shrunk[:, 2:5, 3:9] = 1
    threshold = np.full(SHAPE, 0.3)
    threshold[:, 1:6, 2:10] = 0.7
    targets = targets_of(shrunk, None, threshold, np.ones(SHAPE))
    logits = np.concatenate(
        [np.where(shrunk > 0, 15.0, -15.0), np.log(threshold / (1 - threshold))], -1
    )
    parts = DBLoss()(targets, outputs_of(logits.astype(np.float32)))
    for key, value in parts.items():
        assert float(value) == pytest.approx(0, abs=1e-4), key
    worse = DBLoss()(targets, outputs_of(-logits.astype(np.float32)))
    assert all(float(worse[key]) > 10 * abs(float(parts[key])) + 0.1 for key in parts)


def test_ignored_pixels_never_count():
    targets = random_targets()
    ignored = targets["weight"] == 0
    targets["threshold_mask"][ignored] = 0
    logits = RNG.normal(0, 2, (*SHAPE[:3], 2)).astype(np.float32)
    loss, gradient = gradient_of(
        lambda x: DBLoss()(targets, outputs_of(x))["loss"], logits
    )
    assert not gradient[ignored[..., 0]].any()
    assert gradient[~ignored[..., 0]][:, 0].all()
    for key in ("shrunk", "threshold"):
        targets[key] = np.where(ignored, 0.9, targets[key]).astype(np.float32)
    same = DBLoss()(targets, outputs_of(np.where(ignored, 5, logits)))
    assert float(same["loss"]) == pytest.approx(loss, rel=1e-6)


def test_all_pixels_ignored():
    targets = random_targets()
    targets["weight"] *= 0
    targets["threshold_mask"] *= 0
    logits = RNG.normal(0, 2, (*SHAPE[:3], 2)).astype(np.float32)
    loss, gradient = gradient_of(
        lambda x: DBLoss()(targets, outputs_of(x))["loss"], logits
    )
    assert loss == 0 and not gradient.any()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.erratum(
    "Papers",
    "DB's map is 1 / (1 + exp(-50 (P - T)))",
    "Overflows in half precision as it stands; the sigmoid of 50 (P - T) does not",
)
def test_extreme_logits_stay_finite_at_any_precision(dtype):
    targets = random_targets()
    logits = RNG.choice([-3e4, -60.0, 0.0, 60.0, 3e4], (*SHAPE[:3], 2))

    def loss_of(x):
        return DBLoss()(targets, outputs_of(ops.cast(x, dtype)))["loss"]

    loss, gradient = gradient_of(loss_of, logits)
    assert np.isfinite(loss) and np.isfinite(gradient).all()


def test_half_precision_logits_are_computed_in_full():
    targets = random_targets()
    logits = RNG.normal(0, 2, (*SHAPE[:3], 2)).astype(np.float32)
    rounded = ops.cast(logits, "bfloat16")
    got = DBLoss()(targets, outputs_of(rounded))["loss"]
    want = oracle(targets, to_numpy(rounded))["loss"]
    assert float(got) == pytest.approx(want, rel=1e-5)
