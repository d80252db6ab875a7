"""Averages of weights against NumPy."""

from typing import Any

import keras
import numpy as np
import pytest

from suite.training.ema import averaged, averaging, make_optimizer, use_averages

pytestmark = pytest.mark.backend


def array(variable: Any) -> np.ndarray:
    return np.array(keras.ops.convert_to_numpy(variable))


def gradients(step: int, variables: list[Any]) -> list[Any]:
    rng = np.random.default_rng(step)
    values = [rng.normal(size=tuple(v.shape)).astype("float32") for v in variables]
    return [keras.ops.convert_to_tensor(value) for value in values]


def make_variables() -> list[Any]:
    rng = np.random.default_rng(0)
    return [
        keras.Variable(rng.normal(size=shape).astype("float32"))
        for shape in [(3, 4), (4,)]
    ]


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.99])
def test_average_follows_the_formula(momentum: float) -> None:
    variables = make_variables()
    optimizer = averaging(keras.optimizers.Adam, momentum, learning_rate=0.1)
    optimizer.build(variables)
    expected = [array(v).astype("float64") for v in variables]
    for step in range(20):
        optimizer.apply(gradients(step, variables), variables)
        m = min(momentum, (2.0 + step) / (11.0 + step))
        expected = [
            m * a + (1 - m) * array(v) for a, v in zip(expected, variables, strict=True)
        ]
        for (_, average), value in zip(optimizer.pairs, expected, strict=True):
            np.testing.assert_allclose(array(average), value, atol=1e-5)


def test_weights_move_as_without_averages() -> None:
    plain, with_average = make_variables(), make_variables()
    options = {"learning_rate": 0.1, "weight_decay": 0.1, "global_clipnorm": 1.0}
    one = keras.optimizers.AdamW(**options)
    two = averaging(keras.optimizers.AdamW, 0.9, **options)
    one.build(plain)
    two.build(with_average)
    for step in range(5):
        one.apply(gradients(step, plain), plain)
        two.apply(gradients(step, with_average), with_average)
    for a, b in zip(plain, with_average, strict=True):
        np.testing.assert_array_equal(array(a), array(b))


def test_block_sees_averages_and_gives_weights_back() -> None:
    variables = make_variables()
    optimizer = averaging(keras.optimizers.Adam, 0.9, learning_rate=0.1)
    optimizer.build(variables)
    for step in range(3):
        optimizer.apply(gradients(step, variables), variables)
    raw = [array(v) for v in variables]
    averages = [array(a) for _, a in optimizer.pairs]
    assert not np.allclose(raw[0], averages[0])
    with pytest.raises(RuntimeError), averaged(optimizer):
        for variable, average in zip(variables, averages, strict=True):
            np.testing.assert_array_equal(array(variable), average)
        raise RuntimeError
    for variable, value in zip(variables, raw, strict=True):
        np.testing.assert_array_equal(array(variable), value)
    use_averages(optimizer)
    np.testing.assert_array_equal(array(variables[1]), averages[1])


def test_without_averages_nothing_changes() -> None:
    variables = make_variables()
    optimizer = keras.optimizers.Adam(0.1)
    optimizer.build(variables)
    before = array(variables[0])
    with averaged(optimizer):
        np.testing.assert_array_equal(array(variables[0]), before)


def test_averages_are_variables_of_the_optimizer_and_weights_are_not() -> None:
    variables = make_variables()
    optimizer = averaging(keras.optimizers.Adam, 0.9, learning_rate=0.1)
    optimizer.build(variables)
    known = {id(v) for v in optimizer.variables}
    assert len(optimizer.variables) == 2 + 3 * len(variables)
    assert all(id(a) in known for _, a in optimizer.pairs)
    assert not any(id(v) in known for v in variables)


@pytest.mark.parametrize("ema", [0, 0.9])
def test_decay_spares_vectors(ema: float) -> None:
    inputs = keras.Input((4,))
    x = keras.layers.BatchNormalization()(keras.layers.Dense(4)(inputs))
    model = keras.Model(inputs, keras.layers.PReLU()(x))
    for variable in model.trainable_variables:
        variable.assign(np.ones(tuple(variable.shape), "float32"))
    optimizer = make_optimizer(model, 0.5, weight_decay=0.1, ema=ema)
    zeros = [keras.ops.zeros(v.shape) for v in model.trainable_variables]
    optimizer.apply(zeros, model.trainable_variables)
    moved = {v.name: float(array(v).flat[0]) for v in model.trainable_variables}
    assert moved == pytest.approx(
        {"kernel": 0.95, "bias": 1.0, "gamma": 1.0, "beta": 1.0, "alpha": 1.0}
    )


def test_clip_limits_the_global_norm() -> None:
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(3)(inputs))
    moments = []
    for factor in (1.0, 100.0):
        optimizer = make_optimizer(model, 1e-3, clip=0.5)
        grads = [g * factor for g in gradients(0, model.trainable_variables)]
        optimizer.apply(grads, model.trainable_variables)
        moments.append(np.concatenate([array(v).ravel() for v in optimizer._momentums]))
    np.testing.assert_allclose(moments[0], moments[1], rtol=1e-4)
    assert np.linalg.norm(moments[0]) == pytest.approx(0.5 * 0.1, rel=1e-4)


def test_0_switches_clipping_and_averaging_off() -> None:
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(3)(inputs))
    optimizer = make_optimizer(model, 1e-3, clip=0, ema=0)
    assert not hasattr(optimizer, "pairs")
    grads = [g * 100 for g in gradients(0, model.trainable_variables)]
    optimizer.apply(grads, model.trainable_variables)
    for momentum, grad in zip(optimizer._momentums, grads, strict=True):
        np.testing.assert_allclose(array(momentum), 0.1 * array(grad), rtol=1e-5)
