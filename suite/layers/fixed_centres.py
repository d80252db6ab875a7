"""Distances to a code of each class that is not trained: LeNet-5's output."""

from typing import Any

import keras
import numpy as np
from keras import ops

from suite.layers.divisible import check_positive


@keras.saving.register_keras_serializable(package="suite")
class FixedCentres(keras.layers.Layer):
    """Minus the squared Euclidean distance to a code of +1 and -1 for each class.

    The paper's radial basis functions. It draws the codes of the digits as pictures of
    7 x 12 pixels, and names codes at random as the other choice, which is what this
    is, so that there may be any number of classes. With these logits softmax
    cross-entropy is the paper's equation 9 without its constant for rubbish.

    Args:
        classes: Positive int.
        seed: Int, of the codes.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, features)`.

    Returns:
        Tensor of shape `(batch, classes)`, never positive.

    Raises:
        ValueError: If `classes` is not positive, or there are too few features for as
            many different codes.

    Example:

    >>> layer = FixedCentres(10)
    >>> layer(keras.ops.zeros((1, 84)))[0, :3]
    [-84., -84., -84.]

    References:
        - LeCun et al. 1998, "Gradient-based learning applied to document
          recognition", section II B, equation 7
    """

    def __init__(self, classes: int, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_positive("classes", classes)
        self.classes = classes
        self.seed = seed

    def build(self, input_shape: Any) -> None:
        features = input_shape[-1]
        if 2**features < self.classes:
            raise ValueError(
                "Each class needs a code of its own. Received: "
                f"classes={self.classes}, {features} features"
            )
        # weights, not trained: what is saved is what was trained against
        self.centres = self.add_weight(
            (self.classes, features),
            initializer=lambda shape, dtype=None: ops.convert_to_tensor(
                self._codes(*shape), dtype
            ),
            trainable=False,
            name="centres",
        )
        self.built = True

    def _codes(self, classes: int, features: int) -> np.ndarray:
        rng = np.random.default_rng(self.seed)
        codes: dict[bytes, np.ndarray] = {}
        while len(codes) < classes:
            code = rng.choice([-1.0, 1.0], features)
            codes[code.tobytes()] = code
        return np.stack(list(codes.values()))

    def call(self, inputs: Any) -> Any:
        # multiplied out: no tensor of (batch, classes, features)
        own = ops.sum(ops.square(inputs), axis=-1, keepdims=True)
        centres = ops.sum(ops.square(self.centres), axis=-1)
        return 2 * ops.matmul(inputs, ops.transpose(self.centres)) - own - centres

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return (*input_shape[:-1], self.classes)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "classes": self.classes, "seed": self.seed}
