"""Samples that stand one after another are cut into calls."""

import numpy as np
import pytest

from suite.console import UserError
from suite.edge.samples import cut
from suite.engine.contract import Signature, TensorSpec

SIGNATURES = {
    "run": Signature(
        {"x": TensorSpec((2, 3), "float32"), "n": TensorSpec((2,), "int32")}, {}
    ),
    "scalar": Signature({"x": TensorSpec((), "float32")}, {}),
}


def arrays(rows: int) -> dict[str, np.ndarray]:
    return {
        "x": np.arange(3 * rows, dtype="float32").reshape(rows, 3),
        "n": np.arange(rows, dtype="int32"),
    }


def test_one_call_takes_a_batch():
    parts = cut(SIGNATURES, "run", arrays(6))
    assert [part["n"].tolist() for part in parts] == [[0, 1], [2, 3], [4, 5]]
    assert parts[1]["x"].tolist() == [[6, 7, 8], [9, 10, 11]]
    (alone,) = cut(SIGNATURES, "run", arrays(2))
    assert alone["x"].shape == (2, 3)


def test_a_scalar_is_one_sample():
    (part,) = cut(SIGNATURES, "scalar", {"x": np.float32(3)})
    assert part["x"] == 3 and part["x"].shape == ()


@pytest.mark.parametrize("rows", [1, 3, 5])
def test_a_part_of_a_batch_is_refused(rows):
    with pytest.raises(ValueError, match=r"'x': wanted float32 \(2, 3\)"):
        cut(SIGNATURES, "run", arrays(rows))


def test_as_many_samples_of_each_input():
    with pytest.raises(ValueError, match="wanted"):
        cut(SIGNATURES, "run", {**arrays(4), "n": np.arange(2, dtype="int32")})
    with pytest.raises(ValueError, match="'n': missing"):
        cut(SIGNATURES, "run", {"x": arrays(4)["x"]})
    with pytest.raises(ValueError, match="'y': unknown"):
        cut(SIGNATURES, "run", {**arrays(4), "y": np.zeros(4)})


def test_no_sample_is_refused():
    with pytest.raises(UserError, match="'run': the inputs hold no sample"):
        cut(SIGNATURES, "run", arrays(0))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_in_any_sample_is_refused(value):
    given = arrays(6)
    given["x"][5, 1] = value
    with pytest.raises(UserError, match="input 'x' holds NaN or infinity"):
        cut(SIGNATURES, "run", given)
