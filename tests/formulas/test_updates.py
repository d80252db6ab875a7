"""Updates of first order against their formulas, where the place of epsilon shows."""

import keras
import numpy as np
import pytest

from tests.numeric import assert_close, to_numpy

pytestmark = pytest.mark.backend
# so small that epsilon, 1e-7, is of the size of their squares or of themselves
SMALL = np.array([[1e-3, -2e-4, 1e-6], [5e-4, 3e-4, -2e-6], [-1e-3, 1e-4, 1e-7]])
START = np.array([1.0, -2.0, 0.5])
EPSILON = 1e-7
optimizers = keras.optimizers


def run(optimizer, gradients=SMALL, rates=None):
    """Weights after each update, minus the first weights."""
    weight = keras.Variable(START.astype("float32"))
    optimizer.build([weight])
    moves = []
    for step, gradient in enumerate(gradients):
        if rates is not None:
            optimizer.learning_rate = rates[step]
        # from the start each time: the moves are small, float32 would round them off
        weight.assign(0 * START)
        optimizer.apply([keras.ops.convert_to_tensor(gradient, "float32")], [weight])
        moves.append(to_numpy(weight))
    return np.array(moves)


def sgd(gradients, momentum=0.0, nesterov=False, rates=(1.0,) * 3):
    velocity = 0.0
    for gradient, rate in zip(gradients, rates, strict=True):
        velocity = momentum * velocity - rate * gradient
        yield momentum * velocity - rate * gradient if nesterov else velocity


def torch_momentum(gradients, momentum, rates):
    """The other form, which differs when the rate changes."""
    velocity = 0.0
    for gradient, rate in zip(gradients, rates, strict=True):
        velocity = momentum * velocity + gradient
        yield -rate * velocity


def adagrad(gradients, inside=True):
    total = 0.0
    for gradient in gradients:
        total = total + gradient**2
        yield -gradient / root(total, inside)


def rmsprop(gradients, rho=0.9, inside=True):
    mean = 0.0
    for gradient in gradients:
        mean = rho * mean + (1 - rho) * gradient**2
        yield -gradient / root(mean, inside)


def root(x, inside):
    return np.sqrt(x + EPSILON) if inside else np.sqrt(x) + EPSILON


def adadelta(gradients, rho=0.95):
    squares = moves = 0.0
    for gradient in gradients:
        squares = rho * squares + (1 - rho) * gradient**2
        move = -np.sqrt(moves + EPSILON) / np.sqrt(squares + EPSILON) * gradient
        moves = rho * moves + (1 - rho) * move**2
        yield move


def adam(gradients, corrected=False, b1=0.9, b2=0.999, epsilon=EPSILON):
    """`corrected`: epsilon beside the bias-corrected root, as printed in the paper's
    algorithm; else "epsilon hat" of the form that the paper calls more efficient."""
    m = v = 0.0
    for t, gradient in enumerate(gradients, 1):
        m, v = b1 * m + (1 - b1) * gradient, b2 * v + (1 - b2) * gradient**2
        if corrected:
            yield -(m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + epsilon)
        else:
            rate = np.sqrt(1 - b2**t) / (1 - b1**t)
            yield -rate * m / (np.sqrt(v) + epsilon)


def nadam(gradients, b1=0.9, b2=0.999, schedule=True):
    def u(t):
        return b1 * (1 - 0.5 * 0.96**t) if schedule else b1

    m = v = 0.0
    product = 1.0
    for t, gradient in enumerate(gradients, 1):
        m, v = b1 * m + (1 - b1) * gradient, b2 * v + (1 - b2) * gradient**2
        product *= u(t)
        ahead = u(t + 1) * m / (1 - product * u(t + 1))
        ahead = ahead + (1 - u(t)) * gradient / (1 - product)
        yield -ahead / (np.sqrt(v / (1 - b2**t)) + EPSILON)


def check(got, want, *others):
    """The formula holds, and others, which it is taken for, do not."""
    want = np.array(list(want))
    assert_close(got, want, atol=1e-9, rtol=2e-4)
    for other in others:
        difference = np.abs(np.array(list(other)) - got) / np.abs(want)
        assert difference.max() > 0.02


@pytest.mark.erratum(
    "Frameworks",
    "Momentum of SGD is the same in Keras and in PyTorch",
    "While the rate stays: Keras remembers gradients times their rates, PyTorch the "
    "gradients, so that there a new rate reaches the old ones, too",
)
def test_sgd_and_momentum():
    check(run(optimizers.SGD(1.0)), sgd(SMALL))
    rates = (1.0, 0.5, 0.1)
    got = run(optimizers.SGD(1.0, momentum=0.9), rates=rates)
    check(got, sgd(SMALL, 0.9, rates=rates), torch_momentum(SMALL, 0.9, rates))
    got = run(optimizers.SGD(1.0, momentum=0.9, nesterov=True))
    check(got, sgd(SMALL, 0.9, nesterov=True), sgd(SMALL, 0.9))


@pytest.mark.erratum(
    "Frameworks",
    "AdaGrad and RMSprop divide by sqrt(G) + epsilon",
    "PyTorch's form; Keras has sqrt(G + epsilon): a first step of AdaGrad at a "
    "gradient of 1e-3 is 0.9535, not 0.9999, of RMSprop 2.236, not 3.161",
)
def test_epsilon_stands_inside_the_root():
    got = run(optimizers.Adagrad(1.0, initial_accumulator_value=0.0))
    check(got, adagrad(SMALL), adagrad(SMALL, inside=False))
    assert got[0, 0] == pytest.approx(-0.9535, abs=1e-4)
    got = run(optimizers.RMSprop(1.0))
    check(got, rmsprop(SMALL), rmsprop(SMALL, inside=False))
    assert got[0, 0] == pytest.approx(-2.236, abs=1e-3)


