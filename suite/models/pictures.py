"""The pictures of docs/models.md, drawn from built models.

All that they show, widths, groups, shuffles, depths, is read off the layers after they
were built. No weights are made for it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import keras

from suite.layers import DelightTransform
from suite.models import svg
from suite.models.flow import flow
from suite.models.registry import build
from suite.models.token_layers import by_name, numbered

TRANSLATOR, QUALITY = "delight_translator_512", "iqt"
LEFT, WIDE, GAP, RAIL = 196, 630, 4, 174
"""Of the transform's picture: where the widest level begins, its width, the space
between two groups, and where the input is led past them."""
TOP, PITCH, HIGH = 124, 62, 30
"""Where its first level begins, from one level to the next, and a level's height."""


def pictures() -> dict[str, str]:
    """SVG text by the name of its file."""
    with keras.StatelessScope(initialize_variables=False):
        translator = build(TRANSLATOR)
        last = numbered(by_name(translator), "encoder")[-1]
        return {
            "delight_transform.svg": transform(
                last.inner, f"DeLighT transform: {last.name} of {TRANSLATOR}"
            ),
            "block_wise_scaling.svg": scaling(
                translator, f"Block-wise scaling: {TRANSLATOR}"
            ),
            "iqt.svg": flow(build(QUALITY), f"Data flow of {QUALITY}"),
        }


class Level(NamedTuple):
    """A layer of a built transform."""

    name: str
    groups: int
    seen: int
    """Features that it sees."""
    carried: int
    """How many of these are the input of the stack, mixed in."""
    units: int
    shuffle: bool


def levels(layer: DelightTransform) -> list[Level]:
    """The layers of a built transform with split-and-mix, first to last."""
    stack, found = layer.stack.steps, []
    steps = [("linear map", layer.first), ("linear map", layer.last)]
    steps[1:1] = [(f"layer {i}", step) for i, step in enumerate(stack, 1)]
    entering = stack[0].groups * stack[0].kernel.shape[1]
    for name, step in steps:
        if step is not None:
            seen = step.groups * step.kernel.shape[1]
            carried = 0 if step is layer.first else entering
            found.append(
                Level(name, step.groups, seen, carried, step.units, step.shuffle)
            )
    return found


