"""The readers that are compared: ours, Tesseract, RapidOCR.

Each is a frozen dataclass of plain settings: the parent describes it, and a process of
its own opens it. Heavy imports stand in the functions that need them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import metadata, util
from pathlib import Path
from typing import Any, ClassVar, Protocol

from benchmarks.measure import distributions_bytes, files_bytes, shared_libraries

ROOT = Path(__file__).resolve().parents[1]

Quads = list[Any]
"""(n, 4, 2) numbers, clockwise from the top left of the text, pixels."""


@dataclass(frozen=True)
class Opened:
    """A reader that is ready, in its own process."""

    read: Callable[[str], tuple[str, Quads | None]]
    """From a picture to its text, and the boxes of its lines where they compare."""
    lines: Callable[[str, Quads], list[str]] | None = None
    """From a picture and boxes to the text in each; None where it can't do that."""


class PageReader(Protocol):
    """What the comparison asks of a reader."""

    children: ClassVar[bool]
    """Whether child processes do the work, so that theirs is the memory."""

    @property
    def title(self) -> str:
        """Name and version, the head of its column."""

    def missing(self) -> str | None:
        """Why it cannot take part; None if it can."""

    def command(self, image: str) -> list[str]:
        """A command that prints the text of one picture: for the cold start."""

    def help(self) -> list[str] | None:
        """A command that shows the program's help; None where that is no figure."""

    def sizes(self) -> dict[str, int]:
        """Bytes of "models", and of all that is "installed", models too."""

    def open(self) -> Opened:
        """Gets ready to read."""


@dataclass(frozen=True)
class Ours:
    """The reader of this repository, as `kes-ocr predict` runs it."""

    model: str | None = None
    """Folder of models; the shipped ones if None."""
    threads: int = 2
    """Threads."""

    children: ClassVar[bool] = False

    @property
    def title(self) -> str:
        """Name and version."""
        import suite

        return f"Keras Edge Suite {suite.__version__}"

    def missing(self) -> str | None:
        """Always there: a missing model is an error, not an absence."""
        return None

    def command(self, image: str) -> list[str]:
        """The program, as users start it."""
        words = [sys.executable, str(ROOT / "apps" / "ocr.py"), "predict", image]
        words += ["--quiet", "--threads", str(self.threads)]
        return words if self.model is None else [*words, "--model", self.model]

    def help(self) -> list[str]:
        """The program's own."""
        return [sys.executable, str(ROOT / "apps" / "ocr.py"), "--help"]

    def sizes(self) -> dict[str, int]:
        """The two LiteRT files; with the base install and the code of the suite."""
        from suite.ocr.opening import model_folder

        folders = [model_folder(self._model, name) for name in _MODELS]
        models = files_bytes(folder / "dynamic_int8.tflite" for folder in folders)
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        code = files_bytes(
            path for name in ("suite", "apps") for path in (ROOT / name).rglob("*.py")
        )
        packages = distributions_bytes(project["dependencies"])
        return {"models": models, "installed": packages + code + models}

    def open(self) -> Opened:
        """Opens both models."""
        from suite.ocr.opening import open_reader
        from suite.ocr.options import ReaderOptions

        options = ReaderOptions(model=self._model, threads=self.threads)
        reader = open_reader(options)
        return Opened(partial(_read_ours, reader), partial(_lines_ours, reader))

    @property
    def _model(self) -> Path | None:
        return None if self.model is None else Path(self.model)


_MODELS = ("detector", "recognizer")


def _read_ours(reader: Any, image: str) -> tuple[str, Quads | None]:
    page = reader(image)
    return page.text, [line.quad.tolist() for line in page.lines]


def _lines_ours(reader: Any, image: str, quads: Quads) -> list[str]:
    """Lines as `kes-ocr evaluate` reads them in true boxes."""
    import numpy as np

    from suite.ocr.evaluation import read_in_boxes

    boxes = np.asarray(quads, np.float32).reshape(-1, 4, 2)  # (lines, corners, xy)
    return read_in_boxes(reader.recognizer, reader.decoded, Path(image), boxes)


