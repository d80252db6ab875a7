"""The verbs `export` of every program, and `verify`."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from suite.console import Result, UserError, table
from suite.console.messages import report_error
from suite.console.verbs import ExportOptions
from suite.edge.export import VerificationError, export
from suite.edge.samples import Inputs
from suite.engine.folder import CONFIG, model_of, read_config


def run_export(
    options: ExportOptions,
    inputs: Callable[[Mapping[str, Any]], Inputs] | None = None,
    *,
    folder: Path | None = None,
    output: Path | None = None,
    modules: Sequence[str] = (),
    metric: str | None = None,
    metric_options: Mapping[str, Any] | None = None,
    metric_drop: float = 0.01,
) -> Result:
    """Exports a model folder, or all model folders in a folder.

    Args:
        options: What the command line said.
        inputs: From a model's config.json to the inputs of its signatures, on which
            the files are compared with Keras; random ones if None.
        folder: In place of the model that the options name.
        output, modules, metric, metric_options, metric_drop: As in
            `suite.edge.export.export`.

    Returns:
        The reports by name of the model; code 1 where a file was not good enough, or
        one model of several failed.

    Raises:
        UserError: There is no model, or the only one cannot be loaded or converted.
    """

    def prove(one: Path) -> dict[str, Any]:
        return export(
            one,
            inputs=inputs(read_config(one)[0]) if inputs else None,
            formats=options.formats,
            saved_model=options.saved_model,
            modules=modules,
            metric=metric,
            metric_options=metric_options,
            metric_drop=metric_drop,
            output=output,
        )

    return _verdicts(prove, _folders(folder or options.model), output)


def run_verify(
    folder: Path,
    inputs: Callable[[Mapping[str, Any]], Inputs] | None = None,
    **proof: Any,
) -> Result:
    """Verifies the files of a model folder, or of all model folders in a folder.

    Args:
        folder: The folder.
        inputs: As in `run_export`.
        **proof: As in `suite.edge.recheck.recheck`.

    Returns:
        As `run_export`.
    """
    from suite.edge.recheck import recheck

    def prove(one: Path) -> dict[str, Any]:
        given = inputs(read_config(one)[0]) if inputs else None
        return recheck(one, inputs=given, **proof)

    return _verdicts(prove, _folders(folder))


def _verdicts(
    prove: Callable[[Path], dict[str, Any]],
    folders: Sequence[Path],
    output: Path | None = None,
) -> Result:
    """Reports by name of the model; one that fails spoils no other."""
    reports: dict[str, Any] = {}
    code = 0
    for folder in folders:
        name = (output or folder).absolute().name
        try:
            reports[name] = prove(folder)
        except VerificationError as error:  # it ran, the verdict is no
            report_error(error)
            reports[name], code = error.report, 1
        except UserError as error:
            if len(folders) == 1:
                raise
            report_error(error)
            reports[name], code = {}, 1
    rows = [row for name, report in reports.items() for row in _rows(name, report)]
    return Result(reports, table(rows), code, "tensorflow")


def _folders(folder: Path) -> list[Path]:
    folder = model_of(folder)
    if (folder / CONFIG).is_file():
        return [folder]
    found = sorted(path.parent for path in folder.glob(f"*/{CONFIG}"))
    if not found:
        raise UserError(
            f"{folder}: no {CONFIG} there, nor one folder below (--model)",
            "Name the folder model/ of a run, or a folder of models.",
        )
    return found


def _rows(model: str, report: dict[str, Any]) -> list[dict[str, Any]]:
    """What to show of a verification.json."""
    return [
        {
            "model": model,
            "format": name,
            "kB": round(file["bytes"] / 1000),
            "difference": file.get("difference"),
            "limit": file.get("limit"),
            **_metrics(report, file),
            # of the largest signature; the others are of the same network
            "operators": max(
                sum(count.values()) for count in file["operators"].values()
            ),
            **_measured(file),
            "objections": "; ".join(file["objections"]) or None,
        }
        for name, file in report.get("files", {}).items()
    ]


def _metrics(report: dict[str, Any], file: dict[str, Any]) -> dict[str, Any]:
    """The figure of the task before and after, where it was measured."""
    if file.get("metric") is None:
        return {}
    return {"before": report["source"]["metric"], "metric": file["metric"]}


def _measured(file: dict[str, Any]) -> dict[str, Any]:
    """What running a file showed; times are those of the slowest signature."""
    latency = file.get("latency")
    if not latency:
        return {}
    slowest = max(latency.values(), key=lambda times: times["interpreter_ms"])
    return {
        "mean": file["mean_difference"],
        "bytes/weight": file["bytes_per_weight"],
        "ms": slowest["interpreter_ms"],
        "ms compiled": slowest["compiled_model_ms"],
    }
