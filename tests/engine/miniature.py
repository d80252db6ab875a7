"""Miniature model folders for tests: the shipped architectures, tiny, not trained.

    python -m tests.engine.miniature FOLDER      makes FOLDER/ocr/{detector,recognizer}

One TensorFlow process makes and exports both, once a session however many rooms ask:
a room's conftest.py says `from tests.engine.miniature import miniatures`. Weights are
seeded, so the numbers are the same everywhere.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FORMATS = ("float32", "dynamic_int8")
SIZES = {
    "detector": {"stem": 8, "stages": (8, 8, 8, 8), "pyramid": 8, "head": 8},
    "recognizer": {
        "stem": (8, 8),
        "stages": (8, 16),
        "columns": 32,
        "column_blocks": 1,
        "units": 16,
    },
}
CANVASES = ((64, 64), (64, 128))
WIDTHS = (64, 128)


_built: list[Path] = []


@pytest.fixture(scope="session")
def miniatures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ocr/detector and ocr/recognizer; not to be written to."""
    if not _built:
        folder = tmp_path_factory.mktemp("miniatures")
        build_in_child(folder)
        _built.append(folder)
    return _built[0]


def build_in_child(folder: Path) -> None:
    """Makes `folder`/ocr/detector and `folder`/ocr/recognizer in a child process."""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine.miniature", str(folder)],
        cwd=root,
        env={**os.environ, "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def config_of(model: str, classes: int) -> dict:
    """The config.json of a miniature."""
    if model == "detector":
        signatures = {
            f"detect_{height}x{width}": {
                "inputs": {"image": _tensor((1, height, width, 1), "uint8")},
                "outputs": {"probability": _tensor((1, height, width, 1), "float32")},
            }
            for height, width in CANVASES
        }
    else:
        signatures = {
            f"read_{width}": {
                "inputs": {
                    "image": _tensor((1, 32, width, 1), "uint8"),
                    "width": {**_tensor((1,), "int32"), "range": [4, width]},
                },
                "outputs": {"logits": _tensor((1, width // 4, classes), "float32")},
            }
            for width in WIDTHS
        }
    return {
        "schema": 1,
        "app": "ocr",
        "model": model,
        "version": "0",
        "seed": 0,
        "hyperparameters": {},
        "preprocessing": {},
        "signatures": signatures,
    }


def save_model(model: str, folder: Path, **overrides) -> None:
    """Writes model.keras and config.json, on the backend of this process."""
    import keras

    from suite import models

    keras.utils.set_random_seed(0)
    core = models.build(f"text_{model}", **{**SIZES[model], **overrides})
    # batch normalization that has seen nothing would be invisible in comparisons
    for variable in core.non_trainable_variables:
        if variable.path.endswith("moving_mean"):
            variable.assign(0.1 * keras.random.normal(variable.shape, seed=1))
    folder.mkdir(parents=True, exist_ok=True)
    inference = models.for_inference(f"text_{model}", core)
    inference.save(folder / "model.keras")
    classes = inference.output["logits"].shape[-1] if model == "recognizer" else 0
    config = config_of(model, classes)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


def _tensor(shape: tuple[int, ...], dtype: str) -> dict:
    return {"shape": list(shape), "dtype": dtype}


def _main(folder: Path) -> None:
    import importlib

    from suite.edge import export as edge

    def in_process(module: str, work: Path) -> None:
        name = module.rpartition(".")[2]
        getattr(importlib.import_module(module), name)(work)

    setattr(edge, "run_child", in_process)  # noqa: B010 - one TensorFlow start for all
    for model in SIZES:
        target = folder / "ocr" / model
        save_model(model, target)
        edge.export(target, formats=FORMATS, saved_model=model == "recognizer")


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
