"""Single lines of text as they look on scanned pages, for training a recognizer."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from suite.data import degrade
from suite.data.corpus import Corpus
from suite.data.crops import MARGIN, cut_line
from suite.data.fonts import FontBook, FontFace
from suite.data.ink import Ink, Style, set_text
from suite.data.phrases import pick
from suite.data.shards import LineRecord, write_shards
from suite.imaging.geometry import box_quad, quad_size, transform_quad

Rng = np.random.Generator


@dataclass(frozen=True)
class LineConfig:
    """Shares and ranges of rendered lines."""

    cap_height: float = 17.5
    """Pixels, median height of capitals on the page."""

    cap_spread: float = 0.38
    """Standard deviation of its logarithm."""

    inverse: float = 0.08
    """Share of white text on black."""

    neighbours: float = 0.55
    """Share of lines with parts of the lines above and below in the margin."""

    rules: float = 0.14
    """Share of lines with an underline or a rule of a table close by."""

    angle: float = 0.8
    """Degrees, standard deviation of the rotation of tilted lines (half of them)."""

    margin: float = MARGIN
    """Surroundings on each side, in heights of the line's box."""

    max_width: int = 1800
    """Pixels; a line that comes out wider is set narrower."""


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
    sheet, quad = _with_surroundings(rng, ink, quad, height, style, corpus, config)
    sheet, quad = _tilted(rng, sheet, quad, height, config)
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


def tight_quad(
    rng: Rng, text: str, ink: Ink, style: Style
) -> tuple[npt.NDArray[np.float32], float]:
    """Box around the ink, a little padded, and its height in pixels."""
    left, top, right, bottom = ink.box
    x_height = style.face.x_height * style.em
    if bottom - top < 0.8 * x_height and rng.random() < 0.8:
        # a hyphen alone is boxed as high as a letter: scaled to fill the height, it
        # could not be told from an underscore
        top, bottom = min(top, ink.baseline - x_height), max(bottom, ink.baseline)
    height = bottom - top
    across, down = (
        rng.uniform(0.02, 0.10, 2) * height,
        rng.uniform(0.03, 0.09, 2) * height,
    )
    quad = box_quad(
        left - across[0], top - down[0], right + across[1], bottom + down[1]
    )
    return quad, quad_size(quad)[1]


