"""An .npz of a user for the signatures of a model."""

import numpy as np
import pytest

from suite.console import UserError
from suite.edge.given import read_given


def entry(**shapes):
    inputs = {
        name: {"shape": shape, "dtype": "float32"} for name, shape in shapes.items()
    }
    return {"inputs": inputs, "outputs": {}}


CONFIG = {"signatures": {"encode": entry(x=[1, 2]), "step": entry(x=[1, 3], y=[1])}}


def zeros(*shape):
    return np.zeros(shape, "float32")


def given(folder, **arrays):
    np.savez(folder / "given.npz", **arrays)
    return read_given(folder / "given.npz")(CONFIG)


def test_signatures_take_their_own(tmp_path):
    arrays = {"x": zeros(1, 2), "step/x": zeros(2, 3), "y": zeros(2)}
    found = given(tmp_path, **arrays)
    assert {name: array.shape for name, array in found("encode").items()} == {
        "x": (1, 2)
    }
    assert {name: array.shape for name, array in found("step").items()} == {
        "x": (2, 3),
        "y": (2,),
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"step/x": zeros(1, 4)}, "'step': input 'x': wanted float32 (1, 3)"),
        ({"y": np.zeros(1)}, "'step': input 'y': wanted float32 (1,). Received: float"),
        ({"z": zeros(1)}, "no input is called z"),
        ({"nothing/x": zeros(1)}, "no input is called nothing/x"),
        ({"y": zeros(1) * np.nan}, "NaN or infinity in y"),
    ],
)
def test_what_does_not_fit_is_a_sentence(tmp_path, change, said):
    arrays = {"x": zeros(1, 2), "step/x": zeros(1, 3), "y": zeros(1), **change}
    with pytest.raises(UserError) as error:
        given(tmp_path, **arrays)
    assert said in error.value.message and "(--inputs)" in error.value.message
    assert "given.npz" in error.value.message


def test_what_is_missing_is_a_sentence(tmp_path):
    with pytest.raises(UserError, match="'step': input 'y': missing"):
        given(tmp_path, x=zeros(1, 2), **{"step/x": zeros(1, 3)})


def test_an_array_alone_is_no_npz(tmp_path):
    np.save(tmp_path / "given.npy", zeros(2))
    with pytest.raises(UserError, match=r"not an \.npz of plain arrays"):
        read_given(tmp_path / "given.npy")


def test_the_remedy_is_about_what_is_wrong(tmp_path):
    arrays = {"x": zeros(1, 2), "step/x": zeros(1, 3)}
    with pytest.raises(UserError) as error:
        given(tmp_path, **arrays, y=np.zeros(1))  # float64, as NumPy makes them
    assert error.value.hint == 'Convert it first: y.astype("float32").'
    with pytest.raises(UserError) as error:
        given(tmp_path, **arrays, y=zeros(2, 2))
    assert error.value.hint.startswith("Name arrays as the inputs")
