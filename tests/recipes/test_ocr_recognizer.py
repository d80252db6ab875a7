"""A recognizer trained on a few lines of the user's own: what the run leaves behind."""

import dataclasses
import json
from functools import partial

import numpy as np
import pytest

from suite.console import UserError
from suite.engine import open_model
from suite.models import text_recognizer
from suite.recipes import ocr_recognizer
from suite.recipes.bundle import load_core_weights
from suite.recipes.ocr_language import write
from suite.recipes.ocr_recognizer import (
    PRESETS,
    Recipe,
    describe,
    train,
    write_language,
)
from suite.text import LATIN
from suite.text.ngram import load_beside
from tests.models.conftest import RECOGNIZER
from tests.recipes.made_data import RUN_FILES, write_lines

pytestmark = pytest.mark.backend
FIT = dataclasses.replace(PRESETS["smoke"].fit, steps=2, evaluate_every=2)


@pytest.fixture(scope="module", autouse=True)
def small():
    """A recognizer of few channels in the place of the shipped one."""
    given = {k: RECOGNIZER[k] for k in ("stem", "stages", "columns", "column_blocks")}
    config = partial(text_recognizer.RecognizerConfig, **given)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_recognizer, "RecognizerConfig", config)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder of lines of one width, so that one shape is compiled, and its recipe."""
    folder = tmp_path_factory.mktemp("made")
    lines = write_lines(folder / "mine", [f"Nr. {i}" for i in range(6)])
    recipe = Recipe(
        data=(lines,),
        rendered=0,
        cache=folder / "cache",
        workers=0,
        area=2 * 96,
        units=4,
        conv_dtype="float32",
        fit=FIT,
    )
    return folder, recipe


@pytest.fixture(scope="module")
def run(made):
    """Folder and figures of the run."""
    folder, recipe = made
    return folder / "run", train(recipe, folder / "run")


def test_the_figures_are_those_of_the_lines_that_validate(run):
    _, metrics = run
    assert metrics["step"] == 2
    assert metrics["mine_exact_share"] == 0
    assert metrics["character_error_rate"] == metrics["mine_character_error_rate"] > 0


def test_the_folder(run):
    folder, _ = run
    assert {p.name for p in folder.iterdir()} >= RUN_FILES
    kept = json.loads((folder / "config.json").read_text("utf-8"))
    assert (kept["units"], kept["fit"]["steps"], kept["rendered"]) == (4, 2, 0)
    model = folder / "model"
    assert {p.name for p in model.iterdir()} == {
        *("config.json", "language.npz", "model.keras")
    }
    assert load_beside(model).log_prob("nr.", " ") > -0.7


def test_the_model_reads(run):
    folder, _ = run
    model = open_model(folder / "model", engine="keras")
    assert model.config["alphabet"] == LATIN.characters
    line = np.full((1, 32, 80, 1), 200, np.uint8)
    logits = model("read_80", {"image": line, "width": np.array([80], np.int32)})
    assert logits["logits"].shape == (1, 20, LATIN.size)
    assert np.isfinite(logits["logits"]).all()


def test_another_training_starts_from_it(made, run, monkeypatch):
    """As far as the first step: the rest is what the run above showed."""
    folder, recipe = made
    started = []

    def stop(core, loss, batches, config, output, **options):
        started.append(core)
        raise UserError("far enough")

    monkeypatch.setattr("suite.training.fitting.fit", stop)
    with pytest.raises(UserError, match="far enough"):
        train(recipe, folder / "next", init=run[0])
    (core,) = started
    begun = [np.array(weight) for weight in core.get_weights()]
    load_core_weights(core, run[0])
    for one, two in zip(begun, core.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_run_is_refused_before_its_data_are_made(made, run):
    folder, recipe = made
    fresh = dataclasses.replace(recipe, rendered=20, cache=folder / "untouched")
    with pytest.raises(UserError, match="holds a run already"):
        train(fresh, run[0])
    with pytest.raises(UserError, match="started with another"):
        train(fresh, run[0], resume=True)
    assert not (folder / "untouched").exists()


def test_a_start_that_is_not_there_is_named_before_data_are_made(made):
    folder, recipe = made
    fresh = dataclasses.replace(recipe, rendered=20, cache=folder / "untouched")
    with pytest.raises(UserError, match=r"no model\.keras there"):
        train(fresh, folder / "other", init=folder / "absent")
    assert not (folder / "untouched").exists() and not (folder / "other").exists()


def test_the_description_tells_the_class_of_the_blank():
    assert describe(LATIN, 32, 1)["blank"] == 0


@pytest.mark.parametrize(("enough", "kept"), [(20_000, True), (3, False)])
def test_few_lines_keep_the_language_model_of_the_start(
    tmp_path, monkeypatch, capsys, enough, kept
):
    monkeypatch.setattr(ocr_recognizer, "ENOUGH_LINES", enough)
    known, file = write(tmp_path / "old", ["quartz"] * 4)
    (tmp_path / "new").mkdir()
    write_language(tmp_path / "new", ["Summe"] * 3, None, load_beside(file.parent))
    got = load_beside(tmp_path / "new")
    assert (got.log_prob("quart", "z") == known.log_prob("quart", "z")) is kept
    assert ("is kept" if kept else "counted on 3 lines") in capsys.readouterr().err
