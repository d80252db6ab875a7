"""How layers are put together: several inputs and outputs, nested, shared, merged."""

import keras
from keras import layers, ops

from tests.edge.zoo.entry import Entry, graph

VECTOR = (6,)


def two_ways(picture, facts):
    """A picture and a vector in, a class and a score out."""
    x = layers.Conv2D(4, 3, activation="relu")(picture)
    x = layers.Concatenate()([layers.GlobalMaxPooling2D()(x), facts])
    return layers.Dense(3, activation="softmax")(x), layers.Dense(1)(x)


def named(x):
    return {"left": layers.Dense(2)(x), "right": layers.Dense(3)(x)}


def twins(a, b):
    """One tower for both, compared."""
    tower = keras.Sequential([keras.Input(VECTOR), layers.Dense(4), layers.ReLU()])
    return layers.Dot(axes=1, normalize=True)([tower(a), tower(b)])


def nested(x):
    inside = keras.Input((3,))
    inner = keras.Model(inside, layers.BatchNormalization()(layers.Dense(4)(inside)))
    middle_input = keras.Input(VECTOR)
    middle = keras.Model(middle_input, inner(layers.Dense(3)(middle_input)))
    return layers.Dense(2)(middle(x))


def merged(a, b):
    kinds = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
    return [getattr(layers, kind)()([a, b]) for kind in kinds]


def arithmetic(x):
    """Operators of Python and functions of `keras.ops` in the graph."""
    y = ops.sqrt(ops.abs(x) + 1) * x[:, ::2].shape[1] - ops.mean(x, -1, keepdims=True)
    y = ops.concatenate([y[:, 1:], y[:, :1]], axis=-1)
    values, places = ops.top_k(y, 2)
    return ops.where(y > 0, y, -2 * y), values, places


def residual(x):
    y = layers.Conv2D(4, 3, padding="same", use_bias=False)(x)
    y = layers.ReLU()(layers.BatchNormalization()(y))
    y = layers.DepthwiseConv2D(3, padding="same")(y)
    squeeze = layers.GlobalAveragePooling2D(keepdims=True)(y)
    y = y * layers.Conv2D(4, 1, activation="sigmoid")(squeeze)
    return layers.Identity()(layers.Add()([x, y]))


def unsorted():
    """A dictionary whose keys are out of order, and no names of arguments."""
    inputs = {
        "words": keras.Input((5,), dtype="int32", name="words"),
        "mask-1": keras.Input((5,), dtype="bool", name="mask-1"),
        "1d": keras.Input((3,), name="1d"),
    }
    x = layers.Embedding(30, 4)(inputs["words"])
    x = ops.where(inputs["mask-1"][..., None], x, 0.0)
    x = layers.Flatten()(x)
    return keras.Model(inputs, {"score": layers.Dense(2)(x), "far": inputs["1d"] * 2})


def in_structures():
    """Dictionaries and lists inside one another, in and out."""
    shapes = {"whole": 4, "right": 3, "left": 2}
    a, b, c = (keras.Input((size,), name=name) for name, size in shapes.items())
    joined = layers.Dense(5)(layers.Concatenate()([a, b, c]))
    inputs = {"whole": a, "parts": {"right": b, "left": [c]}}
    return keras.Model(inputs, [joined, [layers.Dense(3)(joined), {"c": c + 1}]])


def several_from_inside(x):
    """A model in a model that gives two tensors."""
    inside = keras.Input(VECTOR)
    hidden = layers.Dense(4, activation="relu")(inside)
    inner = keras.Model(inside, [hidden, layers.Dense(2)(hidden)])
    first, second = inner(x)
    return layers.Dense(3)(first), second


def half_precision(policy):
    """Saved in mixed precision from end to end, and exported in float32."""

    def build():
        keras.config.set_dtype_policy(policy)
        try:
            x = inputs = keras.Input((6, 8, 2), name="x")
            x = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
            x = layers.BatchNormalization()(x)
            x = layers.Reshape((6, 32))(x)
            x = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(x)
            x = layers.MultiHeadAttention(2, 4)(x, x)
            outputs = layers.Dense(3)(layers.LayerNormalization()(x))
            return keras.Model(inputs, outputs)
        finally:
            keras.config.set_dtype_policy("float32")

    return build


GRAPHS: list[Entry] = [
    Entry(
        "sequential",
        lambda: keras.Sequential([keras.Input(VECTOR), layers.Dense(4, "relu")]),
    ),
    graph("two_inputs_two_outputs", {"picture": (6, 6, 2), "facts": (3,)}, two_ways),
    graph("named_outputs", {"x": VECTOR}, named),
    graph("shared_tower", {"a": VECTOR, "b": VECTOR}, twins),
    graph("nested", {"x": VECTOR}, nested),
    graph("nested_several_outputs", {"x": VECTOR}, several_from_inside),
    Entry("mixed_bfloat16", half_precision("mixed_bfloat16")),
    Entry("mixed_float16", half_precision("mixed_float16")),
    Entry("unsorted_names", unsorted),
    Entry("structures", in_structures),
    graph("merging", {"a": VECTOR, "b": VECTOR}, merged),
    graph("arithmetic", {"x": VECTOR}, arithmetic),
    graph("residual", {"x": (6, 6, 4)}, residual),
]
