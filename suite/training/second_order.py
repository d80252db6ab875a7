"""Optimizers that know curvature, for small models and fine endings: those of SciPy.

Quasi-Newton methods, conjugate gradients and Newton's method minimize the loss over a
whole data set at once. They pay off where that is cheap: logistic regression, the last
layer of a frozen network, a fit to a few thousand samples.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import keras
import numpy as np

from suite.console import UserError
from suite.training.flat_objective import FlatObjective
from suite.training.loop import ProgressLike

logger = logging.getLogger(__name__)

Method = Literal["l-bfgs-b", "bfgs", "cg", "newton-cg", "newton"]

# Most weights for methods that hold a matrix: 20,000 take 3.2 GB in BFGS; Newton's
# method computes its matrix by one product a weight.
_MOST = {"bfgs": 20_000, "newton": 2_000}
_TOLERANCE = {"newton-cg": "xtol"}  # the others: "gtol"


@dataclass(frozen=True)
class Minimum:
    """Where a minimization ended."""

    loss: float
    """The loss there, over all data."""
    gradient: float
    """Largest absolute component of the gradient there."""
    iterations: int
    """Steps taken."""
    evaluations: int
    """Times that loss and gradient were computed."""
    products: int
    """Times that a Hessian-vector product was computed."""
    converged: bool
    """Whether the tolerance was reached. Not in float32 with a small one: near the
    minimum the loss no longer tells two steps apart."""
    message: str
    """Why it ended, in the optimizer's words."""
    history: list[dict[str, float]] = field(repr=False)
    """What callbacks were told after each step."""


def minimize(
    model: keras.Model,
    x: Any,
    y: Any,
    method: Method = "l-bfgs-b",
    *,
    sample_weight: Any = None,
    batch_size: int | None = None,
    iterations: int = 100,
    tolerance: float = 1e-5,
    options: Mapping[str, Any] | None = None,
    validation_data: tuple[Any, ...] | None = None,
    callbacks: Iterable[keras.callbacks.Callback] = (),
    progress: ProgressLike | None = None,
) -> Minimum:
    """Minimizes a compiled model's loss over all of the data by SciPy.

    The model ends with the best weights that were found, also after Ctrl-C. It is
    called as in inference (see `FlatObjective`).

    Args:
        model: A built and compiled model; the loss of `compile` counts, its optimizer
            and metrics are not used.
        x: Inputs, an array or a structure of arrays, samples first.
        y: Targets, likewise.
        method: "l-bfgs-b", the default, for any size; "bfgs", at most 20,000 weights;
            "cg", nonlinear conjugate gradients, least memory; "newton-cg", Newton's
            method by Hessian-vector products; "newton", the plain step w - H⁻¹g with
            the whole matrix, at most 2,000 weights: exact on a quadratic after one
            step, and drawn to saddle points as well as to minima.
        sample_weight: Array of shape `(samples,)`, or None.
        batch_size: Samples computed at once, for memory alone; None for all.
        iterations: Most steps, > 0.
        tolerance: > 0; ends when no component of the gradient is larger, in
            "newton-cg" when the mean change of a weight is smaller.
        options: Further options of `scipy.optimize.minimize` for the method.
        validation_data: `(x, y)` or `(x, y, sample_weight)`; what `model.evaluate`
            says of it is told to callbacks, each name after `val_`.
        callbacks: Keras callbacks, an iteration being an epoch. `stop_training` ends
            the minimization.
        progress: `suite.console.Progress` or alike.

    Returns:
        What was reached.

    Raises:
        UserError: SciPy is not installed; an argument is out of its range; the model
            is too large for the method, is not compiled or has a loss that is not
            finite; a Hessian is singular.

    Example:
        model.compile(loss="mse")
        minimize(model, x, y, "bfgs").loss

    References:
        - Nocedal, Wright 2006, "Numerical Optimization", chapters 5 to 7
    """
    optimize = _scipy("scipy.optimize")
    if method not in ("l-bfgs-b", "bfgs", "cg", "newton-cg", "newton"):
        raise UserError(
            f"there is no method {method!r}",
            "There are l-bfgs-b, bfgs, cg, newton-cg and newton.",
        )
    if iterations < 1 or tolerance <= 0:
        raise UserError(
            "`iterations` and `tolerance` must be positive: "
            f"iterations={iterations}, tolerance={tolerance}"
        )
    objective = FlatObjective(model, x, y, sample_weight, batch_size)
    start = objective.weights()
    if start.size > _MOST.get(method, start.size):
        raise UserError(
            f"{method} keeps a matrix of {start.size:,} x {start.size:,} numbers; "
            f"its limit here is {_MOST[method]:,} weights",
            "Use l-bfgs-b, or newton-cg.",
        )
    steps = _Steps(objective, callbacks, validation_data, progress)
    second: dict[str, Any] = {}
    if method == "newton-cg":
        second = {"hessp": objective.product}
    elif method == "newton":
        second = {"hess": objective.hessian}
    try:
        result = optimize.minimize(
            steps.evaluate,
            start,
            jac=True,
            method=_newton if method == "newton" else method,
            callback=steps.after,
            options={
                "maxiter": iterations,
                _TOLERANCE.get(method, "gtol"): tolerance,
                **(options or {}),
            },
            **second,
        )
    finally:
        steps.end()
    logger.info("%s: %s", method, result.message)
    return Minimum(
        loss=float(steps.loss),
        gradient=float(np.abs(steps.slope).max()),
        iterations=len(steps.history),
        evaluations=objective.evaluations,
        products=objective.products,
        converged=bool(result.success),
        message=str(result.message),
        history=steps.history,
    )


