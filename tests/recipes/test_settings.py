"""Settings are checked before any work, and the loop has the recipe's seed."""

import dataclasses

import pytest

from suite.console import UserError
from suite.recipes import ocr_detector, ocr_language, ocr_recognizer

READERS = [ocr_detector, ocr_recognizer]


@pytest.mark.parametrize(
    ("recipe", "name", "value"),
    [
        *(
            (recipe, name, value)
            for recipe in READERS
            for name, value in [
                ("rendered", -7),
                ("rendered_share", 5.0),
                ("rendered_share", -0.1),
                ("rendered_share", float("nan")),
                ("workers", -1),
                ("render_seed", -1),
                ("seed", -1),
                ("seed", 2**32),
            ]
        ),
        (ocr_detector, "batch", 0),
        (ocr_detector, "size", 0),
        (ocr_detector, "size", 100),
        (ocr_recognizer, "area", -3),
        (ocr_recognizer, "units", 0),
        (ocr_recognizer, "recurrent_layers", 0),
        (ocr_recognizer, "cell", "foo"),
        (ocr_language, "order", 0),
        (ocr_language, "order", 12),
        (ocr_language, "min_count", 0),
    ],
)
def test_out_of_range_is_named(recipe, name, value):
    with pytest.raises(UserError, match=f"`{name}` is out of range: {value!r}"):
        recipe.Recipe(**{name: value})


@pytest.mark.parametrize("recipe", READERS)
def test_edges_are_in_range(recipe):
    recipe.Recipe(rendered=0, rendered_share=1.0, workers=0, seed=0)
    recipe.Recipe(rendered_share=0.0, seed=2**32 - 1)


@pytest.mark.parametrize("recipe", READERS)
def test_the_loop_has_the_seed_of_the_recipe(recipe):
    for preset in recipe.PRESETS.values():
        assert preset.fit.seed == preset.seed == 1
        assert dataclasses.replace(preset, seed=9).fit.seed == 9
