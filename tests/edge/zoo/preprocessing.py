"""Preprocessing layers: numbers, categories, sound, augmentation, strings."""

import numpy as np
from keras import layers

from tests.edge.zoo.entry import Entry, graph, layer

PICTURE = (8, 8, 3)


def moved():
    """Layers that move pixels in training and leave a picture alone in inference."""
    return [
        layers.RandomFlip(),
        layers.RandomRotation(0.1),
        layers.RandomZoom(0.1),
        layers.RandomTranslation(0.1, 0.1),
        # Keras 3.15 writes a lone number as a range that it does not read again
        layers.RandomShear((0.0, 0.1), (0.0, 0.1)),
        layers.RandomPerspective(0.1),
        layers.RandomElasticTransform(0.5),
        layers.RandomErasing(0.5),
        layers.RandomCrop(8, 8),
        layers.RandomGaussianBlur(0.5),
        layers.Conv2D(2, 3),
    ]


def coloured():
    """The same of colours."""
    return [
        layers.RandomBrightness(0.1),
        layers.RandomContrast(0.1),
        layers.RandomHue(0.1),
        layers.RandomSaturation(0.1),
        layers.RandomSharpness(0.1),
        layers.RandomColorJitter(brightness_factor=0.1),
        layers.RandomColorDegeneration(0.1),
        layers.RandomGrayscale(0.5),
        layers.RandomInvert(0.5),
        layers.RandomPosterization(4),
        layers.Solarization(value_range=(-3, 3)),
        layers.Conv2D(2, 3),
    ]


def mixed():
    """Layers that mix what other layers do, or pictures of a batch."""
    return [layers.AugMix(), layers.RandAugment(), layers.Conv2D(2, 3)]


def blended():
    return [layers.CutMix(), layers.MixUp(), layers.Conv2D(2, 3)]


def limited():
    return layers.ContrastLimitedAdaptiveHistogramEqualization((-3, 3))


def buckets():
    return layers.Discretization(bin_boundaries=[-0.5, 0.0, 0.8])


def normalization():
    return layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[0.5, 1.0, 2.0])


def adapted(policy="float32"):
    """What it divides by is taken when it is loaded, from what it learned."""
    made = layers.Normalization(dtype=policy)
    made.adapt(np.random.default_rng(0).normal(3, 2, (9, *PICTURE)).astype("float32"))
    return [made, layers.Conv2D(2, 3, dtype=policy)]


def tabular(age, kind):
    """A number in buckets and a category, one-hot each."""
    a = layers.Discretization([-1.0, 0.0, 1.0], output_mode="one_hot")(age)
    k = layers.CategoryEncoding(9, output_mode="one_hot")(kind)
    return layers.Dense(2)(layers.Concatenate()([a, k]))


PREPROCESSING: list[Entry] = [
    layer(
        "rescaling",
        PICTURE,
        lambda: [layers.Rescaling(1 / 127.5, -1), layers.Conv2D(2, 3)],
        dtype="uint8",
    ),
    layer("normalization", PICTURE, normalization),
    layer("normalization_adapted", PICTURE, adapted),
    layer("normalization_mixed", PICTURE, lambda: adapted("mixed_bfloat16")),
    layer("discretization", (5,), buckets),
    layer(
        "discretization_one_hot",
        (1,),
        lambda: layers.Discretization([-0.5, 0.5], output_mode="one_hot"),
    ),
    *(
        layer(
            f"category_{mode}",
            (4,),
            lambda mode=mode: layers.CategoryEncoding(9, output_mode=mode),
            dtype="int32",
        )
        for mode in ("multi_hot", "count")
    ),
    layer(
        "category_of_three",
        (4,),
        lambda: layers.CategoryEncoding(3, output_mode="count"),
        dtype="int32",
    ),
    graph("tabular", {"age": (1,), "kind": (1,)}, tabular, dtype={"kind": "int32"}),
    layer("hashing", (4,), lambda: layers.Hashing(5), dtype="int32", refused="Hashing"),
    graph(
        "hashed_crossing",
        {"a": (1,), "b": (1,)},
        lambda a, b: layers.HashedCrossing(5)((a, b)),
        dtype="int32",
        refused="HashedCrossing",
    ),
    layer(
        "integer_lookup",
        (4,),
        lambda: layers.IntegerLookup(vocabulary=[3, 5, 7]),
        dtype="int32",
        refused="IntegerLookup",
    ),
    layer(
        "string_lookup",
        (4,),
        lambda: layers.StringLookup(vocabulary=["a", "b"]),
        dtype="string",
        refused="StringLookup",
        unsaved="keras makes it for tensorflow alone",
    ),
    layer(
        "text_vectorization",
        (1,),
        lambda: layers.TextVectorization(vocabulary=["a", "b"]),
        dtype="string",
        refused="TextVectorization",
        unsaved="keras makes it for tensorflow alone",
    ),
    layer(
        "stft_spectrogram",
        (64, 1),
        lambda: layers.STFTSpectrogram("log", 16, 8),
    ),
    layer(
        "mel_spectrogram",
        (64,),
        lambda: layers.MelSpectrogram(16, 8, sampling_rate=160, num_mel_bins=4),
    ),
    layer(
        "augmented",
        PICTURE,
        lambda: [
            layers.Pipeline([layers.RandomFlip(), layers.RandomRotation(0.1)]),
            layers.RandomZoom(0.1),
            layers.RandomContrast(0.1),
            layers.Conv2D(2, 3),
        ],
    ),
    layer("augmented_in_place", PICTURE, moved),
    layer("augmented_in_colour", PICTURE, coloured),
    layer("augmented_by_others", PICTURE, mixed),
    layer("augmented_in_pairs", PICTURE, blended),
    layer("auto_contrast", PICTURE, lambda: layers.AutoContrast((-3, 3))),
    layer("contrast_limited_equalization", PICTURE, limited),
]
