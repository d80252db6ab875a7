"""A layer's configuration, read off its own signature."""

import inspect
from typing import Any


class OwnConfig:
    """Mixed into a layer whose arguments are all attributes of the same name.

    `get_config` then names each argument of the class by itself, so none can be
    forgotten; a subclass that fixes some of them leaves those out. Stands in front of
    `keras.layers.Layer` among the bases.
    """

    def get_config(self) -> dict[str, Any]:
        """What `Layer` gives and the arguments of the class."""
        names = inspect.signature(type(self)).parameters
        own = {name: getattr(self, name) for name in names if name != "kwargs"}
        base: dict[str, Any] = super().get_config()  # type: ignore[misc]
        return {**base, **own}
