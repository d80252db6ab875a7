"""The contract itself: a sound layer passes, each faulty one is caught."""

import ast
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from suite import layers
from tests.contract import check_layer
from tests.numeric import assert_close, gradient_of

pytestmark = pytest.mark.backend

X = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
MASK = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], bool)


@keras.saving.register_keras_serializable(package="suite")
class Sound(keras.layers.Layer):
    """Cumulative sum over steps times a matrix; each fault is a subclass of it."""

    def __init__(self, units=2, scale=1.0, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.scale = scale

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units))

    def call(self, inputs):
        return self.scale * ops.cumsum(inputs, axis=1) @ self.kernel

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "scale": self.scale}


class ForgetsAKey(Sound):
    def get_config(self):
        config = super().get_config()
        del config["scale"]
        return config


class ChangesAnArgument(Sound):
    def __init__(self, units=2, scale=1.0, **kwargs):
        super().__init__(units, scale, **kwargs)
        self.scale = scale * 2

    def get_config(self):
        return {**super().get_config(), "scale": self.scale / 2}


class NotANumber(Sound):
    def call(self, inputs):
        return ops.log(super().call(inputs) * 0 - 1)


class TakesTheLengthForKnown(Sound):
    def call(self, inputs):
        return super().call(inputs) / (inputs.shape[1] or 1)


class SaysAnotherShape(Sound):
    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.units, input_shape[1])


class LosesItsState(Sound):
    def build(self, input_shape):
        super().build(input_shape)
        self.hidden = np.random.default_rng().normal(size=self.units)

    def call(self, inputs):
        return super().call(inputs) + ops.convert_to_tensor(self.hidden, inputs.dtype)


class HalfWeights(Sound):
    def build(self, input_shape):
        shape = (input_shape[-1], self.units)
        self.kernel = self.add_weight(shape=shape, dtype=self.compute_dtype)


class ForgetsThePolicy(Sound):
    def __init__(self, units=2, scale=1.0, **kwargs):
        super().__init__(units, scale, **kwargs)
        self.inner = keras.layers.Dropout(0.1)

    def call(self, inputs):
        return super().call(self.inner(inputs))


class OverflowsInHalf(Sound):
    def call(self, inputs):
        if keras.backend.standardize_dtype(inputs.dtype) == "bfloat16":
            inputs = inputs + 0.3
        return super().call(inputs)


class WithoutGradient(Sound):
    def call(self, inputs):
        return super().call(ops.stop_gradient(inputs))


class IdleWeight(Sound):
    def build(self, input_shape):
        super().build(input_shape)
        self.bias = self.add_weight(shape=(self.units,))

    def call(self, inputs):
        return super().call(inputs) + 0 * self.bias


@keras.saving.register_keras_serializable(package="suite")  # for the export
class FallsToFlex(Sound):
    def call(self, inputs):
        return ops.erf(super().call(inputs))


