"""How deep, how wide and in how many groups: the shape rules of DeFINE and DeLighT.

Plain arithmetic without keras, so that sizes are known before a weight is made.
"""

import math
from typing import NamedTuple

from suite.layers.divisible import check_positive, nearest_multiples

HIERARCHIES = ("delight", "define")
VARIANTS = ("released", "paper")
TRANSFORMS = ("hierarchical", "group", "linear")


class GroupLayer(NamedTuple):
    """One layer of a hierarchical transform."""

    units: int
    groups: int


def block_wise_scaling(
    shallowest: int, deepest: int, blocks: int, width: float
) -> list[tuple[int, float]]:
    """Depth and width multiplier of each block: small near the input, large after it.

    Args:
        shallowest: Layers in the transform of the first block, >= 1.
        deepest: Those of the last block.
        blocks: Number of blocks.
        width: Width multiplier of the first block; the last one has
            `width + deepest / shallowest - 1`.

    Returns:
        `(depth, width)` of each block. Depths are truncated and widths, which follow
        the depths before truncation, rounded to three decimals, as in the released
        code; the paper gives the lines without rounding.

    Raises:
        ValueError: A number is not positive, or `deepest` is below `shallowest`.

    Example:

    >>> block_wise_scaling(4, 8, 3, 2.0)
    [(4, 2.0), (6, 2.5), (8, 3.0)]

    References:
        - Mehta et al. 2021, arXiv:2008.00623, section 3.2
    """
    if shallowest < 1 or deepest < shallowest or blocks < 1 or width <= 0:
        raise ValueError(
            "Depths must be positive and ascending, `blocks` and `width` positive. "
            f"Received: shallowest={shallowest}, deepest={deepest}, blocks={blocks}, "
            f"width={width}"
        )
    depths = _line(shallowest, deepest, blocks)
    widths = _line(width, width + deepest / shallowest - 1, blocks)
    return [(int(d), round(w, 3)) for d, w in zip(depths, widths, strict=True)]


