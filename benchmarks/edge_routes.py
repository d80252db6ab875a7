"""Ways to run a network, side by side: each file opened, timed in turn, compared."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.edge_peers import FLOAT_ONNX, INT8_ONNX, STOCK
from suite.console import UserError
from suite.edge import samples
from suite.edge.compiled import CompiledRunner
from suite.edge.verify import difference
from suite.engine import open_model
from suite.engine.contract import Signature
from suite.engine.folder import read_config

Arrays = Mapping[str, np.ndarray]
Run = Callable[[Arrays], Arrays]


@dataclass(frozen=True)
class Route:
    """A way to run a network."""

    key: str
    """Its name in the JSON."""
    title: str
    """Its name in the table."""
    file: str
    """What it runs, in a model folder; where it is absent the route is left out."""
    open: Callable[[Path], Run]
    """From the file to a call."""


def ours(path: Path) -> Run:
    """One of our files in this suite's engine, on one thread."""
    model = open_model(path.parent, precision=path.stem, threads=1)
    (name,) = model.signatures
    return lambda inputs: model(name, inputs)


def compiled(path: Path) -> Run:
    """One of our files in CompiledModel, which takes one thread by default."""
    config, signatures = read_config(path.parent)
    model = CompiledRunner(path.read_bytes(), config, signatures, str(path))
    (name,) = signatures
    return lambda inputs: model(name, inputs)


def plain(path: Path) -> Run:
    """A file without our names, by LiteRT's Interpreter alone, on one thread."""
    from ai_edge_litert.interpreter import Interpreter

    wanted = _signature(path)
    interpreter = Interpreter(model_path=str(path), num_threads=1)
    interpreter.allocate_tensors()
    places = {
        (tuple(map(int, one["shape"])), np.dtype(one["dtype"]).name): one["index"]
        for one in interpreter.get_input_details()
    }
    # no two inputs of these networks are alike
    indices = {
        name: places[spec.shape, spec.dtype] for name, spec in wanted.inputs.items()
    }
    (output,), (name,) = interpreter.get_output_details(), wanted.outputs

    def run(inputs: Arrays) -> Arrays:
        for tensor, index in indices.items():
            interpreter.set_tensor(index, inputs[tensor])
        interpreter.invoke()
        return {name: interpreter.get_tensor(output["index"])}

    return run


def onnx_runtime(path: Path) -> Run:
    """An ONNX file in ONNX Runtime, all of its graph optimizations, on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"]
    )
    # an input that the network turned out not to need is not in the file
    names = [one.name for one in session.get_inputs()]
    outputs = [one.name for one in session.get_outputs()]

    def run(inputs: Arrays) -> Arrays:
        found = session.run(outputs, {name: inputs[name] for name in names})
        return dict(zip(outputs, found, strict=True))

    return run


ROUTES = (
    Route("stock", "Keras' export, float32", STOCK, plain),
    Route("onnx_float32", "ONNX Runtime, float32", FLOAT_ONNX, onnx_runtime),
    Route("onnx_dynamic_int8", "ONNX Runtime, dynamic int8", INT8_ONNX, onnx_runtime),
    Route("float32", "ours, float32", "float32.tflite", ours),
    Route("float16", "ours, float16", "float16.tflite", ours),
    Route("dynamic_int8", "ours, dynamic int8", "dynamic_int8.tflite", ours),
    Route("full_int8", "ours, full int8", "full_int8.tflite", ours),
    Route(
        "float32_compiled",
        "ours, float32, CompiledModel",
        "float32.tflite",
        compiled,
    ),
    Route(
        "dynamic_int8_compiled",
        "ours, dynamic int8, CompiledModel",
        "dynamic_int8.tflite",
        compiled,
    ),
)


def compare(folder: Path, runs: int) -> dict[str, dict[str, Any]]:
    """Figures of each way to run the network of a model folder.

    The ways take turns run by run, and at who begins, so that other load on the
    machine meets all of them alike.

    Args:
        folder: The model folder of one signature, with inputs and reference.
        runs: Timed runs of each, after two that do not count.

    Returns:
        By key of the route: `ms` and `wall_ms`, medians; `bytes` of the file;
        `difference` from Keras as `suite.edge.verify` defines it.

    Raises:
        UserError: There is no reference, since Keras failed.
    """
    if not (folder / samples.REFERENCE).is_file():
        raise UserError(
            f"{folder.name}: there is nothing to compare with: Keras did not run it",
            "Install tensorflow; lines above say what went wrong.",
        )
    (inputs,) = samples.load(folder / samples.INPUTS).values()
    (wanted,) = samples.load(folder / samples.REFERENCE).values()
    there = [route for route in ROUTES if (folder / route.file).is_file()]
    opened = {route.key: route.open(folder / route.file) for route in there}
    figures = {
        route.key: {
            "bytes": (folder / route.file).stat().st_size,
            "difference": difference(opened[route.key](inputs), wanted),
        }
        for route in there
    }
    for key, (cpu, wall) in medians(opened, inputs, runs).items():
        figures[key] |= {"ms": cpu, "wall_ms": wall}
    return figures


def medians(
    opened: Mapping[str, Run], inputs: Arrays, runs: int
) -> dict[str, tuple[float, float]]:
    """Median milliseconds of each call, of the processor and wall clock.

    Every way runs on one thread, so the processor's time is what it takes on a machine
    that does nothing else; on a busy one the wall clock shows the others.
    """
    names = list(opened)
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for run in opened.values():
        run(inputs)
    for turn in range(runs + 1):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            start = time.process_time(), time.perf_counter()
            opened[name](inputs)
            end = time.process_time(), time.perf_counter()
            if turn:
                times[name].append((end[0] - start[0], end[1] - start[1]))
    return {
        name: (
            1000 * statistics.median(cpu for cpu, _ in found),
            1000 * statistics.median(wall for _, wall in found),
        )
        for name, found in times.items()
    }


def ratio(
    figures: Mapping[str, Mapping[str, Any]], key: str, to: Sequence[str], what: str
) -> float | None:
    """How a figure of one route stands to the smallest of others; None without any."""
    others = [figures[name][what] for name in to if name in figures]
    return figures[key][what] / min(others) if key in figures and others else None


def _signature(path: Path) -> Signature:
    (signature,) = read_config(path.parent)[1].values()
    return signature
