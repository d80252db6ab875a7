"""A trained core becomes a model folder, and a folder becomes a start for training."""

import dataclasses
import json

import keras
import numpy as np
import pytest

import suite
from suite.console import UserError
from suite.models import build, for_inference
from suite.models.text_detector import DetectorConfig
from suite.recipes.bundle import load_core_weights, save_model, tensor
from tests.models.conftest import DETECTOR, scrambled
from tests.numeric import assert_close, to_numpy

pytestmark = pytest.mark.backend
CONFIG = DetectorConfig(**DETECTOR, conv_dtype="mixed_bfloat16")
DESCRIPTION = {"app": "ocr", "model": "detector", "seed": 4}
PAGE = np.random.default_rng(0).integers(0, 256, (1, 64, 32, 1), np.uint8)


@pytest.fixture(scope="module")
def core():
    return scrambled(build("text_detector", CONFIG))


@pytest.fixture(scope="module")
def folder(core, tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "model"
    save_model(path, "text_detector", core, CONFIG, DESCRIPTION)
    return path


def fresh():
    return build("text_detector", CONFIG)


def equal_weights(one, two, atol):
    for a, b in zip(one.weights, two.weights, strict=True):
        assert_close(a, b, atol=atol, rtol=2**-11, name=a.path)


def test_the_folder_holds_a_float32_model_for_inference(core, folder):
    loaded = keras.saving.load_model(folder / "model.keras", compile=False)
    policies = {layer.dtype_policy.name for layer in loaded._flatten_layers()}
    assert policies <= {"float32", "uint8", "int32"}
    got = to_numpy(loaded({"image": PAGE}, training=False)["probability"])
    plain = build("text_detector", CONFIG, conv_dtype="float32")
    plain.set_weights(core.get_weights())
    want = for_inference("text_detector", plain)({"image": PAGE})["probability"]
    assert_close(got, want, atol=2e-2, name="probability")  # weights are rounded
    assert to_numpy(want).std() > 0.05
    assert sorted(p.name for p in folder.iterdir()) == ["config.json", "model.keras"]


def test_weights_are_kept_to_the_bits_of_float16(core, folder):
    again = fresh()
    load_core_weights(again, folder)
    for weight, want in zip(again.weights, core.weights, strict=True):
        if "threshold_conv" in weight.path:
            continue
        assert_close(weight, want, atol=0, rtol=2**-11, name=weight.path)
        half = to_numpy(weight).astype(np.float16)
        normal = np.abs(to_numpy(weight)) > 1e-4
        assert_close(to_numpy(weight)[normal], half[normal], atol=0, name=weight.path)


def test_the_description(folder):
    content = json.loads((folder / "config.json").read_text("utf-8"))
    assert content["schema"] == 1
    assert content["version"] == suite.__version__
    assert content["architecture"] == "text_detector"
    assert DESCRIPTION.items() <= content.items()
    given = dataclasses.replace(CONFIG, conv_dtype="float32")
    assert content["hyperparameters"] == json.loads(
        json.dumps(dataclasses.asdict(given))
    )


def test_saving_twice_replaces_the_model(core, folder, tmp_path):
    other = scrambled(fresh())
    other.get_layer("probability_conv").bias.assign(np.full(16, 0.25))
    save_model(tmp_path, "text_detector", core, CONFIG, DESCRIPTION)
    save_model(tmp_path, "text_detector", other, CONFIG, {**DESCRIPTION, "seed": 5})
    again = fresh()
    load_core_weights(again, tmp_path)
    assert_close(again.get_layer("probability_conv").bias, np.full(16, 0.25), atol=0)
    assert json.loads((tmp_path / "config.json").read_text())["seed"] == 5
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("part", [".", "model.keras", ".."])
def test_a_start_from_a_folder_a_file_or_a_run(core, folder, part):
    again = scrambled(fresh())
    for weight in again.weights:
        weight.assign(weight * 0)
    load_core_weights(again, (folder / part).resolve())
    for weight, want in zip(again.weights, core.weights, strict=True):
        if "threshold_conv" in weight.path:  # not part of the inference model
            assert not to_numpy(weight).any()
        else:
            assert_close(weight, want, atol=0, rtol=2**-11, name=weight.path)


def test_a_start_from_a_training_core(core, tmp_path):
    core.save(tmp_path / "core.keras")
    again = fresh()
    load_core_weights(again, tmp_path / "core.keras")
    equal_weights(again, core, atol=0)


def test_what_does_not_fit_stays_as_it_was(core, folder):
    wide = build("text_detector", CONFIG, head=8)
    own = to_numpy(wide.get_layer("probability_conv").kernel)
    load_core_weights(wide, folder)
    assert_close(wide.get_layer("probability_conv").kernel, own, atol=0)
    stem = core.get_layer("stem_conv").kernel
    assert_close(wide.get_layer("stem_conv").kernel, stem, atol=0, rtol=2**-11)


def test_faults_are_named(folder, tmp_path):
    with pytest.raises(UserError, match=r"no model\.keras there"):
        load_core_weights(fresh(), tmp_path / "absent")
    broken = tmp_path / "broken.keras"
    broken.write_bytes((folder / "model.keras").read_bytes()[:5000])
    with pytest.raises(UserError, match=r"broken.keras: cannot be loaded"):
        load_core_weights(fresh(), broken)
    x = keras.Input((3,))
    foreign = tmp_path / "foreign.keras"
    keras.Model(x, keras.layers.Dense(2)(x)).save(foreign)
    with pytest.raises(
        UserError, match=r"foreign.keras: holds no weights of a detector"
    ):
        load_core_weights(fresh(), foreign)


def test_tensor_descriptions_are_json():
    assert json.dumps(tensor((1, 32, 96, 1), "uint8")) == (
        '{"shape": [1, 32, 96, 1], "dtype": "uint8"}'
    )