def meetings(level: Level, groups: int) -> list[tuple[int, int]]:
    """Which group's features lie in which slice, if the result is cut into `groups`."""
    own, size = level.units // level.groups, level.units // groups
    return sorted(
        {
            (place % level.groups if level.shuffle else place // own, place // size)
            for place in range(level.units)
        }
    )


def transform(layer: DelightTransform, title: str) -> str:
    """The layers of a transform, each group a trapezoid, edges as wide as features.

    Args:
        layer: A built one.
        title: The picture's first line.
    """
    rows = levels(layer)
    sheet = svg.Drawing(
        960,
        TOP + len(rows) * PITCH - 8,
        title,
        f"{rows[0].seen:,} features in, {rows[-1].units:,} out; N = {layer.depth} "
        f"group linear layers, w = {layer.width:g}; edges as wide as their features",
    )
    for x, fill, words in (
        (28, svg.ORANGE, "input of the stack, each group sees a slice"),
        (330, svg.BLUE, "result of the layer before, its groups shuffled"),
    ):
        sheet.rect(x, 83, 18, 6, fill)
        sheet.text(x + 26, 90, words, 12, svg.PALE_INK)
    scale = WIDE / max(max(row.seen, row.units) for row in rows)
    for number, row in enumerate(rows):
        _level(sheet, number, row, scale)
    for number, (row, after) in enumerate(pairwise(rows)):
        _threads(sheet, number, row, after, scale)
    again = [n for n, row in enumerate(rows) if 0 < row.carried < row.seen]
    if again:  # the input of the stack, led past it
        y = TOP + (again[0] - 1) * PITCH - 14
        start = _slices(1, rows[again[0] - 1].seen, scale)[0][0] + 2
        down = TOP + again[-1] * PITCH + 2.5
        corners = [(start, y - 18), (start, y), (RAIL, y), (RAIL, down)]
        sheet.line(corners, svg.ORANGE)
    return sheet.svg()


def _slices(groups: int, features: int, scale: float) -> list[tuple[float, float]]:
    """Left and right end of each group's edge, all of them in the middle."""
    whole = features * scale
    wide = (whole - GAP * (groups - 1)) / groups
    starts = [LEFT + (WIDE - whole) / 2 + i * (wide + GAP) for i in range(groups)]
    return [(start, start + wide) for start in starts]


def _level(sheet: svg.Drawing, number: int, row: Level, scale: float) -> None:
    y, share = TOP + number * PITCH, row.carried / row.seen
    above = _slices(row.groups, row.seen, scale)
    below = _slices(row.groups, row.units, scale)
    seen, given = (svg.BLUE, svg.BLUE) if number else (svg.PALE_INK, svg.ORANGE)
    for (left, right), (low_left, low_right) in zip(above, below, strict=True):
        middle, low = left + share * (right - left), y + HIGH
        corners = [(left, y), (right, y), (low_right, low), (low_left, low)]
        sheet.polygon(corners, svg.PALE_BLUE)
        sheet.rect(left, y, middle - left, 5, svg.ORANGE)
        sheet.rect(middle, y, right - middle, 5, seen)
        sheet.rect(low_left, low - 3, low_right - low_left, 3, given)
    if 0 < share < 1:
        sheet.line([(RAIL, y + 2.5), (above[0][0] - 5, y + 2.5)], svg.ORANGE)
        sheet.arrow_head(above[0][0] - 1, y + 2.5, svg.ORANGE, down=False)
    words = "1 group" if row.groups == 1 else f"{row.groups} groups"
    sheet.text(28, y + 13, row.name, 13, bold=True)
    sheet.text(28, y + 29, words, 12, svg.PALE_INK)
    sheet.text(932, y + 20, f"{row.seen:,} → {row.units:,}", 13, anchor="end")


def _threads(
    sheet: svg.Drawing, number: int, row: Level, after: Level, scale: float
) -> None:
    """From each group to the slices in which its features lie."""
    y = TOP + number * PITCH + HIGH
    below = _slices(row.groups, row.units, scale)
    above = _slices(after.groups, after.seen, scale)
    share = after.carried / after.seen % 1  # layer 1 sees the input alone
    pairs = []
    for group, place in meetings(row, after.groups):
        (left, right), (start, end) = below[group], above[place]
        start += share * (end - start)
        x = left + (right - left) * (place + 0.5) / after.groups
        to_x = start + (end - start) * (group + 0.5) / row.groups
        pairs.append(((x, y), (to_x, y + PITCH - HIGH)))
    opacity = 0.8 / len(pairs) ** 0.25
    fill = svg.BLUE if number else svg.ORANGE
    sheet.curves(pairs, fill, 1 if len(pairs) < 100 else 0.6, opacity)


def scaling(core: keras.Model, title: str) -> str:
    """The blocks of both stacks, a bar for each group linear layer.

    Args:
        core: A built translator of DeLighT blocks.
        title: The picture's first line.
    """
    parts = by_name(core)
    stacks = {name: numbered(parts, name) for name in ("encoder", "decoder")}
    count = max(map(len, stacks.values()))
    bar, pitch, left = 16, 96, 150
    deepest = max(block.depth for blocks in stacks.values() for block in blocks)
    high = deepest * bar
    features = stacks["encoder"][0].units
    widest = max(block.width for blocks in stacks.values() for block in blocks)
    scale = (pitch - 16) / (widest * features)
    sheet = svg.Drawing(
        left + count * pitch + 28,
        94 + 2 * (high + 118),
        title,
        f"A bar is a group linear layer, as wide as its result: N in a block, "
        f"the widest of {features:,} × w features",
    )
    for (name, blocks), top, fill, pale in zip(
        stacks.items(),
        (92, 92 + high + 118),
        (svg.BLUE, svg.GREEN),
        (svg.PALE_BLUE, svg.PALE_GREEN),
        strict=True,
    ):
        floor = top + high
        sheet.text(28, top + high / 2 + 5, name, 15, bold=True)
        for line, words in enumerate(("depth N", "multiplier w", "widest layer"), 1):
            sheet.text(28, floor + 8 + 19 * line, words, 12, svg.PALE_INK)
        sheet.text(28, floor + 8 + 19 * 4, "parameters", 12, svg.PALE_INK)
        for number, block in enumerate(blocks):
            centre = left + (number + 0.5) * pitch
            depth, room = block.depth * bar, block.width * features * scale
            sheet.rect(centre - room / 2, floor - depth, room, depth, pale, radius=2)
            steps = block.inner.stack.steps
            for index, step in enumerate(steps):
                wide, y = step.units * scale, floor - (index + 1) * bar + 2
                sheet.rect(centre - wide / 2, y, wide, bar - 4, fill, radius=2)
            told = (
                f"{len(steps)}",
                f"{block.width:.3g}",
                f"{max(step.units for step in steps):,}",
                f"{block.count_params() / 1e6:.2f} M",
            )
            for line, words in enumerate(told, 1):
                y, bold = floor + 8 + 19 * line, line < 3
                sheet.text(centre, y, words, 12, anchor="middle", bold=bold)
        sheet.line(
            [(left, floor + 5.5), (left + count * pitch, floor + 5.5)], svg.FAINT
        )
    return sheet.svg()
