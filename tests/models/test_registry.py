"""Models by name."""

import dataclasses

import keras
import pytest

from suite.models import build, for_inference, names
from suite.models.registry import default_config, register
from suite.models.text_detector import DetectorConfig
from suite.models.text_recognizer import RecognizerConfig

pytestmark = pytest.mark.backend


def test_names_and_their_configurations():
    assert names() == sorted(names())
    assert {"text_detector", "text_recognizer"} <= set(names())
    assert default_config("text_detector") == DetectorConfig()
    assert default_config("text_recognizer") == RecognizerConfig()


@pytest.mark.parametrize("name", ["text_detector", "text_recognizer"])
def test_configurations_are_frozen(name):
    config = default_config(name)
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.conv_dtype = "float16"


def test_overrides_change_the_given_configuration(detector):
    with keras.StatelessScope(initialize_variables=False):
        config = RecognizerConfig(classes=9, units=8)
        model = build("text_recognizer", config, height=48)
    assert model.output.shape[-1] == 9
    assert model.input["image"].shape[1] == 48
    assert config.height == 32


def test_unknown_names_and_fields_are_named(detector):
    with pytest.raises(ValueError, match=r"'reader'. Known: .*text_recognizer"):
        build("reader")
    with pytest.raises(ValueError, match="'reader'"):
        for_inference("reader", detector)
    with pytest.raises(ValueError, match=r"'text_detektor'.* to it: text_detector"):
        build("text_detektor", config=DetectorConfig())
    with pytest.raises(TypeError, match="width"):
        build("text_detector", width=3)


def test_the_configuration_of_another_model_is_refused():
    message = r"'text_detector' must be a DetectorConfig. Received: RecognizerConfig"
    with pytest.raises(TypeError, match=message):
        build("text_detector", RecognizerConfig())
    with pytest.raises(TypeError, match="Received: dict"):
        build("text_detector", {"classes": 3})


def test_a_name_is_given_once():
    with pytest.raises(ValueError, match="'text_detector'"):
        register("text_detector", None, lambda c: c, lambda c: c)
    assert default_config("text_detector") == DetectorConfig()
