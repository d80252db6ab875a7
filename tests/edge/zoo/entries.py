"""All of the zoo."""

from tests.edge.zoo.attention import ATTENTION
from tests.edge.zoo.convolution import CONVOLUTION
from tests.edge.zoo.entry import Entry
from tests.edge.zoo.graphs import GRAPHS
from tests.edge.zoo.pictures import POOLING, SIZES
from tests.edge.zoo.preprocessing import PREPROCESSING
from tests.edge.zoo.recurrent import RECURRENT
from tests.edge.zoo.values import VALUES

SECTIONS: dict[str, list[Entry]] = {
    "Recurrent layers": RECURRENT,
    "Attention and embeddings": ATTENTION,
    "Convolutions": CONVOLUTION,
    "Pooling": POOLING,
    "Sizes, borders, shapes": SIZES,
    "Activations, normalization, regularization": VALUES,
    "Preprocessing": PREPROCESSING,
    "Graphs": GRAPHS,
}
ENTRIES: dict[str, Entry] = {
    entry.name: entry for entries in SECTIONS.values() for entry in entries
}
# What CI runs: half a second to two each.
FAST = (
    *("lstm_other_activations", "gru_reset_before", "simple_rnn", "lstm_unrolled"),
    "recurrent_long",
    *("gru_backwards", "bidirectional_states", "encoder_decoder", "masked_embedding"),
    *("given_mask", "time_distributed", "rnn_of_stacked_cells", "recurrent_nested"),
    *("lstm_stateful", "conv_lstm_2d", "multi_head_causal", "grouped_query_causal"),
    *("attention_causal", "additive_attention_causal", "argmax", "conv_1d_causal"),
    *("conv_2d_grouped", "conv_2d_channels_first", "conv_3d_grouped", "separable_2d"),
    *("transposed_2d", "transposed_2d_dilated", "transposed_3d", "max_pooling_3d"),
    *("average_pooling_2d", "adaptive_average_2d", "up_sampling_2d_nearest"),
    *("resizing_antialias", "resizing_whole_numbers", "ops_pad_reflect"),
    *("activations_smooth", "erf", "batch_normalization", "instance_normalization"),
    *("layer_normalization", "spectral_normalization", "normalization", "tabular"),
    *("category_multi_hot", "hashing", "integer_lookup", "string_lookup", "augmented"),
    *("masking", "mask_concatenated", "time_distributed_masked", "loop_inside_a_call"),
    *("rnn_of_an_own_cell", "multi_head_padded_causal", "normalization_mixed"),
    *("category_of_three", "mixed_bfloat16", "unsorted_names", "structures"),
    *("sequential", "two_inputs_two_outputs", "nested", "shared_tower", "residual"),
)
