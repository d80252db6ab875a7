"""Encoder and decoder connected: for training, and as steps with explicit caches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from suite.models.registry import Part
from suite.models.token_layers import (
    by_name,
    logits,
    named_results,
    numbered,
    scores,
    true_tokens,
    vectors,
)

PARTS: dict[str, Part] = {
    "encode": (("source",), ("memory_cache",)),
    "step": (
        ("source", "token", "position", "cache", "memory_cache"),
        ("logits", "cache"),
    ),
}
"""The signatures that a translator leaves under, see `translator_for_inference`."""


def translator_core(parts: Mapping[str, keras.layers.Layer]) -> keras.Model:
    """The training core: all steps of the target at once.

    Args:
        parts: Its layers by name: those of `token_layers`, "encoder_0" ... and
            "decoder_0" ..., "encoder_norm" and "final_norm" where blocks normalize in
            front. What the tables take for padding is hidden from all attention.

    Returns:
        Functional model of a dict of "source" and "target", int32 `(batch, steps)`,
        each with a length of its own; the target begins with the token that starts a
        sentence and lacks its last. Its output is a dict of "logits", float `(batch,
        target steps, vocabulary)`, scores of the token that follows each; with bands
        of tokens "head", "tail_1" ... in their place.
    """
    source = keras.Input((None,), dtype="int32", name="source")
    target = keras.Input((None,), dtype="int32", name="target")
    mask = true_tokens(parts, source, "source")
    memory = _encoded(parts, source, mask)
    true = true_tokens(parts, target, "target")
    x = vectors(parts, target, "target", true)
    for block in numbered(parts, "decoder"):
        x = block(x, memory, memory_mask=mask)
    return keras.Model(
        {"source": source, "target": target},
        scores(parts, x, "target"),
        name="core",
    )


def translator_for_inference(core: keras.Model) -> keras.Model:
    """The same layers as two parts of one graph, to encode and to decode a step.

    Encode: "source" to "memory_cache". Step: all inputs to "logits" and "cache". Keep
    `position` below the room of the cache.

    Args:
        core: What `translator_core` made.

    Returns:
        Functional model with the inputs "source", int32 `(batch, source steps)`;
        "token", int32 `(batch, 1)`; "position", int32 `(1,)`, the place of that token,
        from 0; "cache", float32 `(batch, blocks, room, width)`, zeros at first;
        "memory_cache", float32 `(batch, blocks, source steps, width)`. Outputs are
        "memory_cache", "cache" and "logits", `(batch, vocabulary)`.
    """
    parts = by_name(core)
    blocks = numbered(parts, "decoder")
    source = keras.Input((None,), dtype="int32", name="source")
    token = keras.Input((1,), dtype="int32", name="token")
    position = keras.Input(batch_shape=(1,), dtype="int32", name="position")
    mask = true_tokens(parts, source, "source")
    memory = _encoded(parts, source, mask)
    keys_values = [block(memory, project_memory=True) for block in blocks]
    width = keys_values[0].shape[-1]
    shape = (len(blocks), None, width)
    cache = keras.Input(shape, dtype="float32", name="cache")
    seen = keras.Input(shape, dtype="float32", name="memory_cache")
    x = vectors(parts, token, "target", position=position)
    caches = []
    for number, block in enumerate(blocks):
        x, new = block(
            x,
            memory_mask=mask,
            memory_cache=seen[:, number],
            cache=cache[:, number],
            position=position,
        )
        caches.append(new)
    result = {
        "memory_cache": ops.stack(keys_values, axis=1),
        "cache": ops.stack(caches, axis=1),
        "logits": logits(parts, x, "target")[:, 0],
    }
    return keras.Model(
        {
            "source": source,
            "token": token,
            "position": position,
            "cache": cache,
            "memory_cache": seen,
        },
        named_results(result),
        name="translator",
    )


def _encoded(parts: Mapping[str, keras.layers.Layer], source: Any, mask: Any) -> Any:
    x = vectors(parts, source, "source", mask)
    for block in numbered(parts, "encoder"):
        x = block(x, mask=mask)
    return parts["encoder_norm"](x) if "encoder_norm" in parts else x
