"""Layers that change numbers one by one or level them: activations, normalization."""

from keras import layers, ops

from tests.edge.zoo.entry import Entry, graph, layer

ROW, PICTURE = (6, 8), (6, 6, 8)
ACTIVATIONS = {
    "smooth": ("elu", "gelu", "log_softmax", "mish", "selu", "sigmoid", "silu", "tanh"),
    "bent": ("hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu", "relu", "relu6"),
    "soft": ("celu", "exponential", "glu", "log_sigmoid", "softmax", "softplus"),
    "shrink": ("hard_shrink", "soft_shrink", "softsign", "tanh_shrink"),
    "sparse": ("sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus"),
}


def by_layers(x):
    """Activations that are layers of their own."""
    made = layers.ReLU(4, 0.2, 0.1), layers.LeakyReLU(0.2), layers.ELU(0.7)
    return [one(x) for one in (*made, layers.Softmax(axis=(1, 2)))]


def dropouts(a, b, c):
    """What does something in training only."""
    for one in (layers.Dropout, layers.GaussianDropout, layers.AlphaDropout):
        a = one(0.3)(a)
    a = layers.ActivityRegularization(0.1)(layers.GaussianNoise(0.3)(a))
    b = layers.SpatialDropout2D(0.3)(b)
    c = layers.SpatialDropout3D(0.3)(c)
    return [layers.Dense(2)(x) for x in (layers.SpatialDropout1D(0.3)(a), b, c)]


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
    graph("activation_layers", {"x": PICTURE}, by_layers),
    layer("p_re_lu", PICTURE, lambda: layers.PReLU(shared_axes=[1, 2])),
    graph("erf", {"x": ROW}, lambda x: ops.erf(layers.Dense(4)(x))),
    graph("dropouts", {"a": ROW, "b": PICTURE, "c": (2, 2, 2, 3)}, dropouts),
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
]


def spectral():
    return layers.SpectralNormalization(layers.Conv2D(4, 3))
