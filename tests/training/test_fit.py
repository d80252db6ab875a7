"""`fit` itself: compiled steps against NumPy, the weights that are left."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from suite.console import UserError
from suite.training import FitConfig, fit, load_best
from suite.training.step import SupervisedStep

pytestmark = pytest.mark.backend


def line(penalty: float = 0.0) -> keras.Model:
    """`y = w x` with `w = 1`."""
    inputs = keras.Input((1,), name="x")
    layer = keras.layers.Dense(
        1,
        use_bias=False,
        kernel_initializer="ones",
        kernel_regularizer=keras.regularizers.L2(penalty) if penalty else None,
    )
    return keras.Model({"x": inputs}, layer(inputs))


def squares(targets: Any, outputs: Any) -> dict[str, Any]:
    error = keras.ops.square(outputs - targets["y"])
    return {"loss": keras.ops.mean(error), "rows": keras.ops.sum(targets["y"] * 0 + 1)}


X = np.array([[1.0], [2.0], [-1.0]], "float32")
BATCH = ({"x": X}, {"y": 3 * X})


def test_update_is_adam_on_loss_and_penalty() -> None:
    """Adam by hand (Kingma and Ba, arXiv:1412.6980, algorithm 1), two updates."""
    step = SupervisedStep(line(0.5), squares, FitConfig(clip=0, ema=0))
    w, m, v = 1.0, 0.0, 0.0
    for t in (1, 2):
        step.set_rate(0.25)
        values = step(*BATCH)
        loss = np.mean((w * X - 3 * X) ** 2) + 0.5 * w**2
        assert values == pytest.approx({"loss": loss, "rows": 3.0}, rel=1e-5)
        gradient = np.mean(2 * (w - 3) * X**2) + w
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        w -= 0.25 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-7)
        weight = keras.ops.convert_to_numpy(step.model.trainable_variables[0])
        assert float(np.asarray(weight)[0, 0]) == pytest.approx(w, rel=1e-5)


def test_each_shape_keeps_its_own_function() -> None:
    step = SupervisedStep(line(), squares, FitConfig())
    short = ({"x": X[:2]}, {"y": X[:2]})
    for batch in (BATCH, short, BATCH, short):
        step(*batch)
    assert len(step._functions) == len(set(step._functions.values())) == 2


def test_infinite_loss_reaches_the_guard(tmp_path: Path) -> None:
    def infinite(targets: Any, outputs: Any) -> dict[str, Any]:
        return {"loss": keras.ops.mean(outputs) * float("inf")}

    config = FitConfig(steps=3, evaluate_every=2)
    with pytest.raises(UserError, match="not finite in step 1, after going back 3"):
        fit(line(), infinite, endless(), config, tmp_path)


def endless() -> Any:
    import grain

    data = grain.MapDataset.source([0]).repeat().map(lambda _: BATCH)
    return data.to_iter_dataset()


@pytest.fixture(scope="module")
def learned(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[keras.Model, Path, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("run")
    config = FitConfig(steps=60, evaluate_every=20, learning_rate=0.2, ema=0.5)
    model = line()
    result = fit(model, squares, endless(), config, folder)
    return model, folder, result.history


def test_line_is_learned(learned: Any) -> None:
    model, _, history = learned
    weight = np.asarray(keras.ops.convert_to_numpy(model.trainable_variables[0]))
    assert weight[0, 0] == pytest.approx(3.0, abs=0.05)
    assert [row["step"] for row in history] == [20, 40, 60]
    assert history[-1]["loss"] < history[0]["loss"] / 100


def test_model_is_left_with_the_last_averaged_weights(learned: Any) -> None:
    model, folder, _ = learned
    other = line()
    other.load_weights(folder / "last.weights.h5")
    for a, b in zip(model.variables, other.variables, strict=True):
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(b)
        )
    newest = sorted((folder / "checkpoints").glob("step-*"))[-1]
    with np.load(newest) as file:
        assert file["model/00000"] != np.asarray(
            keras.ops.convert_to_numpy(model.trainable_variables[0])
        )


# keras 3.15 warns first, then raises.
@pytest.mark.filterwarnings("ignore:Skipping nested container:UserWarning")
def test_load_best_needs_weights_of_this_model(learned: Any, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no best\.weights\.h5 or last"):
        load_best(line(), tmp_path)
    inputs = keras.Input((2,))
    other = keras.Model(inputs, keras.layers.Dense(3)(inputs))
    with pytest.raises(UserError, match="cannot be loaded"):
        load_best(other, learned[1])
