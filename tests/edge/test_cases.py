"""What converts, and what is said where it does not; one TensorFlow process."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from suite.engine import open_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cases")


@pytest.fixture(scope="module")
def answers(folder: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.edge.cases", folder],
        env={**os.environ, "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads((folder / "answers.json").read_text())


EXPORTED = (
    *("two_inputs", "sequential", "nested"),
    *("adapted", "too_large", "reader", "wrapped", "long_integers"),
)

_PLAIN = """
import json, sys
sys.modules["suite"] = sys.modules["tests"] = None  # an import of them fails
import tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
got = model.signatures["run"](a=tf.fill((1, 3), 0.5), b=tf.fill((1, 2), -2.0))
print(json.dumps({name: value.numpy().tolist() for name, value in got.items()}))
"""


def test_the_saved_model_needs_nothing_of_this_package(answers, folder):
    assert "report" in answers["two_inputs"]
    model = folder / "two_inputs"
    run = [sys.executable, "-P", "-c", _PLAIN, model / "saved_model"]
    plain = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(run, env=plain, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    got = json.loads(done.stdout.splitlines()[-1])
    inputs = {"a": np.full((1, 3), 0.5, "float32"), "b": np.full((1, 2), -2, "float32")}
    wanted = open_model(model, precision="float32")("run", inputs)
    assert got.keys() == wanted.keys()
    for name, value in wanted.items():
        np.testing.assert_allclose(got[name], value, atol=1e-5)


def test_a_lambda_is_never_run(answers):
    assert answers["unsafe"]["ran_when_made"]  # so it would be seen
    assert not any(answer.get("ran") for answer in answers.values())


@pytest.mark.parametrize("case", EXPORTED)
def test_exported_and_equal(answers, case):
    assert "report" in answers[case], answers[case]
    report = answers[case]["report"]
    assert report["files"]["float32"]["difference"] <= 1e-5
    assert report["inputs"] == "random, seed 0"


def test_how_far_float32_is_from_mixed_precision_is_reported(answers):
    report = answers["adapted"]["report"]
    assert 0 < report["rebuilt_difference"] < 0.03
    assert answers["sequential"]["report"]["rebuilt_difference"] == 0
    # no number to compare with
    assert answers["too_large"]["report"]["rebuilt_difference"] is None


def test_the_phone_form_of_a_nested_layer_is_what_is_exported(answers):
    operators = answers["nested"]["report"]["files"]["float32"]["operators"]
    assert operators["run"]["TOPK_V2"] == 1


def test_a_layer_that_runs_another_one_in_its_call_is_named(answers):
    report = answers["reader"]["report"]
    assert report["left_as_they_are"] == {"reader (Reader)": ["lstm (LSTM)"]}
    assert report["files"]["float32"]["operators"]["run"]["WHILE"] == 1
    assert answers["sequential"]["report"]["left_as_they_are"] == {}


def test_a_loop_stays_a_loop_of_built_in_operators(answers):
    operators = answers["sequential"]["report"]["files"]["float32"]["operators"]
    assert operators["run"]["WHILE"] == 1
    assert len(operators) == 3  # the signature, the loop's condition, its body
    (body,) = (count for name, count in operators.items() if name.endswith("body"))
    # the product with the inputs is outside, results are written in place
    assert body["FULLY_CONNECTED"] == body["DYNAMIC_UPDATE_SLICE"] == 1


def test_calibrated_on_several_samples_where_there_is_no_loop(answers):
    files = answers["calibrated"]["report"]["files"]
    assert files["float32"]["difference"] <= 1e-5
    # quantized, and by the ranges of these inputs: of none it would be far off
    assert 1e-4 < files["full_int8"]["difference"] < 0.05
    assert files["full_int8"]["limit"] is None
    operators = files["full_int8"]["operators"]["run"]
    assert operators["CONV_2D"] == 3 and operators["DEQUANTIZE"] == 1
    assert "DEQUANTIZE" not in files["float32"]["operators"]["run"]


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (
            "opaque",
            "float32: not convertible to built-in operators: TF Select ops: Erf (in "
            "strange)",
        ),
        ("whole", "model 'whole' (Whole) is no graph of layers: what it takes and"),
        ("nan_weight", "weight dense/kernel holds NaN or infinity"),
        ("not_finite", "float32.tflite is not good enough: its outputs are not finite"),
        (
            "other_output",
            "signature 'run': the model does not give what config.json says: output "
            "'y': wanted float32 (1, 5). Received: float32 (1, 4)",
        ),
        ("other_name", "output 'z': missing. Received: 'y'"),
        ("other_input", "signature 'run': the model cannot be called"),
        ("unregistered", "model.keras: not a Keras model that can be loaded"),
        ("unsafe", "model.keras: not a Keras model that can be loaded"),
        ("empty", "model.keras: not a Keras model that can be loaded: damaged, or no"),
        ("random", "model.keras: not a Keras model that can be loaded: damaged, or no"),
        (
            "truncated",
            "model.keras: not a Keras model that can be loaded: damaged, or no",
        ),
        ("loop", "full_int8: the model has a loop or branch (WHILE), as recurrent"),
    ],
)
def test_refused_with_a_reason_and_nothing_written(answers, case, said):
    assert said in answers[case]["message"]
    assert f"/{case}" in answers[case]["message"]  # the folder
    assert "\n" not in answers[case]["message"]
    assert answers[case]["hint"]
    assert answers[case]["untouched"]


def test_only_a_verdict_has_the_exit_code_of_a_verdict(answers):
    kinds = {case: answer.get("kind") for case, answer in answers.items()}
    assert kinds.pop("not_finite") == "VerificationError"
    assert set(kinds.values()) == {None, "UserError"}
