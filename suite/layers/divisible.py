"""Numbers that do not suit: checked in one place, refused in one sentence."""

import math
from collections.abc import Sequence
from typing import Any


def check_positive(name: str, value: int | Sequence[int]) -> None:
    """Refuse numbers below 1.

    Args:
        name: The argument.
        value: Its value, or several.

    Raises:
        ValueError: One is not positive.
    """
    numbers: Sequence[int] = value if isinstance(value, Sequence) else (value,)
    if min(numbers, default=1) < 1:
        raise ValueError(
            f"{'Each of ' * (numbers is value)}`{name}` must be positive. Received: "
            f"{name}={value}. Nearest: 1"
        )


def check_length(name: str, value: Sequence[Any], count: int | None = None) -> None:
    """Refuse a sequence of another length.

    Args:
        name: The argument.
        value: Its value.
        count: How many entries it must have; any number but none when None.

    Raises:
        ValueError: It has not as many.
    """
    if (count is None and not value) or count not in (None, len(value)):
        wanted = "at least 1 entry" if count is None else f"{count} entries"
        raise ValueError(
            f"`{name}` must have {wanted}. Received: {len(value)}, {name}={value}"
        )


def check_multiple(what: str, size: int | None, groups_name: str, groups: int) -> None:
    """Refuse a size that is not a positive multiple of `groups`.

    Args:
        what: What has this size, as it stands in front of the message.
        size: The size, None where it is not known.
        groups_name: The argument that has to divide it.
        groups: Its value.

    Raises:
        ValueError: `groups` is not positive, or does not divide `size`.
    """
    check_positive(groups_name, groups)
    if not size or size < 1 or size % groups:
        nearest = "" if size is None else f" Nearest: {nearest_multiples(size, groups)}"
        raise ValueError(
            f"{what} must be a positive multiple of `{groups_name}`. Received: "
            f"{size}, {groups_name}={groups}.{nearest}"
        )


def nearest_multiples(size: int, factor: int) -> str:
    """The multiples of `factor` around `size`, for a message: "8, 12"."""
    below = max(size, 0) // factor * factor
    return f"{below}, {below + factor}" if below else f"{factor}"


def nearest_divisors(size: int, divisor: int) -> str:
    """The divisors of a positive `size` around `divisor`, for a message: "4, 8"."""
    good = [number for number in range(1, size + 1) if size % number == 0]
    below = [number for number in good if number < divisor][-1:]
    above = [number for number in good if number > divisor][:1]
    return ", ".join(map(str, below + above))


def scaled_width(channels: int, factor: float, divisor: int) -> int:
    """A number of channels times a width multiplier, which must come out even.

    A number that were rounded instead would make another network than its name says.

    Args:
        channels: Positive int, as published.
        factor: The multiplier.
        divisor: What all numbers of channels of the network are a multiple of: the
            message names multipliers that suit all of them.

    Raises:
        ValueError: If `channels * factor` is not a positive even number.
    """
    wide = channels * factor
    if not 2 <= wide < math.inf or wide % 2:
        step = 2 / divisor
        below = int((factor if 0 < factor < math.inf else 0) / step) * step
        nearest = [f"{x:g}" for x in (below, below + step) if x > 0]
        raise ValueError(
            "A width multiplier must give even numbers of channels. Received: "
            f"width={factor:g}, {channels} channels become {wide:g}. "
            f"Nearest: {', '.join(nearest)}"
        )
    return int(wide)
