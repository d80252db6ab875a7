"""Slips of articles, public code and frameworks that no other test shows."""

import keras
import numpy as np
import pytest
from keras import ops

from suite.gradients import gradient
from suite.layers import GroupLinear, QualityToken
from suite.losses import CycleLoss, ctc_loss
from suite.training import FitConfig
from suite.training.schedules import scheduled_rate
from tests.numeric import assert_close, to_numpy

pytestmark = pytest.mark.backend
RNG = np.random.default_rng(0)


@pytest.mark.erratum(
    "Articles",
    "TRIQ goes without the sinusoidal positions of ViT",
    "ViT's positions are learned, and so are TRIQ's",
)
def test_positions_are_learned():
    layer = QualityToken(5)
    layer.build((None, 2, 2, 3))
    assert any(weight is layer.table for weight in layer.trainable_weights)
    weight = RNG.normal(size=(1, 5, 3)).astype("float32")
    x = np.zeros((1, 2, 2, 3), "float32")

    def loss(table):
        with keras.StatelessScope(state_mapping=[(layer.table, table)]):
            return ops.sum(layer(x) * ops.convert_to_tensor(weight))

    assert_close(gradient(loss, [layer.table.value])[0], weight)


@pytest.mark.erratum(
    "Papers",
    "AlexNet reads pictures of 224 pixels",
    "227: only then does its first map have the printed 55 cells",
)
def test_alexnet_reads_227_pixels():
    first = keras.layers.Conv2D(96, 11, 4)
    cells = {s: first.compute_output_shape((1, s, s, 3))[1] for s in (224, 227)}
    assert cells == {224: 54, 227: 55} and (224 - 11) % 4 != 0


@pytest.mark.erratum(
    "Articles",
    "TRIQ is trained with a cosine weight decay",
    "The learning rate decays by a cosine; without a gradient the weights stay",
)
def test_a_cosine_schedule_is_no_weight_decay():
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 10)
    for optimizer, stays in (
        (keras.optimizers.Adam(schedule), True),
        (keras.optimizers.AdamW(schedule, weight_decay=0.1), False),
    ):
        weight = keras.Variable(np.ones(2, "float32"))
        optimizer.build([weight])
        for _ in range(3):
            optimizer.apply([ops.zeros(2)], [weight])
        assert (to_numpy(weight) == 1).all() == stays


@pytest.mark.erratum(
    "Public code",
    "IQT's rate falls by a cosine of 50 steps, stepped once a batch",
    "Over the whole run: the other one is back at its peak after 100 batches",
)
def test_the_cosine_spans_the_run():
    config = FitConfig(steps=400, warmup=0.0, learning_rate=2e-4)
    rates = [scheduled_rate(config, step) for step in range(400)]
    assert (np.diff(rates) < 0).all() and rates[0] == 2e-4
    swinging = 1e-4 * (1 + np.cos(np.pi * np.arange(400) / 50))
    assert swinging[100] == swinging[0] and swinging[50] < 1e-12


@pytest.mark.erratum(
    "Public code",
    "Each generator of CycleGAN learns from one of the two cycles",
    "From both: G through F(G(x)) and through G(F(y)); the other way half of its "
    "gradient is missing",
)
def test_a_generator_learns_from_both_cycles():
    x, y = (RNG.uniform(0.1, 1, (2, 4, 4, 1)).astype("float32") for _ in "xy")
    pixels = {"x": ops.convert_to_tensor(x), "y": ops.convert_to_tensor(y)}
    still = {f"fake_{side}_logits": ops.ones(1) for side in "xy"}

    def loss(g, f):  # G(x) = g x, F(y) = f y; both shrink
        again = {"x_again": f * g * pixels["x"], "y_again": g * f * pixels["y"]}
        return CycleLoss(identity=0.0).generators({**pixels, **again, **still})["loss"]

    of_g, of_f = gradient(loss, [np.float32(0.5), np.float32(0.8)])
    # lambda · d/dg of mean |f g x - x| is -lambda f mean(x); of y alike
    assert_close(of_g, -10 * 0.8 * (x.mean() + y.mean()), rtol=1e-5, atol=0)
    assert_close(of_f, -10 * 0.5 * (x.mean() + y.mean()), rtol=1e-5, atol=0)


@pytest.mark.erratum(
    "Public code",
    "Layer normalization with an epsilon of 1e-12",
    "0 in float16, so that a token without variance divides by zero; 1e-6 is not",
)
def test_epsilon_survives_half_precision():
    token = ops.zeros((1, 8), "float16")

    def normalized(epsilon):
        variance = ops.mean(ops.square(token), axis=-1, keepdims=True)
        return to_numpy(token / ops.sqrt(variance + ops.cast(epsilon, "float16")))

    assert np.isnan(normalized(1e-12)).all()
    assert (normalized(1e-6) == 0).all()


