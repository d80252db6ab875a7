"""Names for the tensors that go into a Keras model and come out of it.

A model takes and gives a tensor, or lists and dictionaries of them inside one another;
a signature has tensors with names, which TensorFlow takes as names of arguments.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def named(structure: Any, kind: str) -> dict[str, Any]:
    """The tensors of a dictionary by name, in its order.

    Keras' own flat lists of them (`model.inputs`) are in the order of sorted keys.

    Args:
        structure: A dictionary, in which further dictionaries and lists may be.
        kind: "input" or "output"; in front of a name that starts with no letter.

    Returns:
        Tensors by the keys and places on the way to them, joined by "_". What cannot
        be the name of an argument is replaced: "image-1" becomes "image_1".
    """
    names: dict[str, Any] = {}
    for path, tensor in _leaves(structure):
        name = _argument("_".join(path), kind)
        while name in names:  # "a-1" beside "a_1"
            name += "_"
        names[name] = tensor
    return names


def numbered(tensors: Sequence[Any], kind: str) -> dict[str, Any]:
    """The tensors of a model without a dictionary, by names that somebody gave, else
    by numbers.

    Args:
        tensors: The symbolic tensors in the model's order.
        kind: "input" or "output": what they are called where they have no names.
    """
    given = [str(tensor.name) for tensor in tensors]
    names = list(dict.fromkeys(_argument(name, kind) for name in given))
    generated = any("keras_tensor" in name for name in given)
    if kind != "input" or generated or len(names) < len(tensors):
        names = [f"{kind}_{number}" for number in range(len(tensors))]
        names = [kind] if len(tensors) == 1 else names
    return dict(zip(names, tensors, strict=True))


def flat(structure: Any) -> list[Any]:
    """The tensors of lists and dictionaries inside one another, in their order."""
    return [tensor for _, tensor in _leaves(structure)]


def packed(structure: Any, tensors: Sequence[Any]) -> Any:
    """Lists and dictionaries like these, of other tensors, in the order of `flat`."""
    waiting = iter(tensors)
    return _mapped(structure, lambda: next(waiting))


def _mapped(structure: Any, following: Callable[[], Any]) -> Any:
    if isinstance(structure, Mapping):
        return {key: _mapped(value, following) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)):
        return [_mapped(value, following) for value in structure]
    return following()


def _leaves(structure: Any) -> list[tuple[tuple[str, ...], Any]]:
    if isinstance(structure, Mapping):
        parts = [(str(key), value) for key, value in structure.items()]
    elif isinstance(structure, (list, tuple)):
        parts = [(str(place), value) for place, value in enumerate(structure)]
    else:
        return [((), structure)]
    return [
        ((key, *path), tensor)
        for key, value in parts
        for path, tensor in _leaves(value)
    ]


def _argument(name: str, kind: str) -> str:
    """A name as TensorFlow takes one: it would rename others, and not find them."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", name)
    if not name[:1].isalpha():
        name = f"{kind}_{name}"
    return f"{name}_" if keyword.iskeyword(name) or name == "self" else name
