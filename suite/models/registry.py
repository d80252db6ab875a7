"""The registry: a name stands for a configuration and the functions that use it."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import keras

Part = tuple[tuple[str, ...], tuple[str, ...]]
"""Names of inputs and of outputs of a model for inference."""


class Entry(NamedTuple):
    """What is registered under a name."""

    config: Any
    core: Callable[[Any], keras.Model]
    inference: Callable[[keras.Model], keras.Model]
    reduced: Mapping[str, Any] | None
    parts: Mapping[str, Part]


_ENTRIES: dict[str, Entry] = {}


def register(
    name: str,
    config: Any,
    core: Callable[[Any], keras.Model],
    inference: Callable[[keras.Model], keras.Model],
    *,
    reduced: Mapping[str, Any] | None = None,
    parts: Mapping[str, Part] | None = None,
) -> None:
    """Register a model.

    Args:
        name: Name of the network and, where it comes in several forms, what sets this
            one apart: "vit_iqa", "resnet_20", "delight_translator_128".
        config: Frozen dataclass instance, the defaults.
        core: Builds the training core from such a dataclass.
        inference: Wraps a trained core for inference: plain pixels or ids in,
            named outputs out.
        reduced: Fields of a form with few and narrow layers, all of the kinds that the
            model has. The sweep of the tests builds it, trains it, saves it and
            exports it. None for what is not of our own making.
        parts: The signatures that the model leaves under, with the inputs and outputs
            of each; "serve" with all of them if None.

    Raises:
        ValueError: If the name is taken.
    """
    if name in _ENTRIES:
        raise ValueError(f"A model is already registered under this name: {name!r}")
    _ENTRIES[name] = Entry(config, core, inference, reduced, parts or {})


def names() -> list[str]:
    """All registered names, sorted."""
    return sorted(_ENTRIES)


def list_models(pattern: str = "*") -> list[str]:
    """The registered names that a pattern fits, sorted.

    Args:
        pattern: A name with `*`, `?` and `[...]` for what may stand there.

    Example:

    >>> list_models("delight_translator_*")[:2]
    ['delight_translator_128', 'delight_translator_256']
    """
    return [name for name in names() if fnmatchcase(name, pattern)]


def parameters(name: str, **overrides: Any) -> int:
    """Number of weights of a registered model, counted without making them.

    Args:
        name: A registered name.
        **overrides: Fields to change in its configuration.
    """
    with keras.StatelessScope(initialize_variables=False):
        return int(build(name, **overrides).count_params())


def close_to(*unknown: str) -> str:
    """A sentence with the registered names that are spelt alike, or nothing."""
    close = [n for x in unknown for n in difflib.get_close_matches(x, names(), n=3)]
    return f"Close to it: {', '.join(dict.fromkeys(close))}. " if close else ""


def default_config(name: str) -> Any:
    """The configuration registered under a name.

    Raises:
        ValueError: If there is no such name.
    """
    if name not in _ENTRIES:
        raise ValueError(
            f"Unknown model: {name!r}. {close_to(name)}Known: {', '.join(names())}"
        )
    return _ENTRIES[name].config


def entry(name: str) -> Entry:
    """All that is registered under a name; see `register`.

    Raises:
        ValueError: If there is no such name.
    """
    default_config(name)
    return _ENTRIES[name]


def build(name: str, config: Any = None, **overrides: Any) -> keras.Model:
    """Build the training core of a registered model.

    Args:
        name: A registered name.
        config: Frozen dataclass of that model; the registered one when None.
        **overrides: Fields to change in it.

    Returns:
        A functional `keras.Model` that takes what its paper takes: pictures as floats
        in the paper's range, tokens as int32. It gives floats.

    Raises:
        ValueError: If there is no such name.
        TypeError: If the configuration is another model's, or an override no field
            of it.
    """
    one = entry(name)
    if config is None:
        config = one.config
    wanted = type(one.config)
    if not isinstance(config, wanted):
        raise TypeError(
            f"`config` of {name!r} must be a {wanted.__name__}. "
            f"Received: {type(config).__name__}"
        )
    return one.core(dataclasses.replace(config, **overrides))


def for_inference(name: str, core: keras.Model) -> keras.Model:
    """Wrap a trained core with casting and normalization at both ends.

    Args:
        name: The registered name the core was built under.
        core: The trained core; its weights are shared, not copied.

    Returns:
        A functional `keras.Model` with dictionaries of named inputs and outputs:
        what `model.keras` and the exported files hold.
    """
    default_config(name)
    return _ENTRIES[name].inference(core)
