"""What a functional model does with its inputs, drawn from its graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import keras

from suite.models import svg

BOX_WIDTH, BOX_HEIGHT, PITCH, LANE = 300, 50, 84, 334


@dataclass(eq=False)
class Step:
    """A call of a layer, or an input."""

    layer: Any
    shape: tuple[int | None, ...]
    sources: list[Step] = field(default_factory=list)


def steps(model: keras.Model) -> list[Step]:
    """The calls of a model's layers, in an order in which they can be made.

    A model in it that takes several inputs is looked into; one of a single input, a
    backbone, is one step.
    """
    found: list[Step] = []
    _walk(model, {}, found)
    return found


def _walk(
    model: keras.Model, given: Mapping[str, Step], found: list[Step]
) -> dict[str, Step]:
    known: dict[int, Step] = {}
    for name, tensor in model.input.items():
        if name in given:
            known[id(tensor)] = given[name]
        else:
            known[id(tensor)] = _added(found, model.get_layer(name), tensor, [])

    def step_of(tensor: Any) -> Step:
        if id(tensor) not in known:
            layer, index, _ = tensor._keras_history
            node = layer._inbound_nodes[index]
            if isinstance(layer, keras.Model) and isinstance(layer.input, dict):
                arguments = node.arguments.args[0]
                inside = {name: step_of(x) for name, x in arguments.items()}
                results = _walk(layer, inside, found)
                for name, result in zip(layer.output, node.output_tensors, strict=True):
                    known[id(result)] = results[name]
            else:
                sources = [step_of(x) for x in node.input_tensors]
                known[id(tensor)] = _added(found, layer, tensor, sources)
        return known[id(tensor)]

    return {name: step_of(tensor) for name, tensor in model.output.items()}


def _added(found: list[Step], layer: Any, tensor: Any, sources: list[Step]) -> Step:
    found.append(Step(layer, tuple(tensor.shape), sources))
    return found[-1]


def flow(model: keras.Model, title: str) -> str:
    """A model's steps as boxes, from its inputs down to its outputs.

    Args:
        model: A functional model of dicts.
        title: The picture's first line.
    """
    all_steps = steps(model)
    rows = _rows(all_steps)
    lanes = _lanes(all_steps, rows)
    least = min(lanes.values())
    wide = (max(lanes.values()) - least) * LANE + BOX_WIDTH + 56
    high = 92 + (max(rows.values()) + 1) * PITCH - 10
    subtitle = (
        f"{len({id(step.layer) for step in all_steps})} layers of "
        f"{model.count_params():,} parameters; right in a box, the shape that leaves it"
    )
    sheet = svg.Drawing(wide, high, title, subtitle)
    corner = {
        step: (28 + (lanes[step] - least) * LANE, 92 + rows[step] * PITCH)
        for step in all_steps
    }
    for step in all_steps:
        x, y = corner[step]
        for number, source in enumerate(step.sources):
            from_x, from_y = corner[source]
            shift = (number - (len(step.sources) - 1) / 2) * 60
            end = (x + BOX_WIDTH / 2 + shift, y - 1)
            start = (from_x + BOX_WIDTH / 2, from_y + BOX_HEIGHT)
            sheet.curves([(start, (end[0], end[1] - 6))], svg.PALE_INK)
            sheet.arrow_head(*end, svg.PALE_INK)
    calls = [step.layer for step in all_steps]
    for step in all_steps:
        _box(sheet, *corner[step], step, calls.count(step.layer))
    return sheet.svg()


def _rows(all_steps: list[Step]) -> dict[Step, int]:
    """Halfway between as early and as late as a step can be made."""
    early: dict[Step, int] = {}
    for step in all_steps:
        early[step] = 1 + max((early[x] for x in step.sources), default=-1)
    late = dict.fromkeys(all_steps, max(early.values()))
    for step in reversed(all_steps):
        for source in step.sources:
            late[source] = min(late[source], late[step] - 1)
    return {
        step: (early[step] + late[step]) // 2 if step.sources else 0
        for step in all_steps
    }


def _lanes(all_steps: list[Step], rows: Mapping[Step, int]) -> dict[Step, float]:
    """Steps of one row side by side in the order of what comes in, one alone below it.

    All rows but those of one step have their middle at 0.
    """
    lanes: dict[Step, float] = {}
    for row in range(max(rows.values()) + 1):
        here = [step for step in all_steps if rows[step] == row]
        above = {
            step: sum(lanes[x] for x in step.sources) / max(1, len(step.sources))
            for step in here
        }
        for index, step in enumerate(sorted(here, key=above.__getitem__)):
            alone = len(here) == 1
            lanes[step] = above[step] if alone else index - (len(here) - 1) / 2
    return lanes


def _box(sheet: svg.Drawing, x: float, y: float, step: Step, calls: int) -> None:
    layer = step.layer
    own = layer.count_params() > 0
    fill, stroke = (svg.PALE_BLUE, svg.BLUE) if own else ("#ffffff", svg.PALE_INK)
    if not step.sources:
        fill, stroke = svg.PALE_ORANGE, svg.ORANGE
    elif own and not layer.trainable_weights:
        fill, stroke = svg.FAINT, svg.PALE_INK
    sheet.rect(x, y, BOX_WIDTH, BOX_HEIGHT, fill, stroke, 6)
    sheet.text(x + 12, y + 20, layer.name, 14, bold=True)
    shape = " × ".join(str(size) for size in step.shape[1:])
    sheet.text(x + BOX_WIDTH - 12, y + 20, shape, 13, svg.BLUE, "end")
    sheet.text(x + 12, y + 39, _told(step, calls), 12, svg.PALE_INK)
    if own:
        count = f"{layer.count_params():,}"
        sheet.text(x + BOX_WIDTH - 12, y + 39, count, 12, svg.PALE_INK, "end")


def _told(step: Step, calls: int) -> str:
    """The kind of a layer, and its settings that say most."""
    layer = step.layer
    if not step.sources:
        return "input"
    if isinstance(layer, keras.Model):
        words = [f"{len(layer.layers)} layers"]
    else:
        words = [type(layer).__name__]
    for name in ("blocks", "heads"):
        if isinstance(getattr(layer, name, None), int):
            words.append(f"{getattr(layer, name)} {name}")
    if step.layer.weights and not layer.trainable_weights:
        words.append("frozen")
    if calls > 1:
        words.append("one for both" if calls == 2 else f"{calls} calls")
    return ", ".join(words)
