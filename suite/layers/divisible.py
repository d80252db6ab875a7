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
            f"`{groups_name}` must be positive. Received: {groups_name}={groups}"
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
