"""docs/edge-coverage.md: what becomes of each model of the zoo."""

import collections
import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from tests.edge.zoo.run import MODEL, REFUSED, STOCK

PAGE = Path(__file__).parents[3] / "docs" / "edge-coverage.md"
COMMAND = "python -m tests.edge.zoo --write"
_HEAD = """\
# Which layers of Keras leave for the phone

Small models of the layers of Keras, each exported twice: by Keras' own
`model.export(path, format="litert")`, and by `python -m suite.edge export` to built-in
operators only. *Stock export* says `built-in`, which operators no phone has (Flex,
custom), or with which error it fails; a file of built-in operators may still be slow
or of an open batch size. *Ours* is `exported`, or `refused` with a sentence that names
the layer and a remedy, given below the table. *Difference* is the largest one from
Keras, `max|a-b| / max(1, max|b|)`, over two calls of Interpreter and one of
CompiledModel in float32, on random inputs.

Written by `{command}` with keras {keras}, tensorflow {tensorflow} and ai-edge-litert
{ai-edge-litert}; models saved on {backend}. `tests/edge/test_zoo.py` compares this page
with the models.
"""
_MISSING = "Not measured yet: "
_COLUMNS = "| model | layers | stock export | ours | operators | difference |"


def write(folder: Path) -> None:
    """Measures the whole zoo in child processes and writes the page.

    Args:
        folder: Of the files in between; what lies there already is not done again.
    """
    from tests.edge.zoo.entries import ENTRIES

    def without(*files: str) -> list[str]:
        return [
            name
            for name in ENTRIES
            if not any((folder / name / file).exists() for file in files)
        ]

    child("save", folder, without(MODEL))
    child("convert", folder, without("converted.json", REFUSED))
    child("compare", folder, without("float32.json", REFUSED))
    while missing := without(STOCK):
        if child("stock", folder, missing, check=False) != 0:
            died = next(name for name in missing if name in without(STOCK))
            (folder / died / STOCK).write_text('"ends the converter\'s process"')
    PAGE.write_text(text(folder), encoding="utf-8")


def child(verb: str, folder: Path, names, backend=None, check: bool = True) -> int:
    """A step of the zoo in a process of its own; returns its exit code."""
    if not names:
        return 0
    backend = backend or os.environ.get("KERAS_BACKEND", "tensorflow")
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend if verb == "save" else "tensorflow",
        "CUDA_VISIBLE_DEVICES": "-1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.edge.zoo", verb, folder, *names],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not check or done.returncode == 0, done.stderr[-3000:]
    return done.returncode


def text(folder: Path) -> str:
    """The page, from what the steps left in a folder."""
    from tests.edge.zoo.entries import SECTIONS

    packages = ("keras", "tensorflow", "ai-edge-litert")
    facts = {name: version(name) for name in packages}
    facts["backend"] = os.environ.get("KERAS_BACKEND", "tensorflow")
    parts = [_HEAD.format_map({"command": COMMAND, **facts})]
    said = []
    missing = []
    for title, entries in SECTIONS.items():
        parts += [f"\n## {title}\n\n{_COLUMNS}\n|---|---|---|---|---|---|\n"]
        for entry in entries:
            if not (folder / entry.name / STOCK).exists():
                missing.append(entry.name)
                continue
            parts.append(row(entry.name, folder / entry.name))
            refused = folder / entry.name / REFUSED
            if refused.exists():
                said.append((entry.name, json.loads(refused.read_text())))
    parts.append("\n## What is said where a model is refused\n\n")
    parts += [f"- {name}: {e['message']}. *{e['hint']}*\n" for name, e in said]
    if missing:
        parts.append(f"\n{_MISSING}{', '.join(missing)}.\n")
    return "".join(parts)


def row(name: str, work: Path) -> str:
    stock, layers = json.loads((work / STOCK).read_text()), layers_of(work / MODEL)
    if (work / REFUSED).exists():
        return f"| {name} | {layers} | {stock} | refused | | |\n"
    measured = json.loads((work / "float32.json").read_text())
    counts: collections.Counter[str] = collections.Counter()
    for graph in measured["operators"].values():
        counts.update(graph)
    common = [operator for operator, _ in counts.most_common(4)]
    more = ", ..." if len(counts) > len(common) else ""
    operators = f"{sum(counts.values())}: {', '.join(common)}{more}"
    difference = f"{measured['difference']:.1e}"
    return f"| {name} | {layers} | {stock} | exported | {operators} | {difference} |\n"


def layers_of(path: Path) -> str:
    """Classes of layers in a .keras file, without those of its inputs."""
    import zipfile

    with zipfile.ZipFile(path) as archive:
        config = archive.read("config.json").decode()
    found = re.findall(
        r'"module": "(?:keras\.layers|tests[.\w]+)", "class_name": "(\w+)"', config
    )
    return ", ".join(k for k in dict.fromkeys(found) if k != "InputLayer") or "none"


def rows(page: str) -> dict[str, list[str]]:
    """The cells of the page's tables by the name of the model."""
    lines = [line for line in page.splitlines() if re.match(r"\| [a-z]\w* \|", line)]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    return {name: rest for name, *rest in cells if name != "model"}


def not_measured(page: str) -> list[str]:
    """The models that the page merely names."""
    found = re.findall(rf"^{_MISSING}(.*)\.$", page, re.MULTILINE)
    return found[0].split(", ") if found else []
