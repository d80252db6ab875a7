"""Single lines of text as they look on scanned pages, for training a recognizer."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from suite.data import degrade
from suite.data.corpus import Corpus
from suite.data.crops import cut_line
from suite.data.font_book import FontBook
from suite.data.fonts import FontFace
from suite.data.ink import Style, set_text, tight_quad
from suite.data.phrases import pick
from suite.data.shards import LineRecord, texts_hash, write_shards
from suite.data.surroundings import LineConfig, tilted, with_surroundings

Rng = np.random.Generator


class LineRenderer:
    """Record number -> rendered line; depends on the seed and the number alone.

    Args:
        faces: Fonts to draw with.
        corpus: Texts to draw.
        seed: Int >= 0.
        config: Shares and ranges.
    """

    def __init__(
        self,
        faces: Sequence[FontFace],
        corpus: Corpus,
        seed: int = 0,
        config: LineConfig | None = None,
    ) -> None:
        self.faces = tuple(faces)
        self.corpus = corpus
        self.seed = seed
        self.config = config or LineConfig()

    @cached_property
    def book(self) -> FontBook:
        """The fonts by kind and family."""
        return FontBook(self.faces)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Everything that a line depends on, its number aside, as JSON values."""
        texts = map(str, self.corpus.paragraphs.items())
        return {
            "kind": "rendered_lines",
            "version": VERSION,
            "seed": self.seed,
            "config": asdict(self.config),
            "fonts": texts_hash(sorted(Path(face.path).name for face in self.faces)),
            "texts": texts_hash([*self.corpus.transcripts, *texts]),
            "alphabet": self.corpus.alphabet.characters,
        }

    def __call__(self, index: int) -> LineRecord:
        rng = np.random.default_rng([self.seed, index])
        while True:
            record = render_line(rng, self.book, self.corpus, self.config, str(index))
            if record is not None:
                return record


def render_line(
    rng: Rng,
    book: FontBook,
    corpus: Corpus,
    config: LineConfig | None = None,
    source: str = "",
) -> LineRecord | None:
    """One line: text, face and style drawn at random, printed and scanned.

    Returns:
        The record, true case; None if no face has the characters or all ink is gone.
    """
    config = config or LineConfig()
    text = corpus.line(rng)
    face = book.draw(rng, text)
    if face is None:
        return None
    style = _style(rng, face, config)
    ink = set_text(text, style)
    left, top, right, bottom = ink.box
    if right - left > config.max_width or right <= left or bottom <= top:
        return None
    quad, height = tight_quad(rng, text, ink, style)
    sheet, quad = with_surroundings(rng, ink, quad, height, style, corpus, config)
    sheet, quad = tilted(rng, sheet, quad, height, config)
    image = _scanned(rng, sheet, height, config)
    if not _readable(image, quad, height):
        return None
    image, quad = cut_line(image, quad, config.margin)
    return LineRecord(image, quad, text, True, f"rendered:{source}")


def _style(rng: Rng, face: FontFace, config: LineConfig) -> Style:
    cap = float(np.exp(rng.normal(np.log(config.cap_height), config.cap_spread)))
    em = float(np.clip(cap, 8, 42)) / max(face.cap_height, 0.3)
    draw = rng.random()
    mode, resolution = "smooth", 1.0
    if draw < 0.20:  # thermal and ink printers: 8 to 24 dots high capitals
        mode = "bilevel"
        resolution = float(rng.uniform(10, 26)) / (em * face.cap_height)
    elif draw < 0.26 and face.kind == "mono":
        mode = "dots"
    elif draw < 0.34:  # x-height of 6 to 10 pixels, enlarged
        resolution = float(rng.uniform(6, 10)) / (em * face.x_height)
    stretch = float(np.exp(rng.normal(-0.03, 0.13)))
    if face.kind == "mono" and rng.random() < 0.35:  # receipts' narrow letters
        stretch *= float(rng.uniform(0.6, 0.9))
    if rng.random() < 0.03:  # double width or double height
        stretch *= pick(rng, (0.55, 1.8))
    space = 0.0
    if rng.random() < 0.25:
        space = float(np.clip(rng.normal(0.03, 0.07), -0.04, 0.35))
    return Style(
        face=face,
        em=em,
        stretch=stretch,
        letter_space=space,
        word_space=float(np.clip(np.exp(rng.normal(0, 0.28)), 0.5, 2.6)),
        mode=mode,
        resolution=min(resolution, 1.5),
    )


def _scanned(
    rng: Rng, sheet: npt.NDArray[np.uint8], height: float, config: LineConfig
) -> npt.NDArray[np.uint8]:
    """Ink on paper, seen by a scanner."""
    paper = degrade.paper(rng, sheet.shape)
    strength = float(np.clip(1 - abs(rng.normal(0, 0.22)), 0.3, 1))
    ink = sheet * np.float32(strength / 255)
    image = paper * (1 - ink) + ink * float(rng.uniform(0, 40))
    if rng.random() < config.inverse:
        image = 255 - image * float(rng.uniform(0.75, 1))
    return degrade.scan(rng, np.clip(image, 0, 255).astype(np.uint8), height)


def _readable(
    image: npt.NDArray[np.uint8], quad: npt.NDArray[np.float32], height: float
) -> bool:
    """Whether strokes stand out once noise finer than a stroke is smoothed away."""
    left, top = np.maximum(quad.min(0).astype(int), 0)
    right, bottom = quad.max(0).astype(int) + 1
    inner = cv2.GaussianBlur(image[top:bottom, left:right], (0, 0), height / 25)
    low, high = np.percentile(inner, (3, 97))
    return bool(high - low > 35)


def write_rendered_lines(
    out: str | Path,
    count: int,
    seed: int = 0,
    *,
    fonts: Sequence[FontFace] | str | Path | None = None,
    text: str | Path | Corpus | None = None,
    transcripts: Sequence[str] = (),
    workers: int = 2,
    config: LineConfig | None = None,
) -> dict[str, Any]:
    """Renders `count` lines into shards; see `write_shards`.

    Args:
        out: Folder of the shards.
        count: Lines.
        seed: Int >= 0; line i depends on the seed, i, fonts and texts alone.
        fonts: Checked faces, a folder of fonts, or None for the system's.
        text: A corpus, a folder (see `load_corpus`), or None for invented words.
        transcripts: Lines of labelled pages that may be recombined.
        workers: Processes; 0 renders in this one.
        config: Shares and ranges.

    Returns:
        The manifest.

    Raises:
        UserError: when there are no fonts or no texts.
    """
    from suite.data.corpus import load_corpus
    from suite.data.fonts import find_fonts

    if fonts is None or isinstance(fonts, str | Path):
        fonts = find_fonts(fonts)
    corpus = text if isinstance(text, Corpus) else load_corpus(text, transcripts)
    render = LineRenderer(fonts, corpus, seed, config)
    return write_shards(out, count, render, render.settings, workers=workers)


VERSION = 1
"""Raised when the renderer changes, so that lines of the old one are not taken for
lines of the new one."""
