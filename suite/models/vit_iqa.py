"""ViT-IQA and R50-ViT-IQA: the vision Transformer as a judge of pictures.

After You, Korhonen 2021, arXiv:2101.01097, and its public code. That code adds one
learned position to all tokens by mistake (an index where a slice was meant); here each
token has its own, so published figures may carry the mistake and these don't.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import layers

from suite.layers import QualityEncoder, QualityToken, SizeCheck, TokenBudgetPool
from suite.layers.divisible import check_length, check_positive
from suite.models.quality_backbones import hybrid_stem
from suite.models.registry import register
from suite.models.triq import judged, triq_for_inference


@dataclass(frozen=True)
class ViTIQAConfig:
    """Configuration of ViT-IQA."""

    patch: int = 16
    """Pixels a side of a patch, and the least side of a picture."""
    width: int = 768
    """Features of a token."""
    blocks: int = 12
    """Blocks of the encoder."""
    heads: int = 12
    """Heads of each attention."""
    units: int = 3072
    """Inner units of each block."""
    head_units: int = 0
    """Units of the first layer of the head; 0, the code's linear head. The paper has
    TRIQ's, of 64."""
    levels: int = 5
    """Levels of the distribution; 1 gives a score instead."""
    grid: tuple[int, int] = (24, 24)
    """Learned positions, stretched over each picture."""
    budget: int = 196
    """Most tokens without the quality token: 224 x 224 is not pooled, 1024 x 768 and
    512 x 384 are both pooled to 192, as in the code. Not so other sizes: the code pools
    by 2 from 24 cells across and by 4 from 64, to 225 of 500 x 500, which are 100
    here."""
    dropout: float = 0.1
    """Share of features dropped."""
    stem: tuple[int, ...] = ()
    """Blocks of each residual stage before the patches, (3, 4, 9) in R50-ViT-IQA; they
    divide the size by `patch` then, and a 1x1 convolution makes the tokens."""
    stem_width: int = 64
    """Channels of the first convolution of the stem."""
    attention: bool = False
    """Give the attention of the encoder beside the result."""


def vit_iqa(config: ViTIQAConfig) -> keras.Model:
    """Build ViT-IQA, or R50-ViT-IQA with a stem.

    Args:
        config: Its configuration.

    Returns:
        Functional model of "picture", float32 `(batch, height, width, 3)`, 0..255,
        sides of at least 16, to the result of `triq`. Under tensorflow a compiled
        function of it needs a fixed size.

    Raises:
        ValueError: If `patch` or a stage of the stem is not positive, `grid` not of two
            numbers, the stem has another stride, or its width does not suit the
            groups of its normalizations.
    """
    check_positive("patch", config.patch)
    check_length("grid", config.grid, 2)
    if config.stem and 2 ** (len(config.stem) + 1) != config.patch:
        raise ValueError(
            "The stem must divide the size by `patch`. Received: "
            f"patch={config.patch}, {len(config.stem)} stages. "
            f"Nearest: {2 ** (len(config.stem) + 1)}"
        )
    picture = keras.Input((None, None, 3), name="picture")
    x = SizeCheck(minimum=config.patch, dtype="float32", name="size")(picture)
    x = layers.Rescaling(1 / 127.5, -1.0, dtype="float32", name="scale")(x)
    patch = config.patch
    if config.stem:
        x = hybrid_stem(x, config.stem, config.stem_width)
        patch = 1
    x = layers.Conv2D(config.width, patch, patch, name="projection")(x)
    x = TokenBudgetPool(config.budget, name="pool")(x)
    rows, columns = config.grid
    x = QualityToken(rows * columns + 1, config.grid, name="tokens")(x)
    encoder = QualityEncoder(
        config.blocks,
        config.heads,
        config.units,
        dropout=config.dropout,
        pre_norm=True,
        name="encoder",
    )
    return keras.Model({"picture": picture}, judged(encoder, x, config), name="vit_iqa")


_REDUCED = {
    "patch": 4,
    "width": 8,
    "blocks": 1,
    "heads": 2,
    "units": 8,
    "grid": (3, 3),
    "budget": 9,
}

register("vit_iqa", ViTIQAConfig(), vit_iqa, triq_for_inference, reduced=_REDUCED)
register(
    "r50_vit_iqa",
    ViTIQAConfig(stem=(3, 4, 9)),
    vit_iqa,
    triq_for_inference,
    reduced={**_REDUCED, "stem": (1,), "stem_width": 4},
)
