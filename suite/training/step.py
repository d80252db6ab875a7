"""One optimizer update of one model: the part of training that runs compiled."""

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

import keras
from keras import ops

from suite.training.config import FitConfig
from suite.training.ema import averaged, make_optimizer, use_averages
from suite.training.shapes import shapes_of

logger = logging.getLogger(__name__)

_MANY_SHAPES = 32  # seconds of compilation and some tens of MB each

Tensors = Any  # a tensor, or a dict of tensors by name
Loss = Callable[[Any, Any], Mapping[str, Any]]  # (targets, outputs) -> scalars


class Step(Protocol):
    """What the loop repeats; several networks and optimizers may hide behind it."""

    model: keras.Model
    """What is evaluated, and whose weights are kept as the best."""

    def __call__(self, inputs: Tensors, targets: Tensors) -> dict[str, float]:
        """Does one update; the scalars of the batch, `loss` among them."""

    def variables(self) -> dict[str, list[Any]]:
        """All that an exact resumption needs, by group."""

    def set_rate(self, rate: float) -> None:
        """Sets the learning rate of the next update."""

    def averaged(self) -> AbstractContextManager[None]:
        """Within the block the model has the weights that are evaluated and kept."""

    def finish(self) -> None:
        """Leaves the model with the weights that are kept."""


class SupervisedStep:
    """An update of one model by Adam or AdamW under a loss.

    Args:
        model: A functional model, built.
        loss: `(targets, outputs) -> {"loss": scalar, ...}`, written with keras.ops:
            `loss` is minimized, the other scalars are only logged.
        config: Gives rate, decay, clipping and averaging.
    """

    def __init__(self, model: keras.Model, loss: Loss, config: FitConfig) -> None:
        self.model = model
        self.optimizer = make_optimizer(
            model, config.learning_rate, config.weight_decay, config.clip, config.ema
        )
        self._network = _Network(model, loss)
        self._functions: dict[Any, Any] = {}
        # XLA under TensorFlow takes four times as long for recurrent models on CPUs;
        # torch.compile needs a compiler on the user's machine.
        jit = "auto" if keras.config.backend() == "jax" else False
        self._network.compile(
            optimizer=self.optimizer, jit_compile=jit, auto_scale_loss=False
        )

    def __call__(self, inputs: Tensors, targets: Tensors) -> dict[str, float]:
        """Does one update; the scalars of the batch."""
        inputs = keras.tree.map_structure(ops.convert_to_tensor, inputs)
        targets = keras.tree.map_structure(ops.convert_to_tensor, targets)
        self._choose_function(inputs, targets)
        logs = self._network.train_on_batch(inputs, targets, return_dict=True)
        return {name: float(value) for name, value in logs.items()}

    def variables(self) -> dict[str, list[Any]]:
        """The model's variables (seed generators included) and the optimizer's."""
        return {
            "model": list(self.model.variables),
            "optimizer": list(self.optimizer.variables),
        }

    def set_rate(self, rate: float) -> None:
        """Sets the learning rate of the next update."""
        self.optimizer.learning_rate.assign(rate)

    def averaged(self) -> AbstractContextManager[None]:
        """Within the block the model has its averaged weights."""
        return averaged(self.optimizer)

    def finish(self) -> None:
        """Leaves the model with its averaged weights."""
        use_averages(self.optimizer)

    def _choose_function(self, inputs: Tensors, targets: Tensors) -> None:
        """One compiled function for each shape of a batch.

        Left alone, TensorFlow would go over to one function of unknown shapes with
        the second shape it meets; which batches run in which function, and with that
        the last bits, would depend on where a run was interrupted.
        """
        key = shapes_of((inputs, targets))
        if not self._functions:
            self._network.name_scalars(inputs, targets)
        if key not in self._functions:
            self._network.make_train_function(force=True)
            self._functions[key] = self._network.train_function
            if len(self._functions) == _MANY_SHAPES:
                logger.warning(
                    "%d shapes of batches, each compiled by itself: pad to fewer",
                    _MANY_SHAPES,
                )
        self._network.train_function = self._functions[key]


class _Network(keras.Model):
    """Gives keras' compiled training step our kind of loss."""

    def __init__(self, model: keras.Model, loss: Loss) -> None:
        # No autocast: the model casts its inputs where its own policy says so.
        super().__init__(name="training_network", dtype="float32", autocast=False)
        self.model = model
        self.loss_function = loss
        self.meters: dict[str, keras.metrics.Metric] = {}

    def name_scalars(self, inputs: Tensors, targets: Tensors) -> None:
        """Makes a meter for each scalar that the loss gives for such a batch.

        Traced, not computed: JAX needs all variables before it compiles the step.
        """
        inputs, targets = keras.tree.map_structure(_symbol, (inputs, targets))
        scalars = _Scalars(self.model, self.loss_function)
        for name in scalars.compute_output_spec(inputs, targets):
            if name != "loss":
                self.meters[name] = keras.metrics.Mean(name=name)

    def call(self, inputs: Tensors, training: bool | None = None) -> Tensors:
        """The model's outputs."""
        return self.model(inputs, training=training)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The loss, with the penalties of the model's layers, in float32."""
        values = dict(self.loss_function(y, y_pred))
        total = ops.cast(values.pop("loss"), "float32")
        for name, value in values.items():
            self.meters[name].update_state(ops.cast(value, "float32"))
        for penalty in self.losses:
            total = total + ops.cast(ops.sum(penalty), "float32")
        return total


class _Scalars(keras.layers.Layer):
    """A layer only because layers can be asked for their outputs without a run."""

    def __init__(self, model: keras.Model, loss: Loss) -> None:
        super().__init__(dtype="float32", autocast=False)
        self.model = model
        self.loss_function = loss

    def call(self, inputs: Tensors, targets: Tensors) -> dict[str, Any]:
        return dict(self.loss_function(targets, self.model(inputs, training=False)))


def _symbol(tensor: Any) -> keras.KerasTensor:
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    return keras.KerasTensor(tuple(tensor.shape), dtype)
