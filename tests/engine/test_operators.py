"""What a file is made of is known before anything of it is loaded."""

import random
import shutil
from pathlib import Path

import pytest
from ai_edge_litert import schema_py_generated as schema

from suite.console import UserError
from suite.engine import litert, open_model
from suite.engine.operators import ALLOWED, check_operators, not_allowed, operator_names
from tests.engine.altered import altered, builtin, custom, flex, unheard_of


@pytest.fixture(scope="module")
def content(miniatures) -> bytes:
    return (miniatures / "ocr" / "recognizer" / "float32.tflite").read_bytes()


def test_the_operators_of_a_good_file(content):
    names = operator_names(content)
    assert {"CONV_2D", "WHILE", "FULLY_CONNECTED", "DYNAMIC_UPDATE_SLICE"} <= set(names)
    assert not_allowed(content) == []
    check_operators(content, "a file")


def test_the_list_names_operators_that_exist():
    assert set(vars(schema.BuiltinOperator)) >= ALLOWED
    # state between calls, chance, strings and strangers are not for a phone
    for name in ("CUSTOM", "DELEGATE", "CALL_ONCE", "UNIDIRECTIONAL_SEQUENCE_LSTM"):
        assert name not in ALLOWED
    assert not any("HASHTABLE" in name or "RANDOM" in name for name in ALLOWED)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (flex, "operator FlexErf is custom"),
        (custom, "operator ? is custom"),
        (
            builtin("READ_VARIABLE"),
            "operator READ_VARIABLE: weights are not",
        ),
        (builtin("SVDF"), "operator SVDF is not among those that run everywhere"),
        (unheard_of, "operator number_9999 is not among those"),
    ],
)
def test_a_forbidden_operator_is_refused_by_name(
    content, miniatures, tmp_path, monkeypatch, change, said
):
    source = miniatures / "ocr" / "recognizer"
    shutil.copy(source / "config.json", tmp_path)
    (tmp_path / "float32.tflite").write_bytes(altered(content, change))
    monkeypatch.setattr(litert, "_interpreter_class", never)
    with pytest.raises(UserError) as error:
        open_model(tmp_path, precision="float32")
    assert f"float32.tflite: not run: {said}" in str(error.value)
    assert error.value.hint and "\n" not in str(error.value)


def never() -> None:
    raise AssertionError("nothing may be loaded")


def test_each_fault_is_told_once(content):
    def two(model):
        flex(model)
        for code in model.operatorCodes[1:3]:
            code.builtinCode = schema.BuiltinOperator.HASHTABLE

    faults = not_allowed(altered(content, two))
    assert [fault.split()[1] for fault in faults] == ["FlexErf", "HASHTABLE"]


@pytest.mark.parametrize("size", [0, 4, 8, 64, 1000])
def test_a_stump_is_no_file(content, size):
    with pytest.raises(UserError, match=r"^a file: not a LiteRT file"):
        check_operators(content[:size], "a file")


def test_another_kind_of_file_is_none(tmp_path: Path):
    with pytest.raises(UserError, match="lacks the identifier TFL3"):
        check_operators(b"PK\3\4" + bytes(100), "a file")


def test_flipped_bytes_raise_one_kind_of_error_only(content):
    rng = random.Random(0)
    refused = 0
    for _ in range(300):
        spoilt = bytearray(content)
        for _ in range(4):
            # the tables, not the weights: most of them lie at either end
            place = rng.choice([rng.randrange(8, 400), -rng.randrange(1, 40_000)])
            spoilt[place] = rng.randrange(256)
        try:
            check_operators(bytes(spoilt), "a file")
        except UserError:
            refused += 1
    assert 0 < refused < 300
