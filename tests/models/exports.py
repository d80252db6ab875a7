"""Model folders exported in one TensorFlow process.

    python -m tests.models.exports FOLDER NAME...      FOLDER/NAME: model folders

Leaves what was measured, or what was refused, in FOLDER/answers.json.
"""

import importlib
import json
import sys
from pathlib import Path

from suite.console import UserError
from suite.edge import export as edge
from suite.edge import samples


def main(root: Path, names: list[str]) -> None:
    def in_process(module: str, work: Path) -> None:
        getattr(importlib.import_module(module), module.rpartition(".")[2])(work)

    setattr(edge, "run_child", in_process)  # noqa: B010 - one TensorFlow start for all
    answers = {}
    for name in names:
        folder = root / name
        given = samples.load(folder / samples.INPUTS)
        try:
            answers[name] = edge.export(
                folder, inputs=given.__getitem__, formats=["float32"]
            )
        except UserError as error:
            answers[name] = {"error": str(error)}
    (root / "answers.json").write_text(json.dumps(answers), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
