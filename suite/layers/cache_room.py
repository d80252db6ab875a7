"""Steps that a cache of keys and values has no room for, refused before they write."""

from typing import Any

from suite.layers.known_value import known_value


def check_room(name: str, room: Any, steps: Any, position: Any) -> None:
    """Refuse steps that would end behind the last place of a cache.

    Jax and tensorflow move such a write back until it fits, which overwrites the last
    steps without a word.

    Args:
        name: Of the layer, for the message.
        room: Places of the cache; what is not an int is unknown and passes.
        steps: Steps to be written, likewise.
        position: Place of the first one, a whole number or a tensor with one element;
            its value is unknown while a graph is traced, and passes.

    Raises:
        ValueError: If the position is missing or negative, or there is no room; the
            message names the nearest number of steps or position that works.
    """
    if position is None:
        raise ValueError(f"Layer {name!r} needs a `position` beside a `cache`.")
    if not isinstance(room, int) or not isinstance(steps, int):
        return
    if steps > room:
        raise ValueError(
            f"Layer {name!r} has a cache with room for {room} steps. "
            f"Received: {steps} steps. Nearest: {room}"
        )
    known = known_value(position)
    if known is None:
        return
    place = int(known.reshape(()))
    if not 0 <= place <= room - steps:
        nearest = min(max(place, 0), room - steps)
        raise ValueError(
            f"Layer {name!r} has a cache with room for {room} steps. Received: {steps} "
            f"from position={place} on. Nearest: position={nearest}"
        )
