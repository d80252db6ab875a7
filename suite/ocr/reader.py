"""A page's picture in, its text out: what users of the library import."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from suite.console import UserError
from suite.engine import find_model, open_model
from suite.imaging.geometry import Quad, quad_size, rectify, transform_quad
from suite.imaging.opening import Source
from suite.imaging.pages import Damaged, open_pages
from suite.ocr.decoding import Decoder, beam, greedy
from suite.ocr.detection import Detector
from suite.ocr.fitness import check_detector, check_language_model, check_recognizer
from suite.ocr.layout import reading_order
from suite.ocr.orientation import SURE, choose_turn, skew_angle, text_runs_down
from suite.ocr.reading import Reading
from suite.ocr.recognition import Read, Recognizer, usable_processors
from suite.ocr.result import Line, PageText
from suite.ocr.sureness import is_sure, sureness
from suite.ocr.text_height import lone_height, text_height
from suite.ocr.typography import closed_up
from suite.ocr.upright import Placement
from suite.ocr.words import line_words
from suite.text.ngram import CharacterModel, load_beside

Grey = npt.NDArray[np.uint8]

LARGEST = 11_000_000
"""Pixels, A4 at 330 dpi, at which a larger picture is decoded where a whole factor
leaves as many; text that can be read at all is large enough then on anything but a
poster. A long receipt keeps its width."""


class Reader:
    """Read the text of pictures.

    Args:
        detector: Model folder of the detector; the shipped one if None.
        recognizer: Model folder of the recognizer; the shipped one if None.
        engine: "litert", "keras" or "saved_model".
        precision: Which LiteRT file, as in `suite.engine.open_model`.
        threads: Threads, as many as there are processors at most; the detector
            shares them, lines are read side by side.
        isolated: Whether LiteRT files run in child processes, as in
            `suite.engine.open_model`.
        decode: From logits (frames, classes) and the alphabet to a reading; None for
            a beam search with the language model beside the recognizer, if there is
            one, else for `greedy`.
        min_confidence: Lines below this, 0..1, are left out, and short ones below
            its square root; see `suite.ocr.sureness`.

    Raises:
        UserError: A model is missing, damaged, or not what it is taken for.

    Example:

    >>> from suite.ocr import Reader
    >>> print(Reader()("receipt.jpg").text)
    """

    def __init__(
        self,
        detector: Path | None = None,
        recognizer: Path | None = None,
        *,
        engine: str = "litert",
        precision: str = "dynamic_int8",
        threads: int = 2,
        isolated: bool = False,
        decode: Decoder | None = None,
        min_confidence: float = 0.5,
    ) -> None:
        opened = partial(
            open_model, engine=engine, precision=precision, isolated=isolated
        )
        # each thread that reads lines takes the memory of a network
        threads = min(threads, usable_processors())
        folder = find_model("ocr", "detector", detector)
        # one canvas at a time: another page size costs 50 ms, its memory 40 MB
        model = opened(folder, threads=threads, keep=1)
        check_detector(folder, model)
        self.detector = Detector(model)
        self._folder = folder = find_model("ocr", "recognizer", recognizer)
        # a line is too little work to share: each thread has a network of its own
        count = threads if engine == "litert" else 1
        models = [opened(folder, threads=1) for _ in range(count)]
        check_recognizer(folder, models[0])
        self.recognizer = Recognizer(models)
        if decode is None:
            decode = partial(beam, language_model=self.language_model)
            decode = decode if self.language_model else greedy
        self.decode = decode
        self.min_confidence = min_confidence

    @cached_property
    def language_model(self) -> CharacterModel | None:
        """The model beside the recognizer, read where decoding needs it.

        Raises:
            UserError: It is damaged, or of other characters than the recognizer.
        """
        model = load_beside(self._folder)
        if model is None:
            return None
        where = f"{self._folder}, its language model"
        return check_language_model(where, model, self.recognizer.alphabet)

    def __call__(self, source: Source) -> PageText:
        """Read the first page of a picture, TIFF or PDF.

        Args:
            source: Path, bytes or open binary file.

        Raises:
            UserError: The source can't be opened as a picture.
        """
        return next(self.pages(source))

    def pages(
        self,
        source: Source,
        *,
        name: str | None = None,
        damaged: Damaged | None = None,
    ) -> Iterator[PageText]:
        """Read the pages of a picture, TIFF or PDF one after another.

        Args:
            source: Path, bytes or open binary file.
            name: What the results and errors call it; its path by default.
            damaged: Told of each page that can't be opened (its index, the error), and
                the next one is read; None to have the error raised.

        Raises:
            UserError: The source, or one of its pages, can't be opened; the pages
                before it have been given.
        """
        if hasattr(source, "__array_interface__"):  # NumPy's, and Pillow's pictures
            raise UserError(
                f"{type(source).__module__}.{type(source).__qualname__}: pixels, where "
                "a path, bytes or an open binary file is needed",
                "Reader.read takes pixels: a uint8 array (height, width), grey.",
            )
        called = os.fspath(source) if isinstance(source, str | Path) else ""
        called = called if name is None else name
        for page in open_pages(
            source, mode="L", reduce_to=LARGEST, name=name, damaged=damaged
        ):
            size = (page.width, page.height)
            yield self.read(page.image, name=called, index=page.index, size=size)

    def read(
        self,
        image: Grey,
        *,
        name: str = "",
        index: int = 0,
        size: tuple[int, int] | None = None,
    ) -> PageText:
        """Read pixels.

        Args:
            image: uint8 (height, width), grey.
            name, index: What the result is called.
            size: (width, height) in pixels in which places are given, if the picture
                was reduced; its own otherwise.

        Returns:
            The page's text; without lines where there is none.

        Raises:
            UserError: The array is of another shape or type.
        """
        _check_pixels(image)
        height, width = image.shape
        given = size or (width, height)
        upright, lines = self._upright(image)
        # not before: what reads badly tells that a page stands on its head
        lines = [line for line in lines if is_sure(line, self.min_confidence)]
        ordered = _in_order(lines, upright)
        scale = np.divide(given, (width, height)).astype(np.float32)
        if given != (width, height):
            ordered = tuple(_scaled(line, scale) for line in ordered)
        return PageText(name, index, given[0], given[1], upright.angle, ordered)

    def decoded(self, logits: npt.NDArray[np.float32]) -> Reading:
        """The reading of a line's logits (frames, classes), set as print is."""
        return closed_up(self.decode(logits, self.recognizer.alphabet))

    def _lines(self, image: Grey, upright: Placement, finer: float = 1.0) -> list[Line]:
        """Lines in no order, in pixels of the picture; see `_find`."""
        quads = self._find(image, upright, finer)

        def line(read: Read, quad: Quad) -> Line | None:
            crop = rectify(image, quad, self.recognizer.height)
            reading = self.decoded(read(crop))
            if not reading.text.strip():
                return None
            steps = crop.shape[1] / self.recognizer.stride
            words = line_words(reading, quad, steps)
            text = " ".join(word.text for word in words)
            return Line(text, quad, reading.confidence, words)

        # longest first: the threads end together
        longest = sorted(quads, key=lambda quad: -np.divide(*quad_size(quad)))
        found = self.recognizer.map(line, longest)
        return [line for line in found if line is not None]

    def _upright(self, image: Grey) -> tuple[Placement, list[Line]]:
        """The page as it reads best. An upright page that reads well is read once."""
        tried: dict[int, tuple[Placement, list[Line]]] = {}

        def score(turn: int) -> float:
            turned = np.rot90(image, turn // 90)
            upright = Placement(turn, skew_angle(np.ascontiguousarray(turned)))
            tried[turn] = upright, self._lines(image, upright)
            return sureness(tried[turn][1])

        if score(0) >= SURE:
            return tried[0]
        runs_down = text_runs_down(image)
        if runs_down is None:
            lines = tried[0][1]
            # Nothing was found, and nothing looks like text; or a number alone, read
            # well: three digits on their side pass for letters (0, N, C, Q).
            if not lines or sureness(lines, least=1) >= SURE:
                return tried[0]
        # the scores are kept: no turn is read twice
        turn = choose_turn(
            lambda turn: sureness(tried[turn][1]) if turn in tried else score(turn),
            runs_down,
        )
        if sureness(tried[turn][1]) < SURE:
            # What was measured was no text (the background of a photograph), and lines
            # were taken two for one. On its head clear print reads well enough to win.
            for again in dict.fromkeys((0, turn, (turn + 180) % 360)):
                if again not in tried:
                    continue
                upright = tried[again][0]
                lines = self._lines(image, upright, finer=2.0)
                if sureness(lines) > sureness(tried[turn][1]):
                    turn, tried[again] = again, (upright, lines)
        return tried[turn]

    def _find(
        self, image: Grey, upright: Placement, finer: float = 1.0
    ) -> npt.NDArray[np.float32]:
        """Quads (n, 4, 2) in pixels of the picture.

        Args:
            image: The picture.
            upright: How it is put upright.
            finer: How many times smaller the text may be than its measured height.
        """
        wanted = self.detector.text_height
        turned = np.ascontiguousarray(np.rot90(image, upright.turn // 90))
        height = text_height(turned, upright.skew) or lone_height(turned) or wanted
        height /= finer
        quads: npt.NDArray[np.float32] = np.empty((0, 4, 2), np.float32)
        for _ in range(3):
            scale = _bounded(wanted / height, image.shape)
            work, matrix = upright.picture(image, scale)
            found, _ = self.detector(work)
            quads = transform_quad(found, np.linalg.inv(matrix)).reshape(-1, 4, 2)
            if not len(quads):
                # lines so near to one another that two were taken for one
                height /= 2
                continue
            measured = float(np.median([quad_size(quad)[1] for quad in quads]))
            # 0.90 to 1.08 on pages where the guess from pixels was right
            if 0.8 < measured / height < 1.25:
                break
            height = measured
        return quads


def _check_pixels(image: object) -> None:
    if not isinstance(image, np.ndarray):
        given = f"{type(image).__module__}.{type(image).__qualname__}"
    elif image.dtype != np.uint8 or image.ndim != 2 or not image.size:
        given = f"{image.dtype} {image.shape}"
    else:
        return
    raise UserError(
        f"Reader.read: takes a uint8 array (height, width), grey; received {given}",
        "Colours to grey: np.asarray(picture.convert('L')); a file: reader(path).",
    )


def _scaled(line: Line, scale: npt.NDArray[np.float32]) -> Line:
    """The line in pixels of the picture before it was reduced."""
    words = tuple(replace(word, quad=word.quad * scale) for word in line.words)
    return replace(line, quad=line.quad * scale, words=words)


def _bounded(scale: float, shape: tuple[int, ...]) -> float:
    """A scale that neither enlarges beyond sense nor makes more than 6 megapixels."""
    pixels = shape[0] * shape[1]
    return float(min(scale, 3.0, np.sqrt(6e6 / pixels)))


def _in_order(lines: list[Line], upright: Placement) -> tuple[Line, ...]:
    if not lines:
        return ()
    level = upright.levelled(np.array([line.quad for line in lines]))
    order, rows = reading_order(level)
    return tuple(
        replace(lines[number], row=row) for number, row in zip(order, rows, strict=True)
    )
