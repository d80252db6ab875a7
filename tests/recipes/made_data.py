"""Labelled pages and lines made for tests of trainings: bars in place of letters."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

RUN_FILES = {
    *("best.weights.h5", "last.weights.h5", "checkpoints", "model"),
    *("config.json", "environment.json", "metrics.csv", "metrics.jsonl"),
}
"""What every training leaves in its folder."""

TEXTS = ("Total 5.00", "Rabatt", "Summe: 7", "12.05.2024", "Größe 5")


def write_lines(folder: Path, texts: Sequence[str], height: int = 16) -> Path:
    """A folder with `labels.tsv` and a picture of `8 x len(text)` pixels for each."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(texts):
        _bars(text, height).save(folder / f"{number}.png")
    labels = "".join(f"{i}.png\t{text}\n" for i, text in enumerate(texts))
    (folder / "labels.tsv").write_text(labels, "utf-8")
    return folder


def write_pages(folder: Path, pages: Sequence[Sequence[str]]) -> Path:
    """Pages of 160 x 128 pixels in SROIE's layout: the lines of each, 24 apart."""
    for name in ("images", "boxes"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number, lines in enumerate(pages):
        page, rows = Image.new("L", (160, 128), 235), []
        for place, text in enumerate(lines):
            bars, top = _bars(text, 16), 8 + 24 * place
            page.paste(bars, (10, top))
            right, bottom = 10 + bars.width, top + 16
            corners = f"10,{top},{right},{top},{right},{bottom},10,{bottom}"
            rows.append(f"{corners},{text}\n")
        page.save(folder / "images" / f"{number:03d}.png")
        (folder / "boxes" / f"{number:03d}.csv").write_text("".join(rows), "utf-8")
    return folder


def _bars(text: str, height: int) -> Image.Image:
    """A cell of 8 pixels a character: white, and its code's bits as dark bars."""
    codes = np.frombuffer(text.encode("latin-1"), np.uint8)
    bits = np.unpackbits(codes[:, None], axis=1).reshape(-1)
    row = np.where(bits, 30, 235).astype(np.uint8)
    picture = np.full((height, row.size), 235, np.uint8)
    picture[3:-3] = row
    return Image.fromarray(picture)
