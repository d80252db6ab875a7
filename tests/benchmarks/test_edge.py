"""The edge benchmark: files in turn, figures by hand, marks, the page."""

import json
import shutil

import numpy as np
import pytest

from benchmarks import edge, edge_marks, edge_models, edge_reading, edge_routes
from suite.console import UserError
from suite.edge import samples
from suite.engine import find_model, open_model

FIGURES = {
    "stock": {"ms": 5.0, "bytes": 4_000_000, "difference": 4e-7},
    "onnx_float32": {"ms": 2.5, "bytes": 4_000_000, "difference": 2e-7},
    "onnx_dynamic_int8": {"ms": 7.0, "bytes": 1_000_000, "difference": 8e-3},
    "float32": {"ms": 2.0, "bytes": 4_000_000, "difference": 2e-6},
    "dynamic_int8": {"ms": 1.0, "bytes": 1_100_000, "difference": 6e-3},
}


@pytest.fixture
def folder(miniatures, tmp_path):
    """A recognizer with one signature, its inputs and what it gives on them."""
    source = miniatures / "ocr" / "recognizer"
    folder = tmp_path / "recognizer"
    arrays = edge_models.prepare(folder, source, "read_128")
    for name in ("float32", "dynamic_int8"):
        shutil.copy(source / f"{name}.tflite", folder)
    shutil.copy(source / "float32.tflite", folder / "stock.tflite")
    first = {name: array[:1] for name, array in arrays.items()}
    wanted = open_model(folder, precision="float32")("read_128", first)
    samples.save(folder / samples.INPUTS, {"read_128": first})
    samples.save(folder / samples.REFERENCE, {"read_128": wanted})
    return folder


def test_files_of_one_network_take_turns(folder):
    figures = edge_routes.compare(folder, 3)
    assert list(figures) == [
        *("stock", "float32", "dynamic_int8"),
        *("float32_compiled", "dynamic_int8_compiled"),
    ]
    for key, figure in figures.items():
        assert figure["ms"] > 0 and figure["wall_ms"] > 0
        assert (figure["difference"] < 1e-5) == ("int8" not in key)
    sizes = {key: figure["bytes"] for key, figure in figures.items()}
    assert sizes["stock"] == sizes["float32"] > sizes["dynamic_int8"]
    assert sizes["dynamic_int8"] == sizes["dynamic_int8_compiled"]


def test_medians_are_of_runs_in_turn():
    order = []
    calls = {name: lambda inputs, n=name: order.append(n) or inputs for name in "abc"}
    found = edge_routes.medians(calls, {"x": np.zeros(1)}, 2)
    assert "".join(order) == "abc" + "abc" + "bca" + "cab"
    assert all(cpu >= 0 and wall > 0 for cpu, wall in found.values())


def test_marks_by_hand():
    made = edge_marks.marks({"crnn": FIGURES})
    found = [mark["found"] for mark in made]
    assert found == pytest.approx([2.5, 0.8, 2.5, 2e-6, 0.275])
    assert all(mark["reached"] for mark in made)
    slow = {**FIGURES, "float32": {"ms": 3.1, "bytes": 3_000_000, "difference": 2e-5}}
    made = edge_marks.marks({"crnn": slow})
    assert [mark["reached"] for mark in made] == [False, False, True, False, False]


def test_a_peer_that_is_absent_makes_no_mark():
    alone = {key: FIGURES[key] for key in ("float32", "dynamic_int8")}
    names = [mark["name"] for mark in edge_marks.marks({"crnn": alone})]
    assert names == [
        "crnn: float32, difference from Keras",
        "crnn: dynamic int8, share of float32's size",
    ]


def test_the_size_that_counts_is_that_of_the_shipped_file():
    """FIGURES are of one signature: 0.275, which would reach the mark."""
    whole = {"recognizer": {"float32": 7_680_768, "dynamic_int8": 2_494_224}}
    share = edge_marks.marks({"recognizer": FIGURES}, None, whole)[-1]
    assert share["name"].endswith("share of float32's size, all signatures")
    assert share["found"] == pytest.approx(0.3247, abs=1e-4) and not share["reached"]


def test_what_ships_says_its_sizes():
    sizes = edge_reading.shipped_sizes("recognizer")
    path = find_model("ocr", "recognizer") / "dynamic_int8.tflite"
    assert sizes["dynamic_int8"] == path.stat().st_size < sizes["float32"]


READ = {
    "pages": "450-499",
    "seconds": {"detector": 61.0},
    "runs": {
        "float32": {
            "word_f1": 0.948,
            "character_error_rate": 0.0135,
            "detection_h_mean": 0.97,
        },
        "dynamic_int8": {
            "word_f1": 0.947,
            "character_error_rate": 0.0145,
            "detection_h_mean": 0.964,
        },
        "Keras, jax": {"word_f1": 0.951},
    },
}