class _Steps:
    """What happens around the optimizer's steps: the best point, callbacks, progress.

    The best point is what the model gets in the end.
    """

    def __init__(
        self,
        objective: FlatObjective,
        callbacks: Iterable[keras.callbacks.Callback],
        validation_data: tuple[Any, ...] | None,
        progress: ProgressLike | None,
    ) -> None:
        self.objective = objective
        self.history: list[dict[str, float]] = []
        self._validation = validation_data
        self._progress = progress
        self._model = objective.model
        self.point = objective.weights()
        self.loss, self.slope = objective(self.point)
        if not np.isfinite(self.loss):
            raise UserError(
                f"the loss is {self.loss} before the first step",
                "Look for infinite or missing values in the data and the weights.",
            )
        self._last = self.point, self.loss, self.slope
        self._callbacks = keras.callbacks.CallbackList(
            list(callbacks), model=self._model
        )
        self._model.stop_training = False
        self._callbacks.on_train_begin()

    def evaluate(self, vector: np.ndarray) -> tuple[float, np.ndarray]:
        """Loss and gradient, remembered: the step that is taken was just tried."""
        if not np.array_equal(vector, self._last[0]):
            self._last = (vector.copy(), *self.objective(vector))
        return self._last[1:]

    def after(self, intermediate_result: Any) -> None:
        """Called by SciPy after each step; the argument's name is its rule."""
        loss, slope = self.evaluate(np.asarray(intermediate_result.x))
        if loss <= self.loss:
            self.point, self.loss, self.slope = self._last
        epoch = len(self.history)
        self._callbacks.on_epoch_begin(epoch)
        self.objective.assign(self._last[0])
        row = {
            "loss": loss,
            "gradient": float(np.abs(slope).max()),
            "evaluations": self.objective.evaluations,
            "products": self.objective.products,
        }
        if self._validation is not None:
            measured = self._model.evaluate(
                *self._validation, verbose=0, return_dict=True
            )
            row |= {f"val_{name}": float(value) for name, value in measured.items()}
        self.history.append(row)
        if self._progress is not None:
            self._progress.update(1, loss=loss, gradient=row["gradient"])
        self._callbacks.on_epoch_end(epoch, row)
        if self._model.stop_training:
            raise StopIteration

    def end(self) -> None:
        """The best weights, then the callbacks' last word, who may know better."""
        self.objective.assign(self.point)
        self._callbacks.on_train_end(self.history[-1] if self.history else {})


def _newton(
    fun: Callable[[np.ndarray], float],
    x0: np.ndarray,
    *,
    jac: Callable[[np.ndarray], np.ndarray],
    hess: Callable[[np.ndarray], np.ndarray],
    callback: Callable[..., None],
    maxiter: int,
    gtol: float,
    **unused: Any,
) -> Any:
    """Newton's method without line search, in the form of SciPy's methods."""
    linalg, optimize = _scipy("scipy.linalg"), _scipy("scipy.optimize")
    x, message = x0, "the limit of iterations is reached"
    for _ in range(maxiter):
        slope = jac(x)
        if np.abs(slope).max() <= gtol:
            break
        try:
            x = x - linalg.solve(hess(x), slope, assume_a="sym")
        except (linalg.LinAlgError, linalg.LinAlgWarning, ValueError) as error:
            raise UserError(
                f"newton: the matrix of second derivatives cannot be solved: {error}",
                "Add a penalty on the weights, or use newton-cg.",
            ) from error
        try:
            callback(intermediate_result=optimize.OptimizeResult(x=x, fun=fun(x)))
        except StopIteration:
            message = "a callback ended it"
            break
    success = bool(np.abs(jac(x)).max() <= gtol)
    if success:
        message = "the gradient is within the tolerance"
    return optimize.OptimizeResult(x=x, fun=fun(x), success=success, message=message)


def _scipy(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UserError(
            "optimizers of second order need SciPy, which is not installed",
            "Install it: pip install 'keras-edge-suite[train]'",
        ) from error
