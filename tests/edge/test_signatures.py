"""Parts of a graph as signatures: cut out, described, and what is refused."""

import numpy as np
import pytest

from suite.console import UserError
from suite.engine.contract import Signature, TensorSpec
from suite.engine.keras_engine import KerasModel, part_of

pytestmark = pytest.mark.backend
keras = pytest.importorskip("keras")

from suite.edge.__main__ import _once, _signature  # noqa: E402
from suite.edge.describe import (  # noqa: E402
    _part,
    input_specs,
    output_specs,
    refuse_idle,
    refuse_twins,
)
from suite.edge.samples import random_inputs  # noqa: E402


@pytest.fixture(scope="module")
def model():
    """Two programs over one set of weights: y = 2 a, and z = 2 a + b[place]."""
    a = keras.Input((3,), name="a")
    b = keras.Input((None,), name="b")
    place = keras.Input(batch_shape=(1,), dtype="int32", name="place")
    twice = keras.layers.Rescaling(2.0)(a)
    z = twice + keras.ops.take(b, place, axis=1)
    return keras.Model({"a": a, "b": b, "place": place}, {"y": twice, "z": z})


def test_a_part_has_the_names_that_were_asked_for(model):
    part = part_of(model, ["a"], ["y"])
    assert (set(part.input), set(part.output)) == ({"a"}, {"y"})
    assert part_of(model, list(model.input), ["z", "y"]) is model


def test_keys_out_of_the_order_of_the_alphabet_keep_their_tensors(tmp_path):
    """Keras keeps its flat list of inputs by sorted keys."""
    words = keras.Input((5,), dtype="int32", name="words")
    mask = keras.Input((3,), dtype="bool", name="mask-1")
    counted = keras.ops.sum(keras.ops.cast(mask, "int32"), axis=1)
    model = keras.Model({"words": words, "mask-1": mask}, {"z": words, "n": [counted]})
    model.save(tmp_path / "model.keras")
    model = keras.saving.load_model(tmp_path / "model.keras")
    found = input_specs(model, 1, {})
    assert {
        name: (entry["shape"], entry["dtype"]) for name, entry in found.items()
    } == {
        "words": ([1, 5], "int32"),
        "mask_1": ([1, 3], "bool"),
    }
    given = {"words": np.arange(5, dtype="int32")[None], "mask_1": np.eye(1, 3) > 0}
    assert output_specs(model, given) == {
        "z": {"shape": [1, 5], "dtype": "int32"},
        "n_0": {"shape": [1], "dtype": "int32"},
    }
    specs = {name: TensorSpec(a.shape, str(a.dtype)) for name, a in given.items()}
    one = Signature(specs, {"n_0": TensorSpec((1,), "int32")})
    engine = KerasModel(model, {}, {"one": one}, "here")
    assert engine("one", given)["n_0"].tolist() == [1]


def test_lists_inside_lists_are_taken_in_their_order():
    a, b, c = (keras.Input((n,), name=f"{n}d") for n in (1, 2, 3))
    model = keras.Model([c, [a, b]], [a * 2, [c + 1, b]])
    found = input_specs(model, 1, {})
    assert {name: entry["shape"] for name, entry in found.items()} == {
        "input_3d": [1, 3],
        "input_1d": [1, 1],
        "input_2d": [1, 2],
    }
    given = {name: np.ones(entry["shape"], "float32") for name, entry in found.items()}
    outputs = output_specs(model, given)
    assert [entry["shape"][1] for entry in outputs.values()] == [1, 3, 2]


def test_outputs_that_need_more_inputs_are_refused(model):
    with pytest.raises(UserError, match=r"outputs z cannot be had from the inputs a "):
        part_of(model, ["a"], ["z"])


def test_what_cannot_be_cut_is_left_as_it_is(model):
    assert part_of(model, ["c"], ["y"]) is model
    nameless = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    assert part_of(nameless, ["a"], ["y"]) is nameless


def test_the_keras_engine_runs_each_part_alone(model):
    floats = TensorSpec((1, 3), "float32")
    one = Signature({"a": floats}, {"y": floats})
    all_inputs = {
        **one.inputs,
        "b": TensorSpec((1, 4), "float32"),
        "place": TensorSpec((1,), "int32"),
    }
    both = Signature(all_inputs, {"z": floats})
    engine = KerasModel(model, {}, {"one": one, "both": both}, "here")
    a = np.array([[1, 2, 3]], "float32")
    assert engine("one", {"a": a})["y"].tolist() == [[2, 4, 6]]
    b, place = np.array([[5, 6, 7, 8]], "float32"), np.array([2], "int32")
    found = engine("both", {"a": a, "b": b, "place": place})
    assert found["z"].tolist() == [[9, 11, 13]]


def test_a_part_is_described(model):
    assert input_specs(_part(model, "one", ["a"], ["y"]), 2, {}) == {
        "a": {"shape": [2, 3], "dtype": "float32"}
    }
    # a size of the batch that is fixed stays
    found = input_specs(model, 2, {"b": [4]})
    assert [entry["shape"] for entry in found.values()] == [[2, 3], [2, 4], [1]]


def test_tokens_have_the_range_of_the_table_that_looks_them_up():
    ids = keras.Input((4,), dtype="int32", name="ids")
    place = keras.Input(batch_shape=(1,), dtype="int32", name="place")
    table = keras.layers.Embedding(7, 2)
    x = keras.ops.take(table(keras.ops.maximum(ids, 1)), place, axis=1)
    found = input_specs(keras.Model({"ids": ids, "place": place}, {"x": x}), 1, {})
    assert found["ids"]["range"] == [0, 6] and "range" not in found["place"]