def test_marks_of_what_was_read():
    made = edge_marks.marks({}, READ)
    found = [mark["found"] for mark in made]
    assert found == pytest.approx([0.001, 0.006, 0.004, 61.0])
    assert [mark["reached"] for mark in made] == [True, False, True, False]


def test_the_table_of_what_was_read():
    text = edge_reading.table(READ)
    rows = [line.strip("| \n").split(" | ") for line in text.splitlines()]
    cells = {row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows}
    assert cells["float32"] == ["0.9480", "-", "0.9700", "1.35"]
    assert cells["Keras, jax"] == ["0.9510", "-", "-", "-"]


def test_the_page(monkeypatch):
    monkeypatch.setitem(edge.SIGNATURES, "crnn", "read_320")
    marks = edge_marks.marks({"crnn": FIGURES})
    made = edge.page({"crnn": FIGURES}, marks, 50, "2 cores", ["onnx: left out."])
    rows = {}
    for line in made.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        rows[cells[0]] = cells[1:]
    assert "## crnn, read_320" in rows
    assert rows["ours, float32"] == ["2.00", "0.40", "0.80", "4,000", "2.0e-06"]
    assert rows["ONNX Runtime, dynamic int8"][:3] == ["7.00", "1.40", "2.80"]
    mark = rows["crnn: dynamic int8, times faster than ONNX Runtime's best"]
    assert mark == ["at least 1.7", "2.50", "yes"]
    assert "- onnx: left out." in made


def test_the_reference_network_is_the_one_of_the_marks(tmp_path):
    arrays = edge_models.prepare(tmp_path / "crnn", None, "read_320")
    assert arrays["image"].shape == (1, 32, 320, 1)
    config = json.loads((tmp_path / "crnn" / "config.json").read_text())
    outputs = config["signatures"]["read_320"]["outputs"]
    assert outputs == {"logits": {"shape": [1, 80, 97], "dtype": "float32"}}


@pytest.mark.parametrize("wrong", [{"models": "crnn,yolo"}, {"runs": 0}])
def test_what_is_not_there_is_refused(wrong):
    with pytest.raises(UserError):
        edge.run(edge.Comparison(**wrong))


def test_a_peer_that_is_not_installed_is_a_line(tmp_path, monkeypatch):
    monkeypatch.setattr(edge, "find_spec", lambda name: None)
    said = edge._peers([tmp_path])
    assert said == [
        "stock: left out, tensorflow not installed.",
        "onnx: left out, torch, onnx, onnxruntime not installed.",
    ]


def test_the_run_writes_page_and_figures(miniatures, tmp_path, monkeypatch):
    source = miniatures / "ocr" / "recognizer"
    monkeypatch.setattr(edge, "SIGNATURES", {"recognizer": "read_128"})
    monkeypatch.setattr(edge, "find_model", lambda app, name: source)

    def peers(folders):
        inputs = samples.load(folders[0] / samples.INPUTS)["read_128"]
        wanted = open_model(source, precision="float32")("read_128", inputs)
        samples.save(folders[0] / samples.REFERENCE, {"read_128": wanted})
        return ["stock: left out, tensorflow not installed."]

    def export(folder, *, inputs, formats):
        assert len(inputs("read_128")["image"]) > 1  # samples to calibrate on
        for name in {"float32", "dynamic_int8"} & set(formats):
            shutil.copy(source / f"{name}.tflite", folder)

    monkeypatch.setattr(edge, "_peers", peers)
    monkeypatch.setattr(edge, "export", export)
    page = tmp_path / "out.md"
    words = ["--models", "recognizer", "--runs", "2", "--output", str(page)]
    code = edge.main(words)
    written = json.loads(page.with_suffix(".json").read_text())
    assert code == int(not all(mark["reached"] for mark in written["marks"]))
    assert set(written["networks"]["recognizer"]) == {
        *("float32", "dynamic_int8", "float32_compiled", "dynamic_int8_compiled"),
    }
    assert "- stock: left out, tensorflow not installed." in page.read_text()


@pytest.mark.slow
def test_the_whole_run_on_the_reference_network(tmp_path):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    page = tmp_path / "edge.md"
    code = edge.main(["--models", "crnn", "--runs", "3", "--output", str(page)])
    assert code in (0, 1)  # the times of three runs decide nothing
    figures = json.loads(page.with_suffix(".json").read_text())["networks"]["crnn"]
    assert set(FIGURES) < set(figures)
    for key in ("stock", "onnx_float32", "float32", "float32_compiled"):
        assert figures[key]["difference"] < 1e-5
