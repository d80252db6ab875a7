"""Wide vectors for frequent tokens, narrow ones for rare: input and softmax."""

import itertools
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from suite.layers.divisible import check_positive
from suite.layers.own_config import OwnConfig
from suite.layers.several_results import SeveralResults


@keras.saving.register_keras_serializable(package="suite")
class AdaptiveEmbedding(OwnConfig, SeveralResults, keras.layers.Layer):
    """Tokens in bands of falling frequency; each band has its own width.

    Tokens must be sorted, the most frequent first. Called in reverse, the same tables
    give the scores of the adaptive softmax: the head chooses among the first band's
    tokens and the other bands, each tail among its band's tokens. See
    `suite.losses.adaptive_softmax` for probabilities and the loss.

    Args:
        vocabulary: Int. Number of tokens.
        units: Positive int. Width of the result, and of the first band.
        cutoffs: Ascending ints. The first token of each further band.
        factor: Positive int. Each band is `factor` times narrower than the one
            before.
        project: Bool. With a linear map to `units` for bands that are as wide
            already: True in the DeLighT code, False in Transformer-XL's. The first
            band's map is not used in reverse.
        bias: Bool. A bias for each token and band when scoring (Transformer-XL).
        scale: "band" multiplies each vector by the root of its band's width (DeLighT),
            "units" by the root of `units` (Transformer-XL), "none" not at all.
        padding: Int or None. The token whose vector is always zero where it is looked
            up.
        dropout: Float in [0, 1). In reverse, on the input and on each tail's.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Int tensor of tokens, of any shape; in reverse a float tensor of shape
            `(..., units)`.
        reverse: Bool. Score instead of looking up.
        training: Bool, whether dropout is active.

    Returns:
        Tensor of shape `(..., units)`; in reverse a list of the head's scores, of
        shape `(..., cutoffs[0] + len(cutoffs))`, and each tail's, `(..., tokens)`.

    Raises:
        ValueError: If the cutoffs do not ascend below `vocabulary`, a band would have
            no width left, or `padding` is no token.

    Example:

    >>> layer = AdaptiveEmbedding(vocabulary=100, units=16, cutoffs=[20, 50])
    >>> x = layer(keras.ops.array([[1, 30, 99]]))  # from 16, 8 and 4 features
    >>> [scores.shape for scores in layer(x, reverse=True)]
    [(1, 3, 22), (1, 3, 30), (1, 3, 50)]

    References:
        - Baevski and Auli 2019, arXiv:1809.10853
        - Grave et al. 2017, arXiv:1609.04309 (adaptive softmax)
    """

    def __init__(
        self,
        vocabulary: int,
        units: int,
        cutoffs: Sequence[int],
        factor: int = 2,
        project: bool = True,
        bias: bool = False,
        scale: str = "band",
        padding: int | None = None,
        dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        edges = [0, *cutoffs, vocabulary]
        if any(low >= high for low, high in itertools.pairwise(edges)):
            raise ValueError(
                "`cutoffs` must ascend from above 0 to below `vocabulary`. "
                f"Received: cutoffs={list(cutoffs)}, vocabulary={vocabulary}"
            )
        check_positive("factor", factor)
        if units // factor ** len(cutoffs) < 1:
            raise ValueError(
                "The last band has no width. Received: "
                f"units={units}, factor={factor}, cutoffs={list(cutoffs)}. "
                f"Nearest: units={factor ** len(cutoffs)}"
            )
        if padding is not None and not 0 <= padding < vocabulary:
            nearest = min(max(padding, 0), vocabulary - 1)
            raise ValueError(
                "`padding` must be a token or None. Received: "
                f"padding={padding}, vocabulary={vocabulary}. Nearest: {nearest}"
            )
        if scale not in ("band", "units", "none"):
            raise ValueError(
                f"`scale` must be band, units or none. Received: {scale!r}"
            )
        self.vocabulary = vocabulary
        self.units = units
        self.cutoffs = list(cutoffs)
        self.factor = factor
        self.project = project
        self.bias = bias
        self.scale = scale
        self.padding = padding
        self.dropout = dropout
        self.drop = keras.layers.Dropout(dropout, dtype=self.dtype_policy, name="drop")

    @property
    def bands(self) -> list[tuple[int, int, int]]:
        """First token, token after the last, and width of each band."""
        edges = [0, *self.cutoffs, self.vocabulary]
        return [
            (edges[i], edges[i + 1], self.units // self.factor**i)
            for i in range(len(edges) - 1)
        ]

    def build(self, input_shape: Any = None) -> None:
        self.tables, self.maps, self.biases = [], [], []
        for number, (start, end, width) in enumerate(self.bands):
            self.tables.append(
                self.add_weight(
                    name=f"table_{number}",
                    shape=(end - start, width),
                    initializer=keras.initializers.RandomNormal(stddev=width**-0.5),
                )
            )
            mapped = self.project or width != self.units
            self.maps.append(
                self.add_weight(name=f"map_{number}", shape=(width, self.units))
                if mapped
                else None
            )
            if self.bias:
                self.biases.append(
                    self.add_weight(
                        name=f"bias_{number}", shape=(end - start,), initializer="zeros"
                    )
                )
        clusters = len(self.cutoffs)
        self.clusters = self.cluster_bias = None
        if clusters:
            self.clusters = self.add_weight(
                name="clusters", shape=(self.units, clusters)
            )
            if self.bias:
                self.cluster_bias = self.add_weight(
                    name="cluster_bias", shape=(clusters,), initializer="zeros"
                )
        self.built = True

    def call(
        self, inputs: Any, reverse: bool = False, training: bool | None = None
    ) -> Any:
        return self._scores(inputs, training) if reverse else self._vectors(inputs)

    def _vectors(self, inputs: Any) -> Any:
        tokens = ops.cast(inputs, "int32")
        result: Any = 0.0
        for number, (start, end, width) in enumerate(self.bands):
            # Each band looks every token up, its own or not: shapes that depend on
            # the tokens are no option for a compiled graph.
            own = ops.logical_and(tokens >= start, tokens < end)
            local = ops.clip(tokens - start, 0, end - start - 1)
            x = ops.take(self.tables[number], local, axis=0)
            if self.scale != "none":
                x = x * (width if self.scale == "band" else self.units) ** 0.5
            if self.maps[number] is not None:
                x = ops.matmul(x, self.maps[number])
            result = result + x * ops.cast(own, x.dtype)[..., None]
        if self.padding is None:
            return result
        return result * ops.cast(tokens != self.padding, result.dtype)[..., None]

    def _scores(self, inputs: Any, training: bool | None) -> list[Any]:
        x = self.drop(inputs, training=training)
        head = ops.matmul(x, ops.transpose(self.tables[0]))
        if self.bias:
            head = head + self.biases[0]
        if self.clusters is not None:
            clusters = ops.matmul(x, self.clusters)
            if self.cluster_bias is not None:
                clusters = clusters + self.cluster_bias
            head = ops.concatenate([head, clusters], -1)
        scores = [head]
        for number in range(1, len(self.bands)):
            narrow = x
            if self.maps[number] is not None:
                narrow = ops.matmul(x, ops.transpose(self.maps[number]))
            narrow = self.drop(narrow, training=training)
            tail = ops.matmul(narrow, ops.transpose(self.tables[number]))
            scores.append(tail + self.biases[number] if self.bias else tail)
        return scores

    def compute_output_spec(
        self, inputs: Any, reverse: bool = False, training: bool | None = None
    ) -> Any:
        def spec(*shape: Any) -> Any:
            return keras.KerasTensor(shape, dtype=self.compute_dtype)

        if not reverse:
            return spec(*inputs.shape, self.units)
        sizes = [end - start for start, end, _ in self.bands]
        sizes[0] += len(self.cutoffs)
        return [spec(*inputs.shape[:-1], size) for size in sizes]
