"""A reader that reads text files, and fails on request: what workers are tested with.

The name of a page says what happens: `crash`, `hang` and `refuse` are no texts.
"""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from benchmarks.readers import Opened
from suite.console import UserError


@dataclass(frozen=True)
class StandIn:
    """Gives the content of `PAGE.txt` beside a picture, in capitals if asked."""

    name: str = "stand-in"
    capitals: bool = False
    offers_lines: bool = True
    opens: bool = True

    children: ClassVar[bool] = False

    @property
    def title(self) -> str:
        return self.name

    def missing(self) -> str | None:
        return None

    def command(self, image: str) -> list[str]:
        code = f"print(open({str(Path(image).with_suffix('.txt'))!r}).read())"
        return [sys.executable, "-c", code]

    def help(self) -> list[str]:
        return [sys.executable, "-c", "print('help')"]

    def sizes(self) -> dict[str, int]:
        return {"models": 1_000_000, "installed": 2_000_000}

    def open(self) -> Opened:
        if not self.opens:
            raise UserError("no model there", "Train one.")
        return Opened(self._read, self._lines if self.offers_lines else None)

    def _read(self, image):
        sys.stdout.write("readers may print\n")
        page = Path(image).stem
        if page == "crash":
            os._exit(3)
        if page == "hang":
            time.sleep(60)
        if page == "refuse":
            raise UserError("this page cannot be read", "Take another.")
        text = Path(image).with_suffix(".txt").read_text(encoding="utf-8")
        quad = [[0, 0], [100, 0], [100, 20], [0, 20]]
        return text.upper() if self.capitals else text, [quad]

    def _lines(self, image, quads):
        return ["line"] * len(quads)


@dataclass(frozen=True)
class Forking(StandIn):
    """Says that its children do the work."""

    children: ClassVar[bool] = True
