"""Each network's own figure, on real pages, in a process without a framework."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from suite.console import UserError
from suite.data.ocr_figures import as_metric

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


def test_a_folder_that_is_mistyped_is_noticed_before_any_model(tmp_path):
    with pytest.raises(UserError, match="typo/boxes: no box files") as caught:
        as_metric(tmp_path / "typo", None, None, None)
    assert "A data folder holds" in caught.value.hint
    with pytest.raises(UserError, match=r"4-5 \(--pages\)"):
        as_metric(tmp_path / "typo", "4-5", None, None)


def test_only_the_pages_that_are_asked_for_are_looked_at(tmp_path, make_page):
    data = make_page(tmp_path)
    (data / "boxes" / "9.csv").write_text("no label\n")
    options = as_metric(data, None, 1, None)["metric_options"]
    assert options["limit"] == 1 and options["data"] == str(data)
    with pytest.raises(UserError, match=r"9\.csv"):
        as_metric(data, None, None, None)


@pytest.fixture
def make_page():
    """Makes a data folder of one page, called 1."""

    def make(folder: Path) -> Path:
        for name in ["images", "boxes"]:
            (folder / "data" / name).mkdir(parents=True)
        Image.new("L", (20, 20)).save(folder / "data" / "images" / "1.png")
        (folder / "data" / "boxes" / "1.csv").write_text("1,1,9,1,9,9,1,9,Text\n")
        return folder / "data"

    return make
