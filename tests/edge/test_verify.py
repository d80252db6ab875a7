"""The measure of difference, the verdict, and what is found in a file."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from suite.edge import verify as module
from suite.edge.export import VerificationError, judge
from suite.edge.metric import measured as metric_of
from suite.edge.operators import histogram, objections
from suite.edge.samples import load, random_inputs, save
from suite.edge.verify import (
    describe,
    difference,
    mean_difference,
    measure,
    relative,
    remarks,
    remedy,
    unequal,
    verdict,
)
from suite.engine.folder import read_config
from suite.engine.litert import LiteRTModel
from tests.engine.altered import altered, builtin, custom, flex, passed_on, variable


@pytest.mark.parametrize(
    ("got", "wanted", "largest", "mean"),
    [
        ([0.1, 0.5], [0.1, 0.6], 0.1, 0.05),  # below 1: absolute
        ([10.0, -20.0], [10.0, -20.2], 0.2 / 20.2, 0.1 / 20.2),  # above: relative
        ([3, 5], [3, 7], 0, 0),  # whole numbers are equal or not
        ([0.0, np.nan], [0.0, 0.0], math.inf, math.inf),
        ([0.0, np.inf], [0.0, 0.0], math.inf, math.inf),
        ([0.0, 1.0], [0.0, np.nan], math.inf, math.inf),
    ],
)
def test_difference_by_hand(got, wanted, largest, mean):
    a, b = {"y": np.array(got)}, {"y": np.array(wanted)}
    assert difference(a, b) == pytest.approx(largest)
    assert mean_difference(a, b) == pytest.approx(mean)


def test_outputs_far_below_1_have_a_difference_of_their_own():
    a, b = {"y": np.float32([1e-4, 2e-4])}, {"y": np.float32([1e-4, 4e-4])}
    assert difference(a, b) == pytest.approx(2e-4)
    assert relative(a, b) == pytest.approx(0.5)
    zero = {"y": np.zeros(2)}
    assert relative(zero, zero) == 0
    found = {"difference": 2e-4, "relative": 0.5, "unequal": 0.0}
    assert "5.0e-01 of the largest output" in remarks("float16", found)[0]
    assert remarks("float16", {**found, "relative": 0.05}) == []


def test_an_int8_file_that_gives_a_constant_fails_where_no_metric_says_otherwise():
    found = {"objections": [], "difference": 0.65, "relative": 0.66, "differences": {}}
    said = verdict("dynamic_int8", found)
    assert said == "it differs from Keras by 6.6e-01 of the largest output"
    assert "--metric" in remedy(said)
    assert verdict("dynamic_int8", {**found, "metric": 0.9}) is None
    # what should be zero but for rounding has any share of itself
    assert verdict("dynamic_int8", {**found, "difference": 1e-9}) is None
    assert verdict("dynamic_int8", {**found, "relative": 0.4}) is None


def test_whole_numbers_are_equal_or_not():
    a = {"best": np.int32([900, 1, 2, 3]), "y": np.float32([0])}
    b = {"best": np.int32([901, 1, 2, 3]), "y": np.float32([0])}
    assert unequal(a, b) == 0.25 and difference(a, b) == 0
    assert unequal({"on": np.array([True])}, {"on": np.array([False])}) == 1
    found = {"objections": [], "difference": 0.0, "differences": {}, "unequal": 0.25}
    assert "0.25 of the entries" in (verdict("float32", found) or "")
    assert verdict("dynamic_int8", found) is None
    assert "0.25 of the entries" in remarks("dynamic_int8", found)[0]


def test_the_worst_output_counts():
    zero = {"a": np.zeros(2), "b": np.zeros(2)}
    assert difference({**zero, "b": np.array([0.0, 0.5])}, zero) == 0.5


def measured(**ways):
    return {
        "objections": [],
        "difference": max(ways.values()),
        "differences": {"run": ways},
    }


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("float32", 1e-5, None),
        ("float32", 1.1e-5, "difference from Keras 1.1e-05, limit 1e-05"),
        ("float16", 9e-3, None),
        ("float16", 1.1e-2, "limit 1e-02"),
        ("dynamic_int8", 0.5, None),
        ("dynamic_int8", math.inf, "not finite"),
    ],
)
@pytest.mark.parametrize("way", ["interpreter", "interpreter_again", "compiled_model"])
def test_verdict(name, value, fault, way):
    said = verdict(name, measured(**{"interpreter": 0.0, way: value}))
    assert (said is None) if fault is None else (fault in said)
    if fault and "limit" in fault:
        assert f"(run, {way})" in said


def test_objections_are_a_verdict():
    assert verdict("float32", {"objections": ["a", "b"]}) == "a; b"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("operator VAR_HANDLE: weights are not in the file", "assigns variables in"),
        ("tensor a keeps state between calls", "assigns variables in its call"),
        ("output y is an input as it came", "Leave that output out"),
        ("operator FlexErf is custom", "for_export()"),
        ("difference from Keras 1e-3", "--inputs"),
        ("its metric is 0", "--metric-drop"),
        ("CompiledModel refuses it", "The earlier"),
    ],
)
def test_a_hint_by_the_kind_of_the_fault(fault, said):
    assert said in remedy(fault)
    assert remedy(fault).endswith("The earlier files are untouched.")


def test_a_metric_takes_its_options():
    job = {"metric": "tests.edge.stranger:given", "metric_options": {"value": 3}}
    assert metric_of(job, None) == 3


def test_what_compiled_model_refuses_is_a_verdict(tmp_path, monkeypatch):
    def refuses(*given):
        raise RuntimeError("Failed to create CompiledModel\nmore")

    monkeypatch.setattr(module, "describe", lambda content: {"objections": []})
    monkeypatch.setattr(module, "LiteRTModel", lambda *given, **more: None)
    monkeypatch.setattr(module, "measure", refuses)
    entry = {"inputs": {}, "outputs": {}}
    config = {"schema": 1, "signatures": {"serve": entry}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    job = {"formats": ["float16"], "folder": str(tmp_path), "metric": None}
    (tmp_path / "job.json").write_text(json.dumps(job))
    (tmp_path / "float16.tflite").write_bytes(b"")
    for name in (module.samples.INPUTS, module.samples.REFERENCE):
        module.samples.save(tmp_path / name, {})
    module.verify(tmp_path)
    report = {"files": {"float16": json.loads((tmp_path / "float16.json").read_text())}}
    report |= {"rebuilt_difference": None, "left_as_they_are": {}}
    report["source"] = {"metric": 1.0}
    with pytest.raises(
        VerificationError, match=r"float16.*CompiledModel refuses it: Failed to create"
    ):
        judge(tmp_path, report, 0.01)


@pytest.fixture(scope="module")
def content(miniatures) -> bytes:
    return (miniatures / "ocr" / "recognizer" / "float32.tflite").read_bytes()


def test_a_good_file_has_no_objections(content):
    assert objections(content) == []
    counts = histogram(content)
    assert counts["read_64"] == counts["read_128"]
    assert counts["read_64"]["WHILE"] == 2  # two directions of one layer
    assert counts["read_64"]["CONV_2D"] == 8
    bodies = [count for name, count in counts.items() if name.endswith("body")]
    assert len(bodies) == 4 and all(body["TANH"] == 2 for body in bodies)


def test_a_file_is_run_in_both_ways_and_timed(miniatures, content):
    config, signatures = read_config(miniatures / "ocr" / "recognizer")
    model = LiteRTModel(content, config, signatures, threads=1)
    inputs = {
        name: random_inputs(config["signatures"][name]["inputs"], 0)
        for name in signatures
    }
    reference = {name: model(name, inputs[name]) for name in signatures}
    report = measure(content, model, inputs, reference)
    for name in ("read_64", "read_128"):
        found = report["differences"][name]
        assert found["interpreter"] == found["interpreter_again"] == found["mean"] == 0
        assert found["compiled_model"] < 1e-5
        assert report["latency"][name]["interpreter_ms"] > 0
        assert report["latency"][name]["compiled_model_ms"] > 0

    reference["read_128"]["logits"] = reference["read_128"]["logits"] + 0.5
    report = measure(content, model, inputs, reference)
    largest = np.max(np.abs(reference["read_128"]["logits"]))
    assert largest > 1
    assert report["difference"] == pytest.approx(0.5 / largest, rel=0.01)
    assert report["mean_difference"] == pytest.approx(0.5 / largest, rel=0.01)
    assert report["differences"]["read_64"]["interpreter"] == 0


def test_what_is_known_before_a_file_runs(content):
    found = describe(content)
    assert (found["bytes"], found["variable_tensors"]) == (len(content), 0)
    found = describe(altered(content, variable))
    assert found["variable_tensors"] == 1
    assert "keeps state" in found["objections"][0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (variable, "keeps state between calls"),
        (passed_on, "output logits is an input as it came"),
        (flex, "operator FlexErf is custom"),
        (custom, "operator ? is custom"),
        (builtin("VAR_HANDLE"), "operator VAR_HANDLE: weights are not in the file"),
    ],
)
def test_what_phones_refuse_is_found(content, change, said):
    assert said in "; ".join(objections(altered(content, change)))


def test_random_inputs_are_seeded_and_in_their_ranges(tmp_path: Path):
    specs = {
        "image": {"shape": [1, 40, 40], "dtype": "uint8"},
        "width": {"shape": [200], "dtype": "int32", "range": [4, 9]},
        "ids": {"shape": [200], "dtype": "int32"},
        "x": {"shape": [2, 500], "dtype": "float32"},
        "flag": {"shape": [50], "dtype": "bool"},
    }
    drawn = random_inputs(specs, 3)
    for name, array in drawn.items():
        assert list(array.shape) == specs[name]["shape"]
        assert array.dtype == specs[name]["dtype"]
    assert (drawn["image"].min(), drawn["image"].max()) == (0, 255)
    assert (drawn["width"].min(), drawn["width"].max()) == (4, 9)
    assert (drawn["ids"].min(), drawn["ids"].max()) == (1, 8)
    assert abs(drawn["x"].mean()) < 0.1 and 0.9 < drawn["x"].std() < 1.1
    assert 10 < drawn["flag"].sum() < 40

    save(tmp_path / "inputs.npz", {"file": drawn, "run": random_inputs(specs, 3)})
    stored = load(tmp_path / "inputs.npz")
    assert list(stored) == ["file", "run"]
    for name, array in drawn.items():
        for signature in stored:
            np.testing.assert_array_equal(stored[signature][name], array)
    assert (random_inputs(specs, 4)["image"] != drawn["image"]).any()
