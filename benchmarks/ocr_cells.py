"""Which recurrent cell reads best: LSTM, GRU and simple RNN on an equal budget.

    python benchmarks/ocr_cells.py --output runs/cells

Trains the same small recognizer three times on the same rendered lines, each in a
process of its own; exports it; prints its character error on held-out lines (letters
of both cases count), its parameters and the milliseconds of its LiteRT file.
"""

import json
import multiprocessing
import statistics
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # a script sees its own folder alone
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks import measure, tables
from suite.console import Result, UserError, choose_backend, write_atomic
from suite.console.options import Common, WithBackend
from suite.console.output import to_json
from suite.console.program import Program, Verb
from suite.edge.timing import time_model
from suite.engine import open_model

HERE = Path(__file__).resolve().parent
CELLS = ("lstm", "gru", "simple_rnn")
NAMES = {"lstm": "LSTM", "gru": "GRU", "simple_rnn": "simple RNN"}
WIDTHS = (192, 640)
"""Signatures that are timed, pixels at height 32."""


@dataclass(frozen=True, kw_only=True)
class Budget(Common, WithBackend):
    """Train a small recognizer with each recurrent cell and compare them."""

    output: Path = Path("runs/cells")
    """Folder of the runs and of the rendered lines."""
    table: Path = HERE / "ocr_cells.md"
    """The table, NAME.md, with NAME.json beside it."""
    cells: tuple[str, ...] = CELLS
    """Of lstm, gru, simple_rnn."""
    seeds: int = 1
    """Trainings of each cell, with seeds 1, 2, ...; the table shows their mean."""
    steps: int = 1500
    """Optimizer updates of each training."""
    area: int = 8000
    """Width times lines of a batch, pixels at height 32."""
    rendered: int = 12_000
    """Lines to train on; a twentieth as many others validate."""
    units: int = 96
    """Units of each direction of the recurrent layer."""
    learning_rate: float = 2e-3
    """Peak of the schedule."""
    text: Path | None = None
    """Folder of LANG.txt.gz to render; made-up text if not given."""
    fonts: Path | None = None
    """Folder of fonts; the system's if not given."""
    resume: bool = False
    """Go on where an earlier call with the same budget was interrupted."""


def run(options: Budget) -> Result:
    """Trains, exports, times, prints and writes."""
    unknown = [cell for cell in options.cells if cell not in CELLS]
    if unknown or options.seeds < 1:
        raise UserError(
            f"{', '.join(unknown) or options.seeds}: out of range (--cells, --seeds)",
            f"Cells: {', '.join(CELLS)}; at least one seed.",
        )
    started, backend = measure.machine(), choose_backend(options.backend)
    rows: dict[str, list[dict[str, Any]]] = {}
    # fresh processes: none inherits another's memory or compiled functions
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, max_tasks_per_child=1) as pool:
        for seed in range(1, options.seeds + 1):
            for cell in options.cells:
                row = pool.submit(train_cell, options, cell, seed, backend).result()
                rows.setdefault(cell, []).append(row)
    for cell, found in rows.items():  # one after the other, when no training runs
        for seed, row in enumerate(found, 1):
            row |= latencies(folder_of(options, cell, seed) / "model")
    figures = {NAMES[cell]: mean(found) for cell, found in rows.items()}
    text = page(figures, options, backend, started)
    metrics = {
        "date": date.today().isoformat(),
        "machine": started,
        "cells": figures,
        "runs": rows,
    }
    write_atomic(options.table, text)
    write_atomic(options.table.with_suffix(".json"), to_json(metrics, indent=1) + "\n")
    return Result(metrics, text=text, backend=backend, seed=1)


