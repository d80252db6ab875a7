"""Where the quality token looks, as a mask of the picture's size."""

from typing import Any

from keras import ops

MEANS = ("layers", "heads")


def quality_map(
    attention: Any,
    grid: tuple[int, int],
    size: tuple[int, int],
    over: str = "layers",
) -> Any:
    """Turn the quality token's row of attention into a picture.

    The first row of each matrix says how much the token takes from every cell of the
    map; what it takes from itself is left out.

    Args:
        attention: Float tensors of shape `(batch, heads, tokens, cells + 1)`, one a
            block, as the quality encoders and `IQTDecoder` return them on request; or
            one `(batch, blocks, heads, tokens, cells + 1)`, as models do.
        grid: Rows and columns of the cells, in the order in which they were
            flattened.
        size: Height and width of the picture.
        over: "layers" for the mean over the heads of all blocks, as IQT shows it, or
            "heads" for the mean over those of the last block, as TRIQ does.

    Returns:
        Float32 tensor of shape `(batch, height, width, 1)`, 0..1; 1 is where the
        token looks most. Bilinear between the centres of the cells.

    Raises:
        ValueError: If `over` is unknown, there is no attention, or `grid` has another
            number of cells.

    Example:

    >>> tokens = keras.ops.ones((1, 1 + 3 * 4, 32))
    >>> _, weights = TRIQEncoder()(tokens, return_attention_scores=True)
    >>> quality_map(weights, grid=(3, 4), size=(96, 128), over="heads").shape
    (1, 96, 128, 1)

    References:
        - Cheon et al. 2021, arXiv:2104.14730 (mean over layers)
        - You, Korhonen 2021, arXiv:2101.01097 (mean over heads)
    """
    if hasattr(attention, "shape"):
        attention = [attention[:, block] for block in range(attention.shape[1])]
    if over not in MEANS or not attention:
        raise ValueError(
            f"`over` must be one of {', '.join(MEANS)} and `attention` not empty. "
            f"Received: over={over!r}, {len(attention)} attentions"
        )
    rows, columns = grid
    cells = attention[0].shape[-1] - 1
    if rows * columns != cells:
        raise ValueError(
            "`grid` must have a cell for each token but the first. Received: "
            f"grid={rows} x {columns}, {cells} cells"
        )
    chosen = attention if over == "layers" else attention[-1:]
    masks = [ops.mean(ops.cast(w, "float32")[:, :, 0, 1:], axis=1) for w in chosen]
    mask = sum(masks) / len(masks)  # (batch, cells)
    mask = ops.reshape(mask, (-1, rows, columns, 1))
    mask = ops.image.resize(
        mask, size, interpolation="bilinear", data_format="channels_last"
    )
    largest = ops.max(mask, axis=(1, 2, 3), keepdims=True)
    return mask / ops.maximum(largest, 1e-9)
