"""Freed memory, as the system sees it."""

import platform
import subprocess
import sys

import pytest

KEPT = """
import sys
from pathlib import Path
from suite.console.process_memory import return_large_blocks

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

if sys.argv[1] == "returned":
    return_large_blocks()
before = resident()
for _ in range(2):  # what is freed first raises the limit for the second
    block = bytearray(b"x") * 30_000_000
    del block
print((resident() - before) / 1e6)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="an option of glibc")
def test_large_blocks_go_back_to_the_system():
    kept, returned = (
        float(
            subprocess.run(
                [sys.executable, "-c", KEPT, way],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for way in ("kept", "returned")
    )
    assert kept > 25, "the test shows nothing here"
    assert returned < 5
