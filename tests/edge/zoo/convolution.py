"""Convolutions of one, two and three dimensions: plain, grouped, apart, transposed."""

from keras import layers

from tests.edge.zoo.entry import Entry, layer

LINE, PICTURE, ROOM = (12, 4), (9, 9, 4), (6, 6, 6, 4)

CONVOLUTION: list[Entry] = [
    layer("conv_1d", LINE, lambda: layers.Conv1D(6, 3, activation="relu")),
    layer(
        "conv_1d_causal",
        LINE,
        lambda: layers.Conv1D(6, 3, dilation_rate=2, padding="causal"),
    ),
    layer("conv_1d_grouped", LINE, lambda: layers.Conv1D(6, 3, groups=2)),
    layer("conv_2d", PICTURE, lambda: layers.Conv2D(6, 3, strides=2, padding="same")),
    layer("conv_2d_grouped", PICTURE, lambda: layers.Conv2D(8, 3, groups=4)),
    layer(
        "conv_2d_dilated",
        PICTURE,
        lambda: layers.Conv2D(6, 3, dilation_rate=2, padding="same"),
    ),
    layer(
        "conv_2d_channels_first",
        (4, 9, 9),
        lambda: layers.Conv2D(
            6, 3, padding="same", data_format="channels_first", name="first"
        ),
        refused="'first' (Conv2D) cannot be exported: TensorFlow computes no",
    ),
    layer("conv_3d", ROOM, lambda: layers.Conv3D(3, 3, padding="same")),
    layer("conv_3d_grouped", ROOM, lambda: layers.Conv3D(4, 3, groups=2)),
    layer("conv_3d_dilated", ROOM, lambda: layers.Conv3D(3, 2, dilation_rate=2)),
    layer("depthwise_1d", LINE, lambda: layers.DepthwiseConv1D(3, depth_multiplier=2)),
    layer("depthwise_2d", PICTURE, lambda: layers.DepthwiseConv2D(3, strides=2)),
    layer(
        "depthwise_2d_dilated",
        PICTURE,
        lambda: layers.DepthwiseConv2D(3, dilation_rate=2, padding="same"),
    ),
    layer("separable_1d", LINE, lambda: layers.SeparableConv1D(5, 3, padding="same")),
    layer(
        "separable_2d",
        PICTURE,
        lambda: layers.SeparableConv2D(5, 3, depth_multiplier=2),
    ),
    layer("transposed_1d", LINE, lambda: layers.Conv1DTranspose(5, 3, strides=2)),
    layer(
        "transposed_2d",
        PICTURE,
        lambda: layers.Conv2DTranspose(5, 3, strides=2, padding="same"),
    ),
    layer(
        "transposed_2d_padded",
        PICTURE,
        lambda: layers.Conv2DTranspose(5, 3, strides=2, output_padding=1),
    ),
    layer(
        "transposed_2d_dilated",
        PICTURE,
        lambda: layers.Conv2DTranspose(5, 3, dilation_rate=2),
        refused="TensorFlow computes no transposed convolution with dilation",
    ),
    layer("transposed_3d", ROOM, lambda: layers.Conv3DTranspose(2, 3, strides=2)),
]