@keras.saving.register_keras_serializable(package="suite")  # for the export
class TakesAMask(Sound):
    def __init__(self, units=2, scale=1.0, **kwargs):
        super().__init__(units, scale, **kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        if mask is not None:
            inputs = inputs * ops.cast(mask, inputs.dtype)[..., None]
        return ops.flip(super().call(ops.flip(inputs, axis=1)), axis=1)


class LooksBehindTheMask(TakesAMask):
    def call(self, inputs, mask=None):
        return super().call(inputs)


class SwallowsTheMask(TakesAMask):
    def compute_mask(self, inputs, previous_mask):
        return None


def layer_of(kind, **extra):
    return partial(kind, units=3, scale=0.5, **extra)


@pytest.fixture(autouse=True)
def registered():
    """Subclasses under the name that the contract asks for."""
    kinds = [Sound, *Sound.__subclasses__(), *TakesAMask.__subclasses__()]
    for kind in kinds:
        keras.saving.register_keras_serializable(package="suite")(kind)
    yield
    for kind in kinds[1:]:
        keras.saving.get_custom_objects().pop(f"suite>{kind.__name__}", None)


def test_a_sound_layer_passes():
    check_layer(layer_of(Sound), X)


def test_a_sound_layer_with_a_mask_passes():
    check_layer(layer_of(TakesAMask), X, mask=MASK)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (ForgetsAKey, "scale came back None"),
        (ChangesAnArgument, "attribute scale"),
        (NotANumber, "not finite"),
        (SaysAnotherShape, r"axes \[0\] unknown states symbolic .*3, 5\)"),
        (LosesItsState, "saved and loaded"),
        (HalfWeights, r"weights are \{'bfloat16'\}"),
        (ForgetsThePolicy, "its layers have .*float32"),
        (OverflowsInHalf, "in mixed_bfloat16: .* differ"),
        (WithoutGradient, "scale: no gradient reaches it"),
        (IdleWeight, "no gradient reaches it"),
    ],
)
def test_a_fault_is_caught(kind, message):
    with pytest.raises(AssertionError, match=message):
        check_layer(layer_of(kind), X)


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="the other backends compile for each length, so this is no fault there",
)
def test_a_length_taken_for_known_is_caught():
    with pytest.raises(AssertionError, match=r"in a graph: \d+ of 30 .* max error"):
        check_layer(layer_of(TakesTheLengthForKnown), X)


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="exports run under tensorflow alone"
)
def test_an_operator_that_no_phone_has_is_caught():
    with pytest.raises(AssertionError, match=r"FallsToFlex exported: .*Erf"):
        check_layer(layer_of(FallsToFlex), X)


@pytest.mark.parametrize(
    ("kind", "message"),
    [(LooksBehindTheMask, "true steps"), (SwallowsTheMask, "not passed on")],
)
def test_a_fault_under_a_mask_is_caught(kind, message):
    with pytest.raises(AssertionError, match=message):
        check_layer(layer_of(kind), X, mask=MASK)


def test_arguments_at_their_defaults_are_refused():
    with pytest.raises(AssertionError, match=r"shows nothing: \['units"):
        check_layer(partial(Sound, units=2, scale=0.5), X)
    with pytest.raises(AssertionError, match="scale"):
        check_layer(partial(Sound, units=3), X)


def test_the_difference_is_located():
    want = np.zeros((2, 3))
    got = want.copy()
    got[1, 2] = 0.3
    message = r"logits: 1 of 6 .* 0.3, mean 0.05; at \(1, 2\)"
    with pytest.raises(AssertionError, match=message):
        assert_close(got, want, name="logits")
    with pytest.raises(AssertionError, match=r"at \(0, 1\).*nan"):
        assert_close([[0, np.nan]], [[0, 1]])
    with pytest.raises(AssertionError, match=r"shape \(2,\), expected \(2, 1\)"):
        assert_close([1, 2], [[1], [2]])
    assert_close([1.0, np.inf, 100.5], [1.0, np.inf, 100.0], atol=0, rtol=0.006)


def test_gradient_of_a_polynomial():
    value = np.array([[1.0, -2.0], [0.5, 0.0]])
    loss, gradient = gradient_of(lambda y: ops.sum(y**3), value)
    assert loss == pytest.approx((value**3).sum())
    assert_close(gradient, 3 * value**2, atol=1e-5, name="gradient")


def test_every_layer_has_a_case():
    """A `partial` of its class in a test module that calls `check_layer`."""
    found = set()
    for path in Path(__file__).parents[1].rglob("test_*.py"):
        called = [
            node
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        ]
        if any(call.func.id == "check_layer" for call in called):
            cases = (call for call in called if call.func.id == "partial")
            found |= {ast.unparse(case.args[0]) for case in cases}
    kinds = {name for name in layers.__all__ if isinstance(getattr(layers, name), type)}
    assert sorted(kinds - found) == [], "without a case for check_layer"