def most_groups(units: int) -> int:
    """The largest number of groups in a model of this width: 32 features or more each.

    Raises:
        ValueError: `units` is not a positive multiple of 32.
    """
    if units < 32 or units % 32:
        below = max(units // 32, 1) * 32
        raise ValueError(
            "The width of a DeLighT model must be a positive multiple of 32. "
            f"Received: {units}. Nearest: {below}, {below + 32}"
        )
    return int(2 ** math.ceil(math.log2(units // 32)))


def chosen_groups(units: int, max_groups: int | None, deepest: int) -> int:
    """Most groups of a DeLighT model, whose width they are seen to divide.

    Args:
        units: Width between the blocks, d_m.
        max_groups: As asked for; `most_groups(units)` when None.
        deepest: Group linear layers of the deepest block: the deeper, the more of the
            groups come into use. Each number of them must divide half the width.

    Raises:
        ValueError: `max_groups` is not positive, or the width not a multiple of 32 or
            not divided; the message names the nearest widths that are.

    References:
        - Code sacmehta/delight, which fails within the transform of such a width
    """
    if max_groups is not None:
        check_positive("max_groups", max_groups)
    most = most_groups(units) if max_groups is None else max_groups
    factor = _half_factor(most, deepest)
    if units < 1 or units % factor:
        nearest = nearest_multiples(units, factor)
        if max_groups is None:  # the groups of other widths are others
            wide = range(32, 2 * units, 32)
            good = [u for u in wide if u % _half_factor(most_groups(u), deepest) == 0]
            nearest = f"{max(u for u in good if u < units)}, "
            nearest += f"{min(u for u in good if u > units)}"
        raise ValueError(
            f"Up to {most} groups must divide half of the width of a DeLighT model. "
            f"Received: units={units}, {deepest} layers in the deepest block. "
            f"Nearest: {nearest}"
        )
    return most


def _half_factor(most: int, deepest: int) -> int:
    """What a width is a multiple of if all groups in use divide its half."""
    used = [min(2**i, most) for i in range(1, math.ceil(deepest / 2) + 1)]
    return 2 * math.lcm(*used)


def group_plan(
    features: int,
    projection: int,
    units: int,
    widest: float,
    depth: int,
    max_groups: int,
    hierarchy: str = "delight",
    variant: str = "released",
    transform: str = "hierarchical",
) -> list[GroupLayer]:
    """The layers between the first and the last linear map of a transform.

    Args:
        features: Width of what comes in.
        projection: Width after the first linear map, which the released code has and
            the papers have not.
        units: Width of what comes out.
        widest: Width to grow to: `features` times the multiplier of DeLighT, the k
            of DeFINE.
        depth: Number of layers, N of the papers.
        max_groups: Most groups of a layer.
        hierarchy: "delight" grows and narrows again, its groups with it, fewest
            first; "define" grows to the end, its groups fall.
        variant: "released": DeLighT starts from two groups and from `projection`;
            DeFINE's groups repeat 4, 2, 1 when they have come to one, and its last
            layer has `units` already. "paper": DeLighT starts from one group and from
            `features`, and its last layer gives `units`; DeFINE's groups are halved
            once, from `max_groups` to one, and its last layer is the widest. Papers
            state no rounding: widths are rounded up to what the groups divide.
        transform: "hierarchical", or the ablations "group" (all layers `max_groups`)
            and "linear" (all layers one group).

    Returns:
        `depth` layers in their order.

    Raises:
        ValueError: A number is not positive, or a name not one of those above.
    """
    for name, value, known in (
        ("hierarchy", hierarchy, HIERARCHIES),
        ("variant", variant, VARIANTS),
        ("transform", transform, TRANSFORMS),
    ):
        if value not in known:
            raise ValueError(
                f"`{name}` must be one of {', '.join(known)}. Received: {value!r}"
            )
    if min(features, projection, units, widest, depth, max_groups) < 1:
        raise ValueError(
            "All sizes must be positive. Received: "
            f"features={features}, projection={projection}, units={units}, "
            f"widest={widest}, depth={depth}, max_groups={max_groups}"
        )
    released = variant == "released"
    if hierarchy == "delight":
        middle = math.ceil(depth / 2)
        rising = [min(2 ** (i + released), max_groups) for i in range(middle)]
        groups = rising + rising[::-1][depth % 2 :]
        if released:
            growing = _line(projection, widest, middle)
            widths = growing + growing[::-1][depth % 2 :]
        else:
            narrowing = _line(widest, units, depth - middle + 1)
            widths = _line(features, widest, middle) + narrowing[1:]
    elif released:
        cycle = [2**i for i in range(max_groups.bit_length())]
        groups = [cycle[i % len(cycle)] for i in range(depth)][::-1]
        widths = [*_line(projection, widest, depth)[1:], units]
    else:
        groups = [max(max_groups // 2**i, 1) for i in range(depth)]
        widths = _line(features, widest, depth + 1)[1:]
    if transform != "hierarchical":
        groups = [max_groups if transform == "group" else 1] * depth
    layers = []
    for i, (width, group) in enumerate(zip(widths, groups, strict=True)):
        factor = max(*groups[i : i + 2], 8 if released else 1)
        if hierarchy == "define" and not released:
            factor = max_groups
        layers.append(GroupLayer(_round_up(width, factor), group))
    if released or hierarchy == "delight":
        layers[-1] = GroupLayer(units, layers[-1].groups)
    return layers


def _line(start: float, end: float, points: int) -> list[float]:
    """Evenly spaced, both ends included; the start alone where one is asked for."""
    if points == 1:
        return [float(start)]
    step = (end - start) / (points - 1)
    return [start + step * i for i in range(points - 1)] + [float(end)]


def _round_up(width: float, factor: int) -> int:
    # truncated first, as in the released code; the little that is added keeps a
    # whole number which came out as 1023.9999999
    return math.ceil(int(width + 1e-6) / factor) * factor