@dataclass(frozen=True)
class Tesseract:
    """The program tesseract, started anew for each page, as its users start it."""

    psm: int = 6
    """Page segmentation mode: 3 automatic, 4 one column, 6 one block."""
    languages: str = "eng"
    """Languages, as in `eng+deu`."""

    children: ClassVar[bool] = True

    @property
    def title(self) -> str:
        """Name, version and mode."""
        listed = subprocess.run(
            ["tesseract", "--version"], capture_output=True, text=True, check=True
        )
        version = (listed.stdout or listed.stderr).split()[1]
        return f"Tesseract {version} (--psm {self.psm})"

    def missing(self) -> str | None:
        """Whether the program or a language lacks."""
        if shutil.which("tesseract") is None:
            return "not installed (on Debian: apt-get install tesseract-ocr)"
        _, known = _tessdata()
        lacking = [x for x in self.languages.split("+") if x not in known]
        packages = " ".join(f"tesseract-ocr-{x}" for x in lacking)
        return f"lacks languages (apt-get install {packages})" if lacking else None

    def command(self, image: str) -> list[str]:
        """The program on one thread, which is quickest for one page."""
        return [
            *("env", "OMP_THREAD_LIMIT=1", "tesseract", image, "stdout"),
            *("--psm", str(self.psm), "-l", self.languages),
        ]

    def help(self) -> list[str]:
        """The program's own."""
        return ["tesseract", "--help"]

    def sizes(self) -> dict[str, int]:
        """Language data; with the program and the libraries that it loads."""
        folder, _ = _tessdata()
        names = self.languages.split("+")
        models = files_bytes(folder / f"{name}.traineddata" for name in names)
        program = shutil.which("tesseract") or "tesseract"
        files = {Path(program).resolve(), *shared_libraries(program)}
        return {"models": models, "installed": files_bytes(files) + models}

    def open(self) -> Opened:
        """Nothing stays open from page to page."""
        return Opened(self._read)

    def _read(self, image: str) -> tuple[str, None]:
        # the words after `env NAME=VALUE`, so that memory is that of one program
        words = self.command(image)[2:]
        environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
        done = subprocess.run(words, capture_output=True, env=environment, check=False)
        if done.returncode:
            message = done.stderr.decode("utf-8", "replace").strip()
            raise OSError(f"tesseract, exit code {done.returncode}: {message}")
        return done.stdout.decode("utf-8", "replace"), None


def _tessdata() -> tuple[Path, list[str]]:
    """The folder of language data, and the languages in it."""
    listed = subprocess.run(
        ["tesseract", "--list-langs"], capture_output=True, text=True, check=True
    )
    first, *names = (listed.stdout or listed.stderr).splitlines()
    folder = re.search(r'"(.+)"', first)
    return Path(folder[1] if folder else "."), names


@dataclass(frozen=True)
class Rapid:
    """RapidOCR with the models that lie in its wheel and its own settings."""

    threads: int = 2
    """Threads of ONNX Runtime."""

    children: ClassVar[bool] = False

    @property
    def title(self) -> str:
        """Name and version."""
        return f"RapidOCR {metadata.version('rapidocr')}"

    def missing(self) -> str | None:
        """Whether one of its two packages lacks."""
        lacking = [x for x in _RAPID if util.find_spec(x) is None]
        return f"not installed (pip install {' '.join(lacking)})" if lacking else None

    def command(self, image: str) -> list[str]:
        """Three lines of Python, as its users write them."""
        code = f"from rapidocr import RapidOCR; print(RapidOCR()({image!r}).txts)"
        return [sys.executable, "-c", code]

    def help(self) -> None:
        """It is a library first."""

    def sizes(self) -> dict[str, int]:
        """The models of its package; with all packages that it needs."""
        files = metadata.files("rapidocr") or []
        paths = [Path(str(file.locate())) for file in files if file.suffix == ".onnx"]
        return {"models": files_bytes(paths), "installed": distributions_bytes(_RAPID)}

    def open(self) -> Opened:
        """Makes the engine; its models are opened at the first page."""
        from rapidocr import RapidOCR

        threads = {"EngineConfig.onnxruntime.intra_op_num_threads": self.threads}
        engine = RapidOCR(params={"Global.log_level": "error", **threads})
        return Opened(partial(_read_rapid, engine), partial(_lines_rapid, engine))


_RAPID = ("rapidocr", "onnxruntime")


def _read_rapid(engine: Any, image: str) -> tuple[str, Quads | None]:
    # it keeps these settings from call to call
    result = engine(image, use_det=True, use_cls=True, use_rec=True)
    if result.txts is None:
        return "", []
    return "\n".join(result.txts), [box.tolist() for box in result.boxes]


def _lines_rapid(engine: Any, image: str, quads: Quads) -> list[str]:
    """Level cuts of the picture in its own colours and size, each read by itself."""
    import numpy as np

    from suite.imaging.opening import open_image

    picture = open_image(image, mode="RGB")[..., ::-1]  # it expects BGR
    texts = []
    for quad in np.asarray(quads, np.float32).reshape(-1, 4, 2):
        left, top = np.maximum(np.floor(quad.min(0)).astype(int), 0)
        right, bottom = np.ceil(quad.max(0)).astype(int)
        crop = np.ascontiguousarray(picture[top:bottom, left:right])
        result = engine(crop, use_det=False, use_cls=False, use_rec=True)
        texts.append("".join(result.txts or ()))
    return texts
