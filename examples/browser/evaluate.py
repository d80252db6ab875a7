"""Read labelled receipts through the page in headless Chromium, one text file a page.

    python examples/browser/evaluate.py ../shared/data/sroie out/browser
    python ../shared/checks/ocr_word_f1.py out/browser ../shared/data/sroie/boxes

Pages become PNG first, since browsers and Python decode JPEG and WebP differently.
Needs Node.js, Chromium and `npm ci` in this folder.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

HERE = Path(__file__).resolve().parent


def as_png(pictures: Iterable[Path], folder: Path) -> list[Path]:
    """Copies of pictures as PNG of the same names."""
    copies = []
    for path in pictures:
        copies.append(folder / f"{path.stem}.png")
        with Image.open(path) as picture:
            picture.convert("RGB").save(copies[-1], compress_level=1)
    return copies


def read(pictures: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """What the page makes of each picture; see `read.mjs`.

    Raises:
        subprocess.CalledProcessError: Node or the browser failed.
    """
    command = ["node", str(HERE / "read.mjs"), *map(str, pictures)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            yield json.loads(line)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


def main() -> None:
    """Writes OUTPUT/NNN.txt for each page, and its times to stderr."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder with images/")
    parser.add_argument("output", type=Path, help="folder for the texts")
    parser.add_argument("--pages", default="450-499", help="first-last")
    options = parser.parse_args()
    first, last = map(int, options.pages.split("-"))
    images = sorted((options.data / "images").iterdir())
    chosen = [path for path in images if first <= int(path.stem) <= last]
    options.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for page in read(as_png(chosen, Path(folder))):
            target = options.output / Path(page["name"]).with_suffix(".txt").name
            target.write_text(page["text"] + "\n", "utf-8")
            print(page["name"], page["ms"], file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
