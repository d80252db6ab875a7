"""Model folders exported by one TensorFlow process, which serves a whole test run.

python -m tests.exports      reads a job a line, JSON; answers each by a line
"""

import atexit
import functools
import importlib
import json
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

from suite.edge import samples


def exported(folder: Path, module: str | None = None) -> dict[str, Any]:
    """Exports a model folder to float32.tflite; see `suite.edge.export`.

    Args:
        folder: With model.keras, config.json and the inputs to compare on.
        module: Where classes are registered that the model names, if not in the suite.

    Returns:
        What was measured, or "error", why it was refused.
    """
    child = _child()
    assert child.stdin is not None and child.stdout is not None
    job = {"folder": str(folder), "modules": [module] if module else []}
    child.stdin.write(json.dumps(job) + "\n")
    child.stdin.flush()
    answer = child.stdout.readline()
    assert answer, f"the exporting process ended with {child.wait()} at {folder.name}"
    return json.loads(answer)


@functools.cache
def _child() -> "subprocess.Popen[str]":
    """One start of TensorFlow for all exports."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.exports"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"},
    )
    atexit.register(child.communicate)
    return child


def main() -> None:
    """Answers until there is no more to read."""
    from suite.edge import export as edge

    # what TensorFlow prints is not for the reader of the answers
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def in_process(module: str, work: Path) -> None:
        getattr(importlib.import_module(module), module.rpartition(".")[2])(work)

    setattr(edge, "run_child", in_process)  # noqa: B010 - TensorFlow is here already
    for line in sys.stdin:
        job = json.loads(line)
        folder = Path(job["folder"])
        given = samples.load(folder / samples.INPUTS)
        try:
            answer = edge.export(
                folder,
                inputs=given.__getitem__,
                formats=["float32"],
                modules=job["modules"],
            )
        except Exception as error:  # also a fault of ours is told by the test
            told = getattr(error, "message", traceback.format_exc())
            answer = {"error": told}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
