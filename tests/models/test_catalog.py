"""What the registry tells of itself, and the program that prints it."""

import json
import re

import pytest

from suite.models import catalog, names
from suite.models.__main__ import main
from suite.models.registry import entry


def test_the_program_lists_what_fits_a_pattern(capsys):
    assert main(["patchgan*", "lstm_*_model", "patchgan_70", "--json"]) == 0
    patchgan, lstm = json.loads(capsys.readouterr().out)["metrics"]["models"]
    assert patchgan == {
        "name": "patchgan_70",
        "trained": 2_764_737,
        "fixed": 0,
        "multiply_adds": None,
        "source": "arXiv:1703.10593",
        "description": "CycleGAN: the ResNet generators, the 70x70 PatchGAN, and a "
        "generator for phones",
    }
    assert lstm["name"] == "lstm_language_model"
    assert lstm["source"] == "arXiv:1708.02182, arXiv:1911.12385"
    assert main(["lenet_5", "resnet_20"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"lenet_5 +60000 +840 +\d+ +LeCun", said)
    assert re.search(r"resnet_20 +269722 +1376 +40551040 +arXiv", said)


def test_the_program_names_what_there_is(capsys):
    assert main(["patchgun"]) == 2
    said = capsys.readouterr().err
    assert "patchgun: no such model" in said and "patchgan_70" in said


def test_no_name_that_is_none_is_left_out(capsys):
    assert main(["lenet_5", "resnet20", "xyz*", "resnet_20"]) == 2
    out, err = capsys.readouterr()
    assert not out and "resnet20 xyz*: no such model" in err
    close = err.split("Close to it: ")[1].split(". There are: ")[0]
    assert "resnet_20" in close.split(", ")


def test_what_a_model_takes_and_gives():
    found = catalog.facts("patchgan_70")
    assert found == {
        "depth": None,
        "signatures": {
            "serve": ("picture uint8 nxnxnx3", "logits float32 nxnxnx1"),
        },
    }
    assert catalog.settings("patchgan_70") == {}
    assert catalog.settings("cyclegan_edge") == {
        "width": 24,
        "blocks": 5,
        "up": "nearest",
    }


def test_an_article_without_a_number_is_named_by_authors_and_year(monkeypatch):
    text = "LeNet-5: digits.\n\nLeCun, Bottou 1998, section II B. In 1999, too."
    monkeypatch.setattr(catalog, "_module_text", lambda one: text)
    told = catalog.about("patchgan_70")
    assert told == {"source": "LeCun, Bottou 1998", "description": "LeNet-5: digits"}


@pytest.mark.parametrize("name", names())
def test_every_model_says_what_it_is(name):
    told = catalog.about(name)
    assert len(told["description"]) > 20
    assert told["source"] or entry(name).reduced is None
