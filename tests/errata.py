"""The page of errata: what is printed or coded wrong, what is right, and the test.

A test that shows a slip bears a mark, of literal strings:

    @pytest.mark.erratum("Articles", "what they say", "what is right")

`pytest -m erratum` runs them all, on each backend by `KERAS_BACKEND`;
`python tests/errata.py` writes `docs/errata.md` from the marks.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "errata.md"
SOURCES = ("Articles", "Papers", "Public code", "Frameworks")

_HEAD = """# Errata

Slips of survey articles, of papers and of public re-implementations that the networks
of this project go back to, and habits of the frameworks that pass for the formula. Each
line is shown by a test:

```
KERAS_BACKEND=jax pytest -m erratum    # or tensorflow, torch
```

Made from the tests by `python tests/errata.py`. A test without keras, marked *, is the
same on every backend.
"""


class Erratum(NamedTuple):
    """One line of the page."""

    source: str
    """Who says it, one of `SOURCES`."""
    slip: str
    """What is said."""
    truth: str
    """What is right."""
    path: str
    """File of the test, from the root."""
    test: str
    """Name of the test."""
    line: int
    """Where the test begins."""
    on_backends: bool
    """Whether CI runs the test once per backend."""


def collect(root: Path = TESTS) -> list[Erratum]:
    """All marks of the test files below a folder, by source, file and line."""
    found = [
        erratum for path in sorted(root.rglob("test_*.py")) for erratum in _read(path)
    ]
    return sorted(found, key=lambda e: (SOURCES.index(e.source), e.path, e.line))


def page(errata: list[Erratum]) -> str:
    """The document."""
    parts = [_HEAD]
    for source in SOURCES:
        rows = [_row(e) for e in errata if e.source == source]
        if rows:
            head = "| said | right | test |\n| --- | --- | --- |\n"
            parts.append(f"## {source}\n\n{head}" + "".join(rows))
    return "\n".join(parts)


def _row(erratum: Erratum) -> str:
    star = "" if erratum.on_backends else " *"
    link = f"[`{erratum.test}`](../{erratum.path}){star}"
    cells = [erratum.slip, erratum.truth, link]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _read(path: Path) -> Iterator[Erratum]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    whole = any(
        isinstance(node, ast.Assign)
        and ast.unparse(node) == "pytestmark = pytest.mark.backend"
        for node in tree.body
    )
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        marks = {ast.unparse(d) for d in node.decorator_list}
        for decorator in node.decorator_list:
            if not isinstance(decorator, ast.Call):
                continue
            if ast.unparse(decorator.func) == "pytest.mark.erratum":
                source, slip, truth = map(ast.literal_eval, decorator.args)
                yield Erratum(
                    source,
                    slip,
                    truth,
                    path.relative_to(TESTS.parent).as_posix(),
                    node.name,
                    node.lineno,
                    whole or "pytest.mark.backend" in marks,
                )


if __name__ == "__main__":
    PAGE.write_text(page(collect()), encoding="utf-8")
