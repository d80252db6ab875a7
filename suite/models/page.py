"""docs/models.md, written from the registry."""

from __future__ import annotations

from typing import Any

from suite.models.catalog import about, facts, settings
from suite.models.registry import entry, names
from suite.models.sizes import size

HEAD = """# Models

Written by `python -m suite.models --page > docs/models.md`; a test compares it.

`suite.models.build(NAME, **changes)` makes the training core,
`suite.models.for_inference(NAME, core)` what is saved and exported. Parameters are
those of the core in the registered configuration, a backbone of keras.applications
among them: **trained** ones as papers count, **fixed** ones of moving statistics,
constants and frozen backbones. **Multiply-adds** are of one input in the forward pass,
where its size is fixed. `n` is a size that the export fixes. Depth is the article's
count, N + 4 layers a DeLighT block, of the deeper stack.

Settings are those that differ from the defaults of a family's configuration.

**backends**, **exports**: in a reduced form, built by the same function, the model is
saved and loaded, and gives the same numbers under these backends (1e-4). It takes a
step of training in mixed precision that reaches every weight, and leaves as a file of
built-in operators that gives those numbers, too (`tests/models/test_sweep.py`). CI
compares the numbers of all, but trains and exports one or a few of each builder, and
under JAX, which compiles each step, it trains three; `pytest -m slow` takes the rest.
Networks of keras.applications are Keras' own and have no such form: their weights and
shapes are counted.

## From a name to files for the phone

```python
from suite.models import build, for_inference

name = "delight_translator_128"
core = build(name, vocabulary=10_000)  # to be trained
for_inference(name, core).save("translator.keras")
```

A translator leaves as two signatures: `encode`, once a sentence, and `step`, once a
token, with its caches as inputs and outputs. Here for sentences of 32 tokens; the sizes
that are open stand in the model's lines below.

```
kes-edge export translator.keras --output out/ \\
  --signature encode=source:memory_cache \\
    step=source,token,position,cache,memory_cache:logits,cache \\
  --shape source=32 cache=8x32x128 memory_cache=8x32x128
```

## Pictures

Drawn from the built models by `python -m suite.models --pictures docs/images`; a test
compares them.

The transform of DeLighT's deepest block: groups rise and fall, and so do the widths.

![Trapezoids, one a group, in ten rows](images/delight_transform.svg)

Block-wise scaling: blocks grow deeper and wider towards the output.

![A bar for each layer of sixteen blocks](images/block_wise_scaling.svg)

IQT: the difference of both pictures into the encoder, the reference into the decoder.

![Boxes from two pictures down to a score](images/iqt.svg)
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
        "| name | trained | fixed | multiply-adds | depth | settings | backends "
        "| exports |",
        "|---|--:|--:|--:|--:|---|---|---|",
    ]
    shapes: dict[str, list[str]] = {}
    for name in found:
        known = facts(name)
        figures = (*size(name), known["depth"])
        lines.append(
            f"| `{name}` | {' | '.join(map(_figure, figures))} "
            f"| {changes(name)} | {' | '.join(checked(name))} |"
        )
        for signature, (inputs, outputs) in known["signatures"].items():
            text = f"`{signature}`: {inputs} -> {outputs}"
            shapes.setdefault(text, []).append(name)
    lines.append("")
    for text, whose in shapes.items():
        of = "" if len(whose) == len(found) else f" ({', '.join(whose)})"
        lines.append(f"- {text}{of}")
    return "\n".join([*lines, ""])


def changes(name: str) -> str:
    """The settings of a model, each in a few words."""
    return ", ".join(_told(key, value) for key, value in settings(name).items())


def checked(name: str) -> tuple[str, str]:
    """The backends whose numbers are compared, and the formats."""
    if entry(name).reduced is None:
        return "", ""
    return "tensorflow, jax, torch", "LiteRT float32"


def _figure(number: int | None) -> str:
    return f"{number:,}" if number else ""


def _told(key: str, value: Any) -> str:
    words = key.replace("_", " ")
    if isinstance(value, bool):
        return words if value else f"no {words}"
    if value == ():
        return f"no {words}"
    if isinstance(value, tuple) and isinstance(value[0], tuple):  # stages of modules
        return f"{words} of {' + '.join(str(len(part)) for part in value)}"
    return f"{words} {value}"
