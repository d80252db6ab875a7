"""Layers that change numbers one by one or level them: activations, normalization."""

from keras import layers, ops

from tests.edge.zoo.entry import Entry, graph, layer

ROW, PICTURE = (6, 8), (6, 6, 8)
ACTIVATIONS = {
    "smooth": ("elu", "gelu", "log_softmax", "mish", "selu", "sigmoid", "silu", "tanh"),
    "bent": ("hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu", "relu", "relu6"),
    "soft": ("celu", "exponential", "glu", "log_sigmoid", "softmax", "softplus"),
    "shrink": ("hard_shrink", "soft_shrink", "softsign", "tanh_shrink", "threshold"),
    "sparse": ("linear", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus"),
}


def activations(kind):
    """Several in a model, an output of each."""
    names = ACTIVATIONS[kind]
    return graph(
        f"activations_{kind}",
        {"x": ROW},
        lambda x: [layers.Activation(name)(x) for name in names],
    )


VALUES: list[Entry] = [
    *map(activations, ACTIVATIONS),
    layer("re_lu", ROW, lambda: layers.ReLU(4, 0.2, 0.1)),
    layer("leaky_re_lu", ROW, lambda: layers.LeakyReLU(0.2)),
    layer("elu", ROW, lambda: layers.ELU(0.7)),
    layer("p_re_lu", PICTURE, lambda: layers.PReLU(shared_axes=[1, 2])),
    layer("softmax", PICTURE, lambda: layers.Softmax(axis=(1, 2))),
    graph("erf", {"x": ROW}, lambda x: ops.erf(layers.Dense(4)(x))),
    layer("batch_normalization", PICTURE, layers.BatchNormalization),
    layer("layer_normalization", PICTURE, layers.LayerNormalization),
    layer(
        "layer_normalization_axes",
        PICTURE,
        lambda: layers.LayerNormalization(axis=[1, 2, 3]),
    ),
    layer("group_normalization", PICTURE, lambda: layers.GroupNormalization(4)),
    layer("instance_normalization", PICTURE, lambda: layers.GroupNormalization(-1)),
    layer("rms_normalization", ROW, layers.RMSNormalization),
    layer("unit_normalization", ROW, layers.UnitNormalization),
    layer("spectral_normalization", PICTURE, lambda: spectral()),
    layer(
        "dropouts",
        PICTURE,
        lambda: [
            layers.Dropout(0.3),
            layers.SpatialDropout2D(0.3),
            layers.GaussianDropout(0.3),
            layers.GaussianNoise(0.3),
            layers.AlphaDropout(0.3),
            layers.ActivityRegularization(0.1),
            layers.Dense(3),
        ],
    ),
    layer("spatial_dropout_1d", ROW, lambda: layers.SpatialDropout1D(0.3)),
    layer(
        "spatial_dropout_3d",
        (4, 4, 4, 2),
        lambda: layers.SpatialDropout3D(0.3),
    ),
]


def spectral():
    return layers.SpectralNormalization(layers.Conv2D(4, 3))
