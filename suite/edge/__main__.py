"""kes-edge: any Keras 3 model becomes a verified LiteRT file; looks into such files.

`python -m suite.edge` and the installed `kes-edge` are the same program.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from suite.console import Result, UserError, table
from suite.console.options import Common
from suite.console.program import Program, Verb
from suite.console.verbs import ExportOptions

if TYPE_CHECKING:
    from suite.edge.samples import Inputs

OneModel = Annotated[Path, tyro.conf.Positional]


@dataclass(frozen=True, kw_only=True)
class Proof(Common):
    """How a model is loaded and what its files are compared on."""

    modules: Annotated[tuple[str, ...], tyro.conf.arg(aliases=["--import"])] = ()
    """Modules to import first: they register the model's own classes."""
    inputs: Path | None = None
    """Arrays to compare on: an .npz with one for each input, by its name or by
    SIGNATURE/NAME; seeded random ones if not given."""
    metric: str | None = None
    """MODULE:FUNCTION, the figure of the task, the higher the better: takes the open
    model (`model(signature, {name: array})`), gives a number."""
    metric_drop: float = 0.01
    """By how much a file's metric may be below that of Keras."""


@dataclass(frozen=True, kw_only=True)
class Export(ExportOptions, Proof):
    """Make LiteRT files of a model and prove them equal to Keras.

    Of a .keras file a model folder is made first, in --output. Needs the extra
    [export]; works in child processes under TensorFlow, whatever backend trained the
    model, and compares with that one too where KERAS_BACKEND or keras.json names it.
    """

    model: OneModel
    """A .keras file, a model folder with config.json and model.keras, or a folder of
    such folders."""
    output: Path | None = None
    """Folder for what is made of a .keras file."""
    batch: int | None = None
    """Samples of a call; 1, or what the model fixes, if not given; with a .keras
    file."""
    shape: tuple[str, ...] = ()
    """NAME=32x100: sizes, without the batch, of an input that leaves some open; with a
    .keras file."""
    signature: tuple[str, ...] = ()
    """NAME=INPUT,INPUT:OUTPUT: an entry point of its own for a part of the model; one
    of all inputs and outputs if none is named; with a .keras file."""


@dataclass(frozen=True, kw_only=True)
class Verify(Proof):
    """Prove again that a folder's LiteRT files are what its Keras model is."""

    model: OneModel
    """Model folder."""


@dataclass(frozen=True, kw_only=True)
class Inspect(Common):
    """Show what LiteRT files hold and what delegates of phones would take of it."""

    models: Annotated[tuple[Path, ...], tyro.conf.Positional] = ()
    """.tflite files, or folders of some; the shipped models if none is named."""


@dataclass(frozen=True, kw_only=True)
class Bench(Common):
    """Time each signature of a model folder's LiteRT files."""

    model: OneModel
    """Model folder."""
    threads: int = 1
    """Threads."""
    runs: int = 20
    """Timed runs of each signature."""
    isolated: bool = False
    """Run the files in child processes: for a model of unknown origin."""


def export(options: Export) -> Result:
    from suite.edge.adopt import adopted
    from suite.edge.export import check_formats
    from suite.edge.verbs import run_export

    _find_own(options)
    given = _inputs(options)

    def run(folder: Path) -> Result:
        return run_export(
            options,
            given,
            folder=folder,
            output=options.output,
            modules=options.modules,
            metric=options.metric,
            metric_drop=options.metric_drop,
        )

    if options.model.is_dir():
        for name in ("output", "batch", "shape", "signature"):
            if getattr(options, name):
                raise UserError(
                    f"{options.model}: --{name} is for a .keras file, this is a folder",
                    "Its config.json says what is made, and where.",
                )
        return run(options.model)
    if options.batch is not None and options.batch < 1:
        raise UserError(f"{options.batch}: no batch (--batch)", "Give 1 or more.")
    # before the model is loaded, which takes a while
    check_formats(options.model, options.formats, given=given is not None)
    if options.output is None:
        raise UserError(
            f"{options.model}: no folder for the files (--output)",
            "Name one: --output out/",
        )
    with adopted(
        options.model,
        options.output,
        batch=options.batch,
        shapes=_once("shape", map(_shape, options.shape)),
        signatures=_once("signature", map(_signature, options.signature)),
        modules=options.modules,
    ) as folder:
        return run(folder)


def verify(options: Verify) -> Result:
    from suite.edge.verbs import run_verify

    _find_own(options)
    return run_verify(
        options.model,
        _inputs(options),
        modules=options.modules,
        metric=options.metric,
        metric_drop=options.metric_drop,
    )


