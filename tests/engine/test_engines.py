"""Three engines, one contract: the same inputs give the same numbers."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from suite.engine import open_model

_CHILD = """
import sys
import numpy as np
from suite.engine import open_model
folder, engine, given, taken = sys.argv[1:]
model = open_model(folder, engine)
outputs = {}
with np.load(given) as stored:
    for width in (64, 128):
        inputs = {"image": stored[f"image_{width}"], "width": stored["width"]}
        outputs[f"read_{width}"] = model(f"read_{width}", inputs)["logits"]
        again = model(f"read_{width}", inputs)["logits"]
        assert (again == outputs[f"read_{width}"]).all()
        try:
            model(f"read_{width}", {**inputs, "width": np.array([3])})
        except ValueError:
            continue
        raise SystemExit("int64 was not refused")
np.savez(taken, **outputs)
"""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(1)
    path = tmp_path_factory.mktemp("inputs") / "inputs.npz"
    images = {
        f"image_{width}": rng.integers(0, 256, (1, 32, width, 1), "uint8")
        for width in (64, 128)
    }
    np.savez(path, width=np.array([50], "int32"), **images)
    return path


@pytest.mark.parametrize(
    "engine", [pytest.param("keras", marks=pytest.mark.backend), "saved_model"]
)
def test_engines_agree(engine, miniatures, inputs, tmp_path):
    folder, taken = miniatures / "ocr" / "recognizer", tmp_path / "outputs.npz"
    subprocess.run(
        [sys.executable, "-c", _CHILD, folder, engine, inputs, taken],
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
        check=True,
    )
    model = open_model(folder, precision="float32", threads=1)
    with np.load(inputs) as stored, np.load(taken) as outputs:
        for width in (64, 128):
            given = {"image": stored[f"image_{width}"], "width": stored["width"]}
            wanted = model(f"read_{width}", given)["logits"]
            assert np.std(wanted) > 0.01  # not a constant that anything would match
            np.testing.assert_allclose(outputs[f"read_{width}"], wanted, atol=1e-5)


def test_int8_is_near_float32(miniatures):
    folder = miniatures / "ocr" / "recognizer"
    exact, small = (
        open_model(folder, precision=p) for p in ("float32", "dynamic_int8")
    )
    rng = np.random.default_rng(2)
    inputs = {
        "image": rng.integers(0, 256, (1, 32, 64, 1), "uint8"),
        "width": np.array([64], "int32"),
    }
    a, b = (model("read_64", inputs)["logits"] for model in (exact, small))
    assert 0 < np.max(np.abs(a - b)) < 0.05
