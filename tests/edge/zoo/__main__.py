"""One step of the zoo, or the page that tells of all.

    python -m tests.edge.zoo save|convert|compare|stock FOLDER [NAME ...]
    python -m tests.edge.zoo --write [FOLDER]      docs/edge-coverage.md

The second takes some minutes; with a FOLDER that is kept it goes on where it ended.
"""

import os
import sys
import tempfile
from pathlib import Path

from tests.edge.zoo import run


def main(words: list[str]) -> None:
    if words[:1] == ["--write"]:
        from tests.edge.zoo import page

        with tempfile.TemporaryDirectory() as name:
            page.write(Path(words[1] if words[1:] else name))
        return
    verb, folder, *names = words
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    inside = [path.name for path in sorted(Path(folder).glob("*/"))]
    run.VERBS[verb](Path(folder), names or inside)


if __name__ == "__main__":
    main(sys.argv[1:])
