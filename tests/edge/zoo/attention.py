"""Attention layers, the embeddings in front of them and a transformer of both."""

import keras
from keras import layers, ops

from tests.edge.zoo.entry import Entry, graph, layer

QUERY, MEMORY = (5, 8), (7, 8)


def own(make, **options):
    """Of a sequence to itself."""
    return lambda x: make()(x, x, **options)


def masked_heads(x, keep):
    return layers.MultiHeadAttention(2, 4)(x, x, attention_mask=keep)


def padded(ids):
    """Words that are there, and none that come later."""
    x = layers.Embedding(3, 8, mask_zero=True)(ids)
    return layers.MultiHeadAttention(2, 4)(x, x, use_causal_mask=True)


def masked_groups(x, keep):
    return gqa()(x, x, attention_mask=keep)


def with_scores(query, memory):
    return layers.MultiHeadAttention(2, 4, value_dim=3, output_shape=6)(
        query, memory, return_attention_scores=True
    )


def masked_words(ids, memory):
    x = layers.Embedding(9, 8, mask_zero=True)(ids)
    return layers.Attention()([x, memory]), layers.MultiHeadAttention(2, 4)(x, x)


def transformer(ids):
    """Causal, with the table that it reads words from as its last layer."""
    table = layers.ReversibleEmbedding(11, 8)
    x = table(ids)
    for _ in range(2):
        y = layers.LayerNormalization()(x)
        x = x + layers.MultiHeadAttention(2, 4)(y, y, use_causal_mask=True)
        y = layers.Dense(16, activation="gelu")(layers.LayerNormalization()(x))
        x = x + layers.Dropout(0.1)(layers.Dense(8)(y))
    return table(layers.RMSNormalization()(x), reverse=True)


def greedy(ids):
    """The word with the largest score: `ops.argmax` in the graph."""
    scores = layers.Dense(9)(layers.Embedding(9, 4)(ids))
    return ops.argmax(scores, axis=-1)


def smallest(ids):
    scores = layers.Dense(9)(layers.Embedding(9, 4)(ids))
    return ops.argmin(scores), ops.argmax(scores, axis=1, keepdims=True)


def mha():
    return layers.MultiHeadAttention(2, 4)


def gqa():
    return layers.GroupQueryAttention(4, 4, 2)


BOTH = {"query": QUERY, "memory": MEMORY}
ATTENTION: list[Entry] = [
    graph("multi_head_causal", {"x": QUERY}, own(mha, use_causal_mask=True)),
    graph(
        "multi_head_masked",
        {"x": QUERY, "keep": (5, 5)},
        masked_heads,
        dtype={"keep": "bool"},
    ),
    graph("multi_head_scores", BOTH, with_scores),
    graph("multi_head_padded_causal", {"ids": (6,)}, padded, dtype="int32"),
    graph(
        "grouped_query_masked",
        {"x": QUERY, "keep": (5, 5)},
        masked_groups,
        dtype={"keep": "bool"},
    ),
    graph("grouped_query_causal", {"x": QUERY}, own(gqa, use_causal_mask=True)),
    graph(
        "attention_causal",
        {"x": QUERY},
        lambda x: layers.Attention(use_scale=True)([x, x], use_causal_mask=True),
    ),
    graph(
        "attention_concat",
        BOTH,
        lambda q, m: layers.Attention(score_mode="concat")([q, m]),
    ),
    graph(
        "additive_attention_causal",
        {"x": QUERY},
        lambda x: layers.AdditiveAttention()([x, x], use_causal_mask=True),
    ),
    graph(
        "attention_of_masked_words",
        {"ids": (5,), "memory": MEMORY},
        masked_words,
        dtype={"ids": "int32"},
    ),
    graph("transformer", {"ids": (6,)}, transformer, dtype="int32"),
    graph("argmax", {"ids": (6,)}, greedy, dtype="int32"),
    graph("argmin", {"ids": (6,)}, smallest, dtype="int32"),
    layer("embedding", (5,), lambda: layers.Embedding(9, 4), dtype="int32"),
    layer("einsum_dense", (5, 8), lambda: einsum()),
]


def einsum():
    return keras.layers.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de")
