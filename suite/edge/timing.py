"""How long a model takes."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from suite.console.errors import UserError
from suite.edge.samples import Inputs, random_inputs
from suite.engine import PRECISIONS, Model, open_model
from suite.engine.folder import read_config


@dataclass(frozen=True)
class Latency:
    """Milliseconds of one signature, wall clock, warm."""

    median: float
    """Half of the runs are quicker."""
    p90: float
    """Nine runs in ten are quicker."""
    runs: int
    """Number of runs that were timed."""


def latency_table(
    folder: Path,
    inputs: Callable[[Mapping[str, Any]], Inputs] | None = None,
    *,
    threads: int = 2,
    runs: int = 20,
    isolated: bool = False,
) -> list[dict[str, Any]]:
    """Sizes and times of a model folder's LiteRT files.

    Args:
        folder: The model folder.
        inputs: From a model's config.json to the inputs of its signatures; random
            ones if None.
        threads: Threads of the interpreter.
        runs: As in `time_model`.
        isolated: As in `suite.engine.open_model`.

    Returns:
        A row for each file and signature: `model`, `format`, `kB` (1000 bytes),
        `signature`, `median_ms`, `p90_ms`.

    Raises:
        UserError: There is no such folder, no LiteRT file in it, or one is damaged;
            `threads` or `runs` is below 1.
    """
    for name, number in (("threads", threads), ("runs", runs)):
        if number < 1:
            raise UserError(f"{number}: too few (--{name})", "Give 1 or more.")
    config, _ = read_config(folder)
    given = inputs(config) if inputs else None
    rows: list[dict[str, Any]] = []
    for precision in PRECISIONS:
        path = folder / f"{precision}.tflite"
        if not path.is_file():
            continue
        model = open_model(
            folder, precision=precision, threads=threads, keep=1, isolated=isolated
        )
        size = round(path.stat().st_size / 1000)
        head = {"model": folder.name, "format": precision, "kB": size}
        for name, latency in time_model(model, given, runs=runs).items():
            times = {"median_ms": latency.median, "p90_ms": latency.p90}
            rows.append({**head, "signature": name, **times})
    if not rows:
        raise UserError(
            f"{folder}: no LiteRT file there to time", "Export the model first."
        )
    return rows


def time_model(
    model: Model, given: Inputs | None = None, *, runs: int = 20, seconds: float = 2.0
) -> dict[str, Latency]:
    """Times each signature, after one run that does not count.

    Args:
        model: The open model.
        given: Gives the inputs of a signature; seeded random ones if None.
        runs: Runs of a signature, at most.
        seconds: Time for a signature, after which no further run begins; three runs
            are made in any case.

    Returns:
        Latency by name of the signature.
    """

    def once(name: str, inputs: Mapping[str, np.ndarray]) -> Latency:
        return time_call(lambda: model(name, inputs), runs=runs, seconds=seconds)

    return {
        name: once(name, given(name) if given else random_inputs(entry["inputs"], 0))
        for name, entry in model.config["signatures"].items()
    }


def time_call(call: Callable[[], Any], *, runs: int, seconds: float) -> Latency:
    """Times a call, after one that does not count.

    Args:
        call: What to time.
        runs: Timed calls, at most.
        seconds: Time after which no further call begins; three are made in any case.
    """
    call()
    times: list[float] = []
    while len(times) < runs and (len(times) < 3 or sum(times) < 1000 * seconds):
        start = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - start))
    median, p90 = np.percentile(times, [50, 90]).tolist()
    return Latency(median, p90, len(times))
