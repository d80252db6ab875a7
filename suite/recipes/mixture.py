"""How much of a training's data comes from which set."""

from __future__ import annotations

from collections.abc import Sequence


def mixture(sizes: Sequence[int], rendered_share: float, rendered: int) -> list[float]:
    """Shares of the sets: the rendered one's as asked, the others' by their size.

    Args:
        sizes: Number of examples of each set, the rendered one last if there is one.
        rendered_share: Its share, 0..1.
        rendered: Number of rendered examples; 0 if there is no such set.

    Returns:
        Shares in the order of `sizes`; they add up to 1.
    """
    labelled = list(sizes[:-1] if rendered else sizes)
    if not labelled:
        return [1.0]
    rest = 1.0 - (rendered_share if rendered else 0.0)
    shares = [rest * size / sum(labelled) for size in labelled]
    return shares + ([rendered_share] if rendered else [])
