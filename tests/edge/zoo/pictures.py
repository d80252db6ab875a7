"""Pooling, sizes changed, borders cut off and added."""

from keras import layers, ops

from tests.edge.zoo.entry import Entry, graph, layer

LINE, PICTURE, ROOM = (12, 3), (8, 8, 3), (4, 4, 4, 3)


def by_ops(name, shape, function, **options):
    """A model of one operation of `keras.ops`."""
    return graph(name, {"x": shape}, function, **options)


def reflect(x):
    return ops.pad(x, ((0, 0), (2, 2), (1, 1), (0, 0)), mode="reflect")


def shapes():
    turned = [layers.Permute((3, 1, 2)), layers.Reshape((8, -1)), layers.Flatten()]
    return [*turned, layers.RepeatVector(2)]


def beside(name, shape, *makers):
    """Layers side by side, an output of each."""
    return graph(name, {"x": shape}, lambda x: [make()(x) for make in makers])


POOLING: list[Entry] = [
    beside(
        "pooling_1d",
        LINE,
        lambda: layers.MaxPooling1D(3, 2),
        lambda: layers.AveragePooling1D(2),
    ),
    layer("max_pooling_2d", PICTURE, lambda: layers.MaxPooling2D(3, 2, "same")),
    layer("max_pooling_3d", ROOM, lambda: layers.MaxPooling3D(2)),
    layer("average_pooling_2d", PICTURE, lambda: layers.AveragePooling2D(3, 2, "same")),
    layer("average_pooling_3d", ROOM, lambda: layers.AveragePooling3D(2)),
    beside(
        "global_pooling_1d",
        LINE,
        layers.GlobalAveragePooling1D,
        layers.GlobalMaxPooling1D,
    ),
    beside(
        "global_pooling_2d",
        PICTURE,
        layers.GlobalAveragePooling2D,
        layers.GlobalMaxPooling2D,
    ),
    beside(
        "global_pooling_3d",
        ROOM,
        layers.GlobalAveragePooling3D,
        layers.GlobalMaxPooling3D,
    ),
    beside(
        "adaptive_pooling_1d",
        LINE,
        lambda: layers.AdaptiveAveragePooling1D(5),
        lambda: layers.AdaptiveMaxPooling1D(5),
    ),
    beside(
        "adaptive_pooling_3d",
        ROOM,
        lambda: layers.AdaptiveAveragePooling3D(3),
        lambda: layers.AdaptiveMaxPooling3D(3),
    ),
    layer("adaptive_average_2d", PICTURE, lambda: layers.AdaptiveAveragePooling2D(5)),
    layer(
        "adaptive_average_2d_to_one",
        PICTURE,
        lambda: layers.AdaptiveAveragePooling2D(1),
    ),
    layer("adaptive_max_2d", PICTURE, lambda: layers.AdaptiveMaxPooling2D(5)),
]

SIZES: list[Entry] = [
    layer("up_sampling_1d", LINE, lambda: layers.UpSampling1D(3)),
    layer("up_sampling_2d_nearest", PICTURE, lambda: layers.UpSampling2D((2, 3))),
    layer(
        "up_sampling_2d_bilinear",
        PICTURE,
        lambda: layers.UpSampling2D(2, interpolation="bilinear"),
    ),
    layer(
        "up_sampling_2d_bicubic",
        PICTURE,
        lambda: layers.UpSampling2D(2, interpolation="bicubic"),
    ),
    layer("up_sampling_3d", ROOM, lambda: layers.UpSampling3D(2)),
    layer("resizing_nearest", PICTURE, lambda: layers.Resizing(5, 12, "nearest")),
    layer("resizing_bilinear", PICTURE, lambda: layers.Resizing(12, 5)),
    layer("resizing_bicubic", PICTURE, lambda: layers.Resizing(12, 5, "bicubic")),
    layer(
        "resizing_lanczos",
        PICTURE,
        lambda: layers.Resizing(5, 12, "lanczos5"),
    ),
    layer(
        "resizing_cropped",
        PICTURE,
        lambda: layers.Resizing(4, 6, crop_to_aspect_ratio=True),
    ),
    layer(
        "resizing_padded",
        PICTURE,
        lambda: layers.Resizing(6, 12, pad_to_aspect_ratio=True),
    ),
    layer(
        "resizing_whole_numbers",
        PICTURE,
        lambda: [layers.Resizing(5, 12), layers.Rescaling(1 / 255)],
        dtype="uint8",
        refused="it rounds whole numbers",
    ),
    layer("resizing_antialias", PICTURE, lambda: layers.Resizing(3, 4, antialias=True)),
    by_ops(
        "ops_resize_antialias",
        PICTURE,
        lambda x: ops.image.resize(x, (5, 3), "bicubic", antialias=True),
    ),
    by_ops("ops_pad_reflect", PICTURE, reflect),
    beside(
        "borders_1d",
        LINE,
        lambda: layers.Cropping1D((1, 2)),
        lambda: layers.ZeroPadding1D(2),
    ),
    beside(
        "borders_2d",
        PICTURE,
        lambda: layers.Cropping2D(((1, 2), (0, 1))),
        lambda: layers.ZeroPadding2D(((1, 2), (0, 1))),
    ),
    beside(
        "borders_3d",
        ROOM,
        lambda: layers.Cropping3D(1),
        lambda: layers.ZeroPadding3D(1),
    ),
    layer("shapes", PICTURE, shapes),
    layer("center_crop", PICTURE, lambda: layers.CenterCrop(5, 4)),
]
