"""Recurrent layers: each option that Keras' LSTM, GRU and SimpleRNN have."""

from functools import partial

import keras
from keras import layers
from keras.layers import GRU, LSTM, Bidirectional, SimpleRNN

from tests.edge.phone_layer import LeakyCell, Reader
from tests.edge.zoo.entry import Entry, graph, layer

SHAPE = (7, 3)
IDS = {"ids": "int32"}
all_steps = partial(dict, return_sequences=True)


def encoder_decoder(source, target):
    """States of one layer are the first states of another."""
    _, *states = LSTM(4, return_state=True)(source)
    return LSTM(4, return_sequences=True)(target, initial_state=states)


def returned_states(x):
    first, *states = Bidirectional(
        LSTM(3, return_sequences=True, return_state=True), merge_mode=None
    )(x)
    return [first, *states]


def given_mask(x, keep):
    return Bidirectional(GRU(3, return_sequences=True))(x, mask=keep)


def nested(x):
    inner_input = keras.Input(SHAPE)
    inner = keras.Model(inner_input, GRU(4, return_sequences=True)(inner_input))
    row = keras.Sequential([keras.Input((7, 4)), SimpleRNN(3), layers.Dense(2)])
    return row(inner(x))


def shared(a, b):
    """One layer, called twice."""
    lstm = Bidirectional(LSTM(3))
    return layers.Subtract()([lstm(a), lstm(b)])


def stateful():
    x = keras.Input(batch_shape=(1, *SHAPE))
    return keras.Model(x, LSTM(4, stateful=True, name="kept")(x))


def video():
    """A convolution of each picture, then an order among them."""
    inside = [layers.Conv2D(2, 3), layers.GlobalAveragePooling2D()]
    return [*map(layers.TimeDistributed, inside), LSTM(3)]


def gaps():
    """Six steps in ten have no feature above 1, and are masked."""
    return [layers.ReLU(threshold=1.0), layers.Masking(0.0)]


def masked_states(ids):
    x = layers.Embedding(3, 4, mask_zero=True)(ids)
    return LSTM(4, return_sequences=True, return_state=True)(x)


def joined(ids, x):
    """The mask of the words, and none of the rest, one after the other."""
    words = layers.Embedding(3, 3, mask_zero=True)(ids)
    return GRU(4)(layers.Concatenate(axis=1)([words, layers.Dense(3)(x)]))


def sentences():
    """Each with gaps of its own."""
    embedding = layers.Embedding(3, 4, mask_zero=True)
    return [embedding, layers.TimeDistributed(LSTM(4)), layers.Dense(2)]


def words(*following):
    return [layers.Embedding(9, 4, mask_zero=True), *following]


RECURRENT: list[Entry] = [
    layer("lstm", SHAPE, lambda: LSTM(4)),
    layer("gru", SHAPE, lambda: GRU(4)),
    layer("simple_rnn", SHAPE, lambda: SimpleRNN(4)),
    layer("gru_reset_before", SHAPE, lambda: GRU(4, reset_after=False, **all_steps())),
    layer(
        "gru_without_bias", SHAPE, lambda: GRU(4, activation="softsign", use_bias=False)
    ),
    layer(
        "lstm_other_activations",
        SHAPE,
        lambda: LSTM(4, activation="relu", recurrent_activation="hard_sigmoid"),
    ),
    layer(
        "lstm_dropout",
        SHAPE,
        lambda: LSTM(4, dropout=0.3, recurrent_dropout=0.3, **all_steps()),
    ),
    layer("lstm_unrolled", SHAPE, lambda: LSTM(4, unroll=True, **all_steps())),
    layer("gru_backwards", SHAPE, lambda: GRU(4, go_backwards=True, **all_steps())),
    layer("lstm_backwards_last", SHAPE, lambda: LSTM(4, go_backwards=True)),
    layer(
        "bidirectional_gru_sum",
        SHAPE,
        lambda: Bidirectional(GRU(3, **all_steps()), merge_mode="sum"),
    ),
    layer(
        "bidirectional_rnn_mul",
        SHAPE,
        lambda: Bidirectional(SimpleRNN(3, **all_steps()), merge_mode="mul"),
    ),
    layer(
        "bidirectional_ave",
        SHAPE,
        lambda: Bidirectional(
            LSTM(3, **all_steps()),
            backward_layer=GRU(3, go_backwards=True, **all_steps()),
            merge_mode="ave",
        ),
    ),
    graph("bidirectional_states", {"x": SHAPE}, returned_states),
    layer(
        "stacked",
        SHAPE,
        lambda: [
            Bidirectional(LSTM(3, **all_steps())),
            GRU(4, **all_steps()),
            layers.Dense(2),
        ],
    ),
    graph("encoder_decoder", {"source": SHAPE, "target": (4, 2)}, encoder_decoder),
    graph("recurrent_shared", {"a": SHAPE, "b": SHAPE}, shared),
    graph("recurrent_nested", {"x": SHAPE}, nested),
    layer(
        "masking",
        SHAPE,
        lambda: [*gaps(), LSTM(4, **all_steps()), GRU(3)],
    ),
    layer(
        "recurrent_long",  # enough steps to go through the loops in windows
        (40, 3),
        lambda: [
            *gaps(),
            Bidirectional(LSTM(3, **all_steps())),
            GRU(3, go_backwards=True, **all_steps()),
        ],
    ),
    layer(
        "masked_embedding",
        (7,),
        lambda: words(Bidirectional(GRU(3, **all_steps())), layers.Dense(2)),
        dtype="int32",
    ),
    layer(
        "masked_backwards_zeros",
        (7,),
        lambda: words(
            LSTM(3, go_backwards=True, zero_output_for_mask=True, **all_steps())
        ),
        dtype="int32",
    ),
    graph(
        "given_mask",
        {"x": SHAPE, "keep": (7,)},
        given_mask,
        dtype={"keep": "bool"},
    ),
    graph("masked_states", {"ids": (7,)}, masked_states, dtype="int32"),
    graph("mask_concatenated", {"ids": (4,), "x": SHAPE}, joined, dtype=IDS),
    layer("time_distributed", (3, 6, 6, 2), video),
    layer(
        "time_distributed_loop",
        (3, *SHAPE),
        lambda: layers.TimeDistributed(Bidirectional(LSTM(3, **all_steps()))),
    ),
    layer("time_distributed_masked", (3, 7), sentences, dtype="int32"),
    layer("rnn_of_a_cell", SHAPE, lambda: layers.RNN(layers.LSTMCell(4))),
    layer(
        "rnn_of_a_cell_masked",
        SHAPE,
        lambda: [*gaps(), layers.RNN(layers.GRUCell(4), **all_steps())],
    ),
    layer(
        "rnn_of_an_own_cell",
        SHAPE,
        lambda: layers.RNN(LeakyCell(4), **all_steps()),
    ),
    layer("loop_inside_a_call", SHAPE, lambda: Reader(4)),
    layer(
        "rnn_of_stacked_cells",
        SHAPE,
        lambda: layers.RNN(
            [layers.GRUCell(4), layers.SimpleRNNCell(3)], return_sequences=True
        ),
    ),
    Entry(
        "lstm_stateful", stateful, "'kept' (LSTM) cannot be exported: it is stateful"
    ),
    layer("conv_lstm_1d", (4, 6, 2), lambda: layers.ConvLSTM1D(3, 3)),
    layer("conv_lstm_2d", (3, 5, 5, 2), lambda: layers.ConvLSTM2D(2, 3)),
    layer("conv_lstm_3d", (3, 4, 4, 4, 2), lambda: layers.ConvLSTM3D(2, 3)),
]
