"""Names of tensors inside lists and dictionaries, fit to be those of arguments."""

import pytest

from suite.engine.tensor_names import flat, named, numbered, packed


class Tensor:
    def __init__(self, name):
        self.name = name


def test_a_dictionary_keeps_its_order():
    assert named({"words": 1, "mask": 2}, "input") == {"words": 1, "mask": 2}
    assert list(named({"words": 1, "mask": 2}, "input")) == ["words", "mask"]


def test_what_lies_deeper_is_named_by_the_way_to_it():
    nested = {"out": 1, "states": [2, {"h": 3, "c": (4,)}]}
    names = ["out", "states_0", "states_1_h", "states_1_c_0"]
    assert named(nested, "output") == dict(zip(names, [1, 2, 3, 4], strict=True))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        *[("image-1", "image_1"), ("_x", "input__x"), ("1d", "input_1d")],
        *[("höhe/2", "h_he_2"), ("class", "class_"), ("self", "self_")],
        *[("", "input_"), ("Token_Ids", "Token_Ids")],
    ],
)
def test_names_that_tensorflow_would_change_are_changed_before(name, wanted):
    assert list(named({name: 0}, "input")) == [wanted]
    assert list(numbered([Tensor(name)], "input")) == [wanted]


def test_names_stay_different():
    assert list(named({"a-1": 0, "a_1": 1}, "input")) == ["a_1", "a_1_"]
    clashing = [Tensor("a-1"), Tensor("a_1")]
    assert list(numbered(clashing, "input")) == ["input_0", "input_1"]


def test_tensors_without_names_are_numbered():
    one, two = Tensor("keras_tensor_1"), Tensor("given")
    assert list(numbered([one], "input")) == ["input"]
    assert list(numbered([one, two], "input")) == ["input_0", "input_1"]
    assert list(numbered([two], "output")) == ["output"]


def test_packed_is_the_way_back():
    structure = {"b": 0, "a": [0, (0, {"c": 0})]}
    again = packed(structure, [1, 2, 3, 4])
    assert again == {"b": 1, "a": [2, [3, {"c": 4}]]}
    assert flat(again) == [1, 2, 3, 4]
    assert packed(0, [7]) == 7
