"""Model folders exported in one TensorFlow process.

    python -m tests.models.exports FOLDER      FOLDER holds model folders

Leaves what was measured, or what was refused, in FOLDER/answers.json.
"""

import importlib
import json
import sys
from pathlib import Path

from suite.console import UserError
from suite.edge import export as edge
from suite.edge import samples


def main(root: Path) -> None:
    def in_process(module: str, work: Path) -> None:
        getattr(importlib.import_module(module), module.rpartition(".")[2])(work)

    setattr(edge, "run_child", in_process)  # noqa: B010 - one TensorFlow start for all
    answers = {}
    for path in sorted(root.glob("*/config.json")):
        folder = path.parent
        given = samples.load(folder / samples.INPUTS)
        try:
            answers[folder.name] = edge.export(
                folder, inputs=given.__getitem__, formats=["float32"]
            )
        except UserError as error:
            answers[folder.name] = {"error": str(error)}
    (root / "answers.json").write_text(json.dumps(answers), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
