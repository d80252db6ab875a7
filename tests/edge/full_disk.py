"""Run as a child: writes where no space is left."""

import errno
import os
from pathlib import Path

from suite.edge.child import child_main


def work(folder: Path) -> None:
    path = folder / "float32.tflite"
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


if __name__ == "__main__":
    raise SystemExit(child_main(work))
