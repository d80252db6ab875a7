"""What is known about each registered model, read from its code: nothing to keep."""

from __future__ import annotations

import dataclasses
import importlib
import re
from collections.abc import Mapping
from typing import Any

import keras

from suite.models.registry import Entry, entry, for_inference
from suite.models.registry import build as build_core

_ARTICLE = re.compile(r"arXiv:\d{4}\.\d{4,5}|doi:10\.\S+\w")
_AUTHORS = re.compile(r"[A-Z]\w+(?:, [A-Z]\w+)*(?: et al\.)? (?:19|20)\d\d\b")


def about(name: str) -> dict[str, str]:
    """What a model is and where it comes from.

    Args:
        name: A registered name.

    Returns:
        "description", the first line of the docstring of the module that builds it,
        and "source", the articles that this docstring names by `arXiv:` or
        `doi:`, else the first by its authors and year.
    """
    text = _module_text(entry(name))
    articles = dict.fromkeys(_ARTICLE.findall(text) or _AUTHORS.findall(text)[:1])
    return {
        "source": ", ".join(articles),
        "description": text.partition("\n")[0].rstrip("."),
    }


def settings(name: str) -> dict[str, Any]:
    """Fields of a registered configuration that aren't at the defaults of its class."""
    config = entry(name).config
    if not dataclasses.is_dataclass(config):
        return {}
    return {
        field.name: getattr(config, field.name)
        for field in dataclasses.fields(config)
        if getattr(config, field.name) != field.default
    }


def facts(name: str) -> dict[str, Any]:
    """Size and shape of a registered model, without making its weights.

    Args:
        name: A registered name.

    Returns:
        "depth", the layers of its DeLighT blocks by the article's count
        of N + 4 a block, of the deepest stack, None where there are none;
        "signatures", what each takes and gives, as text.
    """
    with keras.StatelessScope(initialize_variables=False):
        core = build_core(name)
        model = for_inference(name, core)
    parts = entry(name).parts or {"serve": (tuple(model.input), tuple(model.output))}
    return {
        "depth": depth(core),
        "signatures": {
            signature: (_tensors(model.input, inputs), _tensors(model.output, outputs))
            for signature, (inputs, outputs) in parts.items()
        },
    }


def depth(core: keras.Model) -> int | None:
    """Layers of the deepest stack of DeLighT blocks, as Mehta et al. 2021 count them.

    A block counts as N + 4: its group linear layers and four others, in a decoder, too.
    """
    stacks: dict[type, int] = {}
    for layer in core.layers:
        if type(layer).__name__ in ("DelightEncoderBlock", "DelightDecoderBlock"):
            stacks[type(layer)] = stacks.get(type(layer), 0) + layer.depth + 4
    return max(stacks.values(), default=None)


def _module_text(one: Entry) -> str:
    core = getattr(one.core, "func", one.core)  # a partial function names another
    return importlib.import_module(core.__module__).__doc__ or ""


def _tensors(known: Mapping[str, Any], chosen: tuple[str, ...]) -> str:
    shown = []
    for name in chosen:
        sizes = ["n" if size is None else str(size) for size in known[name].shape]
        kind = keras.backend.standardize_dtype(known[name].dtype)
        shown.append(f"{name} {kind} {'x'.join(sizes)}")
    return ", ".join(shown)
