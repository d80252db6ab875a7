"""What `export` prints and returns; the export itself has its own tests."""

import json

import pytest

from suite.console import UserError
from suite.console.verbs import ExportOptions
from suite.edge import verbs
from suite.edge.export import VerificationError

FILE = {
    "bytes": 1_234_567,
    "difference": 3e-7,
    "limit": 1e-5,
    "operators": {"small": {"CONV_2D": 3, "ADD": 1}, "large": {"CONV_2D": 3, "ADD": 2}},
    "objections": [],
}


@pytest.fixture
def models(tmp_path):
    for name in ["detector", "recognizer"]:
        (tmp_path / "ocr" / name).mkdir(parents=True)
        config = {"schema": 1, "signatures": {"s": {"inputs": {}, "outputs": {}}}}
        (tmp_path / "ocr" / name / "config.json").write_text(json.dumps(config))
    return tmp_path / "ocr"


def test_all_models_of_a_folder(models, monkeypatch):
    asked = []

    def export(folder, **options):
        asked.append((folder.name, options["formats"], options["saved_model"]))
        return {"files": {"float32": FILE}}

    monkeypatch.setattr(verbs, "export", export)
    options = ExportOptions(model=models, formats=("float32",), saved_model=True)
    result = verbs.run_export(options)
    assert asked == [
        ("detector", ("float32",), True),
        ("recognizer", ("float32",), True),
    ]
    assert result.code == 0
    head, first, _ = result.text.splitlines()
    assert head.split()[:4] == ["model", "format", "kB", "difference"]
    assert first.split()[:6] == ["detector", "float32", "1235", "3e-07", "1e-05", "5"]


def test_what_running_a_file_showed_is_in_its_row(models, monkeypatch):
    shown = {
        **FILE,
        "mean_difference": 1e-7,
        "bytes_per_weight": 1.0672,
        "latency": {
            "small": {"interpreter_ms": 1.0, "compiled_model_ms": 9.0},
            "large": {"interpreter_ms": 2.5, "compiled_model_ms": 2.25},
        },
    }
    monkeypatch.setattr(
        verbs, "export", lambda folder, **_: {"files": {"float32": shown}}
    )
    text = verbs.run_export(ExportOptions(model=models / "detector")).text
    head, row = (line.split() for line in text.splitlines())
    assert head[6:] == ["mean", "bytes/weight", "ms", "ms", "compiled", "objections"]
    assert row[6:10] == ["1e-07", "1.0672", "2.5000", "2.2500"]


def test_the_metric_is_shown_before_and_after(models, monkeypatch):
    report = {
        "source": {"metric": 0.75},
        "files": {"float32": {**FILE, "metric": 0.5}},
    }
    asked = []
    monkeypatch.setattr(verbs, "export", lambda _, **how: asked.append(how) or report)
    options = ExportOptions(model=models / "detector")
    done = verbs.run_export(options, metric="m:f", metric_options={"limit": 1})
    head, row = (line.split() for line in done.text.splitlines())
    assert head[5:7] == ["before", "metric"] and row[5:7] == ["0.7500", "0.5000"]
    assert asked[0]["metric"] == "m:f" and asked[0]["metric_options"] == {"limit": 1}


def test_a_verdict_of_no_is_1_and_the_other_model_is_still_exported(
    models, monkeypatch, capsys
):
    def export(folder, **options):
        if folder.name == "detector":
            files = {"float32": {**FILE, "objections": ["Erfinv"], "difference": None}}
            raise VerificationError(
                "float32 is not good enough", None, {"files": files}
            )
        return {"files": {"float32": FILE}}

    monkeypatch.setattr(verbs, "export", export)
    result = verbs.run_export(ExportOptions(model=models))
    assert result.code == 1
    assert set(result.metrics) == {"detector", "recognizer"}
    assert "Erfinv" in result.text
    assert "not good enough" in capsys.readouterr().err


def test_a_folder_that_fails_does_not_stop_the_others(models, monkeypatch, capsys):
    def export(folder, **options):
        if folder.name == "detector":
            raise UserError("model.keras is corrupt")
        return {"files": {"float32": FILE}}

    monkeypatch.setattr(verbs, "export", export)
    result = verbs.run_export(ExportOptions(model=models))
    assert result.code == 1 and "recognizer" in result.text
    assert result.metrics["detector"] == {}
    assert "model.keras is corrupt" in capsys.readouterr().err
    with pytest.raises(UserError, match="corrupt"):  # nothing else to go on with
        verbs.run_export(ExportOptions(model=models / "detector"))


def test_inputs_are_made_from_the_models_config(models, monkeypatch):
    seen = []
    monkeypatch.setattr(
        verbs, "export", lambda folder, inputs, **_: seen.append(inputs("s")) or {}
    )
    options = ExportOptions(model=models / "detector")
    verbs.run_export(options, lambda config: lambda name: {name: config["schema"]})
    assert seen == [{"s": 1}]


def test_the_folder_of_a_run_stands_for_its_model(models, monkeypatch):
    run = models.parent / "run"
    run.mkdir()
    (run / "config.json").write_text('{"preset": "smoke"}')
    (models / "detector").rename(run / "model")
    seen = []
    monkeypatch.setattr(verbs, "export", lambda folder, **_: seen.append(folder) or {})
    verbs.run_export(ExportOptions(model=run))
    assert seen == [run / "model"]


def test_a_folder_of_models_may_have_one_called_model(models, monkeypatch):
    (models / "detector").rename(models / "model")
    seen = []
    monkeypatch.setattr(verbs, "export", lambda folder, **_: seen.append(folder) or {})
    verbs.run_export(ExportOptions(model=models))
    assert seen == [models / "model", models / "recognizer"]


def test_a_folder_without_models(tmp_path):
    with pytest.raises(UserError, match=r"config.json"):
        verbs.run_export(ExportOptions(model=tmp_path))
