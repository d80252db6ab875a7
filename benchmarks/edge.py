"""Our LiteRT files beside Keras' own export and ONNX Runtime, in one run, one thread.

    python benchmarks/edge.py
    python benchmarks/edge.py --data ../shared/data/sroie   # and what is read
    python benchmarks/edge.py --data ../shared/data/sroie --backends jax torch
    python benchmarks/edge.py --models crnn --runs 5 --output trial.md

Networks: the shipped recognizer and detector, one signature each, and a reference
network of Keras' own layers. A peer that is not installed is left out with a line.
Prints Markdown and writes it beside this file, as JSON too; exit code 1 where a mark is
missed.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # a script sees its own folder alone
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks import edge_marks, edge_models, edge_reading, measure, tables
from benchmarks.edge_routes import ROUTES, compare, ratio
from suite.console import Result, UserError, write_atomic
from suite.console.messages import remark
from suite.console.options import Common
from suite.console.output import to_json
from suite.console.program import Program, Verb
from suite.edge import samples
from suite.edge.export import export
from suite.engine import find_model

HERE = Path(__file__).resolve().parent
FORMATS = ("float32", "float16", "dynamic_int8")
SIGNATURES = {
    "recognizer": "read_352",
    edge_models.CRNN: edge_models.CRNN_SIGNATURE,
    "detector": "detect_832x480",
}
PEERS = {"stock": ("tensorflow",), "onnx": ("torch", "onnx", "onnxruntime")}


@dataclass(frozen=True, kw_only=True)
class Comparison(Common):
    """Compare files of the same networks: milliseconds, size, difference."""

    models: str = ",".join(SIGNATURES)
    """Some of recognizer,crnn,detector."""
    runs: int = 50
    """Timed runs of each file; they take turns."""
    data: Path | None = None
    """Labelled pages in SROIE's layout: also what is read in each format."""
    pages: str = "450-499"
    """--data: first and last page by number."""
    backends: tuple[str, ...] = ()
    """--data: backends whose Keras engine reads the pages, too. Under torch a page
    takes half a minute."""
    output: Path | None = None
    """The page, NAME.md, with NAME.json beside it; if not given, beside this file."""


def run(options: Comparison) -> Result:
    """Compares, prints and writes."""
    names = options.models.split(",")
    unknown = [name for name in names if name not in SIGNATURES]
    if unknown or options.runs < 1:
        raise UserError(
            f"{unknown[0]}: no such network (--models)"
            if unknown
            else f"{options.runs}: too few runs (--runs)",
            f"Known: {', '.join(SIGNATURES)}; runs from 1.",
        )
    machine = measure.machine()
    notes: list[str] = list(edge_marks.NOTES)
    with tempfile.TemporaryDirectory() as work:
        folders = {name: Path(work) / name for name in names}
        for name, folder in folders.items():
            _make(name, folder)
        notes += _peers(list(folders.values()))
        figures = {}
        for name, folder in folders.items():
            inputs = samples.load(folder / samples.CALIBRATION)
            export(folder, inputs=inputs.__getitem__, formats=_formats(name))
            figures[name] = compare(folder, options.runs)
    whole = {
        name: edge_reading.shipped_sizes(name)
        for name in names
        if name in edge_reading.MODELS
    }
    read = None
    if options.data is not None:
        read = edge_reading.compare(options.data, options.pages, options.backends)
        whole |= read["bytes"]
    marks = edge_marks.marks(figures, read, whole)
    text = page(figures, marks, options.runs, machine, notes, read)
    found = {"date": date.today().isoformat(), "machine": machine, "runs": options.runs}
    metrics = {**found, "networks": figures, "reading": read, "marks": marks}
    target = options.output or HERE / "edge.md"
    write_atomic(target, text)
    write_atomic(target.with_suffix(".json"), to_json(metrics, indent=1) + "\n")
    missed = any(not mark["reached"] for mark in marks)
    return Result(metrics, text=text, code=int(missed))


def page(
    figures: Mapping[str, Mapping[str, Any]],
    marks: Sequence[Mapping[str, Any]],
    runs: int,
    machine: str,
    notes: Sequence[str],
    read: Mapping[str, Any] | None = None,
) -> str:
    """The page of Markdown."""
    parts = []
    for name, routes in figures.items():
        rows = [
            [
                route.title,
                f"{routes[route.key]['ms']:.2f}",
                _number(ratio(routes, route.key, ["stock"], "ms")),
                _number(ratio(routes, route.key, ["onnx_float32"], "ms")),
                f"{routes[route.key]['bytes'] / 1000:,.0f}",
                f"{routes[route.key]['difference']:.1e}",
            ]
            for route in ROUTES
            if route.key in routes
        ]
        head = ["", "ms", "/ Keras' export", "/ ONNX float32", "kB", "difference"]
        title = f"## {name}, {SIGNATURES[name]}"
        parts.append(f"{title}\n\n{tables.markdown(head, rows)}")
    if read is not None:
        title = f"## What is read of pages {read['pages']}"
        parts.append(f"{title}\n\n{edge_reading.table(read)}")
    parts.append("## Marks\n\n" + edge_marks.table(marks))
    about = [
        f"`python benchmarks/edge.py`, {date.today().isoformat()}; {machine}.",
        f"One thread; medians of {runs} runs, all files of a network in turn.",
    ]
    return tables.document(
        "LiteRT files, beside the peers", about, "\n".join(parts), notes
    )


def _make(name: str, folder: Path) -> None:
    source = None if name == edge_models.CRNN else find_model("ocr", name)
    signature = SIGNATURES[name]
    arrays = edge_models.prepare(folder, source, signature)
    first = {tensor: array[:1] for tensor, array in arrays.items()}
    samples.save(folder / samples.INPUTS, {signature: first})
    samples.save(folder / samples.CALIBRATION, {signature: arrays})


def _formats(name: str) -> tuple[str, ...]:
    # a loop cannot be calibrated: full int8 is for networks without one
    return (*FORMATS, "full_int8") if name == "detector" else FORMATS


def _peers(folders: Sequence[Path]) -> list[str]:
    """Has the peers' files made; a sentence for each that there will not be."""
    said = []
    for kind, packages in PEERS.items():
        absent = [package for package in packages if find_spec(package) is None]
        if absent:
            said.append(f"{kind}: left out, {', '.join(absent)} not installed.")
            continue
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.edge_peers", kind, *map(str, folders)],
            cwd=HERE.parent,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
            capture_output=True,
            text=True,
            check=False,
        )
        remark(f"{kind}: files made in {time.perf_counter() - start:.0f} s")
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            said.append(f"{kind}: its process ended with {done.returncode}: {last}")
        for folder in folders:
            failed = folder / f"{kind}.failed"
            if failed.is_file():
                said.append(
                    f"{kind}: none of {folder.name}, {failed.read_text()[:300]}"
                )
    for sentence in said:
        remark(sentence)
    return said


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program; returns its exit code."""
    example = "python benchmarks/edge.py --models crnn --runs 5 --output trial.md"
    verb = Verb("compare", Comparison, run, example)
    about = "Compares LiteRT files with Keras' own export and ONNX Runtime."
    return Program("edge-benchmark", about, [verb]).main(argv)


if __name__ == "__main__":
    sys.exit(main())
