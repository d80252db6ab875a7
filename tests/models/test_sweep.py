"""Every registered model, reduced by its own builder: trained, saved, exported.

The numbers that all backends must give lie in `arrays/`. Those of a model that is new
or changed on purpose are written by

    KES_WRITE_ARRAYS=1 KERAS_BACKEND=tensorflow pytest tests/models/test_sweep.py
"""

import functools
import os
from collections import Counter

import keras
import numpy as np
import pytest

from suite.console.backend import choose_backend
from suite.edge import export as edge
from suite.edge import samples
from suite.edge.verify import LIMITS, difference
from suite.engine import open_model
from suite.layers import GroupLinear
from suite.models import build, names
from suite.models.registry import entry
from tests.exports import exported
from tests.models.conftest import scrambled
from tests.models.sweep import (
    ARRAYS,
    PIXELS,
    STEPS,
    awake,
    core_of,
    families,
    reduced,
    save_folder,
    shape_of,
    values,
)
from tests.numeric import to_numpy

CLOSE = 1e-4
TRANSLATORS = ["delight_translator_128", "transformer_translator_base"]
FAMILIES = families()
SWEPT = [name for name in FAMILIES if entry(name).reduced is not None]
backend = pytest.mark.backend
# jax compiles such a step for seconds. It runs some here, and all by `-m slow`; the
# layers' own tests take a step of each layer under it.
COMPILED = {"lstm_language_model", "patchgan_70", "transformer_translator_base"}
# Siblings of a builder that another name sends through all steps here: trained and
# exported by `-m slow`. Their numbers are compared all the same.
SIBLINGS = {
    "alexnet_one_tower",
    "densenet_40_12",
    "densenet_bc_100_12",
    "inception_v2",
    "lenet_5_modern",
    "lstm_language_model_adaptive",
    "lstm_language_model_define",
    "lstm_language_model_projected",
    "resnet_200",
    "resnet_20_v2",
    "resnext_29_32x4d",
    "transformer_translator_base_define",
    "transformer_xl_language_model_define",
    "transformer_xl_language_model_projected",
    "transformer_xl_language_model_standard",
}


def cases(slow):
    """The swept names, some of them marked."""
    return [
        pytest.param(name, marks=pytest.mark.slow if name in slow else ())
        for name in SWEPT
    ]


UNTRAINED = SIBLINGS
if keras.backend.backend() == "jax":
    UNTRAINED = set(SWEPT) - COMPILED


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Where each swept model lies as a folder with the inputs of its signatures."""
    return tmp_path_factory.mktemp("swept")


@pytest.fixture(scope="module")
def folder_of(folders):
    def saved(name):
        folder = folders / name
        if not folder.exists():
            inputs = save_folder(name, folder)
            samples.save(folder / samples.INPUTS, inputs)
        return folder

    return saved


def arrays_of(name):
    path = ARRAYS / f"{name}.npz"
    assert path.is_file(), f"{path.name} is missing: see above how it is written"
    return samples.load(path)


def logits_of(outputs):
    """What stands in front of a softmax, but for a shift: small shares count, too."""
    return {
        key: np.log(np.maximum(share, 1e-30, dtype="float64"))
        for key, share in outputs.items()
        if key in ("probabilities", "distribution")
    }


def test_every_name_is_swept():
    assert sorted(name for names_ in FAMILIES.values() for name in names_) == names()
    assert {path.stem for path in ARRAYS.glob("*.npz")} == set(SWEPT)


@pytest.mark.parametrize("name", [name for name in SWEPT if "delight" in name])
def test_what_stands_for_delight_has_groups(name):
    """Without them its arrays know nothing of shuffle and mix."""
    layers = core_of(name)._flatten_layers()
    groups = [layer.groups for layer in layers if isinstance(layer, GroupLinear)]
    assert max(groups) > 1, groups


@backend
@pytest.mark.parametrize("name", SWEPT)
def test_saved_it_gives_the_same_numbers_on_each_backend(name, folder_of):
    """Shapes as stated, config and weights as saved, numbers as committed."""
    folder = folder_of(name)
    choose_backend()
    model = open_model(folder, "keras")
    found = {
        signature: model(signature, given)
        for signature, given in samples.load(folder / samples.INPUTS).items()
    }
    path = ARRAYS / f"{name}.npz"
    if os.environ.get("KES_WRITE_ARRAYS"):
        path.parent.mkdir(exist_ok=True)
        samples.save(path, found)
    assert path.stat().st_size <= 100_000
    for signature, want in arrays_of(name).items():
        for key, array in want.items():
            alike = array.size > 1 and array.std() < 1e-4
            sure = np.isin(array.round(4), (0, 1)).all()  # the softmax hides the rest
            assert not alike and not sure, f"{signature}, {key}: shows nothing"
        assert difference(found[signature], want) <= CLOSE, signature
        one, two = logits_of(found[signature]), logits_of(want)
        assert not two or difference(one, two) <= CLOSE, f"{signature}: logits"


@backend
@pytest.mark.parametrize("name", cases(UNTRAINED))
def test_a_step_of_training_in_mixed_precision_reaches_every_weight(name):
    """At another length than the one above."""
    rng = np.random.default_rng(6)
    model = awake(core_of(name, "mixed_bfloat16"), rng)
    assert {weight.dtype for weight in model.weights} == {"float32"}
    policies = {layer.compute_dtype for layer in model._flatten_layers()}
    assert "bfloat16" in policies, f"no layer computes in bfloat16: {policies}"
    inputs = {
        key: values(rng, tensor, shape_of(tensor, 2, 2 * PIXELS, STEPS + 1))
        for key, tensor in model.input.items()
    }
    stated = model.compute_output_spec(
        {k: keras.KerasTensor(x.shape, str(x.dtype)) for k, x in inputs.items()}
    )
    target = keras.tree.map_structure(lambda t: rng.normal(size=t.shape), stated)
    loss = keras.tree.map_structure(lambda t: "mse", stated)
    before = [to_numpy(weight) for weight in model.trainable_weights]
    # XLA would take seconds under tensorflow, and torch needs a compiler
    jit = keras.backend.backend() == "jax"
    model.compile(keras.optimizers.SGD(0.5), loss, jit_compile=jit)
    result = model.train_on_batch(inputs, target)
    assert np.isfinite(result).all()
    for weight, old in zip(model.trainable_weights, before, strict=True):
        new = to_numpy(weight)
        assert np.isfinite(new).all(), weight.path
        assert (new != old).any(), f"no gradient reaches {weight.path}"


@pytest.fixture(scope="module")
def measured_of(folder_of):
    """What is measured of a model's export, once."""
    return functools.cache(lambda name: exported(folder_of(name)))