@pytest.mark.erratum(
    "Frameworks",
    'Conv2d of stride 2 with padding 1 is "same"',
    "On an even side Keras pads behind alone: the result is shifted by a pixel; zeros "
    'all around, then "valid", is PyTorch\'s',
)
def test_same_is_shifted_at_stride_2():
    x = RNG.normal(size=(1, 6, 6, 1)).astype("float32")
    kernel = RNG.normal(size=(3, 3, 1, 1)).astype("float32")
    around, behind = (np.pad(x, ((0, 0), p, p, (0, 0))) for p in ((1, 1), (0, 1)))
    torchs, kerass = (
        np.array(
            [
                [
                    (padded[0, i : i + 3, j : j + 3] * kernel[..., 0]).sum()
                    for j in (0, 2, 4)
                ]
                for i in (0, 2, 4)
            ]
        )
        for padded in (around, behind)
    )
    same = ops.conv(x, kernel, 2, "same", data_format="channels_last")
    valid = ops.conv(around, kernel, 2, "valid", data_format="channels_last")
    assert_close(to_numpy(same)[0, ..., 0], kerass, atol=1e-5)
    assert_close(to_numpy(valid)[0, ..., 0], torchs, atol=1e-5)
    assert np.abs(torchs - kerass).max() > 0.1


@pytest.mark.erratum(
    "Frameworks",
    "Glorot's uniform start of a grouped kernel (groups, in, out)",
    "Taken for a convolution of as many taps as groups: sqrt(groups) times too small; "
    "the bound is sqrt(6 / (in + out)) within a group",
)
@pytest.mark.parametrize("groups", [2, 8])
def test_groups_start_by_their_own_size(groups):
    layer = GroupLinear(64 * groups, groups=groups)
    layer.build((None, 128 * groups))
    bound = np.sqrt(6 / (128 + 64))
    largest = np.abs(to_numpy(layer.kernel)).max()
    assert 0.99 * bound < largest <= bound
    usual = keras.initializers.GlorotUniform(seed=0)((groups, 128, 64))
    found = np.abs(to_numpy(usual)).max() * np.sqrt(groups)
    assert 0.99 * bound < found <= bound


@pytest.mark.erratum(
    "Public code",
    "DeLighT's release draws kernels (groups, in, out) by PyTorch's Glorot",
    "Whose fans of these are in · out and groups · out: of (4, 80, 64) the values are "
    "six times too small, which the normalization behind hides",
)
def test_pytorch_starts_groups_too_small():
    torch = pytest.importorskip("torch")
    largest = float(torch.nn.init.xavier_uniform_(torch.empty(4, 80, 64)).abs().max())
    bound = np.sqrt(6 / (80 * 64 + 4 * 64))
    assert 0.99 * bound < largest <= bound
    assert np.sqrt(6 / (80 + 64)) / bound == pytest.approx(6.1, abs=0.05)


@pytest.mark.erratum(
    "Public code",
    "`np.float` and `np.int` in DeLighT's release",
    "NumPy has none since 1.24: there the release ends before its first step",
)
@pytest.mark.parametrize("name", ["float", "int"])
def test_names_that_numpy_dropped(name):
    with pytest.raises(AttributeError, match=f"`np.{name}` was a deprecated alias"):
        getattr(np, name)


@pytest.mark.erratum(
    "Frameworks",
    "Categorical cross-entropy makes distributions of what it is given",
    "Keras' divides predictions by their sum, labels not: ten votes weigh ten times "
    "one",
)
def test_cross_entropy_weighs_by_the_sum_of_the_labels():
    labels = np.array([[0.2, 0.3, 0.5]], "float32")
    outputs = np.array([[0.1, 0.6, 0.3]], "float32")
    loss = keras.losses.CategoricalCrossentropy()
    once = float(loss(labels, outputs))
    assert float(loss(labels, 2 * outputs)) == pytest.approx(once, rel=1e-5)
    assert float(loss(10 * labels, outputs)) == pytest.approx(10 * once, rel=1e-5)


@pytest.mark.erratum(
    "Frameworks",
    "CTC takes the probabilities of a softmax",
    "Logits or log-probabilities: a softmax is applied within, and probabilities give "
    "a wrong loss without a word",
)
def test_ctc_takes_no_probabilities():
    logits = RNG.normal(0, 2, (1, 3, 3))
    shares = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    paths = [(1, 1, 1), (0, 1, 1), (1, 1, 0), (0, 1, 0), (0, 0, 1), (1, 0, 0)]
    chance = sum(np.prod([shares[0, t, k] for t, k in enumerate(p)]) for p in paths)
    one, three = np.array([1]), np.array([3])
    for given, right in ((logits, True), (np.log(shares), True), (shares, False)):
        given = ops.convert_to_tensor(given, "float32")
        got = float(ctc_loss(np.array([[1]]), given, one, three)[0][0])
        assert (got == pytest.approx(-np.log(chance), abs=1e-4)) == right
