"""What the shipped models read, whatever runs them, and how long they convert."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import tables
from suite.console import UserError
from suite.data.sroie import pages as labelled_pages
from suite.edge.compiled import CompiledRunner
from suite.edge.export import export
from suite.engine import find_model
from suite.engine.folder import SAVED_MODEL, VERIFICATION, read_config, read_json
from suite.ocr import evaluation
from suite.ocr.detection import Detector
from suite.ocr.evaluation import LabelledPage
from suite.ocr.reader import Reader
from suite.ocr.recognition import Recognizer
from suite.ocr.samples import sample_inputs
from suite.ocr.scoring import Matches, pool, score_text

PRECISIONS = ("float32", "float16", "dynamic_int8")
COMPILED = ("float32", "dynamic_int8")
MODELS = ("detector", "recognizer")
Figures = dict[str, float]
PROGRAM = Path(__file__).resolve().parents[1] / "apps" / "ocr.py"
SHOWN = (
    tables.Measure("word_f1", "page word F1", 4),
    tables.Measure("character_f1", "characters F1", 4),
    tables.Measure("detection_h_mean", "detection H-mean", 4),
    tables.Measure("character_error_rate", "true boxes: character error, %", 2, 100),
)


def compare(data: Path, pages: str, backends: Sequence[str] = ()) -> dict[str, Any]:
    """Exports the shipped models whole and measures labelled pages with them.

    Args:
        data: Labelled pages in SROIE's layout.
        pages: First and last page by number, as in 450-499.
        backends: Backends under which the Keras engine reads the pages, too: whole
            pages, not the lines in their true boxes.

    Returns:
        `runs`: by what ran the networks ("float32", "float32, CompiledModel", "Keras,
        jax" ...) the figures of `suite.ocr.scoring`; `seconds`: by model, of its
        conversion to all files, its proof included; `bytes`: by model and precision,
        of these files; `pages`.

    Raises:
        UserError: There are no such pages, a model cannot be exported, or a backend
            did not read.
    """
    labelled = list(labelled_pages(data, evaluation.page_names(data, pages)))
    capitals = evaluation.in_capitals(labelled)
    runs: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as work:
        folders = {name: Path(work) / name for name in MODELS}
        seconds = {name: _export(name, folder) for name, folder in folders.items()}
        sizes = {
            name: {
                precision: (folder / f"{precision}.tflite").stat().st_size
                for precision in PRECISIONS
            }
            for name, folder in folders.items()
        }
        for title, reader in _readers(folders):
            scores, _ = evaluation.score_pages(reader, labelled, fold_case=capitals)
            runs[title] = pool(scores)["all"].figures()
        for backend in backends:
            texts = _keras(backend, labelled, Path(work) / backend)
            runs[f"Keras, {backend}"] = _page_figures(labelled, texts)
    return {"pages": pages, "runs": runs, "seconds": seconds, "bytes": sizes}


def shipped_sizes(name: str) -> dict[str, int]:
    """Bytes of a shipped model's files by precision, those that do not ship too."""
    files = read_json(find_model("ocr", name) / VERIFICATION)["files"]
    return {precision: file["bytes"] for precision, file in files.items()}


def table(read: Mapping[str, Any]) -> str:
    """The figures as Markdown, a row for each that ran the networks."""
    rows = [[title, *_cells(figures)] for title, figures in read["runs"].items()]
    return tables.markdown(["", *(measure.label for measure in SHOWN)], rows)


def _cells(figures: Mapping[str, Any]) -> list[str]:
    return [measure.cells([figures])[1] for measure in SHOWN]


def _export(name: str, folder: Path) -> float:
    """Seconds that the export of a shipped model into a folder took."""
    made = shutil.ignore_patterns("*.tflite", SAVED_MODEL, VERIFICATION)
    shutil.copytree(find_model("ocr", name), folder, ignore=made)
    config, _ = read_config(folder)
    start = time.perf_counter()
    export(folder, inputs=sample_inputs(config), formats=PRECISIONS)
    return time.perf_counter() - start


def _readers(folders: Mapping[str, Path]) -> Iterator[tuple[str, Reader]]:
    for precision in PRECISIONS:
        yield precision, Reader(*folders.values(), precision=precision)
    for precision in COMPILED:
        reader = Reader(*folders.values(), precision=precision)
        found = {name: _compiled(folders[name], precision) for name in MODELS}
        reader.detector = Detector(found["detector"])
        reader.recognizer = Recognizer([found["recognizer"]])
        yield f"{precision}, CompiledModel", reader


def _compiled(folder: Path, precision: str) -> CompiledRunner:
    path = folder / f"{precision}.tflite"
    return CompiledRunner(path.read_bytes(), *read_config(folder), origin=str(path))


def _keras(backend: str, pages: Sequence[LabelledPage], output: Path) -> list[str]:
    """The pages' texts as the program reads them under a backend."""
    words = [sys.executable, str(PROGRAM), "predict", *(str(p.image) for p in pages)]
    words += ["--engine", "keras", "--backend", backend, "--output", str(output)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"}
    if backend == "torch":
        # its threads wait for one another at each of the many small operators
        environment["OMP_NUM_THREADS"] = "1"
    if subprocess.run(words, env=environment, check=False).returncode == 2:
        raise UserError(f"{backend}: the Keras engine did not read", "It says why.")
    texts = (output / f"{page.image.stem}.txt" for page in pages)
    return [text.read_text("utf-8") if text.is_file() else "" for text in texts]


def _page_figures(pages: Sequence[LabelledPage], texts: Sequence[str]) -> Figures:
    counts = [
        score_text(text, [box.text for box in page.boxes])
        for page, text in zip(pages, texts, strict=True)
    ]
    words, characters = (sum(some, Matches()) for some in zip(*counts, strict=True))
    return {"word_f1": words.f1, "character_f1": characters.f1}
