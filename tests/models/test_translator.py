"""Encoder and decoder: published counts, padding, and steps equal to the whole."""

import functools
from dataclasses import fields

import keras
import numpy as np
import pytest

from suite.engine.keras_engine import part_of
from suite.losses import SmoothedCrossEntropy
from suite.models import build, for_inference, list_models, parameters
from suite.models.delight_translator import published_dropout
from suite.models.registry import default_config
from tests.numeric import assert_close, run, to_numpy

pytestmark = pytest.mark.backend
DELIGHT = {"units": 32, "table_units": 16, "shallowest": 2, "deepest": 3, "blocks": 2}
TRANSFORMER = {"units": 16, "blocks": 2, "heads": 2, "hidden": 24, "table_units": 8}
BANDS = {"cutoffs": (10, 15)}
SMALL = {
    "delight": ("delight_translator_128", DELIGHT),
    "two tables": ("delight_translator_128", DELIGHT | {"target_vocabulary": 23}),
    "before": ("delight_translator_128", DELIGHT | {"pre_norm": True}),
    "transformer": ("transformer_translator_tiny", TRANSFORMER),
    "projected": ("transformer_translator_tiny", TRANSFORMER),
    "adaptive": ("transformer_translator_tiny", TRANSFORMER | BANDS),
    "define": ("transformer_translator_tiny", TRANSFORMER | {"expansion": 32}),
}
RNG = np.random.default_rng(0)
SOURCE = np.array([[4, 9, 7, 2, 1], [5, 6, 2, 1, 1]], "int32")
TARGET = np.array([[2, 8, 19, 11], [2, 3, 14, 1]], "int32")


@functools.cache
def small(kind):
    """A small model, scrambled so that biases and scales show."""
    name, sizes = SMALL[kind]
    if kind in ("projected", "adaptive", "define"):
        sizes = sizes | {"embedding": kind}
    model = build(name, vocabulary=20, **sizes)
    rng = np.random.default_rng(1)
    for weight in model.trainable_weights:
        noise = rng.normal(0, 0.1, weight.shape).astype("float32")
        weight.assign(to_numpy(weight) + noise)
    return name, model


def whole(model, source=SOURCE, target=TARGET):
    return run(model, {"source": source, "target": target})


def test_published_dropout():
    rates = {units: published_dropout(units) for units in (128, 256, 384, 512, 640)}
    assert [r["dropout"] for r in rates.values()] == [0.04, 0.07, 0.11, 0.15, 0.19]
    found = [r["attention_dropout"] for r in rates.values()]
    assert found == [0.01, 0.03, 0.04, 0.05, 0.06]
    assert published_dropout(512, "iwslt")["dropout"] == 0.3
    assert published_dropout(256, "en-ro")["transform_dropout"] == 0.05
    config = default_config("delight_translator_512")
    assert (config.units, config.dropout) == (512, 0.15)


@pytest.mark.parametrize("kind", SMALL)
def test_step_by_step_equals_the_whole(kind):
    name, core = small(kind)
    want = whole(core)
    if "logits" not in want:  # probabilities from the bands
        head = np.exp(want["head"] - want["head"].max(-1, keepdims=True))
        head = np.log(head / head.sum(-1, keepdims=True))
        tails = []
        for number in (1, 2):
            odds = np.exp(want[f"tail_{number}"])
            odds /= odds.sum(-1, keepdims=True)
            tails.append(head[..., 9 + number : 10 + number] + np.log(odds))
        want = {"logits": np.concatenate([head[..., :10], *tails], -1)}
    model = for_inference(name, core)
    encode = part_of(model, ["source"], ["memory_cache"])
    step = part_of(model, list(model.input), ["logits", "cache"])
    memory = run(encode, {"source": SOURCE})["memory_cache"]
    cache = np.zeros((2, 2, 6, memory.shape[-1]), "float32")
    for place in range(4):
        inputs = {
            "source": SOURCE,
            "token": TARGET[:, place : place + 1],
            "position": np.array([place], "int32"),
            "cache": cache,
            "memory_cache": memory,
        }
        found = run(step, inputs)
        cache, got = found["cache"], found["logits"]
        true = TARGET[:, place] != 1
        what = f"{kind}, step {place}"
        assert_close(got[true], want["logits"][true, place], atol=1e-5, name=what)


