"""Every model of the zoo is exported to built-in operators, or refused by a sentence.

Saved in one process, exported in one TensorFlow process, compared in one that has
neither keras nor tensorflow.
"""

import json
from pathlib import Path

import pytest

keras = pytest.importorskip("keras")

from suite.edge.rebuilt import REBUILT_LIMIT  # noqa: E402
from suite.edge.verify import LIMITS, verdict  # noqa: E402
from tests.edge.zoo import page, run  # noqa: E402
from tests.edge.zoo.entries import ENTRIES, FAST  # noqa: E402

# Layers that no model of the zoo holds: bases, what runs other frameworks' code, what
# works on boxes, and one that Keras 3.15 cannot connect in a functional model.
ABSENT = {
    *("Layer", "Wrapper", "InputLayer", "Lambda", "MaxNumBoundingBoxes"),
    "Equalization",
    *("FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"),
}


def check(folder: Path, name: str, formats=("float32",)) -> None:
    """The verdict on one model that went through the steps."""
    work, wanted = folder / name, ENTRIES[name].refused
    if (work / run.REFUSED).exists():
        said = json.loads((work / run.REFUSED).read_text())
        assert wanted is not None, said["message"]
        assert wanted in said["message"] and "\n" not in said["message"]
        assert said["hint"]
        return
    assert wanted is None, f"exported, though it should be refused: {wanted}"
    rebuilt = json.loads((work / "converted.json").read_text())["rebuilt_difference"]
    assert rebuilt is None or rebuilt <= REBUILT_LIMIT
    for form in formats:
        measured = json.loads((work / f"{form}.json").read_text())
        assert verdict(form, measured) is None


@pytest.fixture(scope="module")
def zoo(tmp_path_factory) -> Path:
    """The fast part of the zoo, saved on the backend of the tests."""
    folder = tmp_path_factory.mktemp("zoo")
    names = [n for n in FAST if not ENTRIES[n].unsaved or on_tensorflow()]
    run.save(folder, names)
    for verb in ("convert", "compare"):
        page.child(verb, folder, names)
    return folder


def on_tensorflow() -> bool:
    return keras.config.backend() == "tensorflow"


@pytest.mark.parametrize("name", FAST)
def test_exported_and_equal_or_refused(zoo, name):
    if ENTRIES[name].unsaved and not on_tensorflow():
        pytest.skip(ENTRIES[name].unsaved)
    check(zoo, name)


def test_compared_without_a_framework(zoo):
    assert json.loads((zoo / "loaded.json").read_text()) == []


def test_recurrent_layers_are_our_loops(zoo):
    """The stock loop reads its step with GATHER and counts twice."""
    for name in ("lstm_unrolled", "masked_embedding", "encoder_decoder"):
        measured = json.loads((zoo / name / "float32.json").read_text())
        graphs = measured["operators"]
        bodies = [graph for key, graph in graphs.items() if key.endswith("body")]
        assert len(bodies) == graphs["serve"]["WHILE"], name
        assert not any("GATHER" in body for body in bodies), name


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_all_of_the_zoo_from_each_backend(tmp_path, backend):
    names = [
        name
        for name, entry in ENTRIES.items()
        if not entry.unsaved or backend == "tensorflow"
    ]
    page.child("save", tmp_path, names, backend)
    formats = ("float32", "float16", "dynamic_int8")
    for verb in ("convert_all", "compare"):
        page.child(verb, tmp_path, names)
    faults = {}
    for name in names:
        try:
            check(tmp_path, name, formats)
        except AssertionError as error:
            faults[name] = str(error)
    assert not faults


def test_the_page_tells_of_these_models():
    text = page.PAGE.read_text(encoding="utf-8")
    rows, later = page.rows(text), page.not_measured(text)
    told = [name for name in ENTRIES if name not in later]
    assert list(rows) == told, f"write it again: {page.COMMAND}"
    assert not set(later) & set(FAST)
    for name, (layers, stock, ours, operators, difference) in rows.items():
        refused = ENTRIES[name].refused is not None
        assert ours == ("refused" if refused else "exported"), name
        assert layers and stock and bool(operators) == (not refused), name
        assert refused or float(difference) <= LIMITS["float32"], name


def test_every_layer_of_keras_is_on_the_page():
    known = {
        name
        for name, kind in vars(keras.layers).items()
        if isinstance(kind, type) and issubclass(kind, keras.layers.Layer)
        # not the second names of a class
        if kind.__name__ == name
    }
    text = page.PAGE.read_text(encoding="utf-8")
    rows = page.rows(text)
    told = {word for row in rows.values() for word in row[0].split(", ")}
    for name in page.not_measured(text):
        told |= {type(one).__name__ for one in ENTRIES[name].build()._flatten_layers()}
    assert known - told <= ABSENT, f"no model has {sorted(known - told - ABSENT)}"
