"""The size of every registered model, kept beside the code so that listing is quick.

Counting builds each network's graph, more than a minute for all; the file is written
by `python -m suite.models --sizes > suite/models/sizes.toml` and compared by tests.
"""

from __future__ import annotations

import functools
import tomllib
from importlib import resources

from suite.models.cost import Cost, cost
from suite.models.registry import names

HEAD = """# Sizes of the registered models, so that listing them builds none. Written by
# `python -m suite.models --sizes > suite/models/sizes.toml`. Multiply-adds are those
# of one input, and missing where the model leaves its size open.
"""


def size(name: str) -> Cost:
    """What a registered model costs: as kept, or counted where nothing is kept."""
    return kept()[name] if name in kept() else cost(name)


@functools.cache
def kept() -> dict[str, Cost]:
    """All that the file holds."""
    text = resources.files("suite.models").joinpath("sizes.toml").read_text("utf-8")
    return {
        name: Cost(row["trained"], row["fixed"], row.get("multiply_adds"))
        for name, row in tomllib.loads(text).items()
    }


def counted() -> str:
    """The file's text, all models counted anew."""
    rows = []
    for name in names():
        known = {k: v for k, v in cost(name)._asdict().items() if v is not None}
        row = ", ".join(f"{key} = {value}" for key, value in known.items())
        rows.append(f"{name} = {{ {row} }}\n")
    return HEAD + "".join(rows)