def inspect(options: Inspect) -> Result:
    from suite.edge.inspection import inspect as look
    from suite.engine import shipped_models
    from suite.engine.folder import read_bytes

    found: dict[str, Any] = {}
    for path in options.models or shipped_models():
        if not path.exists():
            raise UserError(
                f"{path}: no such file or folder",
                "Name .tflite files, or folders that hold some.",
            )
        files = sorted(path.rglob("*.tflite")) if path.is_dir() else [path]
        if not files:
            raise UserError(f"{path}: no .tflite file there", "Name another folder.")
        for file in files:
            try:
                found[str(file)] = look(read_bytes(file))
            except UserError as error:
                if str(file) in error.message:
                    raise
                raise UserError(f"{file}: {error.message}", error.hint) from error
    return Result(found, "\n\n".join(_shown(*item) for item in found.items()))


def bench(options: Bench) -> Result:
    from suite.edge.timing import latency_table

    rows = latency_table(
        options.model,
        threads=options.threads,
        runs=options.runs,
        isolated=options.isolated,
    )
    return Result({"latency": rows}, table(rows), backend="litert")


def _shown(name: str, found: Mapping[str, Any]) -> str:
    """A file for people to read."""
    lines = [f"{name}: {found['bytes'] / 1000:,.0f} kB"]
    for signature, tensors in found["signatures"].items():
        sides = (_tensors(tensors[side]) for side in ("inputs", "outputs"))
        lines.append(f"  {signature}: {' -> '.join(sides)}")
    counts = found["operators"].items()
    lines.append("  operators: " + ", ".join(f"{n} x {op}" for op, n in counts))
    sizes = found["weights"].items()
    lines.append(
        "  constants: " + ", ".join(f"{n / 1000:,.0f} kB {t}" for t, n in sizes)
    )
    lines.append(f"  quantization: {_quantization(**found['quantization'])}")
    for delegate, operators in found["refused"].items():
        left = ", ".join(operators) or "nothing"
        lines.append(f"  {delegate} delegate leaves to the CPU: {left}")
        lines.append(f"    says {found['refused_sources'][delegate]}")
    unknown = ", ".join(found["unknown_delegates"])
    lines.append(f"  delegates of which it is not known: {unknown}")
    lines += [f"  phones refuse it: {fault}" for fault in found["objections"]]
    return "\n".join(lines)


def _quantization(per_axis: int, per_tensor: int, activations: int) -> str:
    if not per_axis + per_tensor + activations:
        return "none"
    flow = f"{activations} activations" if activations else "activations are float"
    return f"{per_axis} constants per axis, {per_tensor} per tensor, {flow}"


def _tensors(tensors: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {tensor['dtype']} {'x'.join(map(str, tensor['shape']))}"
        for name, tensor in tensors.items()
    )


def _once(option: str, pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A dictionary of pairs; a name that is given twice is refused."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise UserError(f"{name}: named twice (--{option})", "Leave one out.")
        found[name] = value
    return found


def _shape(text: str) -> tuple[str, tuple[int, ...]]:
    name, equals, sizes = text.partition("=")
    try:
        if not equals:
            raise ValueError
        return name, tuple(int(size) for size in sizes.split("x") if size)
    except ValueError:
        raise UserError(f"{text}: no shape (--shape)", "Write NAME=32x100.") from None


def _signature(text: str) -> tuple[str, tuple[list[str], list[str]]]:
    name, _, tensors = text.partition("=")
    inputs, outputs = ([n for n in side.split(",") if n] for side in _sides(tensors))
    if not (name and inputs and outputs):
        raise UserError(
            f"{text}: no signature (--signature)", "Write NAME=INPUT,INPUT:OUTPUT."
        )
    if "/" in name:  # which parts a signature from its inputs in an .npz
        raise UserError(f"{name}: a name with '/' (--signature)", "Use another sign.")
    return name, (inputs, outputs)


def _sides(tensors: str) -> tuple[str, str]:
    inputs, _, outputs = tensors.partition(":")
    return inputs, outputs


def _inputs(options: Proof) -> "Callable[[Mapping[str, Any]], Inputs] | None":
    """From a config.json to the arrays that the user gave; None without any."""
    from suite.edge.given import read_given

    return None if options.inputs is None else read_given(options.inputs)


def _find_own(options: Proof) -> None:
    """Lets modules of the current folder be found, after all that are installed.

    The installed program does not look there, `python -m` does.
    """
    if options.modules or options.metric:
        sys.path.append(str(Path.cwd()))


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program; returns its exit code."""
    verbs = [
        Verb("inspect", Inspect, inspect, "kes-edge inspect out/"),
        Verb(
            "export",
            Export,
            export,
            "kes-edge export my.keras --output out/ --shape ids=40",
        ),
        Verb("verify", Verify, verify, "kes-edge verify out/"),
        Verb("bench", Bench, bench, "kes-edge bench out/"),
    ]
    about = (
        "Makes verified LiteRT files of Keras models. Without a verb: what is in those "
        "that ship."
    )
    return Program("kes-edge", about, verbs).main(argv)


if __name__ == "__main__":
    sys.exit(main())