def _with_surroundings(
    rng: Rng,
    ink: Ink,
    quad: npt.NDArray[np.float32],
    height: float,
    style: Style,
    corpus: Corpus,
    config: LineConfig,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Ink on a larger sheet, with neighbours and rules; the quad moves along."""
    border = int(np.ceil((config.margin + 0.35) * height)) + 2
    rows, columns = ink.mask.shape
    sheet = np.zeros((rows + 2 * border, columns + 2 * border), np.uint8)
    sheet[border : border + rows, border : border + columns] = ink.mask
    quad = quad + np.float32(border)
    if rng.random() < config.neighbours:
        _add_neighbours(rng, sheet, ink.baseline + border, quad, style, corpus)
    if rng.random() < config.rules:
        _add_rule(rng, sheet, quad, height)
    return degrade.print_faults(rng, sheet, height), quad


def _add_neighbours(
    rng: Rng,
    sheet: npt.NDArray[np.uint8],
    baseline: float,
    quad: npt.NDArray[np.float32],
    style: Style,
    corpus: Corpus,
) -> None:
    """Draws other lines above, below, and beyond a gap to the left and right."""
    (left, top), (right, bottom) = quad[0], quad[2]
    letters = (right - left) / (0.4 * style.em * style.stretch)
    text = corpus.prose(rng, int(np.clip(letters, 6, 70)))
    text = "".join(c for c in text if style.face.covers(c))
    if not text.strip():
        return
    # plain spaces: the whole line is then drawn at once
    other = set_text(text, replace(style, letter_space=0.0, word_space=1.0))
    _, upper, _, lower = other.box
    gap = float(np.exp(rng.normal(-1.7, 0.7))) * float(bottom - top)
    for above in (True, False):
        if rng.random() < 0.8:
            shift = top - gap - lower if above else bottom + gap - upper
            offset = -int(rng.integers(0, max(1, other.mask.shape[1] // 2)))
            paste(sheet, other.mask, round(float(shift)), offset)
    if rng.random() < 0.25:
        space = float(rng.uniform(0.25, 0.7) * (bottom - top))
        row = round(baseline - other.baseline)
        side = rng.random() < 0.5
        start = right + space - other.box[0] if side else left - space - other.box[2]
        paste(sheet, other.mask, row, round(float(start)))


def paste(
    sheet: npt.NDArray[np.uint8], mask: npt.NDArray[np.uint8], row: int, column: int
) -> None:
    """Adds ink at a place that may lie partly outside."""
    top, left = max(row, 0), max(column, 0)
    bottom = min(row + mask.shape[0], sheet.shape[0])
    right = min(column + mask.shape[1], sheet.shape[1])
    if top < bottom and left < right:
        part = mask[top - row : bottom - row, left - column : right - column]
        view = sheet[top:bottom, left:right]
        np.maximum(view, part, out=view)


def _add_rule(
    rng: Rng, sheet: npt.NDArray[np.uint8], quad: npt.NDArray[np.float32], height: float
) -> None:
    """Draws an underline, or a side or two of a table's cell."""
    (left, top), (right, bottom) = quad[0], quad[2]
    width = max(1, round(height * rng.uniform(0.02, 0.07)))
    level = int(rng.integers(120, 256))
    below = round(float(bottom + height * rng.uniform(0.02, 0.3)))
    above = round(float(top - height * rng.uniform(0.05, 0.3)))
    form, end = rng.random(), sheet.shape[1]
    if form < 0.35:
        cv2.line(sheet, (round(left), below), (round(right), below), level, width)
    elif form < 0.5:
        step = max(3, round(height * rng.uniform(0.15, 0.5)))
        for x in range(0, end, step):
            cv2.line(sheet, (x, below), (x + step // 2, below), level, width)
    else:
        if rng.random() < 0.7:
            cv2.line(sheet, (0, below), (end, below), level, width)
        if rng.random() < 0.5:
            cv2.line(sheet, (0, above), (end, above), level, width)
        for x, sign in ((left, -1), (right, 1)):
            if rng.random() < 0.4:
                at = round(float(x + sign * height * rng.uniform(0.12, 0.35)))
                cv2.line(sheet, (at, 0), (at, sheet.shape[0]), level, width)


def _tilted(
    rng: Rng,
    sheet: npt.NDArray[np.uint8],
    quad: npt.NDArray[np.float32],
    height: float,
    config: LineConfig,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Rotation, slant, perspective or a bend; half of the lines stay straight."""
    draw = rng.random()
    if draw < 0.45:
        return sheet, quad
    rows, columns = sheet.shape
    if draw < 0.53:  # creased paper
        period = height * float(rng.uniform(4, 16))
        x, y = np.meshgrid(
            np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32)
        )
        wave = np.sin(x * np.float32(2 * np.pi / period) + float(rng.uniform(0, 6)))
        y += wave * np.float32(height * rng.uniform(0.02, 0.07))
        return cv2.remap(sheet, x, y, cv2.INTER_LINEAR), quad
    # beyond about two heights of rise over its length a line is cut by its own crop
    limit = np.degrees(np.arctan(0.35 * rows / columns))
    angle = float(np.clip(rng.normal(0, config.angle), -limit, limit))
    matrix = np.eye(3)
    matrix[:2] = cv2.getRotationMatrix2D((columns / 2, rows / 2), angle, 1.0)
    matrix = matrix @ [[1, rng.normal(0, 0.05), 0], [0, 1, 0], [0, 0, 1]]
    if draw > 0.85:
        matrix[2, :2] = rng.normal(0, 0.06, 2) / (columns, 3 * rows)
    warped = cv2.warpPerspective(sheet, matrix, (columns, rows), flags=cv2.INTER_LINEAR)
    return np.asarray(warped, np.uint8), transform_quad(quad, matrix)


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
    settings = {
        "kind": "rendered_lines",
        "version": VERSION,
        "seed": seed,
        "config": asdict(render.config),
        "fonts": _digest(sorted(Path(f.path).name for f in render.faces)),
        "texts": _digest([*corpus.transcripts, *map(str, corpus.paragraphs.items())]),
        "alphabet": corpus.alphabet.characters,
    }
    return write_shards(out, count, render, settings, workers=workers)


VERSION = 1
"""Raised when the renderer changes, so that lines of the old one are not taken for
lines of the new one."""


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
