"""Recurrent head of a text recognizer, for connectionist temporal classification."""

from typing import Any

import keras
from keras import ops

from suite.layers.own_config import OwnConfig
from suite.layers.recurrent_loop import BidirectionalLoop

CELLS = {
    "lstm": keras.layers.LSTM,
    "gru": keras.layers.GRU,
    "simple_rnn": keras.layers.SimpleRNN,
}


@keras.saving.register_keras_serializable(package="suite")
class LSTMCTCHead(OwnConfig, keras.layers.Layer):
    """Stacked bidirectional recurrent layers and a dense layer to CTC logits.

    With `lengths`, frames beyond a sample's length are never seen: the backward
    direction starts at the last true frame, so the logits of the true frames do not
    depend on the padding. Those of the padding are to be ignored.

    Args:
        classes: Int > 1. Number of characters and the blank, which is class 0.
        units: Positive int. Units of each direction of each recurrent layer.
        layers: Positive int. Number of stacked bidirectional layers.
        cell: "lstm", "gru" or "simple_rnn".
        dropout: Float in [0, 1). Applied before each recurrent layer and before the
            dense layer.
        **kwargs: `name`, `dtype` and the other arguments of `Layer`.

    Call arguments:
        features: Float tensor of shape `(batch, frames, channels)`.
        lengths: Optional int tensor of shape `(batch,)`, true frames of each sample,
            from 1 to `frames`.
        training: Bool, whether dropout is active.

    Returns:
        Logits, a tensor of shape `(batch, frames, classes)`.

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> head = LSTMCTCHead(classes=97, units=128, layers=2)
    >>> head(keras.ops.zeros((2, 80, 256)), keras.ops.array([80, 31])).shape
    (2, 80, 97)

    References:
        - Graves et al. 2006, "Connectionist Temporal Classification", ICML
        - Shi, Bai, Yao 2017, arXiv:1507.05717, section 2.2
    """

    def __init__(
        self,
        classes: int,
        units: int = 128,
        layers: int = 2,
        cell: str = "lstm",
        dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if classes < 2 or units < 1 or layers < 1:
            raise ValueError(
                "`classes` must be above 1, `units` and `layers` positive. "
                f"Received: classes={classes}, units={units}, layers={layers}"
            )
        if cell not in CELLS:
            raise ValueError(
                f"`cell` must be one of {', '.join(CELLS)}. Received: cell={cell!r}"
            )
        if not 0 <= dropout < 1:
            raise ValueError(
                f"`dropout` must be in [0, 1). Received: dropout={dropout}"
            )
        self.classes = classes
        self.units = units
        self.layers = layers
        self.cell = cell
        self.dropout = dropout
        policy = self.dtype_policy
        self.recurrent = [
            keras.layers.Bidirectional(
                CELLS[cell](units, return_sequences=True, dtype=policy),
                dtype=policy,
                name=f"recurrent_{index}",
            )
            for index in range(layers)
        ]
        self.drop = keras.layers.Dropout(dropout, dtype=policy, name="drop")
        self.dense = keras.layers.Dense(classes, dtype=policy, name="dense")

    def build(self, features_shape: Any, lengths_shape: Any = None) -> None:
        shape = (*features_shape[:2], features_shape[-1])
        for layer in self.recurrent:
            layer.build(shape)
            shape = (*shape[:2], 2 * self.units)
        self.dense.build(shape)
        self.built = True

    def call(
        self, features: Any, lengths: Any = None, training: bool | None = None
    ) -> Any:
        mask = None
        if lengths is not None:
            steps = ops.arange(ops.shape(features)[1], dtype="int32")
            mask = steps[None, :] < ops.cast(lengths, "int32")[:, None]
        for layer in self.recurrent:
            features = self.drop(features, training=training)
            features = layer(features, mask=mask, training=training)
        return self.dense(self.drop(features, training=training))

    def compute_output_shape(
        self, features_shape: Any, lengths_shape: Any = None
    ) -> tuple[int | None, ...]:
        return (*features_shape[:2], self.classes)

    def for_export(self) -> keras.layers.Layer:
        """An equal layer whose recurrent layers are loops of built-in operators.

        A single sample costs only its true frames, whatever the padding.
        """
        return _LoopHead(self)


class _LoopHead(keras.layers.Layer):
    """The head with loops in place of its recurrent layers, for export only."""

    def __init__(self, head: LSTMCTCHead) -> None:
        super().__init__(name=head.name, dtype=head.dtype_policy, trainable=False)
        self.loops = [BidirectionalLoop(layer) for layer in head.recurrent]
        self.dense = head.dense
        self.built = True

    def call(
        self, features: Any, lengths: Any = None, training: bool | None = None
    ) -> Any:
        for loop in self.loops:
            features = loop(features, lengths=lengths)
        return self.dense(features)

    def compute_output_spec(self, features: Any, *args: Any, **kwargs: Any) -> Any:
        shape = (*features.shape[:2], self.dense.units)
        return keras.KerasTensor(shape, self.compute_dtype)
