"""Three engines, one contract: the same inputs give the same numbers."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from suite.console import UserError
from suite.engine import open_model

_CHILD = """
import sys
import numpy as np
from suite.engine import open_model
folder, engine, given, taken = sys.argv[1:]
model = open_model(folder, engine)
outputs = {}
with np.load(given) as stored:
    arrays = dict(stored)
for width in (64, 128):
    inputs = {"image": arrays[f"image_{width}"], "width": arrays["width"]}
    first = model(f"read_{width}", inputs)["logits"]
    kept = first.copy()
    again = model(f"read_{width}", inputs)["logits"]
    assert (again == kept).all()
    model.release()
    model(f"read_{width}", {**inputs, "width": np.array([9], "int32")})
    assert (first == kept).all(), "results are not copies"
    outputs[f"read_{width}"] = kept
    image = inputs["image"]
    wrong = {
        "int64": {**inputs, "width": np.array([3])},
        "float": {**inputs, "image": image.astype("float32")},
        "shape": {**inputs, "image": image[:, :, 1:]},
        "batch": {**inputs, "image": np.repeat(image, 2, 0)},
        "rank": {**inputs, "image": image[..., 0]},
        "missing": {"image": image},
        "unknown": {**inputs, "mask": image},
    }
    for name, arguments in wrong.items():
        try:
            model(f"read_{width}", arguments)
        except ValueError as error:
            assert f"Signature 'read_{width}'" in str(error)
            continue
        raise SystemExit(f"{name} was not refused")
try:
    model("read_9", inputs)
except ValueError as error:
    assert "No such signature: 'read_9'. Known: read_64" in str(error)
np.savez(taken, **outputs)
if engine == "saved_model":
    from tests.engine.test_engines import check_foreign
    check_foreign(folder, taken)
"""


def check_foreign(folder: str, taken: str) -> None:
    """SavedModels that are not what config.json says; in the child, for TensorFlow."""
    copy = Path(shutil.copytree(folder, Path(taken).parent / "copy"))
    config = (copy / "config.json").read_text()
    for old, new, said in (
        ("read_64", "read_65", "no signature 'read_65', but read_"),
        ('"width"', '"length"', "takes ['image', 'width']"),
        ('"logits"', '"scores"', "gives ['logits']"),
        ("[1, 32, 64, 1]", "[1, 32, 65, 1]", "takes 'image' as uint8 (1, 32, 64, 1)"),
        ("int32", "int64", "takes 'width' as int32 (1,)"),
    ):
        assert old in config
        (copy / "config.json").write_text(config.replace(old, new))
        with pytest.raises(UserError) as error:
            open_model(copy, "saved_model")
        assert said in str(error.value), str(error.value)
    (copy / "config.json").write_text(config)
    graph = copy / "saved_model" / "saved_model.pb"
    graph.write_bytes(graph.read_bytes()[:1000])
    with pytest.raises(UserError, match="not the SavedModel that was verified"):
        open_model(copy, "saved_model")
    (copy / "verification.json").unlink()
    with pytest.raises(UserError, match="not a SavedModel that can be loaded"):
        open_model(copy, "saved_model")


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