@pytest.mark.erratum(
    "Frameworks",
    "AdaGrad starts from an empty accumulator",
    "As published; in Keras it starts at 0.1, which shrinks the first steps at a "
    "gradient of 1e-3 by 300",
)
def test_adagrad_of_keras_starts_at_a_tenth():
    got = run(optimizers.Adagrad(1.0))[0, 0]
    assert got == pytest.approx(-1e-3 / np.sqrt(0.1 + 1e-6 + EPSILON), rel=1e-4)


@pytest.mark.erratum(
    "Frameworks",
    "AdaDelta needs no rate",
    "Its rate is 1 in the paper; Keras' default is 0.001, a thousand times slower",
)
def test_adadelta():
    check(run(optimizers.Adadelta(1.0)), adadelta(SMALL))
    slow = run(optimizers.Adadelta())
    assert_close(1000 * slow, np.array(list(adadelta(SMALL))), atol=1e-9, rtol=2e-4)


@pytest.mark.erratum(
    "Frameworks",
    "Adam adds epsilon to the bias-corrected root",
    'Keras adds it before the correction ("epsilon hat"): at a gradient of 1e-6 the '
    "first step is 0.24 of the rate, not 0.91",
)
def test_epsilon_of_adam_is_not_corrected():
    got = run(optimizers.Adam(1.0))
    check(got, adam(SMALL), adam(SMALL, corrected=True))
    assert got[0, 2] == pytest.approx(-0.2403, abs=1e-3)
    printed = next(adam(SMALL, corrected=True))[2]
    assert printed == pytest.approx(-0.9091, abs=1e-3)


@pytest.mark.erratum(
    "Articles",
    "Adam's epsilon is 10e-8",
    "1e-8; 10e-8 is 1e-7, which happens to be Keras' default",
)
def test_epsilon_of_adam_is_1e_8():
    assert optimizers.Adam().epsilon == 10e-8 == 1e-7
    got = run(optimizers.Adam(1.0, epsilon=1e-8))
    check(got, adam(SMALL, epsilon=1e-8), adam(SMALL, epsilon=10e-8))


@pytest.mark.erratum(
    "Frameworks",
    "Nadam is Adam with the momentum of the next step",
    "The schedule 1 - 0.5 · 0.96^t of its momentum is always on in Keras: the plain "
    "formula gives other steps",
)
def test_nadam_has_a_schedule():
    check(run(optimizers.Nadam(1.0)), nadam(SMALL), nadam(SMALL, schedule=False))


@pytest.mark.erratum(
    "Frameworks",
    "A penalty of the squared weights and weight decay are one and the same",
    "For SGD; under Adam the penalty goes through the root, decay does not",
)
def test_decay_is_no_penalty_under_adam():
    def moved(optimizer, gradient):
        weight = keras.Variable(START.astype("float32"))
        optimizer.build([weight])
        tensor = keras.ops.convert_to_tensor(gradient, "float32")
        optimizer.apply([tensor], [weight])
        return to_numpy(weight) - START

    gradient, decay, rate = np.array([0.3, 0.2, -0.1]), 0.1, 0.01
    penalized = gradient + decay * START
    plain = moved(optimizers.SGD(rate), gradient)
    assert_close(moved(optimizers.SGD(rate), penalized), plain - rate * decay * START)
    plain = moved(optimizers.Adam(rate), gradient)
    decayed = moved(optimizers.AdamW(rate, weight_decay=decay), gradient)
    assert_close(decayed, plain - rate * decay * START, atol=1e-6)
    assert np.abs(moved(optimizers.Adam(rate), penalized) - decayed).max() > 5e-4


@pytest.mark.erratum(
    "Articles",
    "Clipping raises a gradient below the threshold to the threshold",
    "It caps those above and leaves the others alone: no cure for vanishing gradients",
)
def test_clipping_caps():
    large, small = np.array([[3.0, 4.0, 0.0]]), np.array([[0.03, 0.04, 0.0]])
    for given, want in ((large, large / 5), (small, small)):
        for option in ("clipnorm", "global_clipnorm"):
            got = run(optimizers.SGD(1.0, **{option: 1.0}), given)
            assert_close(got, -want, atol=1e-6, name=option)
    got = run(optimizers.SGD(1.0, clipvalue=1.0), large)
    assert_close(got, [[-1, -1, 0]], atol=1e-6)


@pytest.mark.erratum(
    "Public code",
    "ViT-IQA of picture patches is trained by SGD, gradients clipped to a norm of 1",
    "Its paper says Adam: under SGD all weights together move by the rate a step, "
    "under Adam each of them does",
)
def test_a_clipped_gradient_moves_little_under_sgd():
    gradient, rate = np.random.default_rng(0).normal(size=10_000), 5e-5

    def step(kind):
        weight = keras.Variable(np.zeros(10_000, "float32"))
        optimizer = kind(rate, global_clipnorm=1.0)
        optimizer.apply([keras.ops.convert_to_tensor(gradient, "float32")], [weight])
        return np.linalg.norm(to_numpy(weight))

    assert step(optimizers.SGD) == pytest.approx(rate, rel=1e-4)
    assert step(optimizers.Adam) == pytest.approx(100 * rate, rel=1e-2)
