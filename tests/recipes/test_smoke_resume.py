"""The program's own training, killed in the middle of an epoch and resumed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

pytestmark = [pytest.mark.backend, pytest.mark.slow]
keras = pytest.importorskip("keras")

PROGRAM = Path(__file__).parents[2] / "apps" / "ocr.py"
KILLED_AFTER = 40  # of 60 steps


@pytest.fixture(scope="module", params=["recognizer", "detector"])
def runs(request, tmp_path_factory):
    """Folders of an unbroken run and of one that was killed and resumed."""
    base = tmp_path_factory.mktemp(request.param)
    words = [sys.executable, str(PROGRAM), "train", "--model", request.param]
    words += ["--preset", "smoke", "--cache", str(base / "cache")]
    words += ["--fit.checkpoint-every", "10"]
    environment = {**os.environ, "KERAS_BACKEND": keras.config.backend()}
    whole, broken = base / "whole", base / "broken"

    def command(output, *more):
        return [*words, "--output", str(output), *more]

    subprocess.run(command(whole), env=environment, check=True)
    with subprocess.Popen(command(broken), env=environment) as child:
        wanted = broken / "checkpoints" / f"step-{KILLED_AFTER:010d}.npz"
        while not wanted.exists() and child.poll() is None:
            time.sleep(0.05)
        child.kill()
    assert child.returncode == -signal.SIGKILL
    assert not (broken / "last.weights.h5").exists()
    subprocess.run(command(broken, "--resume"), env=environment, check=True)
    return whole, broken


def weights(path):
    found = {}

    def note(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = item[()]

    with h5py.File(path) as file:
        file.visititems(note)
    return found


@pytest.mark.parametrize("name", ["best", "last"])
def test_weights_are_the_same_to_the_last_bit(runs, name):
    one, two = (weights(run / f"{name}.weights.h5") for run in runs)
    assert one.keys() == two.keys() and len(one) > 50
    for key, value in one.items():
        np.testing.assert_array_equal(value, two[key], err_msg=key)


def test_the_measured_figures_are_the_same(runs):
    one, two = (
        [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
        for run in runs
    )
    for row in one + two:
        del row["items_per_second"]  # the clock's
    assert one == two and [row["step"] for row in one] == [30, 60]
