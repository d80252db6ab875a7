"""Rendered pages written as files in the layout of SROIE."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from suite.console import track, write_atomic
from suite.data.corpus import Corpus, load_corpus
from suite.data.fonts import FontFace, find_fonts
from suite.data.pages import PageConfig, PageRenderer, RenderedPage
from suite.data.shards import in_order, read_manifest, settings_hash, texts_hash
from suite.data.sroie import Box

VERSION = 1
"""Raised when the renderer changes, so that pages of the old one are made anew."""

_PAGES_A_JOB = 10
_QUALITY = 85  # of WebP: a page then takes about 150 kB


def write_rendered_pages(
    out: str | Path,
    count: int,
    seed: int = 0,
    *,
    fonts: Sequence[FontFace] | str | Path | None = None,
    text: str | Path | Corpus | None = None,
    workers: int = 2,
    config: PageConfig | None = None,
) -> dict[str, Any]:
    """Renders pages into `images/NAME.webp` and `boxes/NAME.csv`.

    An interrupted writing goes on where it stopped; other settings write anew.

    Args:
        out: Folder; `suite.data.sroie.pages` reads it.
        count: Pages.
        seed: Int >= 0; page i depends on the seed, i, fonts and texts alone.
        fonts: Checked faces, a folder of fonts, or None for the system's.
        text: A corpus, a folder (see `load_corpus`), or None for invented words.
        workers: Processes; 0 renders in this one.
        config: Shares and ranges.

    Returns:
        The manifest: settings, hash, pages, boxes.
    """
    faces = (
        find_fonts(fonts) if fonts is None or isinstance(fonts, str | Path) else fonts
    )
    corpus = text if isinstance(text, Corpus) else load_corpus(text)
    render = PageRenderer(faces, corpus, seed, config)
    return write_pages(out, count, render, workers=workers)


def write_pages(
    out: str | Path, count: int, render: PageRenderer, *, workers: int = 2
) -> dict[str, Any]:
    """Writes the first pages of a renderer; see `write_rendered_pages`."""
    out = Path(out)
    settings = page_settings(render, count)
    digest = settings_hash(settings)
    old = read_manifest(out)
    if old is not None and old["hash"] == digest:
        return old
    started = out / "settings.hash"
    if not started.is_file() or started.read_text() != digest:
        _clear(out)
        write_atomic(started, digest)
    jobs = range(-(-count // _PAGES_A_JOB))
    done = in_order(_Writer(render, out, count), jobs, workers)
    boxes = sum(track(done, f"writing {out.name}", len(jobs)))
    manifest = {"hash": digest, "settings": settings, "pages": count, "boxes": boxes}
    write_atomic(out / "manifest.json", json.dumps(manifest, indent=1) + "\n")
    return manifest


def page_settings(render: PageRenderer, count: int) -> dict[str, Any]:
    """Everything that the first `count` pages depend on, as JSON values."""
    return {
        "kind": "rendered_pages",
        "version": VERSION,
        "count": count,
        "seed": render.seed,
        "config": asdict(render.config),
        "fonts": texts_hash(sorted(Path(face.path).name for face in render.faces)),
        "texts": texts_hash(list(map(str, render.corpus.paragraphs.items()))),
    }


def write_page(folder: str | Path, name: str, page: RenderedPage) -> None:
    """Writes the picture first and its boxes last, each whole or not at all."""
    content = BytesIO()
    Image.fromarray(page.image).save(content, "WEBP", quality=_QUALITY, method=2)
    write_atomic(Path(folder) / "images" / f"{name}.webp", content.getvalue())
    write_atomic(Path(folder) / "boxes" / f"{name}.csv", format_boxes(page.boxes))


def format_boxes(boxes: Sequence[Box]) -> str:
    """Lines as `suite.data.sroie.read_boxes` reads them, to a tenth of a pixel."""
    return "".join(
        ",".join(f"{v:.1f}" for v in box.quad.ravel()) + f",{box.text}\n"
        for box in boxes
    )


class _Writer:
    """Number of a job -> number of boxes on its pages, which are then on the disk."""

    def __init__(self, render: PageRenderer, out: Path, count: int) -> None:
        self.render = render
        self.out = out
        self.count = count

    def __call__(self, job: int) -> int:
        first = job * _PAGES_A_JOB
        return sum(
            map(self._write, range(first, min(first + _PAGES_A_JOB, self.count)))
        )

    def _write(self, index: int) -> int:
        name = f"page{index:05d}"
        boxes = self.out / "boxes" / f"{name}.csv"
        if not boxes.is_file():
            write_page(self.out, name, self.render(index))
        return boxes.read_text("utf-8").count("\n")


def _clear(out: Path) -> None:
    for pattern in ("manifest.json", "boxes/page*.csv", "images/page*.webp"):
        for path in out.glob(pattern):
            path.unlink()
