"""Grouped linear transform: the building block of DeFINE and DeLighT."""

import math
from typing import Any

import keras
from keras import ops

from suite.layers.divisible import check_multiple

FORMS = ("einsum", "convolution", "products")


@keras.saving.register_keras_serializable(package="suite")
class GroupLinear(keras.layers.Layer):
    """Linear map over `groups` independent slices of the last axis.

    A kernel of shape `(groups, D // groups, units // groups)` replaces the
    `(D, units)` kernel of `Dense`: `groups` times fewer weights and
    multiplications. With one group it is a `Dense`. Masks pass through unchanged.

    Args:
        units: Positive int. Size of the output's last axis, a multiple of `groups`.
        groups: Positive int, a divisor of the input's last axis.
        shuffle: Bool. Interleave the groups of the result, so that the next layer of
            equal `groups` sees features of every group: feature j of group i goes to
            place `j * groups + i`.
        normalize: Bool. Layer-normalize each group, after the shuffle, with one gamma
            and beta of shape `(units // groups,)` for all groups.
        activation: Activation name or callable, applied last.
        use_bias: Bool. Add a bias of shape `(groups, units // groups)`, one row per
            group, before the shuffle.
        kernel_scale: "group" draws the kernel from Glorot's uniform distribution
            within each group. "released" takes the bound of the published code, which
            hands the whole rank-3 kernel to Glorot's rule and comes out about six
            times smaller; a normalization after it hides most of that.
        form: How the product is computed, with the same weights and numbers:
            "einsum" (one batched product), "convolution" (1x1, grouped) or "products"
            (one product a group).
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(..., D)`.

    Returns:
        Tensor of shape `(..., units)`, of the layer's compute dtype.

    Raises:
        ValueError: If `units` or the input's last axis is not a positive multiple of
            `groups`, or a name is not one of those above.

    Example:

    >>> layer = GroupLinear(units=8, groups=4, shuffle=True)
    >>> layer(keras.ops.ones((2, 5, 12))).shape  # 24 weights, Dense has 96
    (2, 5, 8)

    References:
        - Mehta et al. 2018, arXiv:1808.09029 (grouped linear transform)
        - Mehta et al. 2021, arXiv:2008.00623 (feature shuffle)
    """

    def __init__(
        self,
        units: int,
        groups: int,
        shuffle: bool = False,
        normalize: bool = False,
        activation: Any = None,
        use_bias: bool = True,
        kernel_scale: str = "group",
        form: str = "einsum",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_multiple("`units`", units, "groups", groups)
        if kernel_scale not in ("group", "released"):
            raise ValueError(
                "`kernel_scale` must be group or released. Received: "
                f"kernel_scale={kernel_scale!r}"
            )
        if form not in FORMS:
            raise ValueError(
                f"`form` must be one of {', '.join(FORMS)}. Received: form={form!r}"
            )
        self.units = units
        self.groups = groups
        self.shuffle = shuffle
        self.normalize = normalize
        self.activation = activation
        self.activate = keras.activations.get(activation)
        self.use_bias = use_bias
        self.kernel_scale = kernel_scale
        self.form = form
        self.supports_masking = True
        self.norm = None
        if normalize:
            self.norm = keras.layers.LayerNormalization(
                epsilon=1e-5,  # the DeLighT code's; Keras takes 1e-3
                dtype=self.dtype_policy,
                name="norm",
            )

    def build(self, input_shape: Any) -> None:
        features, groups = input_shape[-1], self.groups
        check_multiple(
            f"Layer {self.name!r}: the input's last axis", features, "groups", groups
        )
        slice_in, slice_out = features // groups, self.units // groups
        fans = slice_in + slice_out
        if self.kernel_scale == "released":
            fans = slice_in * slice_out + self.units
        # Not "glorot_uniform": Keras takes a rank-3 kernel for a convolution and
        # counts `groups` into both fans.
        bound = math.sqrt(6 / fans)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(groups, slice_in, slice_out),
            initializer=keras.initializers.RandomUniform(-bound, bound),
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(groups, slice_out), initializer="zeros"
            )
        if self.norm is not None:
            self.norm.build((None, groups, slice_out))

    def call(self, inputs: Any) -> Any:
        *lead, features = ops.shape(inputs)
        # One flat row axis instead of `...`: the einsum then exports as a single
        # BATCH_MATMUL, without reshapes around every transpose.
        x = ops.reshape(inputs, (-1, features))  # (rows, D)
        x = ops.reshape(self._product(x), (-1, self.groups, self.units // self.groups))
        if self.bias is not None:
            x = x + self.bias
        if self.shuffle:  # read (rows, g, o) as (rows, o, g), then cut anew
            x = ops.reshape(ops.transpose(x, (0, 2, 1)), ops.shape(x))
        if self.norm is not None:
            x = self.norm(x)
        return self.activate(ops.reshape(x, (*lead, self.units)))

    def _product(self, x: Any) -> Any:
        """Each slice of the rows times its own matrix, in the form asked for."""
        groups, slice_in, _ = self.kernel.shape
        if groups == 1:
            return ops.matmul(x, self.kernel[0])
        if self.form == "convolution":
            kernel = ops.transpose(self.kernel, (1, 0, 2))  # groups side by side
            kernel = ops.reshape(kernel, (1, 1, slice_in, self.units))
            return ops.conv(x[None, None], kernel, data_format="channels_last")
        if self.form == "products":
            parts = zip(ops.split(x, groups, -1), range(groups), strict=True)
            return ops.concatenate([p @ self.kernel[i] for p, i in parts], -1)
        x = ops.reshape(x, (-1, groups, slice_in))
        return ops.einsum("ngi,gio->ngo", x, self.kernel)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return (*input_shape[:-1], self.units)

    def for_export(self, form: str = "convolution") -> "GroupLinear":
        """An equal layer whose product leaves better for the phone.

        `python benchmarks/layers.py --pairs forms` times the three forms in turn, in
        float32 and in dynamic int8. In full int8 the einsum's batched product has no
        fast kernel: it took 25 times as long as the others on x86-64.

        Args:
            form: "convolution" or "products".
        """
        return phone_copy(self, form)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "groups": self.groups,
            "shuffle": self.shuffle,
            "normalize": self.normalize,
            "activation": keras.activations.serialize(self.activate),
            "use_bias": self.use_bias,
            "kernel_scale": self.kernel_scale,
            "form": self.form,
        }


def phone_copy(layer: Any, form: str = "convolution") -> Any:
    """A copy of a layer in which every `GroupLinear` takes another form.

    Args:
        layer: A layer, built or not, that holds `GroupLinear` layers or is one.
        form: One of `FORMS`.

    Returns:
        A layer of the same class, name, weights and numbers, made to be converted:
        saved, a layer that holds others comes back in the form it is trained in.
    """
    copy = type(layer).from_config(layer.get_config())
    if layer.built:
        copy.build_from_config(layer.get_build_config())
        copy.set_weights(layer.get_weights())
    for part in copy._flatten_layers():
        if isinstance(part, GroupLinear):
            part.form = form
    return copy
