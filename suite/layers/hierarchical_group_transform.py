"""Stacked group linear layers, each of which sees the input of the stack again."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from suite.layers.divisible import check_multiple
from suite.layers.group_linear import GroupLinear, phone_copy

SKIPS = ("mix", "concatenation", "residual", "none")


@keras.saving.register_keras_serializable(package="suite")
class HierarchicalGroupTransform(keras.layers.Layer):
    """Group linear layers of changing width and number of groups.

    Layer 1 sees the input x. What layer l + 1 sees of x and of the result y of layer
    l is said by `skip`.

    Args:
        units: Sequence of positive ints, the width of each layer's result.
        groups: Sequence of positive ints of the same length, the groups of each
            layer.
        shuffle: Bool. Interleave the groups of each result (DeLighT does, DeFINE
            does not).
        skip: "mix" cuts x and y into the groups of the next layer and puts each
            slice of x before that of y, so that each group sees a part of the input;
            "concatenation" puts the whole x before the whole y; "residual" adds the
            layer's own input to y, cut or filled with zeros where the widths differ;
            "none" passes y alone.
        normalize: Bool. Layer-normalize each group.
        activation: Activation name or callable, after each layer.
        dropout: Float in [0, 1), after each layer.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(..., D)`.
        training: Bool, whether dropout is active.

    Returns:
        The last layer's result, of shape `(..., units[-1])`.

    Raises:
        ValueError: If a number of groups does not divide what its layer sees or
            gives, or, with "mix", one of the two that it mixes.

    Example:

    >>> layer = HierarchicalGroupTransform(units=[16, 8], groups=[4, 2])
    >>> layer(keras.ops.ones((2, 5, 8))).shape  # the second sees 8 + 16 features
    (2, 5, 8)

    References:
        - Mehta et al. 2020, "DeFINE", arXiv:1911.12385, section 3.2
    """

    def __init__(
        self,
        units: Sequence[int],
        groups: Sequence[int],
        shuffle: bool = False,
        skip: str = "mix",
        normalize: bool = True,
        activation: Any = "silu",
        dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not units or len(units) != len(groups):
            raise ValueError(
                "`units` and `groups` must have the same length, one at least. "
                f"Received: units={list(units)}, groups={list(groups)}"
            )
        check_skip(skip)
        self.units = list(units)
        self.groups = list(groups)
        self.shuffle = shuffle
        self.skip = skip
        self.normalize = normalize
        self.activation = activation
        self.dropout = dropout
        self.supports_masking = True
        self.steps = [
            GroupLinear(
                width,
                number,
                shuffle,
                normalize,
                activation,
                dtype=self.dtype_policy,
                name=f"layer_{index}",
            )
            for index, (width, number) in enumerate(zip(units, groups, strict=True))
        ]
        self.drop = keras.layers.Dropout(dropout, dtype=self.dtype_policy, name="drop")

    def build(self, input_shape: Any) -> None:
        features, seen = input_shape[-1], input_shape[-1]
        for index, layer in enumerate(self.steps):
            if index:
                before = self.units[index - 1]
                if self.skip == "mix":
                    what = f"Layer {self.name!r}: with skip='mix', each part of what "
                    what += f"layer {index} sees"
                    for part in (features, before):
                        check_multiple(what, part, "groups", layer.groups)
                wide = self.skip in ("mix", "concatenation")
                seen = before + (features if wide else 0)
            layer.build((None, seen))
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        *lead, features = ops.shape(inputs)
        x = ops.reshape(inputs, (-1, features))  # (rows, D): one reshape for all layers
        seen = x
        for index, layer in enumerate(self.steps):
            y = self.drop(layer(seen), training=training)
            if self.skip == "residual":
                y = y + fitted(seen, self.units[index])
            if index + 1 < len(self.steps):
                seen = self._next(x, y, self.groups[index + 1])
        return ops.reshape(y, (*lead, self.units[-1]))

    def _next(self, x: Any, y: Any, groups: int) -> Any:
        if self.skip == "mix":
            return split_and_mix(x, y, groups)
        return ops.concatenate([x, y], -1) if self.skip == "concatenation" else y

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return (*input_shape[:-1], self.units[-1])

    def for_export(self, form: str = "convolution") -> "HierarchicalGroupTransform":
        """An equal layer for the phone, see `GroupLinear.for_export`."""
        return phone_copy(self, form)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "groups": self.groups,
            "shuffle": self.shuffle,
            "skip": self.skip,
            "normalize": self.normalize,
            "activation": self.steps[0].get_config()["activation"],
            "dropout": self.dropout,
        }


def check_skip(skip: str) -> None:
    """Refuse a name that is none of `SKIPS`.

    Raises:
        ValueError: It is none of them.
    """
    if skip not in SKIPS:
        raise ValueError(
            f"`skip` must be one of {', '.join(SKIPS)}. Received: skip={skip!r}"
        )


def split_and_mix(x: Any, y: Any, groups: int) -> Any:
    """Slice i of x before slice i of y, for each of `groups` slices.

    Args:
        x: Tensor of shape `(rows, D)`, D a multiple of `groups`.
        y: Tensor of shape `(rows, E)`, E a multiple of `groups`.
        groups: Positive int.

    Returns:
        Tensor of shape `(rows, D + E)`.

    Example:

    >>> x, y = keras.ops.array([[0, 1, 2, 3]]), keras.ops.array([[10, 11]])
    >>> split_and_mix(x, y, 2)
    [[0, 1, 10, 2, 3, 11]]
    """
    if groups == 1:
        return ops.concatenate([x, y], -1)
    width = x.shape[-1] + y.shape[-1]
    x = ops.reshape(x, (-1, groups, x.shape[-1] // groups))
    y = ops.reshape(y, (-1, groups, y.shape[-1] // groups))
    return ops.reshape(ops.concatenate([x, y], -1), (-1, width))


def fitted(x: Any, width: int) -> Any:
    """The first `width` features of `(rows, D)`, zeros where it has fewer."""
    features = x.shape[-1]
    if features >= width:
        return x[:, :width]
    return ops.pad(x, ((0, 0), (0, width - features)))
