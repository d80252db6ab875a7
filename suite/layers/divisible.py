"""Sizes that groups must divide: checked in one place, refused in one sentence."""


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
    if groups < 1:
        raise ValueError(
            f"`{groups_name}` must be positive. Received: {groups_name}={groups}. "
            "Nearest: 1"
        )
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
    if wide < 2 or wide % 2:
        step = 2 / divisor
        below = int(factor / step) * step
        nearest = [f"{x:g}" for x in (below, below + step) if x > 0]
        raise ValueError(
            "A width multiplier must give even numbers of channels. Received: "
            f"width={factor:g}, {channels} channels become {wide:g}. "
            f"Nearest: {', '.join(nearest)}"
        )
    return int(wide)