def train_cell(options: Budget, cell: str, seed: int, backend: str) -> dict[str, Any]:
    """Figures of one training; runs in a process of its own.

    Args:
        options: The budget.
        cell: Of `CELLS`.
        seed: Of weights, order and augmentation.
        backend: Of Keras.
    """
    choose_backend(backend)
    from suite.edge.export import export
    from suite.recipes import ocr_recognizer

    folder, settings = folder_of(options, cell, seed), recipe(options, cell, seed)
    done = folder / "figures.json"
    if options.resume and done.is_file():
        saved = json.loads(done.read_text("utf-8"))
        if saved["recipe"] == repr(settings):
            return dict(saved["figures"])
    metrics = ocr_recognizer.train(settings, folder, resume=options.resume)
    report = export(folder / "model", formats=("dynamic_int8",))
    figures = {
        "character_error_rate": metrics["character_error_rate"],
        "exact_share": metrics.get("rendered_exact_share"),
        "parameters": report["source"]["parameters"],
        "bytes": (folder / "model" / "dynamic_int8.tflite").stat().st_size,
    }
    write_atomic(done, to_json({"recipe": repr(settings), "figures": figures}))
    return figures


def folder_of(options: Budget, cell: str, seed: int) -> Path:
    """Where a training and its exported model lie."""
    return options.output / f"{cell}_{seed}"


def latencies(model: Path) -> dict[str, float]:
    """Median milliseconds of the timed signatures of an exported model."""
    # one thread, as a reader runs it: lines are read side by side
    found = time_model(open_model(model, threads=1), runs=100)
    return {f"ms_{width}": found[f"read_{width}"].median for width in WIDTHS}


def recipe(options: Budget, cell: Any, seed: int) -> Any:
    """Settings of a training: those of the shipped recognizer, but smaller."""
    from suite.recipes.ocr_recognizer import Recipe

    base = Recipe()
    fit = replace(
        base.fit,
        steps=options.steps,
        evaluate_every=max(1, options.steps // 5),
        learning_rate=options.learning_rate,
    )
    return replace(
        base,
        rendered=options.rendered,
        fonts=options.fonts,
        text=options.text,
        # not the folder of the shipped model's lines, which it would write anew
        cache=options.output / "lines",
        area=options.area,
        units=options.units,
        cell=cell,
        seed=seed,
        fit=fit,
    )


def mean(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Means over seeds, and the spread of the character error, None with one seed."""
    figures: dict[str, Any] = {}
    for key in found[0]:
        values = [one[key] for one in found]
        figures[key] = None if None in values else statistics.fmean(values)
    errors = [one["character_error_rate"] for one in found]
    figures["spread"] = statistics.stdev(errors) if len(errors) > 1 else None
    return figures


MEASURES = (
    tables.Measure("character_error_rate", "character error, %", 2, 100.0),
    tables.Measure("spread", "its deviation over seeds, %", 2, 100.0),
    tables.Measure("exact_share", "lines without an error, %", 1, 100.0),
    tables.Measure("parameters", "parameters, thousands", 0, 1e-3),
    tables.Measure("bytes", "LiteRT dynamic int8, kB", 0, 1e-3),
    *(
        tables.Measure(f"ms_{width}", f"milliseconds, line of {width} pixels", 2)
        for width in WIDTHS
    ),
)


def page(
    figures: Mapping[str, Mapping[str, Any]],
    options: Budget,
    backend: str,
    machine: str,
) -> str:
    """The page of Markdown."""
    command = (
        f"python benchmarks/ocr_cells.py --steps {options.steps} --area {options.area} "
        f"--rendered {options.rendered} --units {options.units} "
        f"--seeds {options.seeds}"
    )
    head = [
        f"`{command}`, {date.today().isoformat()}; {machine}; Keras on {backend}.",
        f"The recognizer with one bidirectional layer of {options.units} units, "
        f"trained on {options.rendered} rendered lines for {options.steps} updates, "
        "everything but the cell the same.",
    ]
    notes = [
        "Character error: greedy reading of held-out rendered lines, case counts.",
        "Milliseconds: median on one thread, dynamic int8, weights of the same file.",
        "So short a training is far from its end: what learns fastest leads.",
    ]
    table = tables.comparison(MEASURES, figures)
    return tables.document("LSTM, GRU, simple RNN", head, table, notes)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program; returns its exit code."""
    example = "python benchmarks/ocr_cells.py --steps 60 --rendered 600 --area 4000"
    verb = Verb("train", Budget, run, example)
    return Program("ocr-cells", "Compares recurrent cells.", [verb]).main(argv)


if __name__ == "__main__":
    sys.exit(main())
