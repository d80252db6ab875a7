"""A short run of the fuzzer, and proof that it can fail."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fuzz.fuzz_inputs import make_input, read_pages
from tests.fuzz.samples import samples
from tests.fuzz.targets import crashes, grows, hangs, raises

SCRIPT = Path(__file__).with_name("fuzz_inputs.py")


def run(folder, *options):
    command = [sys.executable, str(SCRIPT), "--failures", str(folder), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_three_seconds_without_a_failure(tmp_path):
    done = run(tmp_path, "--seconds", "3", "--seed", str(time.time_ns() % 10_000))
    assert done.returncode == 0, done.stderr
    passed, failed = map(int, done.stdout.replace(",", "").split()[::2])
    assert passed > 10 and failed == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", samples())
def test_sound_files_are_read(kind):
    for data in samples()[kind]:
        read_pages(data)


def test_inputs_repeat_and_are_damaged():
    sound = samples()
    everything = {data for kind in sound.values() for data in kind}
    made = [make_input(0, number, sound) for number in range(200)]
    assert made[:20] == [make_input(0, number, sound) for number in range(20)]
    assert made[:20] != [make_input(1, number, sound) for number in range(20)]
    assert {kind for kind, _ in made} == set(sound)
    assert sum(data in everything for _, data in made) < 10


def test_a_child_that_died_is_replaced(tmp_path):
    done = run(
        tmp_path, "--inputs", "3", "--read", f"tests.fuzz.targets:{crashes.__name__}"
    )
    assert done.stdout == "0 passed, 3 failed\n"


@pytest.mark.parametrize(
    ("target", "note"),
    [
        (raises, "KeyError: 'surprise'"),
        (crashes, "exit code -11"),
        (hangs, "no answer after 1 s"),
        (grows, "MemoryError"),
    ],
)
def test_failures_are_counted_and_kept(target, note, tmp_path):
    name = f"tests.fuzz.targets:{target.__name__}"
    done = run(tmp_path, "--inputs", "1", "--read", name, "--patience", "1")
    assert done.stdout == "0 passed, 1 failed\n"
    assert done.returncode == 1
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2 and note in files[1].read_text()
    sound = samples()
    kind, data = make_input(0, 0, sound)
    assert (tmp_path / f"0-0.{kind}").read_bytes() == data
