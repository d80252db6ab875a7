"""A picture continued beyond its border as in a mirror."""

from typing import Any

import keras
from keras import ops

from suite.layers.divisible import check_positive
from suite.layers.own_config import OwnConfig


@keras.saving.register_keras_serializable(package="suite")
class ReflectionPadding(OwnConfig, keras.layers.Layer):
    """Mirror `padding` rows and columns at each side; the border is not repeated.

    Made of slices one pixel thick and a concatenation an axis: `ops.pad` would leave
    as MIRROR_PAD and a reversed slice as REVERSE, neither of which the GPUs of phones
    take.

    Args:
        padding: Positive int, rows and columns added at each side.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Tensor of shape `(batch, height, width, channels)`; height and width
            may be None.

    Returns:
        Tensor of shape `(batch, height + 2 * padding, width + 2 * padding,
        channels)`.

    Raises:
        ValueError: If `padding` is not positive, or not smaller than height and
            width: there is nothing left to mirror then.

    Example:

    >>> x = keras.ops.reshape(keras.ops.arange(4), (1, 2, 2, 1))  # 0 1, 2 3
    >>> ReflectionPadding(1)(x)[0, 0, :, 0]
    [3, 2, 3, 2]

    References:
        - Zhu et al. 2017, arXiv:1703.10593, appendix 7.2
    """

    def __init__(self, padding: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_positive("padding", padding)
        self.padding = padding

    def build(self, input_shape: Any) -> None:
        self._check(input_shape)
        self.built = True

    def call(self, inputs: Any) -> Any:
        self._check(inputs.shape)
        p = self.padding
        x = inputs
        # counted from the end, so that an unknown height needs no arithmetic
        top = [x[:, i : i + 1] for i in range(p, 0, -1)]
        bottom = [x[:, -i - 1 : -i] for i in range(1, p + 1)]
        x = ops.concatenate([*top, x, *bottom], axis=1)
        left = [x[:, :, i : i + 1] for i in range(p, 0, -1)]
        right = [x[:, :, -i - 1 : -i] for i in range(1, p + 1)]
        return ops.concatenate([*left, x, *right], axis=2)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        batch, height, width, channels = input_shape
        more = 2 * self.padding
        return batch, height and height + more, width and width + more, channels

    def _check(self, shape: Any) -> None:
        # JAX traces an unknown side as a symbol that cannot be compared
        if any(isinstance(n, int) and n <= self.padding for n in shape[1:3]):
            raise ValueError(
                "`padding` must be smaller than height and width. Received: "
                f"padding={self.padding}, height={shape[1]}, width={shape[2]}. "
                f"Nearest: {self._nearest(shape)}"
            )

    def _nearest(self, shape: Any) -> str:
        most = min(n for n in shape[1:3] if isinstance(n, int)) - 1
        # a side of one pixel has nothing to mirror, whatever the padding
        smallest = f"a side of {self.padding + 1}"
        return f"padding={most} or {smallest}" if most > 0 else smallest