@pytest.mark.parametrize("name", cases(SIBLINGS))
def test_exported_it_gives_the_numbers_of_every_backend(name, folder_of, measured_of):
    """Built-in operators alone, in the interpreter and in CompiledModel."""
    folder, answer = folder_of(name), measured_of(name)
    assert "error" not in answer, answer["error"]
    measured = answer["files"]["float32"]
    assert measured["objections"] == []
    assert measured["difference"] <= CLOSE
    model = open_model(folder, precision="float32", threads=1)
    given = samples.load(folder / samples.INPUTS)
    for signature, want in arrays_of(name).items():
        assert difference(model(signature, given[signature]), want) <= CLOSE


def operators_of(answer):
    """How often the file's one signature holds each operator."""
    assert "error" not in answer, answer["error"]
    return Counter(answer["files"]["float32"]["operators"]["serve"])


def test_the_generator_for_phones_has_what_their_gpus_take(measured_of):
    found = operators_of(measured_of("cyclegan_edge"))
    refused = {"TRANSPOSE_CONV", "GATHER", "GATHER_ND", "MIRROR_PAD", "REVERSE"}
    assert not refused & {*found}
    assert found["CONCATENATION"] and found["RESIZE_NEAREST_NEIGHBOR"]


@pytest.mark.parametrize(
    "name",
    ["iqt", *(pytest.param(x, marks=pytest.mark.slow) for x in ("triq", "vit_iqa"))],
)
def test_attention_that_is_not_asked_for_leaves_no_operator(
    name, measured_of, tmp_path
):
    """With the request there is what gives the weights away, and nothing else."""
    asked = scrambled(build(name, reduced(name, attention=True)))
    inputs = save_folder(name, tmp_path / "asked", asked)
    samples.save(tmp_path / "asked" / samples.INPUTS, inputs)
    more = operators_of(exported(tmp_path / "asked"))
    plain = operators_of(measured_of(name))
    assert not plain - more
    assert {*(more - plain)} <= {"RESHAPE", "PACK", "EXPAND_DIMS"}


def check_steps(core, model, steps=STEPS):
    """A translator's file decodes token by token as its core scores all at once."""
    rng = np.random.default_rng(7)
    most = core.output["logits"].shape[-1]
    source, target = rng.integers(4, most, (2, 1, steps), "int32")
    source[0, -2:] = 1  # padding
    want = to_numpy(core({"source": source, "target": target})["logits"])
    memory = model("encode", {"source": source})["memory_cache"]
    cache = np.zeros(model.signatures["step"].inputs["cache"].shape, "float32")
    for place in range(steps):
        found = model(
            "step",
            {
                "source": source,
                "token": target[:, place : place + 1],
                "position": np.array([place], "int32"),
                "cache": cache,
                "memory_cache": memory,
            },
        )
        cache = found["cache"]
        assert difference(found, {"logits": want[:, place]}) <= CLOSE, f"step {place}"


@pytest.mark.parametrize("name", TRANSLATORS)
def test_exported_it_decodes_as_keras_does_without_caches(name, folder_of, measured_of):
    """Signatures `encode` and `step` with explicit caches, token by token."""
    assert "error" not in measured_of(name)
    model = open_model(folder_of(name), precision="float32", threads=1)
    check_steps(scrambled(core_of(name)), model)


@pytest.mark.slow
def test_a_translator_in_its_full_size_leaves_as_encode_and_step(tmp_path):
    """Of 10,000 tokens, for sentences of 32."""
    name, folder = "delight_translator_128", tmp_path / "model"
    keras.utils.set_random_seed(0)
    core = build(name, vocabulary=10_000)
    inputs = save_folder(name, folder, core, 32)
    formats = ["float32", "dynamic_int8"]
    report = edge.export(folder, inputs=inputs.__getitem__, formats=formats)
    for form in formats:
        measured = report["files"][form]
        assert measured["objections"] == []
        assert set(measured["operators"]) == {"encode", "step"}
    assert report["files"]["float32"]["difference"] <= LIMITS["float32"]
    model = open_model(folder, precision="float32", threads=1)
    shapes = {key: spec.shape for key, spec in model.signatures["step"].inputs.items()}
    assert shapes["cache"] == shapes["memory_cache"] == (1, 8, 32, 128)
    check_steps(core, model, 32)
