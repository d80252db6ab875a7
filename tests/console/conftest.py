"""Starting the toy program: as its users do, and, quicker, in this process."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from suite.console import messages
from tests.console import toy as program

Runner = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def toy(tmp_path: Path) -> Runner:
    """Runs the toy program in a process of its own, in an empty folder."""
    program = Path(__file__).with_name("toy.py")

    def run(
        *words: str, stdin: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(program), *words],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, **variables},
            check=False,
        )

    return run


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> Runner:
    """Runs the toy program in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    # Put back afterwards, whatever the program sets.
    for name in ["TERM", "TF_CPP_MIN_LOG_LEVEL"]:
        monkeypatch.setenv(name, os.environ.get(name, ""))

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        code = program.main(words)
        return subprocess.CompletedProcess(words, code, *capsys.readouterr())

    yield run
    messages.configure("suite")
