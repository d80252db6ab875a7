"""Language models: with four embeddings, causal, and in parts equal to the whole."""

import itertools

import numpy as np
import pytest

from suite.losses import adaptive_log_probabilities, adaptive_softmax_loss
from suite.models import build, for_inference
from tests.numeric import assert_close, run, to_numpy

pytestmark = pytest.mark.backend
TOKENS = np.array([[2, 8, 19, 11, 0], [2, 3, 14, 7, 5]], "int32")
DELIGHT = {"units": 32, "table_units": 16, "shallowest": 2, "deepest": 3, "blocks": 2}
LSTM = {"units": 8, "lstm_units": (6, 8), "table_units": 4, "expansion": 16}
XL = {"units": 8, "blocks": 2, "heads": 2, "hidden": 12, "memory": 3}
XL |= {"table_units": 4, "expansion": 16, "factor": 2}
KINDS = ["standard", "projected", "adaptive", "define"]
MODELS = [
    ("delight_language_model_128", DELIGHT),
    ("delight_language_model_128", DELIGHT | {"cutoffs": ()}),
    *(("lstm_language_model", LSTM | {"embedding": kind}) for kind in KINDS),
    *(("transformer_xl_language_model", XL | {"embedding": kind}) for kind in KINDS),
    ("transformer_xl_language_model", XL | {"shared_biases": False}),
]


def small(name, sizes):
    """A small model, scrambled so that biases and scales show."""
    sizes = {"cutoffs": (10, 15), "vocabulary": 20, "padding": 1} | sizes
    model = build(name, **sizes)
    rng = np.random.default_rng(1)
    for weight in model.trainable_weights:
        noise = rng.normal(0, 0.1, weight.shape).astype("float32")
        weight.assign(to_numpy(weight) + noise)
    return model


def whole(core, tokens):
    """Log-probabilities, or logits, of all steps at once, nothing remembered."""
    inputs = {"tokens": tokens}
    if "memory" in core.input:
        inputs["memory"] = np.zeros((len(tokens), *core.input["memory"].shape[1:]))
    found = run(core, inputs)
    found.pop("memory", None)
    found = list(found.values())
    return found[0] if len(found) == 1 else to_numpy(adaptive_log_probabilities(found))


@pytest.mark.parametrize(("name", "sizes"), MODELS)
def test_in_parts_equal_to_the_whole(name, sizes):
    core = small(name, sizes)
    want = whole(core, TOKENS)
    assert want.shape == (2, 5, 20)
    before = whole(core, TOKENS[:, :3])
    assert_close(before, want[:, :3], atol=1e-5, name="without what follows")
    model = for_inference(name, core)
    if "memory" in model.input:
        return  # zeros are remembered there: the test below
    if "state" in model.input:
        pieces, state = [(0, 2), (2, 3), (3, 5)], "state"
        kept = {"state": np.zeros((2, model.input["state"].shape[1]))}
    else:
        pieces, state = [(i, i + 1) for i in range(5)], "cache"
        kept = {"cache": np.full((2, 2, 6, 32), 3.0)}
    for start, end in pieces:
        part = TOKENS[:, start:end]
        if state == "cache":
            inputs = {"token": part, "position": np.array([start], "int32")}
        else:
            inputs = {"tokens": part}
        found = run(model, inputs | kept)
        kept = {state: found[state]}
        got = found["logits"].reshape(2, -1, 20)
        # rtol: logarithms of -13 have a last bit of 1e-6
        close = {"atol": 1e-5, "rtol": 1e-6, "name": f"from {start} to {end}"}
        assert_close(got, want[:, start:end], **close)


@pytest.mark.parametrize("kind", ["standard", "define"])
def test_the_memory_of_transformer_xl(kind):
    """In pieces, a segment sees what the memory's room holds of those before."""
    name = "transformer_xl_language_model"
    core = small(name, XL | {"embedding": kind})
    model = for_inference(name, core)
    memory = np.zeros((2, 2, 3, 8))

    def segment(tokens, memory):
        return run(model, {"tokens": tokens, "memory": memory})

    first = segment(TOKENS[:, :3], memory)
    second = segment(TOKENS[:, 3:], first["memory"])
    other = segment(TOKENS[::-1, :3], memory)
    moved = segment(TOKENS[:, 3:], other["memory"])
    assert np.abs(second["logits"] - moved["logits"]).max() > 1e-3
    # what the first block was given are the vectors of the tokens
    vectors = segment(TOKENS[:, 2:], memory)["memory"][:, 0]
    assert_close(second["memory"][:, 0], vectors, atol=1e-6)


def test_learns():
    """With bands behind a unit of DeFINE; the registered ones are in the sweep."""
    name, sizes = MODELS[5]
    core = small(name, sizes)
    heads = list(core.output)
    before = [to_numpy(w) for w in core.trainable_weights]
    labels = np.roll(TOKENS, -1, 1)
    assert np.isfinite(AllScores(core, heads).step(TOKENS, labels))
    for weight, old in zip(core.trainable_weights, before, strict=True):
        new = to_numpy(weight)
        assert np.isfinite(new).all() and (new != old).any(), weight.path


class AllScores:
    """One loss of several outputs: the scores laid side by side."""

    def __init__(self, core, names):
        import keras

        sizes = [core.output[name].shape[-1] for name in names]
        edges = np.cumsum([0, *sizes])

        def loss(targets, joined):
            parts = [joined[..., a:b] for a, b in itertools.pairwise(edges)]
            return adaptive_softmax_loss(targets, parts)

        outputs = keras.ops.concatenate([core.output[name] for name in names], -1)
        self.model = keras.Model(core.input, outputs)
        self.model.compile("sgd", loss)

    def step(self, tokens, labels):
        return float(self.model.train_on_batch({"tokens": tokens}, labels))


def test_numbers_that_are_not_positive_are_named():
    with pytest.raises(ValueError, match=r"memory=0. Nearest: blocks=2, memory=1"):
        build("transformer_xl_language_model", **XL | {"memory": 0})
    with pytest.raises(ValueError, match=r"blocks=0, memory=3. Nearest: blocks=1"):
        build("transformer_xl_language_model", **XL | {"blocks": 0})
    with pytest.raises(ValueError, match=r"lstm_units=\(\)"):
        build("lstm_language_model", **LSTM | {"lstm_units": ()})
