"""Seconds, memory and sizes: read where the system says them, and pooled."""

import os
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import pytest

from benchmarks import measure, resources
from benchmarks.worker import Reply

PAGE = os.sysconf("SC_PAGE_SIZE")
ROOT = Path(__file__).parents[2]


def test_resident_memory_is_what_the_kernel_says():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    assert abs(measure.resident() - pages * PAGE) < 20_000_000
    block = bytearray(b"x") * 80_000_000
    assert measure.resident() >= pages * PAGE + 60_000_000
    before = measure.peak()
    # the kernel counts pages of each processor apart and adds them up now and then
    assert before >= measure.resident() - 1_000_000
    del block
    assert measure.peak() >= before - 1_000_000


def test_the_machine_is_named_with_its_instructions(monkeypatch):
    text = "model name\t: A 9\nflags\t\t: fpu avx2 avx512f avx512_vnni amx_int8 sse\n"
    monkeypatch.setattr(measure.Path, "read_text", lambda path, **how: text)
    assert measure.machine().startswith("A 9, avx2 avx512f avx512_vnni amx_int8, ")


def test_the_peak_of_children_is_theirs():
    # of a process of its own: this one may have had large children
    code = """
import subprocess, sys
from benchmarks import measure
block = "block = bytearray(b'x') * 150_000_000"
subprocess.run([sys.executable, "-c", block], check=True)
print(measure.peak(children=True))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT
    )
    assert 150_000_000 <= int(done.stdout) < 300_000_000


def test_processor_time_counts_children_and_no_sleep():
    before = measure.cpu_seconds()
    time.sleep(0.3)
    assert measure.cpu_seconds() - before < 0.25
    code = "import time\nwhile time.process_time() < 0.3: pass"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert measure.cpu_seconds() - before >= 0.3


def test_machine_is_one_line_without_names_of_places():
    line = measure.machine()
    assert "\n" not in line
    assert f"{len(os.sched_getaffinity(0))} core" in line
    assert os.uname().nodename not in line.split(", ")


def test_size_of_packages():
    def own(name):
        files = [Path(str(f.locate())) for f in metadata.files(name) or ()]
        return sum(f.stat().st_size for f in files if f.is_file())

    alone = own("numpy")  # requires nothing
    assert measure.distributions_bytes(["numpy>=1"]) == alone > 10_000_000
    assert measure.distributions_bytes(["numpy", "numpy", "no-such-package"]) == alone
    # rich requires pygments and markdown-it-py, and that requires mdurl
    chain = ["rich", "pygments", "markdown-it-py", "mdurl"]
    assert measure.distributions_bytes(["rich"]) == sum(map(own, chain))
    never = "numpy; python_version < '3'"
    assert measure.distributions_bytes([never]) == 0


def test_libraries_of_a_program():
    names = {path.name.split(".")[0] for path in measure.shared_libraries("/bin/ls")}
    assert "libc" not in names
    assert all(path.is_file() for path in measure.shared_libraries("/bin/ls"))


@pytest.fixture
def images(make_page):
    """Two small pages with a large one between them."""
    sizes = {"a": (3000, 3000), "b": (4000, 2501), "c": (100, 50)}
    return {name: make_page(name, "", [], size).image for name, size in sizes.items()}


def test_large_pages_come_last(images):
    order, large = resources.small_first(images)
    assert list(order) == ["a", "c", "b"]
    assert large == {"b"}
    assert resources.middle(images) == images["a"]
    del images["b"]
    assert resources.middle(images) == images["c"]


def test_figures_of_what_was_used():
    replies = {
        "a": Reply(wall=1.0, cpu=2.0, peak=100),
        "b": Reply(wall=3.0, cpu=3.0, peak=120),
        "bad": Reply(error="no", wall=99.0, cpu=99.0, peak=500),
        "large": Reply(wall=9.0, cpu=7.0, peak=300),
    }
    assert resources.used(replies, {"large"}) == {
        "wall": 3.0,
        "cpu": 3.0,
        "large_wall": 9.0,
        "peak": 120,
        "large_peak": 300,
        "failed": 1,
    }
    nothing = resources.used({"bad": replies["bad"]}, set())
    assert nothing["wall"] is nothing["peak"] is nothing["large_peak"] is None
