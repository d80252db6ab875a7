"""Whole pages with labelled boxes, printed and scanned, for detector and benchmarks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from suite.data import degrade
from suite.data.corpus import Corpus
from suite.data.font_book import FontBook
from suite.data.fonts import FontFace
from suite.data.ink import Style
from suite.data.layout_parts import Desk
from suite.data.layouts import LAYOUTS
from suite.data.page_scan import camera, office, placement
from suite.data.sheet import Sheet
from suite.data.sroie import Box
from suite.imaging.geometry import transform_quad

Rng = np.random.Generator
Grey = npt.NDArray[np.uint8]

_PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,:-()/%"


@dataclass(frozen=True)
class PageConfig:
    """Shares and ranges of rendered pages."""

    kinds: tuple[tuple[str, float], ...] = (
        ("receipt", 0.30),
        ("letter", 0.16),
        ("book", 0.16),
        ("form", 0.17),
        ("table", 0.14),
        ("empty", 0.07),
    )
    """Layouts and their weights."""

    text_height: tuple[float, float] = (12.0, 40.0)
    """Pixels, range of the height of a line's box on a page."""

    skew: float = 10.0
    """Degrees; a quarter of the pages is turned by up to this, others by a little."""

    inverse: float = 0.05
    """Share of pages that are white on black altogether."""

    max_pixels: float = 3.0e6
    """Pixels of a page before it is turned; larger pages get fewer rows."""

    clean: bool = False
    """True: no faults of print; paper and scanner of an office (benchmarks)."""

    dpi: tuple[float, float] | None = None
    """Range of scanner resolutions; text is then 9 to 12 points high on A4 paper."""


@dataclass(frozen=True, eq=False)
class RenderedPage:
    """A page and what is written on it."""

    image: Grey
    """uint8 (H, W), grey."""

    boxes: tuple[Box, ...]
    """Runs of text in reading order, in pixels of `image`."""

    kind: str
    """Name of the layout."""

    language: str
    """"en", "de" or "fr"."""


class PageRenderer:
    """Page number -> rendered page; depends on the seed and the number alone.

    Args:
        faces: Fonts to draw with.
        corpus: Texts to draw; its languages become pages of one language each.
        seed: Int >= 0.
        config: Shares and ranges.
    """

    def __init__(
        self,
        faces: Sequence[FontFace],
        corpus: Corpus,
        seed: int = 0,
        config: PageConfig | None = None,
    ) -> None:
        self.faces = tuple(faces)
        self.corpus = corpus
        self.seed = seed
        self.config = config or PageConfig()

    @cached_property
    def book(self) -> FontBook:
        """The fonts by kind and family; few decorative ones on whole pages."""
        return FontBook(self.faces, (0.64, 0.30, 0.06))

    @cached_property
    def corpora(self) -> dict[str, Corpus]:
        """The corpus of each language."""
        return {
            language: replace(self.corpus, paragraphs={language: paragraphs})
            for language, paragraphs in sorted(self.corpus.paragraphs.items())
        }

    def __call__(
        self, index: int, kind: str | None = None, language: str | None = None
    ) -> RenderedPage:
        """Renders page `index`; kind and language are drawn unless given."""
        rng = np.random.default_rng([self.seed, index])
        language = language or list(self.corpora)[int(rng.integers(len(self.corpora)))]
        kind = kind or _drawn_kind(rng, self.config)
        for _ in range(20):
            desk = _desk(rng, kind, language, self)
            LAYOUTS[kind](desk)
            if desk.sheet.boxes or kind == "empty":
                break
        return _photographed(rng, desk, kind, language, self.config)


def _drawn_kind(rng: Rng, config: PageConfig) -> str:
    names, weights = zip(*config.kinds, strict=True)
    edges = np.cumsum(weights)
    return str(names[int(np.searchsorted(edges, rng.random() * edges[-1]))])


