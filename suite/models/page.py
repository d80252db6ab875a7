"""docs/models.md, written from the registry."""

from __future__ import annotations

from suite.models.catalog import about, facts, settings
from suite.models.registry import entry, names

HEAD = """# Models

Written by `python -m suite.models --page > docs/models.md`; a test compares it.

`suite.models.build(NAME, **changes)` makes the training core,
`suite.models.for_inference(NAME, core)` what is saved and exported. Parameters are
those of the core in the registered configuration; a backbone of keras.applications is
counted with it. `n` is a size that the export fixes. Depth is the article's count,
N + 4 layers a DeLighT block, of the deeper stack.

**swept**: in a reduced form, built by the same function, the model takes a step of
training in mixed precision that reaches every weight, is saved and loaded, gives the
same numbers under tensorflow, jax and torch (1e-4), and leaves as a LiteRT file of
built-in operators that gives them, too (`tests/models/test_sweep.py`). Networks of
keras.applications are Keras' own and have no such form: no.
"""


def page() -> str:
    """The whole page."""
    by_family: dict[tuple[str, str], list[str]] = {}
    for name in names():
        told = about(name)
        by_family.setdefault((told["description"], told["source"]), []).append(name)
    return "\n".join(
        [HEAD, *(section(*key, found) for key, found in by_family.items())]
    )


def section(description: str, source: str, found: list[str]) -> str:
    """The models that one module builds: a table, and what goes in and out."""
    lines = [f"## {description}", ""]
    if source:
        lines += [f"Source: {source}.", ""]
    lines += [
        "| name | parameters | depth | settings | swept |",
        "|---|--:|--:|---|---|",
    ]
    shapes: dict[str, list[str]] = {}
    for name in found:
        known = facts(name)
        changed = ", ".join(f"{key} {value}" for key, value in settings(name).items())
        swept = "yes" if entry(name).reduced is not None else "no"
        lines.append(
            f"| `{name}` | {known['parameters']:,} | {known['depth'] or ''} "
            f"| {changed} | {swept} |"
        )
        for signature, (inputs, outputs) in known["signatures"].items():
            text = f"`{signature}`: {inputs} -> {outputs}"
            shapes.setdefault(text, []).append(name)
    lines.append("")
    for text, whose in shapes.items():
        of = "" if len(whose) == len(found) else f" ({', '.join(whose)})"
        lines.append(f"- {text}{of}")
    return "\n".join([*lines, ""])
