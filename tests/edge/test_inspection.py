"""What `inspect` finds in the files that ship, and in one with int8 activations."""

from pathlib import Path

import pytest
from ai_edge_litert import schema_py_generated as schema

from suite.edge.__main__ import main
from suite.edge.delegates import DELEGATES, SOURCES
from suite.edge.inspection import inspect
from tests.engine.altered import altered

FILE = Path(__file__).parents[2] / "saved_models/ocr/detector/dynamic_int8.tflite"

pytestmark = pytest.mark.skipif(
    not FILE.is_file(), reason="no detector in saved_models/ocr"
)


def test_weights_are_quantized_by_axis_and_activations_are_not():
    found = inspect(FILE.read_bytes())
    assert found["quantization"]["per_axis"] > 10
    assert found["quantization"]["activations"] == 0


def test_quantized_activations_are_counted():
    def quantize(model):
        graph = model.subgraphs[0]
        tensor = graph.tensors[graph.operators[-1].outputs[0]]
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale = [0.5]

    found = inspect(altered(FILE.read_bytes(), quantize))
    assert found["quantization"]["activations"] == 1


def test_what_delegates_refuse_is_told_with_its_source(capsys):
    assert SOURCES.keys() == DELEGATES.keys()
    assert main(["inspect", str(FILE)]) == 0
    said = capsys.readouterr().out
    for source in SOURCES.values():
        assert f"says {source}" in said
    assert "delegates of which it is not known: nnapi, qnn" in said
    assert "per axis" in said and "activations are float" in said
