"""DeLighT beside the Transformer and GroupLinear beside Dense: size, work, time.

    python benchmarks/layers.py

A pair is measured in one process a backend, its two sides in turn, so that other load
meets both; the last column is the ratio of the two. The forms of `GroupLinear` are
three sides. Prints a page of Markdown and
writes it beside this file, as JSON too.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # a script sees its own folder alone
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks import measure, tables
from suite.console import Result, UserError, track, write_atomic
from suite.console.messages import remark
from suite.console.options import Common
from suite.console.output import to_json
from suite.console.program import Program, Verb

HERE = Path(__file__).resolve().parent
BACKENDS = ("tensorflow", "jax", "torch")

_WMT, _SMALL = {"vocabulary": 43_736}, {"vocabulary": 9_712}
# 8 + 8 blocks of 216 inner units come to within 0.3 % of DeLighT's parameters
_EQUAL = {**_SMALL, "units": 128, "blocks": 8, "heads": 4, "hidden": 216}
_WIDE = {"features": 512, "options": {"units": 512}}
PAIRS: dict[str, dict[str, dict[str, Any]]] = {
    "published": {
        "DeLighT 512": {"name": "delight_translator_512", "options": _WMT},
        "Transformer-base": {"name": "transformer_translator_base", "options": _WMT},
    },
    "equal": {
        "DeLighT 128": {"name": "delight_translator_128", "options": _SMALL},
        "Transformer 128": {"name": "transformer_translator_tiny", "options": _EQUAL},
    },
    "layer": {
        "GroupLinear, 4 groups": {
            "name": "GroupLinear",
            "features": 512,
            "options": {"units": 512, "groups": 4},
        },
        "Dense": {"name": "Dense", **_WIDE},
    },
    "forms": {
        title: {
            "name": "GroupLinear",
            "features": 512,
            "options": {"units": 512, "groups": 4, "form": form},
            "as_it_is": True,
        }
        for title, form in (
            ("einsum", "einsum"),
            ("grouped convolution", "convolution"),
            ("split products", "products"),
        )
    },
}
TITLES = {
    "published": "The published pair, 43,736 tokens",
    "equal": "As many parameters, 9,712 tokens",
    "layer": "512 features to 512",
    "forms": "GroupLinear of 4 groups, 512 features to 512, in each form",
}
TRIAL: dict[str, dict[str, Any]] = {
    "delight": {"units": 64, "table_units": 64, "blocks": 1, "width": 1.0},
    "transformer": {"units": 32, "blocks": 1, "heads": 2, "hidden": 32},
}
"""What makes models small enough for a trial, by the first word of their names."""

MEASURES = (
    tables.Measure("parameters", "parameters, millions", 3, 1e-6),
    tables.Measure("multiply_adds", "multiply-adds of a sentence, millions", 1, 1e-6),
    *(tables.Measure(f"{b}_ms", f"update, {b}, ms", 2) for b in BACKENDS),
    *(
        tables.Measure(f"{part}_{form}_{unit}", f"{words}, {kind}, {unit}", digits)
        for part, words in (
            ("encode", "encode a sentence"),
            ("step", "decode a token"),
            ("call", "call"),
        )
        for form, kind in (("float32", "float32"), ("dynamic_int8", "dynamic int8"))
        for unit, digits in (("ms", 3), ("kB", 0))
    ),
)
NOTES = (
    "Update: forward, backward and Adam on a batch, as `suite.training.fit` does it; "
    "medians after two updates that do not count. TensorFlow without XLA, torch "
    "without its compiler.",
    "Multiply-adds: forward, source and target of one sentence, the scores over the "
    "vocabulary among them, by `suite.models.multiply_adds`.",
    "Encode, decode, call: LiteRT files of built-in operators, batch 1, medians; each "
    "file holds the weights of its part alone. `GroupLinear` leaves as a grouped "
    "convolution, but for the last table, where each form leaves as it is.",
)


@dataclass(frozen=True, kw_only=True)
class Comparison(Common):
    """Compare layers and models of the papers: parameters, work, milliseconds."""

    pairs: str = ",".join(PAIRS)
    """Some of published,equal,layer,forms."""
    backends: str = ",".join(BACKENDS)
    """Backends to time updates on."""
    phone: bool = True
    """Convert to LiteRT, too; needs TensorFlow."""
    sentences: int = 4
    """Sentences in a batch."""
    tokens: int = 32
    """Tokens of a sentence, and rows of a layer's sample."""
    runs: int = 20
    """Timed updates and calls of each."""
    threads: int = 1
    """Threads of the LiteRT interpreter; those of the backends are their own choice."""
    trial: bool = False
    """Tiny models, to see that all runs; written only where --output says."""
    output: Path | None = None
    """The page, NAME.md, with NAME.json beside it; if not given, beside this file."""


