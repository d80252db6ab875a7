"""A map of features as tokens, before them one that collects the quality."""

from typing import Any

import keras
from keras import ops

from suite.layers.own_config import OwnConfig


@keras.saving.register_keras_serializable(package="suite")
class QualityToken(OwnConfig, keras.layers.Layer):
    """Flatten a map row by row, put a learned token in front, add learned positions.

    The quality token is number 0 and has a position of its own. A map smaller than
    the table takes the first rows of it, whatever their place in the picture
    ("truncated", as in TRIQ); with `zoom` the table is a grid that is stretched
    bilinearly over the map (pixel centres, as resizing of pictures does), so that a
    position means a place in the picture at any size. Every token gets its own
    position: the public code of ViT-IQA adds one row to all of them.

    Args:
        positions: Int above 1, rows of the table, the token's included.
        zoom: None, or pair of ints, rows and columns of the learned grid: `positions`
            is their product and 1.
        stddev: None for the Glorot uniform start of TRIQ's code, or float > 0, of
            a normal one (0.02 as in ViT; IQT's paper gives none).
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, rows, columns, features)`; rows and
            columns may be None.

    Returns:
        Tensor of shape `(batch, rows * columns + 1, features)`.

    Raises:
        ValueError: If an argument is out of its range, or the map has more cells
            than there are positions and no zoom.

    Example:

    >>> QualityToken(193)(keras.ops.ones((1, 12, 16, 32))).shape
    (1, 193, 32)

    References:
        - Cheon et al. 2021, arXiv:2104.14730 (IQT)
        - You, Korhonen 2021, arXiv:2101.01097 (TRIQ)
        - Dosovitskiy et al. 2021, arXiv:2010.11929, section 3.2 (zoom)
    """

    def __init__(
        self,
        positions: int,
        zoom: tuple[int, int] | None = None,
        stddev: float | None = 0.02,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if positions < 2 or (stddev is not None and stddev <= 0):
            raise ValueError(
                "`positions` must be above 1 and `stddev` positive. Received: "
                f"positions={positions}, stddev={stddev}"
            )
        if zoom is not None and zoom[0] * zoom[1] + 1 != positions:
            raise ValueError(
                "`positions` must be rows times columns of `zoom` and 1. Received: "
                f"positions={positions}, zoom={tuple(zoom)}. "
                f"Nearest: {zoom[0] * zoom[1] + 1}"
            )
        self.positions = positions
        self.zoom = zoom if zoom is None else tuple(zoom)
        self.stddev = stddev

    def build(self, input_shape: Any) -> None:
        self._check(input_shape)
        start: Any = "glorot_uniform"
        if self.stddev is not None:
            start = keras.initializers.RandomNormal(stddev=self.stddev)
        features = input_shape[-1]
        self.token = self.add_weight((1, 1, features), start, name="token")
        shape = (1, self.positions, features)
        if self.stddev is not None:  # an initializer draws the same numbers again
            start = start.clone()
        self.table = self.add_weight(shape, start, name="positions")
        self.built = True

    def call(self, inputs: Any) -> Any:
        self._check(inputs.shape)
        batch, rows, columns, features = ops.shape(inputs)
        x = ops.reshape(inputs, (batch, rows * columns, features))
        token = ops.zeros_like(x[:, :1]) + ops.cast(self.token, x.dtype)
        x = ops.concatenate([token, x], axis=1)  # (batch, 1 + cells, features)
        known = isinstance(rows, int) and isinstance(columns, int)
        if self.zoom is None or (known and (rows, columns) == self.zoom):
            return x + ops.cast(self.table, x.dtype)[:, : rows * columns + 1]
        down, across = _stretch(rows, self.zoom[0]), _stretch(columns, self.zoom[1])
        grid = ops.reshape(
            ops.cast(self.table, "float32")[0, 1:], (*self.zoom, features)
        )
        # small matrices instead of a resize: they take an unknown size, too
        grid = ops.einsum("yr,rcf,xc->yxf", down, grid, across)
        grid = ops.reshape(grid, (1, rows * columns, features))
        first = ops.cast(self.table, "float32")[:, :1]
        return x + ops.cast(ops.concatenate([first, grid], axis=1), x.dtype)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        batch, rows, columns, features = input_shape
        return batch, rows and columns and rows * columns + 1, features

    def _check(self, shape: Any) -> None:
        _, rows, columns, _ = shape
        known = isinstance(rows, int) and isinstance(columns, int)
        if known and self.zoom is None and rows * columns + 1 > self.positions:
            raise ValueError(
                "There must be a position for each cell of the map and the quality "
                f"token. Received: a map of {rows} x {columns} = {rows * columns} "
                f"cells, positions={self.positions}. Nearest: "
                f"{self.positions - 1} cells, by a smaller picture or a pooled map"
            )


def _stretch(cells: Any, size: int) -> Any:
    """Bilinear weights `(cells, size)` of `size` values stretched over `cells`."""
    steps = ops.arange(cells, dtype="float32")
    # `cells` may be unknown while a graph is traced; its largest step is not
    centres = (steps + 0.5) * (size / (ops.max(steps) + 1.0)) - 0.5
    centres = ops.clip(centres, 0.0, size - 1.0)[:, None]
    places = ops.arange(size, dtype="float32")[None, :]
    return ops.relu(1.0 - ops.abs(centres - places))