@pytest.mark.parametrize("kind", ["delight", "transformer"])
def test_padding_and_the_future_do_not_show(kind):
    _, core = small(kind)
    want = whole(core)["logits"]
    wider = np.concatenate([SOURCE, np.ones((2, 3), "int32")], 1)
    assert_close(whole(core, wider)["logits"], want, atol=2e-5, name="wider")
    other = TARGET.copy()
    other[:, 3] = 9
    got = whole(core, target=other)["logits"]
    assert_close(got[:, :3], want[:, :3], atol=2e-6, name="before the change")
    # of the same size: some backends compile for each
    got = whole(core, SOURCE[::-1], np.array([[2, 4, 5, 6], TARGET[0]]))["logits"]
    assert_close(got[1], want[0], atol=2e-5, name="in other company")


def test_learns_saves_and_loads(tmp_path):
    """With DeFINE; the registered embeddings are in the sweep."""
    name, core = small.__wrapped__("define")
    before = [to_numpy(w) for w in core.trainable_weights]
    core.compile(
        keras.optimizers.SGD(0.05), {"logits": SmoothedCrossEntropy(0.1, padding=1)}
    )
    inputs = {"source": SOURCE, "target": TARGET}
    labels = {"logits": np.array([[8, 19, 11, 2], [3, 14, 2, 1]], "int32")}
    first = core.test_on_batch(inputs, labels)  # dropout off: the same loss each time
    for _ in range(4):
        core.train_on_batch(inputs, labels)
    assert core.test_on_batch(inputs, labels) < first
    for weight, old in zip(core.trainable_weights, before, strict=True):
        new = to_numpy(weight)
        assert np.isfinite(new).all() and (new != old).any(), weight.path
    model = for_inference(name, core)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    for one, two in zip(model.weights, loaded.weights, strict=True):
        assert_close(two, one, atol=0, name=one.path)
    assert loaded.count_params() == model.count_params() == core.count_params()


def test_every_field_is_documented_and_names_are_found():
    assert len(list_models("delight_translator_*")) == 5
    assert list_models("delight_translator_12?") == ["delight_translator_128"]
    config = default_config("delight_translator_640")
    assert {f.name for f in fields(config)} >= {"units", "vocabulary", "padding"}
    with pytest.raises(
        ValueError, match=r"Close to it: .*delight_translator_128.*Known"
    ):
        build("delight_translator_129")


def test_bad_settings_are_named():
    with pytest.raises(ValueError, match=r"Received: 100\. Nearest: 96, 128"):
        parameters("delight_translator_128", units=100)
    # named by the model's own width, not by what lies within a block of it
    with pytest.raises(ValueError, match=r"units=544, 9 layers.* Nearest: 512, 576"):
        parameters("delight_translator_128", units=544, deepest=9)
    for field, value in (("max_groups", 0), ("blocks", 0)):
        for kind in ("translator_128", "language_model_128", "classifier"):
            with pytest.raises(ValueError, match=f"{field}=0"):
                parameters(f"delight_{kind}", **{field: value})
    with pytest.raises(ValueError, match="vocabulary=0"):
        parameters("delight_translator_128", target_vocabulary=0)
    with pytest.raises(ValueError, match=r"en-de, en-fr, en-ro, iwslt.*'de-en'"):
        published_dropout(512, "de-en")
    with pytest.raises(ValueError, match=r"blocks=0. Nearest: 1"):
        parameters("transformer_translator_tiny", blocks=0)
    with pytest.raises(ValueError, match="'wide'"):
        parameters("transformer_translator_tiny", embedding="wide")
    with pytest.raises(ValueError, match="needs `cutoffs`"):
        parameters("transformer_translator_tiny", embedding="adaptive")