def run(options: Comparison) -> Result:
    """Measures, prints and writes."""
    started = measure.machine()
    pairs = _chosen(options.pairs, PAIRS, "--pairs")
    backends = _chosen(options.backends, BACKENDS, "--backends")
    jobs = [("train", backend) for backend in backends]
    jobs += [("phone", "tensorflow")] if options.phone else []
    figures: dict[str, dict[str, dict[str, Any]]] = {
        pair: {title: {} for title in PAIRS[pair]} for pair in pairs
    }
    work = [(pair, *job) for pair in pairs for job in jobs]
    failed = False
    for pair, task, backend in track(work, "measuring"):
        found = _child(task, backend, contenders(pair, options.trial), options)
        failed |= found is None
        for title, some in (found or {}).items():
            if "update_ms" in some:
                some[f"{backend}_ms"] = some.pop("update_ms")
            figures[pair][title] |= some
    text = page(figures, started, options)
    metrics = {"date": date.today().isoformat(), "machine": started, "pairs": figures}
    target = options.output
    if target is None and not options.trial:
        target = HERE / "layers.md"
    if target is not None:
        write_atomic(target, text)
        write_atomic(target.with_suffix(".json"), to_json(metrics, indent=1) + "\n")
    return Result(metrics, text=text, code=int(failed))


def contenders(pair: str, trial: bool = False) -> dict[str, dict[str, Any]]:
    """The sides of a pair by title, tiny ones for a trial."""
    sides = {}
    for title, side in PAIRS[pair].items():
        small = TRIAL.get(side["name"].split("_")[0], {})
        extra = {"vocabulary": 64, **small} if trial and small else {}
        sides[title] = {**side, "options": {**side["options"], **extra}}
    return sides


def page(
    figures: Mapping[str, Mapping[str, Mapping[str, Any]]],
    machine: str,
    options: Comparison,
) -> str:
    """The page of Markdown, a table for each pair.

    Args:
        figures: By pair, title and name of the measure.
        machine: What it ran on.
        options: What was asked for.
    """
    parts = []
    refused = []
    for pair, sides in figures.items():
        rows = []
        for row in MEASURES:
            values = [side.get(row.key) for side in sides.values()]
            if any(value is not None for value in values):
                ratio = [_ratio(*values)] if len(values) == 2 else []
                rows.append([*row.cells(list(sides.values())), *ratio])
        head = ["", *sides, *(["ratio"] if len(sides) == 2 else [])]
        parts.append(f"## {TITLES[pair]}\n\n{tables.markdown(head, rows)}")
        for title, side in sides.items():
            if "refused" in side:
                refused.append(f"{title} is not converted: {side['refused']}")
    about = [
        f"`python benchmarks/layers.py`, {date.today().isoformat()}; {machine}.",
        f"{options.sentences} sentences of {options.tokens} tokens a batch, "
        f"{options.runs} runs, LiteRT on {options.threads} thread.",
    ]
    title = "DeLighT and GroupLinear, beside what they replace"
    return tables.document(title, about, "\n".join(parts), [*NOTES, *refused])


def _ratio(one: float | None, two: float | None) -> str:
    return "-" if one is None or not two else f"{one / two:.2f}"


def _chosen(
    text: str, known: Sequence[str] | Mapping[str, Any], flag: str
) -> list[str]:
    names = [name for name in text.split(",") if name]
    for name in names:
        if name not in known:
            raise UserError(f"{name}: unknown ({flag})", f"Known: {', '.join(known)}.")
    return names


def _child(
    task: str, backend: str, sides: Mapping[str, Any], options: Comparison
) -> dict[str, Any] | None:
    """Figures of a pair from a process under a backend; None where that fails."""
    job = {
        "task": task,
        "contenders": sides,
        "sentences": options.sentences,
        "tokens": options.tokens,
        "runs": options.runs,
        "threads": options.threads,
    }
    command = [sys.executable, "-m", "benchmarks.layers_worker", json.dumps(job)]
    done = subprocess.run(
        command,
        cwd=HERE.parent,
        env={**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "2"},
        stdout=subprocess.PIPE,
        stderr=None if options.verbose else subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        last = (done.stderr or "").strip().splitlines()[-1:] or ["see above"]
        remark(f"{task} under {backend} failed: {last[0]}")
        return None
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program; returns its exit code."""
    example = "python benchmarks/layers.py --trial --backends jax --runs 2"
    about = "Compares layers and models of the papers with what they replace."
    verb = Verb("compare", Comparison, run, example)
    return Program("layers-benchmark", about, [verb]).main(argv)


if __name__ == "__main__":
    sys.exit(main())
