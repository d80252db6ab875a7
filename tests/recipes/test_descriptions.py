"""What config.json says of whole numbers, in recipes and in the folders that ship."""

import json
from pathlib import Path

import pytest

SHIPPED = sorted(
    Path(__file__).parents[2].joinpath("saved_models").glob("*/*/config.json")
)


def ranges(config: dict) -> dict[str, list[int]]:
    """The range of each input of whole numbers wider than a byte, by its signature."""
    return {
        f"{name}/{tensor}": entry.get("range")
        for name, signature in config["signatures"].items()
        for tensor, entry in signature["inputs"].items()
        if entry["dtype"] in ("int16", "int32", "int64", "uint16", "uint32")
    }


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_random_inputs_of_what_ships_have_a_range(path):
    assert None not in ranges(json.loads(path.read_text("utf-8"))).values()


def test_the_recipe_writes_the_ranges_that_ship():
    pytest.importorskip("keras")
    from suite.recipes import ocr_recognizer
    from suite.text.alphabet import Alphabet

    shipped = [path for path in SHIPPED if path.parent.name == "recognizer"]
    if not shipped:
        pytest.skip("no recognizer in saved_models/ocr")
    config = json.loads(shipped[0].read_text("utf-8"))
    written = ocr_recognizer.describe(Alphabet(config["alphabet"]), 32, config["seed"])
    assert ranges(written) == ranges(config)
    assert ranges(written)["read_640/width"] == [4, 640]
    assert written["signatures"] == config["signatures"]
