"""`kes-edge` on a model that somebody else wrote: masked, bidirectional, recurrent."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from suite.engine import open_model  # noqa: E402

ROOT = Path(__file__).parents[2]


def kes_edge(*words, cwd=ROOT):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "suite.edge", *map(str, words)],
        env=environment,
        cwd=cwd,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A .keras file of sizes that are not fixed, and the model."""
    ids = keras.Input((None,), dtype="int32", name="ids")
    x = keras.layers.Embedding(10, 4, mask_zero=True)(ids)
    x = keras.layers.Bidirectional(keras.layers.GRU(3, return_sequences=True))(x)
    made = keras.Model(ids, keras.layers.Dense(2)(x))
    path = tmp_path_factory.mktemp("stranger") / "my.keras"
    made.save(path)
    return path, made


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory):
    out = tmp_path_factory.mktemp("exported") / "out"
    words = ["--metric", "tests.edge.stranger:share_of_positive", "--shape", "ids=12"]
    done = kes_edge("export", model[0], "--output", out, *words)
    assert done.returncode == 0, done.stderr
    return out, done


def test_a_strangers_model_leaves_as_built_in_operators(exported, model):
    out, done = exported
    assert "float32" in done.stdout and "dynamic_int8" in done.stdout
    report = json.loads((out / "verification.json").read_text())
    assert report["inputs"] == "random, seed 0"
    main = report["files"]["float32"]["operators"]["serve"]
    assert main["WHILE"] == 2 and not any(name.startswith("Flex") for name in main)
    assert report["files"]["float32"]["metric"] == report["source"]["metric"]
    config = json.loads((out / "config.json").read_text())
    entry = config["signatures"]["serve"]["inputs"]["ids"]
    assert entry == {"shape": [1, 12], "dtype": "int32", "range": [0, 9]}
    values = np.array([[3, 1, 4, 1, 5, 9, 2, 6, 0, 0, 0, 0]], "int32")
    got = open_model(out, precision="float32")("serve", {"ids": values})["output"]
    want = keras.ops.convert_to_numpy(model[1](values))
    np.testing.assert_allclose(got, want, atol=1e-5)


def test_verified_again_any_day(exported):
    done = kes_edge("verify", exported[0])
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("out") == 3  # a row for each file


def test_files_of_another_export_are_not_vouched_for(exported, tmp_path):
    folder = shutil.copytree(exported[0], tmp_path / "out")
    shutil.copyfile(folder / "float32.tflite", folder / "float16.tflite")
    done = kes_edge("verify", folder)
    assert done.returncode == 1
    assert "not what verification.json vouches for: float16.tflite" in done.stderr


def test_a_worse_metric_fails_the_export_and_nothing_is_replaced(exported):
    out, _ = exported
    before = contents(out)
    words = ["--metric", "tests.edge.stranger:impossible", "--formats", "float32"]
    done = kes_edge("export", out, *words)
    assert done.returncode == 1
    assert "its metric is 0, that of Keras 1: a drop by more than 0.01" in done.stderr
    assert contents(out) == before


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_another_model_that_is_not_good_enough_replaces_nothing(exported, tmp_path):
    out = shutil.copytree(exported[0], tmp_path / "out")
    before = contents(out)
    x = keras.Input((4,), name="x")
    keras.Model(x, keras.ops.erfinv(keras.layers.Dense(3)(x))).save(
        tmp_path / "erfinv.keras"
    )
    keras.Model(x, keras.layers.Dense(3)(x)).save(tmp_path / "dense.keras")
    drop = ["--metric", "tests.edge.stranger:impossible", "--formats", "float32"]
    done = kes_edge("export", tmp_path / "erfinv.keras", "--output", out)
    assert done.returncode == 2 and "Erfinv" in done.stderr, done.stderr
    for target in (out, tmp_path / "new" / "out"):
        done = kes_edge("export", tmp_path / "dense.keras", "--output", target, *drop)
        assert done.returncode == 1 and "its metric is 0" in done.stderr
        assert f"{target}: float32.tflite" in done.stderr
    assert contents(out) == before
    names = ["dense.keras", "erfinv.keras", "out"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_inspect_needs_no_tensorflow(exported):
    done = kes_edge("inspect", exported[0] / "dynamic_int8.tflite")
    assert done.returncode == 0, done.stderr
    assert "serve: ids int32 1x12 -> output float32 1x12x2" in done.stdout
    assert "gpu delegate leaves to the CPU: " in done.stdout
    assert "WHILE" in done.stdout and " x DYNAMIC_UPDATE_SLICE" in done.stdout


def test_bench_times_each_file(exported):
    done = kes_edge("bench", exported[0], "--runs", "3", "--json")
    rows = json.loads(done.stdout)["metrics"]["latency"]
    assert {row["format"] for row in rows} == {"float32", "float16", "dynamic_int8"}
    assert all(0 < row["median_ms"] <= row["p90_ms"] for row in rows)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["export", "MODEL", "--output", "o"], "input 'ids' is ? without the batch"),
        (["export", "MODEL"], "no folder for the files (--output)"),
        (["export", "no.keras", "--output", "o", "--shape", "x=1"], "no such file"),
        (["export", "MODEL", "--output", "o", "--shape", "x"], "x: no shape (--shape)"),
        (["verify", "nowhere"], "no config.json there"),
        (["bench", "nowhere"], "no such model folder"),
        (["export", "MODEL", "--output", "o", "--batch", "0"], "0: no batch (--batch)"),
        (["export", ".", "--batch", "2"], "--batch is for a .keras file"),
        (["export", ".", "--shape", "ids=3"], "--shape is for a .keras file"),
        (
            ["export", "MODEL", "--output", "o", "--modules", "nothing"],
            "nothing: cannot be imported: ModuleNotFoundError: No module named "
            "'nothing' (--modules)",
        ),
        (["inspect", "MODEL"], "not a LiteRT file"),
        (["inspect", "nowhere"], "nowhere: no such file or folder"),
        (["bench", "out", "--runs", "0"], "0: too few runs (--runs)"),
        (["bench", "out", "--threads", "-1"], "-1: too few threads (--threads)"),
        (
            ["export", "MODEL", "--output", "o", "--shape", "ids=3", "x=4"],
            "no input is called x (--shape)",
        ),
        (["export", "MODEL", "--output", "o", "--inputs", "MODEL"], "not an .npz"),
        (["export", "MODEL", "--output", "o", "--formats"], "no format is named"),
        (
            ["export", "MODEL", "--output", "o", "--formats", "full_int8"],
            "my.keras: full_int8 is calibrated on real inputs",
        ),
        (
            [
                "export",
                "MODEL",
                "--output",
                "o",
                "--shape",
                "ids=3",
                "--inputs",
                "foreign.npz",
            ],
            "signature 'serve': the model fails on these inputs:",
        ),
    ],
)
def test_bad_input_is_one_sentence(words, said, model, tmp_path):
    words = [str(model[0]) if word == "MODEL" else word for word in words]
    np.savez(tmp_path / "foreign.npz", ids=np.full((1, 3), 10, "int32"))
    done = kes_edge(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr and "Traceback" not in done.stderr
    assert not list(tmp_path.glob("o/*"))


def test_the_installed_program_finds_modules_of_the_current_folder(model, tmp_path):
    (tmp_path / "mine.py").write_text("raise ImportError('found')")
    words = ["export", str(model[0]), "--output", "o", "--import", "mine"]
    # -P: as an installed script, which has not the current folder on its path
    done = subprocess.run(
        [sys.executable, "-P", "-m", "suite.edge", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "mine: cannot be imported: ImportError: found (--modules)" in done.stderr
