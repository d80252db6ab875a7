"""Adversarial losses against the formulas, in float64 and by hand."""

import keras
import numpy as np
import pytest
from keras import ops

from suite.losses import (
    AnnealedNoise,
    CycleLoss,
    LeastSquaresLoss,
    MinimaxLoss,
    NonSaturatingLoss,
    WassersteinLoss,
)
from tests.numeric import assert_close, gradient_of, to_numpy

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)
REAL, FAKE = RNG.normal(0, 2, (2, 3, 4, 4, 1)).astype("float32")


def log_sigmoid(x):
    return -np.log1p(np.exp(-x.astype(np.float64)))


ORACLES = {
    NonSaturatingLoss: (
        lambda r, f: -np.mean(log_sigmoid(r)) - np.mean(log_sigmoid(-f)),
        lambda f: -np.mean(log_sigmoid(f)),
    ),
    MinimaxLoss: (
        lambda r, f: -np.mean(log_sigmoid(r)) - np.mean(log_sigmoid(-f)),
        lambda f: np.mean(log_sigmoid(-f)),
    ),
    LeastSquaresLoss: (
        lambda r, f: 0.5 * (np.mean((r - 1.0) ** 2) + np.mean(f**2.0)),
        lambda f: np.mean((f - 1.0) ** 2),
    ),
    WassersteinLoss: (lambda r, f: f.mean() - r.mean(), lambda f: -f.mean()),
}


@pytest.mark.parametrize("kind", ORACLES, ids=lambda kind: kind.__name__)
def test_matches_the_formulas(kind):
    loss, (of_discriminator, of_generator) = kind(), ORACLES[kind]
    got = loss.discriminator(REAL, FAKE)["loss"]
    assert_close(got, of_discriminator(REAL, FAKE), atol=1e-5, name="discriminator")
    assert_close(loss.generator(FAKE)["loss"], of_generator(FAKE), atol=1e-5)
    assert loss.order == ("discriminator", "generator")


@pytest.mark.parametrize("kind", ORACLES, ids=lambda kind: kind.__name__)
@pytest.mark.erratum(
    "Articles",
    "min over G, max over D is the discriminator's own objective",
    "It maximizes, the generator minimizes: their slopes on generated samples differ "
    "in sign",
)
def test_each_network_is_drawn_its_own_way(kind):
    loss, two = kind(), np.stack([REAL, FAKE])
    value, slope = gradient_of(lambda x: loss.discriminator(x[0], x[1])["loss"], two)
    assert np.isfinite(value)
    if kind is not LeastSquaresLoss:  # which overshoots
        assert (slope[0] < 0).all() and (slope[1] > 0).all()
        _, slope = gradient_of(lambda x: loss.generator(x)["loss"], FAKE)
        assert (slope < 0).all()


def test_the_minimax_generator_fades_where_the_other_does_not():
    sure = np.full((1, 1), -12.0)  # the discriminator knows it for generated
    _, minimax = gradient_of(lambda x: MinimaxLoss().generator(x)["loss"], sure)
    _, other = gradient_of(lambda x: NonSaturatingLoss().generator(x)["loss"], sure)
    assert abs(minimax[0, 0]) < 1e-4 and other[0, 0] == pytest.approx(-1, abs=1e-3)


@pytest.mark.erratum(
    "Articles",
    "The LSGAN discriminator's second term is (1 - D(G(x)))²",
    "That is the generator's; the discriminator's is D(G(x))², so a perfect one costs "
    "0",
)
def test_least_squares_by_hand():
    loss = LeastSquaresLoss()
    real, fake = np.array([1.0, 3.0]), np.array([0.0, 2.0])
    assert float(loss.discriminator(real, fake)["loss"]) == pytest.approx(2)
    assert float(loss.generator(fake)["loss"]) == pytest.approx(1)
    # a perfect discriminator: the survey's misprint would not give 0
    assert float(loss.discriminator(np.ones(2), np.zeros(2))["loss"]) == 0


@pytest.mark.parametrize("kind", [NonSaturatingLoss, MinimaxLoss])
def test_large_logits_in_half_precision_stay_finite(kind):
    logits = ops.cast(np.array([-6e4, 6e4]), "float16")
    for value in (kind().generator(logits), kind().discriminator(logits, logits)):
        assert np.isfinite(float(value["loss"]))


def test_estimate_and_steps_of_the_critic():
    parts = WassersteinLoss().discriminator(REAL, FAKE)
    assert_close(parts["estimate"], REAL.mean() - FAKE.mean(), atol=1e-6)
    assert WassersteinLoss().critic_steps == 5 and NonSaturatingLoss().critic_steps == 1


def test_clipping():
    weight = keras.Variable(np.array([-3.0, 0.005, 0.2], "float32"))
    WassersteinLoss().clip([weight])
    assert_close(weight, [-0.01, 0.005, 0.01], atol=1e-9)


def test_penalty_of_a_linear_critic_by_hand():
    """The slope of w·x is w everywhere: (|w| - 1)², gradient 2 (|w| - 1) w / |w|."""
    real, fake = RNG.normal(size=(2, 3, 2)).astype("float32")
    mix = np.array([0.1, 0.5, 0.9], "float32")

    def loss_of(w):
        return WassersteinLoss().penalty(
            lambda x: ops.sum(x * w[0], axis=1), real, fake, mix
        )

    weight = np.array([[3.0, 4.0]])
    value, slope = gradient_of(loss_of, weight)
    assert value == pytest.approx(160, rel=1e-5)
    assert_close(slope, 80 * weight / 5, atol=1e-3)


