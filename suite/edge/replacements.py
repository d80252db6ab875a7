"""Which layers of Keras leave in another form, and which cannot leave at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from suite.console.errors import UserError

_STRINGS = "it works on strings, or through a table that is no part of the file"
_BEFORE = (
    "Do that before the model: feed whole numbers, and export "
    "keras.Model(layer.output, model.outputs) of what follows the layer."
)
# Inactive in inference, yet several of them count their random numbers there.
_AUGMENTATIONS = (
    "AugMix",
    "CutMix",
    "MixUp",
    "RandAugment",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
)
# class -> its form in suite.edge.phone_forms, and whether this layer needs it
_FORMS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "AdaptiveAveragePooling1D": ("AdaptivePooling", lambda x: 1 in x.output_size),
    "AdaptiveAveragePooling2D": ("AdaptivePooling", lambda x: 1 in x.output_size),
    "AdaptiveAveragePooling3D": ("AdaptivePooling", lambda x: True),
    "AdaptiveMaxPooling1D": ("AdaptivePooling", lambda x: 1 in x.output_size),
    "AdaptiveMaxPooling2D": ("AdaptivePooling", lambda x: 1 in x.output_size),
    "AdaptiveMaxPooling3D": ("AdaptivePooling", lambda x: True),
    "Argmax": ("LargestIndex", lambda x: True),
    "Argmin": ("LargestIndex", lambda x: True),
    "AveragePooling3D": ("FlatPooling3D", lambda x: True),
    "CategoryEncoding": ("SummedCategories", lambda x: x.output_mode != "one_hot"),
    "Conv3D": ("PlainConv3D", lambda x: x.groups > 1 or max(x.dilation_rate) > 1),
    "Erf": ("ErrorFunction", lambda x: True),
    "GroupNormalization": ("CentredGroupNormalization", lambda x: _last_axis(x)),
    "MaxPooling3D": ("FlatPooling3D", lambda x: True),
    "Resize": ("Resize", lambda x: _stretches(x) and _batched(x)),
    "Resizing": ("Resize", lambda x: _stretches(x) and _batched(x)),
    "TimeDistributed": ("FoldedTime", lambda x: True),
    "UpSampling2D": ("Resize", lambda x: True),
    **dict.fromkeys(_AUGMENTATIONS, ("Unchanged", lambda x: True)),
}
# class -> why, and what to do
_REFUSED = {
    "StringLookup": (_STRINGS, _BEFORE),
    "TextVectorization": (_STRINGS, _BEFORE),
    "IntegerLookup": (_STRINGS, _BEFORE),
    "Hashing": ("its hash of strings is no built-in operator", _BEFORE),
    "HashedCrossing": ("its hash of strings is no built-in operator", _BEFORE),
    "TorchModuleWrapper": ("only torch can run it", "Rebuild it from Keras layers."),
    "JaxLayer": ("only jax can run it", "Rebuild it from Keras layers."),
    "FlaxLayer": ("only jax can run it", "Rebuild it from Keras layers."),
}
_RESIZES = ("Resize", "Resizing", "UpSampling2D")
_CHANNELS_LAST = (
    "Build the model again with data_format='channels_last' and give it these "
    "weights by set_weights: kernels have the same shape."
)


def phone_form(layer: Any) -> Callable[[], Any] | None:
    """What makes the form in which a layer leaves for the phone.

    Args:
        layer: A layer of a model, or an operation of `keras.ops` in its graph.

    Returns:
        A function without arguments that gives an equal layer of the same weights;
        None where the layer leaves as it is. Subclasses of Keras' layers are left
        alone: their `call` may do anything.
    """
    if hasattr(layer, "for_export"):
        form: Callable[[], Any] = layer.for_export
        return form
    from suite.layers.recurrent_loop import as_loop, can_be_loop

    if can_be_loop(layer):
        return partial(as_loop, layer)
    name = type(layer).__name__
    if not _of_keras(layer) or name not in _FORMS:
        return None
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        return None
    kind, applies = _FORMS[name]
    if not applies(layer):
        return None
    from suite.edge import phone_forms

    return partial(getattr(phone_forms, kind), layer)


def refuse_unfit(model: Any) -> None:
    """Refuses a model that is no graph, or holds a layer which no phone can run.

    Args:
        model: A `keras.Model`.

    Raises:
        UserError: Names the layer, says why, and what to do.
    """
    if getattr(model, "inputs", None) is None:
        raise UserError(
            f"model {model.name!r} ({type(model).__name__}) is no graph of layers: "
            "what it takes and gives is known to its call alone",
            "Wrap it and save that: x = keras.Input(SHAPE, name='x'), "
            "keras.Model(x, model(x)).save(PATH).",
        )
    for layer in (*model._flatten_layers(), *_operations(model)):
        reason = _objection(layer)
        if reason:
            why, remedy = reason
            raise UserError(
                f"layer {layer.name!r} ({type(layer).__name__}) cannot be exported: "
                f"{why}",
                remedy,
            )
    for tensor in getattr(model, "inputs", None) or ():
        if tensor.dtype == "string":
            raise UserError(f"input {tensor.name!r} takes strings", _BEFORE)


def _objection(layer: Any) -> tuple[str, str] | None:
    # int8, int4, float8, gptq, awq: its weights are no floats
    if getattr(layer, "quantization_mode", None):
        return (
            "it is quantized by Keras",
            "Export the model as it was before quantize(); export quantizes itself.",
        )
    if getattr(layer, "stateful", False):
        return (
            "it is stateful: phones keep nothing from one call to the next",
            "Build it with stateful=False; its states can be inputs (initial_state) "
            "and outputs (return_state) of the model.",
        )
    if not _of_keras(layer):
        return None
    name = type(layer).__name__
    if name in _REFUSED:
        return _REFUSED[name]
    if name in _RESIZES and layer.interpolation != "nearest" and _of_integers(layer):
        return (
            "it rounds whole numbers, and a value that is rounded the other way is off "
            "by one",
            "Turn them into floats first, by Rescaling, and resize these.",
        )
    # Keras itself transposes for the others on a CPU
    plain = name.startswith("Conv") and not name.endswith("Transpose")
    if plain and layer.data_format == "channels_first":
        return (
            "TensorFlow computes no convolution with channels first on a CPU, so there "
            "is nothing to compare with",
            _CHANNELS_LAST,
        )
    if name.startswith("Conv") and not plain:
        rate = layer.dilation_rate
        if max(rate if isinstance(rate, (tuple, list)) else (rate,)) > 1:
            return (
                "TensorFlow computes no transposed convolution with dilation on a CPU",
                "Use a stride, or UpSampling2D and a convolution with dilation.",
            )
    return None


def _operations(model: Any) -> Iterator[Any]:
    """What of `keras.ops` stands in a graph, or in those inside of it."""
    import keras

    for layer in model._flatten_layers():
        for one in getattr(layer, "operations", ()):
            if not isinstance(one, keras.layers.Layer):
                yield one


def _of_integers(layer: Any) -> bool:
    return any("int" in tensor.dtype for tensor in _taken(layer))


def _taken(layer: Any) -> list[Any]:
    """The symbolic tensors that a layer is called on, wherever it stands."""
    return [t for node in layer._inbound_nodes for t in node.input_tensors]


def _batched(layer: Any) -> bool:
    return all(len(tensor.shape) == 4 for tensor in _taken(layer))


def _last_axis(layer: Any) -> bool:
    spec = layer.input_spec  # None before it is built
    return layer.axis == -1 or (spec is not None and layer.axis == spec.ndim - 1)


def _stretches(layer: Any) -> bool:
    return not (layer.crop_to_aspect_ratio or layer.pad_to_aspect_ratio)


def _of_keras(layer: Any) -> bool:
    return type(layer).__module__.partition(".")[0] == "keras"
