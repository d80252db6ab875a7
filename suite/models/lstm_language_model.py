"""Stacked LSTM layers as a language model, with each of the four embeddings.

The sizes are those of AWD-LSTM on Penn Treebank (Merity, Keskar, Socher 2018,
arXiv:1708.02182): 400 -> 1150 -> 1150 -> 400 and 10,000 tokens, 24.22 M parameters with
the second bias that PyTorch's LSTM has and Keras' has not. DeFINE (Mehta et al. 2020,
arXiv:1911.12385, table 1) puts a table of 128 and a unit of 7 layers in front and ends
in 128. `_projected` has a linear map in the unit's place; the bands of `_adaptive` are
of our own choice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import keras
from keras import layers, ops

from suite.models.registry import register
from suite.models.token_layers import (
    TokenConfig,
    by_name,
    logits,
    named_results,
    numbered,
    same_for_all_steps,
    scores,
    token_layers,
    vectors,
)


@dataclass(frozen=True)
class LSTMLanguageModelConfig(TokenConfig):
    """Configuration of the LSTM language model."""

    output_bias: bool = True
    """With a bias for each token's score; not for define."""
    padding: int | None = None
    """The token that stands for nothing; a text without end has none."""
    units: int = 400
    """Width of the embedding, which the first layer sees."""
    lstm_units: tuple[int, ...] = (1150, 1150, 400)
    """Units of each layer. The last should be as wide as the table."""
    dropout: float = 0.4
    """After the embedding and after each layer, one mask for all steps."""


def lstm_language_model(config: LSTMLanguageModelConfig) -> keras.Model:
    """Build the training core.

    Args:
        config: Its configuration.

    Returns:
        Functional model of a dict of "tokens", int32 `(batch, steps)`, to a dict of
        "logits", float `(batch, steps, vocabulary)`, scores of what follows each token;
        with bands of tokens "head", "tail_1" ... in its place.

    Raises:
        ValueError: There is no layer, or one without units, or the embedding is
            unknown.
    """
    if not config.lstm_units or min(config.lstm_units) < 1:
        raise ValueError(
            "`lstm_units` must hold a positive number a layer, one at least. "
            f"Received: lstm_units={config.lstm_units}"
        )
    policy = config.dtype
    parts = token_layers(config, config.units, scale=False, last=config.lstm_units[-1])
    parts["embedding_dropout"] = same_for_all_steps(
        config.dropout, "embedding_dropout", policy
    )
    for number, units in enumerate(config.lstm_units):
        parts[f"lstm_{number}"] = layers.LSTM(
            units,
            return_sequences=True,
            return_state=True,
            dtype=policy,
            name=f"lstm_{number}",
        )
    parts["output_dropout"] = same_for_all_steps(
        config.dropout, "output_dropout", policy
    )
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    x = vectors(parts, tokens)
    for layer in numbered(parts, "lstm"):
        x = parts["output_dropout"](layer(x)[0])
    return keras.Model({"tokens": tokens}, scores(parts, x), name="core")


def lstm_language_model_for_inference(core: keras.Model) -> keras.Model:
    """The same layers with their states explicit.

    Returns:
        Functional model of "tokens", int32 `(batch, steps)`, and "state", float32
        `(batch, 2 * units of all layers)`, zeros at first: hidden and cell state of
        each layer. Outputs are "logits", float32 `(batch, steps, vocabulary)`
        (log-probabilities where there are bands), and "state".
    """
    parts = by_name(core)
    stack = numbered(parts, "lstm")
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    total = 2 * sum(layer.units for layer in stack)
    state = keras.Input((total,), dtype="float32", name="state")
    x, states, start = vectors(parts, tokens), [], 0
    for layer in stack:
        middle, end = start + layer.units, start + 2 * layer.units
        x, hidden, cell = layer(
            x, initial_state=[state[:, start:middle], state[:, middle:end]]
        )
        states += [hidden, cell]
        start = end
    result = {"state": ops.concatenate(states, -1), "logits": logits(parts, x)}
    return keras.Model(
        {"tokens": tokens, "state": state},
        named_results(result),
        name="language_model",
    )


_NARROW = LSTMLanguageModelConfig(lstm_units=(1150, 1150, 128), output_bias=False)
_REDUCED: dict[str, Any] = {"vocabulary": 20, "units": 8, "lstm_units": (6, 8)}
_REDUCED_TABLE: dict[str, Any] = {"table_units": 4, "expansion": 16}

for _name, _config, _reduced in (
    ("lstm_language_model", LSTMLanguageModelConfig(), {}),
    (
        "lstm_language_model_projected",
        replace(_NARROW, embedding="projected"),
        _REDUCED_TABLE,
    ),
    (
        "lstm_language_model_adaptive",
        LSTMLanguageModelConfig(embedding="adaptive", cutoffs=(2000, 5000)),
        {"cutoffs": (10, 15)},
    ),
    (
        "lstm_language_model_define",
        replace(_NARROW, embedding="define", define_depth=7, define_groups=8),
        {**_REDUCED_TABLE, "define_depth": 3, "define_groups": 2},
    ),
):
    register(
        _name,
        _config,
        lstm_language_model,
        lstm_language_model_for_inference,
        reduced={**_REDUCED, **_reduced},
    )