def test_penalty_is_taken_between_the_samples():
    real, fake = RNG.normal(size=(2, 3, 4, 4, 2)).astype("float32")
    mix = np.array([0.0, 0.25, 1.0], "float32")
    got = WassersteinLoss(penalty_weight=1.0).penalty(
        lambda x: ops.sum(ops.square(x), axis=(1, 2, 3)), real, fake, mix
    )
    share = mix[:, None, None, None]
    slope = 2 * np.sqrt(((share * real + (1 - share) * fake) ** 2).sum((1, 2, 3)))
    assert_close(got, ((slope - 1) ** 2).mean(), rtol=1e-5)


def test_penalty_of_a_flat_critic_is_finite():
    still, mix = np.zeros((2, 3), "float32"), np.array([0.0, 1.0])
    value, slope = gradient_of(
        lambda w: WassersteinLoss().penalty(lambda x: x * w * 0, still, still, mix),
        np.ones((1, 1)),
    )
    assert value == pytest.approx(10, rel=1e-4) and np.isfinite(slope).all()


def pictures_of(same=None):
    shape = (2, 4, 4, 3)
    names = ("x", "y", "x_again", "y_again", "x_same", "y_same")
    made = {n: RNG.uniform(-1, 1, shape).astype("float32") for n in names}
    if same:
        made = {n: made[n[0]] for n in names}
    return {**made, "fake_x_logits": REAL, "fake_y_logits": FAKE}


@pytest.mark.erratum(
    "Articles",
    "The total loss of CycleGAN is a sum without weights",
    "The cycle terms are weighted by lambda, 10 as published, the identity terms by a "
    "share of it",
)
def test_cycle_matches_the_formula():
    p = pictures_of()
    got = CycleLoss(cycle=8.0, identity=0.25).generators(p)
    gap = {k: np.abs(p[k] - p[k[0]]).mean(dtype=np.float64) for k in p if k[1:2] == "_"}
    game = np.mean((REAL - 1.0) ** 2) + np.mean((FAKE - 1.0) ** 2)
    cycle, same = gap["x_again"] + gap["y_again"], gap["x_same"] + gap["y_same"]
    want = {"adversarial": game, "cycle": cycle, "identity": same}
    want["loss"] = game + 8 * (cycle + 0.25 * same)
    assert set(got) == set(want)
    for key, value in want.items():
        assert_close(got[key], value, rtol=1e-5, name=key)


def test_translators_that_change_nothing_cost_nothing():
    got = CycleLoss().generators(pictures_of(same=True))
    assert float(got["cycle"]) == float(got["identity"]) == 0


def test_without_identity_its_pictures_are_not_needed():
    pictures = pictures_of()
    del pictures["x_same"], pictures["y_same"]
    assert "identity" not in CycleLoss(identity=0.0).generators(pictures)


def test_discriminators_of_a_cycle():
    logits = {"x": REAL, "y": FAKE, "fake_x": FAKE, "fake_y": 2 * REAL}
    got = CycleLoss().discriminators(logits)
    of = ORACLES[LeastSquaresLoss][0]
    assert_close(got["x"], of(REAL, FAKE), atol=1e-5)
    assert_close(got["loss"], of(REAL, FAKE) + of(FAKE, 2 * REAL), atol=1e-4)
    assert "estimate" not in got
    distance = CycleLoss(WassersteinLoss()).discriminators(logits)["estimate"]
    want = 0.5 * ((REAL - FAKE).mean() + (FAKE - 2 * REAL).mean())
    assert_close(distance, want, atol=1e-5)


@pytest.mark.erratum(
    "Articles",
    "The discriminator is always optimized first",
    "In GAN and WGAN; CycleGAN as published updates its generators first",
)
def test_order_of_updates():
    assert CycleLoss().order == ("generator", "discriminator")
    assert CycleLoss(NonSaturatingLoss()).order == ("discriminator", "generator")
    wasserstein = CycleLoss(WassersteinLoss(critic_steps=3))
    assert wasserstein.order[0] == "discriminator" and wasserstein.critic_steps == 3
    given = ("discriminator", "generator")
    assert CycleLoss(order=given).order == given


def test_noise_fades():
    noise, black = AnnealedNoise(0.5, steps=100), np.zeros((64, 64, 4), "float32")
    for step, deviation in ((0, 0.5), (50, 0.25), (100, 0.0), (10**6, 0.0)):
        got = to_numpy(noise(ops.convert_to_tensor(black), step, seed=1))
        assert got.std() == pytest.approx(deviation, rel=0.03), step
        assert abs(got.mean()) < 0.02
    still = ops.convert_to_tensor(black)
    assert_close(AnnealedNoise(0.0)(still, 0, seed=1), black, atol=0)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="critic_steps=0"):
        WassersteinLoss(critic_steps=0)
    with pytest.raises(ValueError, match="start=-1"):
        AnnealedNoise(-1)
    with pytest.raises(ValueError, match="cycle=-1"):
        CycleLoss(cycle=-1)
    with pytest.raises(ValueError, match=r"order=\('generator', 'critic'\)"):
        CycleLoss(order=("generator", "critic"))
