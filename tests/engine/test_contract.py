"""A call is refused before anything runs, and says what was wanted."""

import numpy as np
import pytest

from suite.console import UserError
from suite.engine.contract import CheckedModel, Signature, TensorSpec, check_inputs

READ = Signature(
    {"image": TensorSpec((1, 2, 3), "uint8"), "width": TensorSpec((), "int32")},
    {"logits": TensorSpec((2,), "float32")},
)
IMAGE = np.zeros((1, 2, 3), "uint8")
WIDTH = np.int32(3)


class Stub(CheckedModel):
    """Gives what it was told to."""

    def __init__(self, outputs: dict[str, np.ndarray]) -> None:
        super().__init__({}, {"read": READ}, "stub")
        self.outputs = outputs

    def _run(self, signature, inputs):
        return self.outputs


def check(**inputs):
    return check_inputs({"read": READ}, "read", inputs)


def test_right_inputs_pass_in_the_order_of_the_signature():
    arrays = check(width=WIDTH, image=IMAGE)
    assert list(arrays) == ["image", "width"]
    assert arrays["width"].shape == () and arrays["width"] == 3


def test_a_transposed_view_arrives_contiguous_with_the_same_values():
    image = np.arange(6, dtype="uint8").reshape(3, 2, 1).T
    array = check(image=image, width=WIDTH)["image"]
    assert array.flags.c_contiguous
    np.testing.assert_array_equal(array, image)


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (
            {"image": np.zeros((1, 3, 2), "uint8"), "width": WIDTH},
            "Signature 'read': input 'image': wanted uint8 (1, 2, 3). "
            "Received: uint8 (1, 3, 2)",
        ),
        (  # a batch of two: LiteRT runs it and answers with a batch of one
            {"image": np.zeros((2, 2, 3), "uint8"), "width": WIDTH},
            "wanted uint8 (1, 2, 3). Received: uint8 (2, 2, 3)",
        ),
        ({"image": IMAGE.astype("float64"), "width": WIDTH}, "Received: float64"),
        ({"image": IMAGE, "width": 3}, "wanted int32 (). Received: int64 ()"),
        ({"image": IMAGE}, "input 'width': missing. Received: 'image'"),
        ({}, "input 'image': missing. Received: none"),
        (
            {"image": IMAGE, "width": WIDTH, "mask": WIDTH},
            "input 'mask': unknown. Known: 'image', 'width'",
        ),
    ],
    ids=["shape", "batch", "dtype", "python int", "missing", "empty", "unknown"],
)
def test_wrong_inputs_are_named(inputs, said):
    with pytest.raises(ValueError) as error:
        check(**inputs)
    assert said in str(error.value)


def test_an_unknown_signature_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match=r"No such signature: 'write'. Known: read"):
        check_inputs({"read": READ}, "write", {})


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ({"logits": np.zeros(3, "float32")}, "Received: float32 (3,)"),
        ({"logits": np.zeros(2, "float16")}, "Received: float16 (2,)"),
        ({"probability": np.zeros(2, "float32")}, "'logits': missing"),
    ],
    ids=["shape", "dtype", "name"],
)
def test_a_model_that_gives_something_else_is_refused(outputs, said):
    with pytest.raises(UserError) as error:
        Stub(outputs)("read", {"image": IMAGE, "width": WIDTH})
    assert said in str(error.value) and "stub" in str(error.value)


def test_the_outputs_come_back():
    given = {"logits": np.array([1, 2], "float32")}
    result = Stub(given)("read", {"image": IMAGE, "width": WIDTH})
    np.testing.assert_array_equal(result["logits"], given["logits"])