def test_a_batch_that_all_inputs_share_may_be_another():
    model = keras.Sequential([keras.layers.Dense(2)])
    model.build((8, 3))  # as `fit` does, with the batch that it is given
    for batch, rows in ((None, 8), (1, 1)):
        (entry,) = input_specs(model, batch, {}).values()
        assert entry["shape"] == [rows, 3]


def test_tokens_may_be_floats_which_is_what_keras_makes_of_them():
    table = keras.layers.Embedding(50, 2)
    ids, picture = keras.Input((4,), name="ids"), keras.Input((4,), name="picture")
    found = input_specs(keras.Model([ids, picture], [table(ids), picture * 2]), 1, {})
    ranges = [entry.get("range") for entry in found.values()]
    assert ranges == [[0, 49], None]
    model = keras.Sequential([keras.layers.Embedding(50, 2), keras.layers.Flatten()])
    model.build((8, 12))
    (entry,) = input_specs(model, 1, {}).values()
    assert entry == {"shape": [1, 12], "dtype": "float32", "range": [0, 49]}
    drawn = random_inputs({"ids": entry}, 0)["ids"]
    assert drawn.dtype == "float32" and (drawn == drawn.round()).all()
    assert drawn.min() >= 0 and 9 < drawn.max() <= 49


def test_categories_have_the_range_of_their_encoding():
    kind = keras.Input((2,), dtype="int32", name="kind")
    flat = keras.layers.Reshape((2, 1))(kind)
    x = keras.layers.CategoryEncoding(3, output_mode="multi_hot")(kind)
    y = keras.layers.Embedding(5, 2)(flat)
    assert input_specs(keras.Model(kind, x), 1, {})["kind"]["range"] == [0, 2]
    # through a layer that gives whole numbers, too
    assert input_specs(keras.Model(kind, y), 1, {})["kind"]["range"] == [0, 4]
    assert input_specs(keras.Model(kind, [x, y]), 1, {})["kind"]["range"] == [0, 2]


def test_names_that_are_not_there_are_refused(model):
    with pytest.raises(UserError, match="signature 'one': the model has no input 'c'"):
        _part(model, "one", ["a", "c"], ["y"])
    with pytest.raises(UserError, match="'one': the model has no output 'x'"):
        _part(model, "one", ["a"], ["x"])


def test_a_signature_on_the_command_line():
    assert _signature("step=a,b:y") == ("step", (["a", "b"], ["y"]))
    for text in ("step", "step=", "step=a", "step=:y", "=a:y"):
        with pytest.raises(UserError, match=r"no signature \(--signature\)"):
            _signature(text)
    with pytest.raises(UserError, match=r"a/b: a name with '/' \(--signature\)"):
        _signature("a/b=x:y")


def test_a_name_is_given_once():
    assert _once("shape", [("x", 1), ("y", 2)]) == {"x": 1, "y": 2}
    with pytest.raises(UserError, match=r"x: named twice \(--shape\)"):
        _once("shape", [("x", 1), ("x", 1)])


def test_what_would_change_nothing_is_refused(model):
    refuse_idle([model], 5, {"b": [4]})
    with pytest.raises(UserError, match=r"no input is called foo \(--shape\)"):
        refuse_idle([model], None, {"a": [3], "foo": [7]})
    x = keras.Input((3,), batch_size=2)
    two = keras.Model(x, x * 2)
    for batch in (2, 5, None):
        refuse_idle([two], batch, {})
    y = keras.Input((3,), batch_size=4)
    with pytest.raises(UserError, match=r"5: .* is fixed: 2 and 4 \(--batch\)"):
        refuse_idle([keras.Model([x, y], [x * 2, y])], 5, {})


def test_one_tensor_as_two_outputs_is_refused(model, tmp_path):
    refuse_twins(model)
    x = keras.Input((3,))
    y = keras.layers.Dense(2)(x)
    keras.Model(x, {"a": y, "c": y + 1, "b": y}).save(tmp_path / "twice.keras")
    twice = keras.saving.load_model(tmp_path / "twice.keras")
    with pytest.raises(UserError, match="outputs 'a' and 'b' are the same tensor"):
        refuse_twins(twice)


def test_a_scalar_has_no_batch():
    x, factor = keras.Input((3,), name="x"), keras.Input(batch_shape=(), name="factor")
    model = keras.Model({"x": x, "factor": factor}, {"y": x * factor})
    found = input_specs(model, 2, {})
    assert {name: entry["shape"] for name, entry in found.items()} == {
        "x": [2, 3],
        "factor": [],
    }
    given = {name: np.ones(entry["shape"], "float32") for name, entry in found.items()}
    assert output_specs(model, given)["y"]["shape"] == [2, 3]


def test_names_go_with_their_inputs_in_whatever_order_they_stand():
    import keras

    from suite.edge.describe import input_specs

    late, early = keras.Input((2,), name="z"), keras.Input((3,), name="a")
    model = keras.Model({"z": late, "a": early}, {"y": late[:, :1] + early[:, :1]})
    shapes = {name: x["shape"] for name, x in input_specs(model, 1, {}).items()}
    assert shapes == {"z": [1, 2], "a": [1, 3]}
