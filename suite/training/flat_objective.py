"""A model's loss as a function of one vector: what optimizers for vectors take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from suite.console import UserError
from suite.gradients import (
    compiled,
    hessian_vector_product,
    over_variables,
    value_and_gradient,
)


class FlatObjective:
    """Loss, gradient and curvature of a compiled model over a whole data set.

    The vector holds all trainable weights, one after the other, each row by row. The
    model is called as in inference: an optimizer that compares losses needs a function,
    so dropout is off and batch normalization uses its moving statistics. Penalties of
    weights and losses that layers add are part of the loss, as in `fit`.

    Args:
        model: A built and compiled model of at least one trainable weight. Arithmetic
            is done in its dtypes; the results are float64.
        x: Inputs, an array or a structure of arrays, samples first.
        y: Targets, likewise.
        sample_weight: Array of shape `(samples,)`, or None.
        batch_size: Samples computed at once; None for all. The loss is their mean
            whatever the size, as long as it is a mean over samples.

    Attributes:
        evaluations: Calls that gave loss and gradient.
        products: Calls that gave a Hessian-vector product.

    Raises:
        UserError: The model is not compiled, has nothing to train, or arrays differ
            in their numbers of samples.
    """

    def __init__(
        self,
        model: keras.Model,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        batch_size: int | None = None,
    ) -> None:
        if not model.compiled:
            raise UserError(
                f"the model {model.name!r} is not compiled, so it has no loss",
                "Call model.compile(loss=...) first; its optimizer is not used.",
            )
        self.model = model
        self.variables = list(model.trainable_variables)
        if not self.variables:
            raise UserError(
                f"the model {model.name!r} has no trainable weights",
                "Build it by a call on data, or set `trainable`.",
            )
        self.evaluations = self.products = 0
        self._batches = list(_batches((x, y, sample_weight), batch_size))
        # makes what the loss keeps, which no traced function may do
        self._loss(*self._batches[0][1])
        self._slope = compiled(
            lambda values, batch: value_and_gradient(self._of_values(batch), values)
        )
        self._product = compiled(
            lambda values, vectors, batch: hessian_vector_product(
                self._of_values(batch), values, vectors
            )
        )

    def _loss(self, x: Any, y: Any, sample_weight: Any) -> Any:
        outputs = self.model(x, training=False)
        return self.model.compute_loss(x, y, outputs, sample_weight, training=False)

    def _of_values(self, batch: Any) -> Any:
        return over_variables(lambda: self._loss(*batch), self.variables)

    def weights(self) -> np.ndarray:
        """The model's weights now, a float64 vector."""
        return _flat([variable.value for variable in self.variables])

    def assign(self, vector: np.ndarray) -> None:
        """Gives the model the weights of a vector."""
        for variable, value in zip(self.variables, self._split(vector), strict=True):
            variable.assign(value)

    def __call__(self, vector: np.ndarray) -> tuple[float, np.ndarray]:
        """Loss and its gradient there; the model keeps its weights."""
        self.evaluations += 1
        values, total, slope = self._split(vector), 0.0, np.zeros(vector.size)
        for share, batch in self._batches:
            value, gradients = self._slope(values, batch)
            total += share * float(ops.convert_to_numpy(value))
            slope += share * _flat(gradients)
        return total, slope

    def product(self, vector: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """The Hessian there times a direction."""
        self.products += 1
        values, along = self._split(vector), self._split(direction)
        result = np.zeros(vector.size)
        for share, batch in self._batches:
            result += share * _flat(self._product(values, along, batch))
        return result

    def hessian(self, vector: np.ndarray) -> np.ndarray:
        """The matrix of second derivatives, `(n, n)`: n products."""
        rows = [self.product(vector, unit) for unit in np.eye(vector.size)]
        matrix = np.array(rows)
        return 0.5 * (matrix + matrix.T)  # symmetric but for rounding

    def _split(self, vector: np.ndarray) -> list[Any]:
        """Tensors in the shapes and dtypes of the variables."""
        tensors, start = [], 0
        for variable in self.variables:
            part = vector[start : start + int(np.prod(variable.shape))]
            start += part.size
            # a copy: torch refuses memory that SciPy made read-only
            part = np.array(part).reshape(tuple(variable.shape))
            tensors.append(ops.convert_to_tensor(part, variable.dtype))
        return tensors


def _flat(tensors: list[Any]) -> np.ndarray:
    parts = [ops.convert_to_numpy(ops.cast(x, "float64")) for x in tensors]
    return np.concatenate([np.asarray(x, np.float64).ravel() for x in parts])


def _batches(
    arrays: tuple[Any, Any, Any], size: int | None
) -> Iterator[tuple[float, Any]]:
    """Share of the samples and tensors of each batch."""

    def prepared(x: Any) -> Any:
        x = np.asarray(x)
        return x.astype(keras.config.floatx()) if x.dtype.kind == "f" else x

    arrays = keras.tree.map_structure(
        lambda x: None if x is None else prepared(x), arrays
    )
    counts = {len(x) for x in keras.tree.flatten(arrays) if x is not None}
    if len(counts) != 1 or not min(counts) or (size is not None and size < 1):
        raise UserError(
            "inputs, targets and sample weights must have one number of samples above "
            f"zero, and a batch at least one: samples {sorted(counts)}, "
            f"batch_size {size}",
        )
    total = counts.pop()
    size = size or total
    for start in range(0, total, size):
        rows = slice(start, start + size)
        batch = keras.tree.map_structure(
            lambda x, rows=rows: None if x is None else ops.convert_to_tensor(x[rows]),
            arrays,
        )
        yield min(size, total - start) / total, batch
