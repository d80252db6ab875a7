"""docs/models.md is what the registry says, and so are the sizes that are kept."""

import re

import pytest

from suite.models import catalog, cost, names
from suite.models.page import changes, checked, page
from suite.models.registry import entry
from suite.models.sizes import counted, kept, size


def test_the_page_has_every_model_as_it_is_registered(root):
    """All but the figures, which take the building of every model."""
    text = (root / "docs" / "models.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `(.+?)` \| ([\d,]+) \| ([\d,]*) \| ([\d,]*) \| (\d*) "
        r"\| (.*) \| (.*) \| (.*) \|$",
        text,
        re.M,
    )
    assert sorted(row[0] for row in rows) == names()
    for name, *figures, _, changed, one, other in rows:
        where = (one, other)
        numbers = [int(figure.replace(",", "") or 0) for figure in figures]
        assert numbers == [number or 0 for number in kept()[name]]
        assert changed == changes(name) and len(changed) < 150
        assert where == checked(name)
        assert all(where) == (entry(name).reduced is not None)
        told = catalog.about(name)
        assert f"## {told['description']}\n\nSource: {told['source']}.\n" in text
    depths = {row[0]: row[4] for row in rows}
    assert depths["delight_translator_128"] == "77"  # as the article counts
    assert depths["patchgan_70"] == ""


def test_settings_in_a_few_words():
    assert changes("resnet_18") == "blocks (2, 2, 2, 2), no bottleneck"
    assert changes("bn_inception") == (
        "stages of 3 + 5 + 2, norm, factorized, no auxiliary, dropout 0.2"
    )


@pytest.mark.parametrize("name", ["patchgan_70", "lenet_5", "text_detector"])
def test_sizes_are_kept_as_counted(name):
    assert size(name) == kept()[name] == cost(name)
    assert list(kept()) == names(), "python -m suite.models --sizes"


def test_a_model_of_no_kept_size_is_counted(monkeypatch):
    monkeypatch.setattr("suite.models.sizes.kept", dict)
    assert size("lenet_5_modern").trained == 61_706


@pytest.mark.slow
def test_the_sizes_are_current(root):
    text = (root / "suite" / "models" / "sizes.toml").read_text(encoding="utf-8")
    assert text == counted()


@pytest.mark.slow
def test_the_page_is_current(root):
    text = (root / "docs" / "models.md").read_text(encoding="utf-8")
    assert text == page()
