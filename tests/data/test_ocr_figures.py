"""Each network's own figure, on real pages, in a process without a framework."""

import subprocess
import sys
from pathlib import Path

import pytest

MODELS = Path(__file__).parents[2] / "saved_models" / "ocr"

_CODE = """
import sys
from suite.data.ocr_figures import figure
from suite.engine import open_model
model = open_model(sys.argv[1], keep=1)
value = figure(model, sys.argv[2], "450-451", 1)
assert not {"keras", "tensorflow", "jax", "torch"} & set(sys.modules)
print(value)
"""


@pytest.mark.skipif(
    not (MODELS / "recognizer" / "dynamic_int8.tflite").is_file(),
    reason="no models in saved_models/ocr",
)
@pytest.mark.parametrize(("name", "least"), [("detector", 0.8), ("recognizer", 0.9)])
def test_the_figure_of_a_network_alone(shared_data, name, least):
    run = [sys.executable, "-c", _CODE, MODELS / name, shared_data / "sroie"]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert least < float(done.stdout) <= 1
