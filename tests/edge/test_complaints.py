"""A failure of several pages in one line."""

from suite.edge import complaints

# shortened from what the converter of TensorFlow 2.21 says
CONVERTER = """\
Could not translate MLIR to FlatBuffer.<unknown>:0: error: loc(callsite(fused["Erf:", \
"model_1/block_1_1/scores_1/Erf@__inference_f_21"] at callsite(fused["StatefulPartition\
edCall:", "StatefulPartitionedCall@__inference_signature_wrapper_22"] at fused["Statef\
ulPartitionedCall:", "StatefulPartitionedCall"]))): 'tf.Erf' op is neither a custom \
op nor a flex op
<unknown>:0: note: loc(fused["StatefulPartitionedCall:", "StatefulPartitionedCall"]): c\
alled from
<unknown>:0: error: failed while converting: 'main':
Some ops are not supported by the native TFLite runtime
TF Select ops: Erf
Details:
"""


def test_the_layer_of_an_operator_is_named():
    assert (
        complaints.of_converter(CONVERTER) == "TF Select ops: Erf (in block_1/scores)"
    )


def test_an_operator_outside_of_layers_has_no_place():
    text = CONVERTER.replace("model_1/block_1_1/scores_1/Erf", "model_1/Erf")
    assert complaints.of_converter(text) == "TF Select ops: Erf"


def test_another_complaint_is_its_first_line():
    assert complaints.of_converter("\n it broke\nand more") == "it broke"
    assert complaints.of_converter("") == "no reason given"


def test_keras_frame_and_what_is_in_it():
    text = (
        "Exception encountered when calling Conv2D.call().\n\n"
        "\x1b[1mNo such format.\x1b[0m\n\nArguments received by Conv2D.call():"
    )
    assert complaints.of_call(ValueError(text)) == (
        "ValueError: Exception encountered when calling Conv2D.call(). No such format."
    )
    assert complaints.of_call(KeyError()) == "KeyError: "
