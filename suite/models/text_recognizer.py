"""Text recognizer: a small CRNN over grey lines of a fixed height.

Convolutions reduce a line to a row of feature columns, one for four pixels; a
bidirectional recurrent layer reads the row and CTC aligns it with the text. After
Shi, Bai, Yao 2017, arXiv:1507.05717 (CRNN); plain 3x3 convolutions, which were faster
on two cores than depthwise ones (91 against 120 lines a second in training), and
widths carried through the network, so that padding never shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from suite.data.line_shape import HEIGHT, STRIDE
from suite.layers import ColumnMask, LineNormalization, LSTMCTCHead
from suite.layers.divisible import check_length, nearest_multiples
from suite.models.registry import register


@dataclass(frozen=True)
class RecognizerConfig:
    """Configuration of the text recognizer."""

    classes: int = 150
    """Characters of the alphabet and the blank, which is class 0."""
    height: int = HEIGHT
    """Height of a line in pixels, a multiple of 16."""
    stem: tuple[int, int] = (32, 64)
    """Channels of the first two convolutions, at 1/2 and 1/4 of the width."""
    stages: tuple[int, int] = (96, 160)
    """Channels of the two residual stages, at 1/4 and 1/8 of the height."""
    columns: int = 256
    """Channels of the feature columns."""
    column_blocks: int = 2
    """Residual convolutions along the line, five columns wide."""
    units: int = 160
    """Units of each direction of each recurrent layer."""
    recurrent_layers: int = 1
    """Stacked bidirectional recurrent layers."""
    cell: str = "lstm"
    """Recurrent cell: lstm, gru or simple_rnn."""
    dropout: float = 0.1
    """Share of features dropped before and after the recurrent layers."""
    conv_dtype: str = "float32"
    """Dtype policy of the convolutions; mixed_bfloat16 is faster where the
    hardware multiplies it, and several times slower where that is emulated."""


def recognizer(config: RecognizerConfig) -> keras.Model:
    """Build the training core of the recognizer.

    Args:
        config: Its configuration.

    Returns:
        Functional model of a dict of "image", float32 `(batch, height, width, 1)`
        with grey values 0..1 and width a multiple of 4, and "width", int32
        `(batch,)`, true widths in pixels. Its output is float32 logits of shape
        `(batch, width / 4, classes)`; of sample i the first
        `ceil(width[i] / 4)` frames count.

    Raises:
        ValueError: `stem` or `stages` are not two, or `height` is no positive multiple
            of 16.
    """
    check_length("stem", config.stem, 2)
    check_length("stages", config.stages, 2)
    if config.height < 16 or config.height % 16:
        raise ValueError(
            f"`height` must be a positive multiple of 16. Received: "
            f"height={config.height}. Nearest: {nearest_multiples(config.height, 16)}"
        )
    image = keras.Input((config.height, None, 1), name="image")
    width = keras.Input((), dtype="int32", name="width")

    def conv(
        x: Any,
        channels: int,
        kernel: int | tuple[int, int],
        name: str,
        *,
        stride: int,
        strides: int = 1,
        pool: int | None = None,
        pad: str = "same",
    ) -> Any:
        policy = config.conv_dtype
        x = layers.Conv2D(
            channels,
            kernel,
            strides,
            padding=pad,
            use_bias=False,
            kernel_initializer="he_normal",
            dtype=policy,
            name=f"{name}_conv",
        )(x)
        if pool:
            # before the normalization: it then has a quarter of the work
            x = layers.MaxPooling2D(pool, dtype=policy, name=f"{name}_pool")(x)
        x = layers.BatchNormalization(
            momentum=0.98, epsilon=1e-5, dtype=policy, name=f"{name}_norm"
        )(x)
        x = layers.ReLU(dtype=policy, name=f"{name}_relu")(x)
        return ColumnMask(stride, dtype=policy, name=f"{name}_mask")(x, width)

    def residual(x: Any, kernel: int | tuple[int, int], name: str) -> Any:
        y = conv(x, x.shape[-1], kernel, name, stride=STRIDE)
        return layers.Add(dtype=config.conv_dtype, name=f"{name}_add")([x, y])

    x = LineNormalization(dtype="float32", name="normalize")(image, width)
    x = conv(x, config.stem[0], 3, "stem_1", strides=2, stride=2)
    x = conv(x, config.stem[1], 3, "stem_2", pool=2, stride=STRIDE)
    for index, channels in enumerate(config.stages, 1):
        x = conv(x, channels, 3, f"stage_{index}", stride=STRIDE)
        x = residual(x, 3, f"stage_{index}_residual")
        x = layers.MaxPooling2D((2, 1), dtype=config.conv_dtype)(x)
    rows = config.height // 16
    x = conv(x, config.columns, (rows, 1), "columns", stride=STRIDE, pad="valid")
    for index in range(1, config.column_blocks + 1):
        x = residual(x, (1, 5), f"columns_{index}")
    x = layers.Reshape((-1, config.columns), dtype="float32", name="frames")(x)
    lengths = FrameCount(STRIDE, name="lengths")(width)
    logits = LSTMCTCHead(
        config.classes,
        config.units,
        config.recurrent_layers,
        config.cell,
        config.dropout,
        dtype="float32",
        name="head",
    )(x, lengths)
    return keras.Model({"image": image, "width": width}, logits, name="recognizer")


@keras.saving.register_keras_serializable(package="suite")
class FrameCount(keras.layers.Layer):
    """Frames that cover a width: `ceil(width / stride)`.

    Args:
        stride: Positive int, pixels per frame.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        widths: Int tensor of shape `(batch,)`, in pixels.

    Returns:
        Int32 tensor of shape `(batch,)`.
    """

    def __init__(self, stride: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stride = stride

    def call(self, widths: Any) -> Any:
        return (keras.ops.cast(widths, "int32") + self.stride - 1) // self.stride

    def compute_output_spec(self, widths: Any) -> Any:
        return keras.KerasTensor(widths.shape, dtype="int32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "stride": self.stride}


def recognizer_for_inference(core: keras.Model) -> keras.Model:
    """Wrap the recognizer's core.

    Returns:
        Model of "image", uint8 `(batch, height, width, 1)`, and "width", int32
        `(batch,)`, to "logits", float32 `(batch, width / 4, classes)`.
    """
    image = keras.Input(core.input["image"].shape[1:], dtype="uint8", name="image")
    width = keras.Input((), dtype="int32", name="width")
    grey = layers.Rescaling(1 / 255, dtype="float32", name="to_float")(image)
    logits = core({"image": grey, "width": width})
    return keras.Model(
        {"image": image, "width": width}, {"logits": logits}, name="text_recognizer"
    )


register(
    "text_recognizer",
    RecognizerConfig(),
    recognizer,
    recognizer_for_inference,
    reduced={
        "classes": 6,
        "stem": (4, 4),
        "stages": (4, 4),
        "columns": 4,
        "column_blocks": 1,
        "units": 4,
    },
)
