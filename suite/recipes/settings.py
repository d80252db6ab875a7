"""What the recipes that render and train ask of their settings."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from suite.training.config import refuse_out_of_range


def settle(recipe: Any, good: Mapping[str, bool]) -> None:
    """Refuses values out of range; gives the loop the recipe's seed.

    Args:
        recipe: A frozen dataclass with the fields of rendering, `seed` and `fit`.
        good: By name of a field of its own, whether its value is in range.

    Raises:
        UserError: A field is out of range; the message names it.
    """
    shared = {
        "rendered": recipe.rendered >= 0,
        "rendered_share": 0 <= recipe.rendered_share <= 1,
        "workers": recipe.workers >= 0,
        "render_seed": recipe.render_seed >= 0,
        "seed": 0 <= recipe.seed < 2**32,
    }
    refuse_out_of_range(recipe, {**shared, **good})
    fit = dataclasses.replace(recipe.fit, seed=recipe.seed)
    object.__setattr__(recipe, "fit", fit)  # frozen
