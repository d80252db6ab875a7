"""kes-ocr: reads text in pictures and PDF files; trains, measures, exports its models.

`python apps/ocr.py` and the installed `kes-ocr` are the same program. Everything heavy
is imported inside the verbs, so that `--help` is quick.
"""

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

if __name__ == "__main__":  # a checkout that nobody installed
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from suite.console import Result, UserError, choose_backend, table
from suite.console.messages import remark
from suite.console.options import Common, Inputs, WithLimit
from suite.console.program import Program, Verb
from suite.console.verbs import ExportOptions, Labelled, TrainOptions
from suite.ocr.options import ReaderOptions, ReadingOptions

MODELS = ("detector", "recognizer")


@dataclass(frozen=True, kw_only=True)
class Tour(Common, ReaderOptions):
    """Read the shipped sample page."""


@dataclass(frozen=True, kw_only=True)
class Predict(Common, WithLimit, ReaderOptions):
    """Read pictures and PDF files.

    Results go to stdout in the order of the inputs: pages of `text` are separated by a
    form feed, `json` is one object a line for each input; of the other formats stdout
    takes one input. One that fails is reported, the others are read: exit code 1.
    """

    inputs: Inputs
    """Files, folders (with what lies below), globs, or - for stdin."""
    format: Literal["text", "json", "hocr", "tsv", "pdf", "png"] = "text"
    """Form of the result; --json is --format json."""
    output: Path | None = None
    """Folder for the results, NAME.txt and so on; stdout if not given."""
    shard: str | None = None
    """I/N: only the I-th (from 1) of N parts of the inputs."""


@dataclass(frozen=True, kw_only=True)
class Evaluate(Common, Labelled, ReaderOptions):
    """Measure the reading of labelled pages: --data FOLDER in SROIE's layout.

    Lines are read in their true boxes; words, characters and boxes are those of whole
    pages, as `predict` reads them. A page that cannot be read counts as empty.
    """


@dataclass(frozen=True, kw_only=True)
class Bench(Common, Labelled, ReadingOptions):
    """Compare the models' formats: kB, milliseconds and, with --data, figures.

    Figures are of the formats that both models have.
    """

    runs: int = 20
    """Timed runs of each signature."""


@dataclass(frozen=True, kw_only=True)
class Export(ExportOptions, Labelled):
    """Make LiteRT files of trained models and prove them equal to Keras.

    With --data FOLDER in SROIE's layout each model's own figure is measured before and
    after: the detector's H-mean, 1 - character error rate of the recognizer. Needs the
    extra [export]; works in child processes under TensorFlow.
    """


@dataclass(frozen=True, kw_only=True)
class Train(TrainOptions):
    """Train a model, on your own data too.

    --data takes folders of images/ and boxes/NAME.csv or, for the recognizer, of
    labels.tsv (FILE TAB TEXT). More settings, such as --fonts, --text, --fit.steps:
    `kes-ocr train --model recognizer --output DIR --help`.
    """

    model: Literal["detector", "recognizer", "language"]
    """What to train; `language` is the n-gram model that a recognizer's folder holds:
    `recognizer` counts its own texts for it. No Keras is needed to count."""


def tour(options: Tour) -> Result:
    from suite.ocr.opening import open_reader, sample

    start = time.perf_counter()
    page = open_reader(options)(sample())
    seconds = time.perf_counter() - start
    remark(f"{len(page.lines)} lines in {seconds:.2f} s, models opened included")
    metrics = {"text": page.text, "lines": len(page.lines), "seconds": seconds}
    return Result(metrics, text=page.text, backend=_backend(options))


def predict(options: Predict) -> Result:
    from suite.ocr.opening import open_reader
    from suite.ocr.prediction import Prediction

    form = "json" if options.json else options.format
    work = Prediction(
        options.inputs,
        form,
        output=options.output,
        shard=options.shard,
        limit=options.limit,
    )
    return Result({}, text="", code=work.run(open_reader(options)))


def evaluate(options: Evaluate) -> Result:
    from suite.data.labelled import labelled_pages
    from suite.ocr.evaluation import measure
    from suite.ocr.opening import open_reader

    labels = labelled_pages(options.data, options.pages, options.limit)
    metrics, code = measure(open_reader(options), labels, fold_case=options.caseless)
    return Result(metrics, code=code, backend=_backend(options))


def bench(options: Bench) -> Result:
    from suite.data.labelled import labelled_pages
    from suite.edge.timing import latency_table
    from suite.ocr.evaluation import measure
    from suite.ocr.opening import check_options, model_folder, open_format
    from suite.ocr.samples import sample_inputs

    check_options(options)
    labels = None
    if options.data is not None:  # before minutes of timing
        labels = labelled_pages(options.data, options.pages, options.limit)
    timing = {name: getattr(options, name) for name in ("threads", "runs", "isolated")}
    folders = [model_folder(options.model, name) for name in MODELS]
    tables = [latency_table(folder, sample_inputs, **timing) for folder in folders]
    rows = [row for own in tables for row in own]
    text, measured, code = table(rows), [], 0
    if labels is not None:
        held = [dict.fromkeys(row["format"] for row in own) for own in tables]
        for name in held[0] | held[1]:
            if name not in held[0] or name not in held[1]:
                remark(f"{name}: left out of the figures, one of the models lacks it")
                continue
            reader = open_format(options, name)
            metrics, failed = measure(reader, labels, fold_case=options.caseless)
            measured.append({"format": name, **metrics})
            code = max(code, failed)
        text += "\n" + table(measured) if measured else ""
    return Result({"latency": rows, "figures": measured}, text, code, "litert")


def train(options: Train, settings: Any) -> Result:
    counted = options.model == "language"
    if counted and (options.backend is not None or options.seed is not None):
        raise UserError(
            "a language model is counted, without Keras or chance (--backend, --seed)",
            "Leave both out.",
        )
    backend = None if counted else choose_backend(options.backend)
    metrics = _recipe(options).train(
        settings, options.output, resume=options.resume, init=options.init
    )
    return Result(metrics, backend=backend, seed=getattr(settings, "seed", None))


def export(options: Export) -> Result:
    from suite.data.ocr_figures import as_metric
    from suite.edge.verbs import run_export
    from suite.ocr.samples import sample_inputs

    # several pieces calibrate full_int8; the first is compared on
    inputs = partial(sample_inputs, count=16)
    where = options.data, options.pages, options.limit, options.caseless
    return run_export(options, inputs, **as_metric(*where))


def _backend(options: ReaderOptions) -> str:
    keras = os.environ.get("KERAS_BACKEND") if options.engine == "keras" else None
    return keras or options.engine


def _recipe(options: Train) -> Any:
    return import_module(f"suite.recipes.ocr_{options.model}")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program; returns its exit code."""
    smoke = "--model recognizer --preset smoke --output runs/smoke"
    sroie = "--data ../shared/data/sroie --pages 450-499"
    verbs = [
        Verb("sample", Tour, tour, "kes-ocr"),
        Verb("predict", Predict, predict, "kes-ocr predict receipt.jpg --format json"),
        Verb("evaluate", Evaluate, evaluate, f"kes-ocr evaluate {sroie}"),
        Verb("train", Train, train, f"kes-ocr train {smoke}", _recipe),
        Verb("export", Export, export, "kes-ocr export --model saved_models/ocr"),
        Verb("bench", Bench, bench, "kes-ocr bench"),
    ]
    about = "Reads text in pictures and PDF files. Without a verb: the sample page."
    return Program("kes-ocr", about, verbs).main(argv)


if __name__ == "__main__":
    sys.exit(main())