def _desk(rng: Rng, kind: str, language: str, renderer: PageRenderer) -> Desk:
    config, book = renderer.config, renderer.book
    corpus = renderer.corpora[language]
    text = _PLAIN + "".join(sorted(set("".join(corpus.paragraphs[language][:50]))))
    faces = [_face(rng, book, text) for _ in range(3)]
    if config.dpi is None:
        low, high = np.log(config.text_height)
        em = float(np.exp(rng.uniform(low, high))) / 1.05
        letters = rng.uniform(26, 48) if kind == "receipt" else rng.uniform(45, 95)
        margin = em * float(rng.uniform(1.0, 2.0 if kind == "receipt" else 6.0))
        width = 0.5 * em * letters + 2 * margin
        shape = rng.uniform(1.3, 2.8) if kind == "receipt" else rng.uniform(0.7, 1.45)
    else:
        dpi = float(rng.uniform(*config.dpi))
        em = float(rng.uniform(9, 12)) / 72 * dpi
        paper = 3.15 if kind == "receipt" else 8.27  # inches
        width, margin = paper * dpi, dpi * (0.15 if kind == "receipt" else 0.9)
        shape = 2.2 if kind == "receipt" else 1.414
    height = min(width * float(shape), max(config.max_pixels / width, 14 * em))
    if config.dpi is not None:
        height = width * shape
    mode, resolution = "smooth", 1.0
    if kind == "receipt" and not config.clean and rng.random() < 0.3:
        mode, resolution = "bilevel", float(rng.uniform(14, 30)) / em
    stretch = float(np.exp(rng.normal(-0.02, 0.06)))
    body = Style(faces[0], em, stretch, mode=mode, resolution=min(resolution, 1.0))
    return Desk(
        rng=rng,
        sheet=Sheet(round(width), round(height), rng),
        body=body,
        head=replace(body, face=faces[1] if rng.random() < 0.6 else faces[0]),
        entry=replace(body, face=faces[2]),
        corpus=corpus,
        language=language,
        pitch=em * float(rng.uniform(1.1, 1.7)),
        margin=margin,
    )


def _face(rng: Rng, book: FontBook, text: str) -> FontFace:
    for wanted in (text, _PLAIN, "0"):
        face = book.draw(rng, wanted)
        if face is not None:
            return face
    return book.faces[0]


def _photographed(
    rng: Rng, desk: Desk, kind: str, language: str, config: PageConfig
) -> RenderedPage:
    """Ink on paper, turned and bent, under a scanner or a camera."""
    height = 1.05 * desk.body.em
    ink = desk.sheet.ink
    if not config.clean:
        worn = degrade.print_faults(rng, ink, height)
        # thin faces fall apart into dots that nobody can read
        ink = worn if worn.mean() > 0.55 * ink.mean() else ink
    sheet = degrade.paper(rng, ink.shape)
    weak = 0.08 if config.clean else 0.2
    strength = float(np.clip(1 - abs(rng.normal(0, weak)), 0.4, 1)) / 255
    dark = float(rng.uniform(0, 40))
    image = sheet + ink * ((dark - sheet) * np.float32(strength))
    grey = np.clip(image, 0, 255).astype(np.uint8)
    if rng.random() < config.inverse:
        grey = 255 - grey
    matrix, size = placement(rng, ink.shape, config.skew, bent=not config.clean)
    fill = int(np.median(grey[::16, ::16]))
    if not config.clean and rng.random() < 0.2:  # the lid of the scanner, a table
        fill = int(rng.integers(0, 256))
    grey = cv2.warpPerspective(
        grey, matrix, size, flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT, borderValue=(fill,),
    )  # fmt: skip
    boxes = [Box(transform_quad(b.quad, matrix), b.text) for b in desk.sheet.boxes]
    grey = np.asarray(grey, np.uint8)
    scan = office if config.clean else camera
    grey = scan(rng, grey, height)
    return RenderedPage(grey, tuple(boxes), kind, language)


BENCHMARK = PageConfig(
    kinds=(("letter", 1.0), ("form", 1.0), ("book", 1.0)),
    skew=1.5,
    inverse=0.0,
    clean=True,
    dpi=(150.0, 300.0),
)
"""Pages of the general benchmark."""


def benchmark_pages(
    seed: int = 0,
    count: int = 18,
    *,
    fonts: Sequence[FontFace] | None = None,
    corpus: Corpus | None = None,
    text: str | None = None,
) -> Iterator[RenderedPage]:
    """Letters, forms and book pages in each language through a simulated scanner.

    Args:
        seed: Int >= 0; another seed gives other pages.
        count: Pages; kinds and languages take turns, nine make a round.
        fonts: Checked faces; None: the held-out fonts of the system in the weights
            of ordinary print.
        corpus: Texts; None: the held-out paragraphs below `text`.
        text: Folder, see `suite.data.corpus.load_corpus`.

    Yields:
        Pages at 150 to 300 dpi, the same ones for equal arguments.

    Raises:
        UserError: when there are no held-out fonts, or no texts.
    """
    from suite.data.corpus import load_corpus
    from suite.data.fonts import find_fonts

    faces = fonts
    if faces is None:
        faces = [f for f in find_fonts(held_out=True) if not _odd_weight(f)]
    corpus = corpus or load_corpus(text, held_out=True)
    renderer = PageRenderer(faces, corpus, seed, BENCHMARK)
    kinds = [kind for kind, _ in BENCHMARK.kinds]
    languages = list(renderer.corpora)
    for index in range(count):
        kind = kinds[index % len(kinds)]
        language = languages[index // len(kinds) % len(languages)]
        yield renderer(index, kind, language)


def _odd_weight(face: FontFace) -> bool:
    name = Path(face.path).stem.lower()
    return any(weight in name for weight in ("thin", "extralight", "black", "heavy"))
