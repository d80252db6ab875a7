"""The DeLighT transform: expand and reduce each position by group linear layers."""

from typing import Any

import keras
from keras import ops

from suite.layers.group_linear import GroupLinear, phone_copy
from suite.layers.group_plan import group_plan
from suite.layers.hierarchical_group_transform import (
    HierarchicalGroupTransform,
    check_skip,
)


@keras.saving.register_keras_serializable(package="suite")
class DelightTransform(keras.layers.Layer):
    """Linear map, `depth` group linear layers that see its result again, linear map.

    Deep where a transformer's projections are one layer: the groups make it cheap,
    the shuffle and the mixing let them exchange what they know. With
    `hierarchy="define"`, the expand and reduce steps of DeFINE. The rows of the
    papers' ablations are arguments: `transform`, `shuffle` (grouped with and without
    it), `skip`, `reduce`.

    Args:
        units: Positive int, width of the result (half the model's width in a block).
        depth: Positive int, group linear layers, N of the paper; with the two linear
            maps the transform is `depth + 2` layers deep.
        width: Float > 0, w of the paper: the layers grow to `width * D` features.
        max_groups: Positive int, most groups of a layer.
        projection: Positive int, width after the first linear map; `units` when None.
            The paper's variant has no such map and takes None alone.
        hierarchy: "delight" (groups rise and fall, widths too) or "define" (groups
            fall, widths rise); see `suite.layers.group_plan`.
        variant: "released" (the code) or "paper", which has no linear map before the
            layers and, in DeLighT, none after them either.
        transform: "hierarchical", "group" (`max_groups` in all layers) or "linear"
            (one group in all layers).
        skip: "mix", "concatenation", "residual" or "none"; see
            `HierarchicalGroupTransform`.
        reduce: Bool. With the linear map after the layers; without it the result is
            that of the last layer.
        shuffle: Bool. Interleave the groups of each layer's result.
        activation: Activation name or callable, after each layer.
        dropout: Float in [0, 1), after each layer.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(..., D)`.
        training: Bool, whether dropout is active.

    Returns:
        Tensor of shape `(..., units)`; without `reduce`, as wide as the last layer:
        `units` too, but `width * D` in the paper's DeFINE.

    Raises:
        ValueError: If groups do not divide a width they meet, a size is not
            positive, a name is not one of those above, or the paper's variant is given
            a `projection`.

    Example:

    >>> layer = DelightTransform(units=64, depth=4, width=2.0, max_groups=4)
    >>> layer(keras.ops.ones((2, 5, 128))).shape
    (2, 5, 64)
    >>> layer.count_params()
    58752

    References:
        - Mehta et al. 2021, arXiv:2008.00623, section 3.1; code sacmehta/delight.
          Published: d_m 128, 256, 384, 512, 640 with N 4-8, w 2; 1024 with N 4-12.
        - Mehta et al. 2020, arXiv:1911.12385, section 3 (`hierarchy="define"`)
    """

    def __init__(
        self,
        units: int,
        depth: int = 4,
        width: float = 2.0,
        max_groups: int = 4,
        projection: int | None = None,
        hierarchy: str = "delight",
        variant: str = "released",
        transform: str = "hierarchical",
        skip: str = "mix",
        reduce: bool = True,
        shuffle: bool = True,
        activation: Any = "silu",
        dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        # bad names and sizes are refused here, not when the first input comes
        group_plan(
            units, units, units, units, depth, max_groups, hierarchy, variant, transform
        )
        check_skip(skip)
        if projection is not None and variant == "paper":
            raise ValueError(
                "The paper has no `projection` before the layers. Received: "
                f"projection={projection}, variant='paper'. Nearest: projection=None, "
                "or variant='released'"
            )
        if width <= 0 or (projection is not None and projection < 1):
            raise ValueError(
                "`width` and `projection` must be positive. "
                f"Received: width={width}, projection={projection}"
            )
        self.units = units
        self.depth = depth
        self.width = width
        self.max_groups = max_groups
        self.projection = projection
        self.hierarchy = hierarchy
        self.variant = variant
        self.transform = transform
        self.skip = skip
        self.reduce = reduce
        self.shuffle = shuffle
        self.activation = activation
        self.dropout = dropout
        self.supports_masking = True
        self.first: Any = None
        self.last: Any = None
        policy = self.dtype_policy
        if variant == "released":
            self.first = GroupLinear(
                projection or units,
                1,
                normalize=True,
                activation=activation,
                dtype=policy,
                name="first",
            )
        self.drop = keras.layers.Dropout(dropout, dtype=policy, name="drop")

    def plan(self, features: int) -> list[Any]:
        """Width and groups of each layer for an input of so many features."""
        return group_plan(
            features,
            self.projection or self.units,
            self.units,
            features * self.width,
            self.depth,
            self.max_groups,
            self.hierarchy,
            self.variant,
            self.transform,
        )

    def build(self, input_shape: Any) -> None:
        features, policy = input_shape[-1], self.dtype_policy
        plan = self.plan(features)
        if self.first is not None:
            self.first.build((None, features))
            features = self.first.units
        # made here, not in __init__: its widths follow the input's
        self.stack = HierarchicalGroupTransform(
            [layer.units for layer in plan],
            [layer.groups for layer in plan],
            self.shuffle,
            self.skip,
            activation=self.activation,
            dropout=self.dropout,
            dtype=policy,
            name="stack",
        )
        self.stack.build((None, features))
        if self._reduces:
            seen = plan[-1].units + (features if self._carries else 0)
            self.last = GroupLinear(
                self.units,
                1,
                normalize=True,
                activation=self.activation,
                dtype=policy,
                name="last",
            )
            self.last.build((None, seen))
        self.built = True

    @property
    def _carries(self) -> bool:
        return self.skip in ("mix", "concatenation")

    @property
    def _reduces(self) -> bool:
        # the paper's DeLighT narrows in its second half and ends there
        return self.reduce and (self.variant, self.hierarchy) != ("paper", "delight")

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        x = inputs
        if self.first is not None:
            x = self.drop(self.first(x), training=training)
        y = self.stack(x, training=training)
        if self.last is None:
            return y
        if self._carries:
            y = ops.concatenate([x, y], -1)
        return self.drop(self.last(y), training=training)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        units = self.units if self._reduces else self.plan(input_shape[-1])[-1].units
        return (*input_shape[:-1], units)

    def for_export(self, form: str = "convolution") -> "DelightTransform":
        """An equal layer for the phone, see `GroupLinear.for_export`."""
        return phone_copy(self, form)

    def get_config(self) -> dict[str, Any]:
        activation = keras.activations.get(self.activation)
        return {
            **super().get_config(),
            "units": self.units,
            "depth": self.depth,
            "width": self.width,
            "max_groups": self.max_groups,
            "projection": self.projection,
            "hierarchy": self.hierarchy,
            "variant": self.variant,
            "transform": self.transform,
            "skip": self.skip,
            "reduce": self.reduce,
            "shuffle": self.shuffle,
            "activation": keras.activations.serialize(activation),
            "dropout": self.dropout,
        }
