"""docs/models.md is what the registry says."""

import re

import pytest

from suite.models import catalog, names, parameters
from suite.models.page import changes, checked, page
from suite.models.registry import entry


def test_the_page_has_every_model_as_it_is_registered(root):
    """All but the figures, which take the building of every model."""
    text = (root / "docs" / "models.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `(.+?)` \| ([\d,]+) \| (\d*) \| (.*) \| (.*) \| (.*) \|$", text, re.M
    )
    assert sorted(row[0] for row in rows) == names()
    for name, count, _, changed, *where in rows:
        assert changed == changes(name) and len(changed) < 150
        assert tuple(where) == checked(name)
        assert all(where) == (entry(name).reduced is not None)
        told = catalog.about(name)
        assert f"## {told['description']}\n\nSource: {told['source']}.\n" in text
        assert int(count.replace(",", "")) > 0
    counts = {row[0]: int(row[1].replace(",", "")) for row in rows}
    for name in ("patchgan_70", "lstm_language_model", "text_detector"):
        assert counts[name] == parameters(name)
    depths = {row[0]: row[2] for row in rows}
    assert depths["delight_translator_128"] == "77"  # as the article counts
    assert depths["patchgan_70"] == ""


def test_settings_in_a_few_words():
    assert changes("resnet_18") == "blocks (2, 2, 2, 2), no bottleneck"
    assert changes("bn_inception") == (
        "stages of 3 + 5 + 2, norm, factorized, no auxiliary, dropout 0.2"
    )


@pytest.mark.slow
def test_the_page_is_current(root):
    text = (root / "docs" / "models.md").read_text(encoding="utf-8")
    assert text == page()
