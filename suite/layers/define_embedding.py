"""DeFINE: narrow token vectors, expanded by a deep and sparse network, then reduced."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from suite.layers.adaptive_embedding import AdaptiveEmbedding
from suite.layers.delight_transform import DelightTransform
from suite.layers.group_linear import phone_copy
from suite.layers.own_config import OwnConfig
from suite.layers.several_results import SeveralResults
from suite.layers.token_table import TokenTable


@keras.saving.register_keras_serializable(package="suite")
class DefineEmbedding(OwnConfig, SeveralResults, keras.layers.Layer):
    """Map, expand, reduce: a table of narrow vectors and group layers on top of it.

    The table is a fraction of one of full width and is tied with the output: called
    in reverse, the layer scores tokens from vectors of the table's width. What comes
    out for a token depends on the token alone, so for inference `to_table` makes a
    plain embedding of it: faster, and larger.

    Args:
        vocabulary: Int > 1. Number of tokens.
        units: Positive int. Width of the result, m of the paper.
        table_units: Positive int. Width of the table, n of the paper.
        expansion: Positive int. Width the layers grow to, k of the paper.
        depth: Positive int. Group linear layers, N of the paper.
        max_groups: Positive int. Most groups of a layer.
        projection: Positive int. Width of the linear map before the layers, in the
            released variant alone; half of `units` when None, as the code has it.
        variant: "released" or "paper", which has no such map and whose groups fall
            once; see `suite.layers.group_plan`.
        transform: "hierarchical", "group" or "linear", rows of the paper's table 4.
        skip: "mix", "concatenation", "residual" or "none" (tables 4 and 6).
        reduce: Bool. With the linear map after the layers (table 6).
        shuffle: Bool. Interleave groups between layers (table 4; DeFINE does not).
        cutoffs: Ascending ints. Where given, the table is an `AdaptiveEmbedding`.
        padding: Int or None. The token whose table row is looked up as zero.
        dropout: Float in [0, 1), after each layer.
        scale: Bool. Multiply what is looked up by the root of its width, as the code
            does; the paper does not say. See `TokenTable` and `AdaptiveEmbedding`.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Int tensor of tokens, of any shape; in reverse a float tensor of shape
            `(..., table_units)`.
        reverse: Bool. Score tokens instead, see `TokenTable` and `AdaptiveEmbedding`.
        training: Bool, whether dropout is active.

    Returns:
        Tensor of shape `(..., units)`; in reverse the scores of the table.

    Raises:
        ValueError: If groups do not divide a width they meet, or a size or name is
            out of range.

    Example:

    >>> layer = DefineEmbedding(vocabulary=100, units=64, table_units=16, expansion=128)
    >>> layer(keras.ops.array([[3, 7]])).shape
    (1, 2, 64)

    References:
        - Mehta et al. 2020, arXiv:1911.12385. Published: n 64-512, k 1024-4096,
          N 3, 7, 11; with n 128, k 1024, m 512, N 3 a Transformer for WMT'14 En-De
          has 68 M instead of 92 M parameters (26 % fewer).
    """

    def __init__(
        self,
        vocabulary: int,
        units: int,
        table_units: int = 128,
        expansion: int = 1024,
        depth: int = 3,
        max_groups: int = 4,
        projection: int | None = None,
        variant: str = "released",
        transform: str = "hierarchical",
        skip: str = "mix",
        reduce: bool = True,
        shuffle: bool = False,
        cutoffs: Sequence[int] = (),
        padding: int | None = None,
        dropout: float = 0.0,
        scale: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.vocabulary = vocabulary
        self.units = units
        self.table_units = table_units
        self.expansion = expansion
        self.depth = depth
        self.max_groups = max_groups
        self.projection = projection
        self.variant = variant
        self.transform = transform
        self.skip = skip
        self.reduce = reduce
        self.shuffle = shuffle
        self.cutoffs = list(cutoffs)
        self.padding = padding
        self.dropout = dropout
        self.scale = scale
        policy = self.dtype_policy
        self.table = (
            AdaptiveEmbedding(
                vocabulary,
                table_units,
                cutoffs,
                scale="band" if scale else "none",
                padding=padding,
                dtype=policy,
                name="table",
            )
            if cutoffs
            else TokenTable(
                vocabulary, table_units, padding, scale, dtype=policy, name="table"
            )
        )
        half = max(units // 2, 1)
        self.unit = DelightTransform(
            units,
            depth,
            expansion / table_units,
            max_groups,
            half if projection is None and variant == "released" else projection,
            "define",
            variant,
            transform,
            skip,
            reduce,
            shuffle,
            dropout=dropout,
            dtype=policy,
            name="unit",
        )

    def build(self, input_shape: Any = None) -> None:
        self.table.build()
        self.unit.build((None, self.table_units))
        self.built = True

    def call(
        self, inputs: Any, reverse: bool = False, training: bool | None = None
    ) -> Any:
        if reverse:
            return self.table(inputs, reverse=True)
        return self.unit(self.table(inputs), training=training)

    def compute_output_spec(
        self, inputs: Any, reverse: bool = False, training: bool | None = None
    ) -> Any:
        if reverse:
            return self.table.compute_output_spec(inputs, reverse=True)
        shape = self.unit.compute_output_shape((*inputs.shape, self.table_units))
        return keras.KerasTensor(shape, dtype=self.compute_dtype)

    def to_table(self, rows: int = 4096) -> keras.layers.Embedding:
        """A plain embedding of the same values, for inference.

        Args:
            rows: Tokens computed at a time, which bounds the memory.

        Returns:
            A built `keras.layers.Embedding` of shape `(vocabulary, width)`, named as
            this layer and of its dtype policy. It can't score tokens.
        """
        parts = [
            ops.convert_to_numpy(
                ops.cast(
                    self(
                        np.arange(start, min(start + rows, self.vocabulary)),
                        training=False,
                    ),
                    "float32",
                )
            )
            for start in range(0, self.vocabulary, rows)
        ]
        values = np.concatenate(parts)
        table = keras.layers.Embedding(
            *values.shape, dtype=self.dtype_policy, name=self.name
        )
        table.build()
        table.set_weights([values])
        return table

    def for_export(self, form: str = "convolution") -> "DefineEmbedding":
        """An equal layer for the phone, see `GroupLinear.for_export`; `to_table` is
        the other choice: no network at all, and a larger file."""
        return phone_copy(self, form)
