"""The LiteRT engine: damaged files, memory, threads, silence."""

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from suite.console import UserError
from suite.engine import litert, open_model


@pytest.fixture
def folder(miniatures, tmp_path) -> Path:
    """A recognizer's folder that may be spoilt."""
    source = miniatures / "ocr" / "recognizer"
    for name in ("config.json", "verification.json", "float32.tflite"):
        shutil.copy(source / name, tmp_path / name)
    return tmp_path


def inputs(width: int, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "image": rng.integers(0, 256, (1, 32, width, 1), "uint8"),
        "width": np.array([width - 9], "int32"),
    }


def edit(folder: Path, change) -> None:
    config = json.loads((folder / "config.json").read_text())
    change(config)
    (folder / "config.json").write_text(json.dumps(config))


def largest_weight(content: bytearray) -> int:
    """Where the largest weight tensor lies: LiteRT runs a file changed there."""
    model = schema.Model.GetRootAs(content, 0)
    buffers = [model.Buffers(index) for index in range(model.BuffersLength())]
    largest = max(buffers, key=lambda buffer: buffer.DataLength())
    return content.find(largest.DataAsNumpy().tobytes())


def test_one_flipped_bit_is_refused(folder):
    path = folder / "float32.tflite"
    content = bytearray(path.read_bytes())
    content[largest_weight(content)] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"float32.tflite: damaged") as error:
        open_model(folder, precision="float32")
    assert error.value.hint

    (folder / "verification.json").unlink()
    open_model(folder, precision="float32")  # nothing else would have noticed


def test_a_file_that_was_not_verified_is_refused(folder):
    shutil.copy(folder / "float32.tflite", folder / "float16.tflite")
    with pytest.raises(UserError, match=r"float16.tflite: not in verification.json"):
        open_model(folder, precision="float16")


@pytest.mark.parametrize("size", [0, 4, 1000, -100])
def test_a_truncated_file_is_refused_without_its_checksum_too(folder, size):
    (folder / "verification.json").unlink()
    path = folder / "float32.tflite"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(UserError, match=r"float32.tflite: not a LiteRT file"):
        open_model(folder, precision="float32")


def test_a_missing_file_is_answered_with_those_there(folder):
    with pytest.raises(UserError, match=r"dynamic_int8.tflite: no such file.*float32"):
        open_model(folder)


def test_a_broken_verification_is_no_licence(folder):
    (folder / "verification.json").write_text('{"files": ')
    with pytest.raises(UserError, match=r"verification.json: not a JSON file"):
        open_model(folder, precision="float32")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda c: c["signatures"].update(read_9=c["signatures"]["read_64"]),
            "no signature 'read_9'",
        ),
        (
            lambda c: c["signatures"]["read_64"]["inputs"].pop("width"),
            r"'read_64' takes \['image', 'width'\]",
        ),
        (
            lambda c: c["signatures"]["read_64"]["inputs"]["image"].update(
                shape=[1, 32, 65, 1]
            ),
            r"takes 'image' as uint8 \(1, 32, 64, 1\)",
        ),
        (
            lambda c: c["signatures"]["read_64"]["outputs"].update(
                scores={"shape": [1], "dtype": "float32"}
            ),
            r"'read_64' gives \['logits'\]",
        ),
    ],
    ids=["signature", "input", "shape", "output"],
)
def test_a_file_of_another_model_is_refused(folder, change, said):
    edit(folder, change)
    with pytest.raises(UserError, match=said):
        open_model(folder, precision="float32")


def test_another_output_shape_is_refused_when_it_runs(folder):
    edit(
        folder,
        lambda c: c["signatures"]["read_64"]["outputs"]["logits"].update(shape=[1, 9]),
    )
    model = open_model(folder, precision="float32")
    with pytest.raises(UserError, match=r"wanted float32 \(1, 9\)"):
        model("read_64", inputs(64))


@pytest.fixture
def opened(monkeypatch) -> list[int]:
    """Grows by one with each interpreter."""
    count: list[int] = []
    real = litert._interpreter_class()

    def counting(**arguments):
        count.append(1)
        return real(**arguments)

    monkeypatch.setattr(litert, "_interpreter_class", lambda: counting)
    return count


@pytest.mark.parametrize(("keep", "wanted"), [(None, 1), (2, 1), (1, 4)])
def test_keep_bounds_the_signatures_in_memory(folder, opened, keep, wanted):
    model = open_model(folder, precision="float32", keep=keep)
    results = [model(f"read_{w}", inputs(w))["logits"] for w in (64, 128, 64, 128)]
    assert len(opened) == wanted
    np.testing.assert_array_equal(results[0], results[2])
    np.testing.assert_array_equal(results[1], results[3])


def test_released_memory_is_taken_again(folder, opened):
    model = open_model(folder, precision="float32")
    before = model("read_64", inputs(64))["logits"]
    kept = before.copy()
    model.release()
    model.release()
    np.testing.assert_array_equal(model("read_64", inputs(64))["logits"], before)
    assert len(opened) == 2
    model("read_64", inputs(64, seed=1))
    np.testing.assert_array_equal(before, kept)  # results are copies


def test_calls_from_several_threads_do_not_mix(folder):
    model = open_model(folder, precision="float32", keep=1)
    jobs = [(64, 0), (128, 1), (64, 2), (128, 3)] * 4
    alone = {job: model(f"read_{job[0]}", inputs(*job))["logits"] for job in jobs}
    with ThreadPoolExecutor(4) as pool:
        together = pool.map(lambda job: model(f"read_{job[0]}", inputs(*job)), jobs)
        for job, result in zip(jobs, together, strict=True):
            np.testing.assert_array_equal(result["logits"], alone[job])


@pytest.mark.parametrize("wrong", [{"threads": 0}, {"keep": 0}])
def test_impossible_numbers_are_refused(folder, wrong):
    with pytest.raises(ValueError, match="at least 1"):
        open_model(folder, precision="float32", **wrong)


_FRESH = """
import sys, numpy as np
import suite.engine
heavy = {"keras", "tensorflow", "jax", "torch"}
assert not heavy & set(sys.modules), "on import"
assert "ai_edge_litert" not in sys.modules
model = suite.engine.open_model(sys.argv[1], precision="float32")
image = np.zeros((1, 32, 64, 1), "uint8")
for _ in range(2):
    model("read_64", {"image": image, "width": np.array([64], "int32")})
assert not heavy & set(sys.modules), "on use"
sys.stderr.write("end")
"""


def test_importing_the_engine_loads_what_python_and_numpy_bring():
    """And so it takes 0.04 s beyond `import numpy`, which the console takes."""
    code = "import numpy, sys; before = set(sys.modules); import suite.engine"
    loaded = f"{code}; print(*set(sys.modules) - before)"
    done = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True
    )
    rooms = {".".join(name.split(".")[:2]) for name in done.stdout.split()}
    own = {name for name in rooms if name.startswith("suite.")}
    assert own == {"suite.console", "suite.engine"}
    others = {name.split(".")[0] for name in rooms - own} - {"suite"}
    assert others <= sys.stdlib_module_names
    # each of these takes a few hundredths of a second by itself
    assert not others & {"asyncio", "email", "multiprocessing", "ssl", "subprocess"}


def test_a_fresh_process_loads_no_framework_and_keeps_stderr_clean(folder):
    done = subprocess.run(
        [sys.executable, "-c", _FRESH, folder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "end")
