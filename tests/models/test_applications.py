"""Networks of keras.applications: saved, trained for a step and exported, by hand.

They are Keras' own and have no reduced form, so that all of them cost more than the
whole of CI; their counts stand in test_classic_counts.py. Each is trained in a process
of its own: of what they need, together 20 GB, little is given back before its end.

    python -m tests.models.test_applications NAME FOLDER    trains one and saves it
"""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from suite.edge import samples
from suite.edge.verify import difference
from suite.engine import open_model
from suite.models import build, names
from suite.models.applications import LEAST
from suite.models.registry import entry
from tests.exports import exported
from tests.models.sweep import save_folder
from tests.numeric import to_numpy

pytestmark = [pytest.mark.slow, pytest.mark.backend]
ROOT = Path(__file__).parents[2]
CLOSE = 1e-4


def train_and_save(name: str, folder: Path) -> None:
    """A model folder with weights after one step, samples and the network's answer."""
    keras.utils.set_random_seed(0)
    least = LEAST[entry(name).config.kind]
    core = build(name, classes=4, size=least)
    # Four: of two, normalized over the one pixel of the last stages, nothing but the
    # sign is left, and no gradient. Those that there are explode; Adam's steps do not.
    step = keras.optimizers.Adam(1e-4)
    # XLA would take minutes under tensorflow, and torch needs a compiler
    core.compile(step, "mse", jit_compile=keras.backend.backend() == "jax")
    before = [to_numpy(weight) for weight in core.trainable_weights]
    pixels = np.random.default_rng(0).uniform(-1, 1, (4, least, least, 3))
    assert np.isfinite(core.train_on_batch({"picture": pixels}, {"logits": np.eye(4)}))
    after = [to_numpy(weight) for weight in core.trainable_weights]
    moved = sum((a != b).any() for a, b in zip(before, after, strict=True))
    assert moved > 0.9 * len(before), f"{moved} of {len(before)} weights moved"
    samples.save(folder / samples.INPUTS, save_folder(name, folder, core))


@pytest.mark.parametrize(
    "name", [name for name in names() if entry(name).reduced is None]
)
def test_trained_saved_and_exported_at_the_smallest_side(name, tmp_path):
    folder = tmp_path / name
    words = [sys.executable, "-m", "tests.models.test_applications", name, str(folder)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]

    inputs = samples.load(folder / samples.INPUTS)
    want = open_model(folder, "keras")("serve", inputs["serve"])
    assert want["probabilities"].shape == (1, 4)
    answer = exported(folder)
    assert "error" not in answer, answer["error"]
    assert answer["files"]["float32"]["objections"] == []
    found = open_model(folder, precision="float32")("serve", inputs["serve"])
    assert difference(found, want) <= CLOSE


if __name__ == "__main__":
    train_and_save(sys.argv[1], Path(sys.argv[2]))
