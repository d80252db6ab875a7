"""A detector trained on a few pages of the user's own: what the run leaves behind."""

import dataclasses
from functools import partial

import numpy as np
import pytest

from suite.console import UserError
from suite.engine import open_model
from suite.models import text_detector
from suite.recipes.ocr_detector import CANVASES, PRESETS, Recipe, _pages, train
from suite.text import LATIN
from tests.data.made_fonts import make_font
from tests.models.conftest import DETECTOR
from tests.recipes.made_data import RUN_FILES, TEXTS, write_pages

pytestmark = pytest.mark.backend
FIT = dataclasses.replace(PRESETS["smoke"].fit, steps=2, evaluate_every=2)


@pytest.fixture(scope="module", autouse=True)
def small():
    """A detector of few channels in the place of the shipped one."""
    config = partial(text_detector.DetectorConfig, **DETECTOR)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_detector, "DetectorConfig", config)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder of pages, one of them without text, and the recipe."""
    folder = tmp_path_factory.mktemp("made")
    pages = write_pages(folder / "mine", [TEXTS, [], TEXTS[1:], TEXTS[:2]])
    recipe = Recipe(
        data=(pages,),
        rendered=0,
        cache=folder / "cache",
        workers=0,
        batch=1,
        size=64,
        conv_dtype="float32",
        fit=FIT,
    )
    return folder, recipe


@pytest.fixture(scope="module")
def run(made):
    """Folder and figures of the run."""
    folder, recipe = made
    return folder / "run", train(recipe, folder / "run")


def test_the_figures(run):
    _, metrics = run
    assert metrics["step"] == 2
    for name in ("h_mean", "precision", "recall", "mean_iou"):
        assert 0 <= metrics[name] <= 1


def test_the_folder(run):
    folder, _ = run
    assert {p.name for p in folder.iterdir()} >= RUN_FILES
    names = {p.name for p in (folder / "model").iterdir()}
    assert names == {"config.json", "model.keras"}


def test_the_model_finds(run):
    folder, _ = run
    model = open_model(folder / "model", engine="keras")
    height, width = min(CANVASES)
    page = np.full((1, height, width, 1), 200, np.uint8)
    found = model(f"detect_{height}x{width}", {"image": page})["probability"]
    assert found.shape == page.shape
    assert 0 <= found.min() <= found.max() <= 1


def test_a_run_is_refused_before_its_data_are_made(made, run):
    folder, recipe = made
    fresh = dataclasses.replace(recipe, rendered=20, cache=folder / "untouched")
    with pytest.raises(UserError, match="holds a run already"):
        train(fresh, run[0])
    assert not (folder / "untouched").exists()


def test_a_page_with_a_faulty_box_is_left_out(tmp_path, made, caplog):
    _, recipe = made
    folder = write_pages(tmp_path / "one", [TEXTS, TEXTS[:1]])
    boxes = folder / "boxes" / "001.csv"
    boxes.write_text("10,8,990,8,990,24,10,24,far\n", "utf-8")
    recipe = dataclasses.replace(recipe, data=(folder,))
    with pytest.raises(UserError, match="nothing that can be used to train on"):
        train(recipe, tmp_path / "run")
    assert "001.csv, line 1: box" in caplog.text
    assert "leaves the page of 160 x 128 pixels" in caplog.text


def test_a_damaged_picture_is_found_before_training(tmp_path, made, caplog):
    _, recipe = made
    folder = write_pages(tmp_path / "one", [TEXTS, TEXTS[:1]])
    picture = folder / "images" / "000.png"
    picture.write_bytes(picture.read_bytes()[:200])
    recipe = dataclasses.replace(recipe, data=(folder,))
    with pytest.raises(UserError, match="nothing that can be used to train on"):
        train(recipe, tmp_path / "run")
    assert "000.png" in caplog.text and "left out" in caplog.text


def test_rendered_pages_of_other_settings_lie_elsewhere(tmp_path):
    found = []
    for name in ("One", "Two"):
        (tmp_path / name).mkdir()
        make_font(tmp_path / name / f"{name}.ttf", LATIN.characters, family=name)
        recipe = Recipe(
            rendered=2, fonts=tmp_path / name, cache=tmp_path / "cache", workers=0
        )
        (training,), validation = _pages(recipe)
        found.append({page.image for page in (*training, *validation)})
    one, two = found
    assert len(one) == len(two) == 2 and not one & two
    assert all(image.is_file() for image in one | two)
