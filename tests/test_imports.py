"""What may import what: the floors of the house, and what stays light."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FRAMEWORKS = {"keras", "tensorflow", "jax", "torch"}

# An import only ever goes down: to a smaller number, or into its own room.
FLOORS = {
    "console": 0,
    "imaging": 0,
    "text": 0,
    "engine": 1,
    "ocr": 2,
    "translation": 2,
    "classification": 2,
    "image_translation": 2,
    "quality": 2,
    "gradients": 3.0,
    "layers": 3.1,
    "losses": 3.1,
    "models": 3.2,
    "data": 3.2,
    "training": 3.3,
    "recipes": 3.4,
    "edge": 4,
    "apps": 5,
}
# Rooms of one floor that may know one another, as far as the design says so; the
# console is what everybody speaks through.
NEIGHBOURS = {("imaging", "console"), ("text", "console")}
# The run world, and the readers of data: no framework, not even inside a function,
# but for the engine, whose functions open one on request.
LIGHT = {"console", "imaging", "text", "ocr"}
LIGHT_ON_IMPORT = LIGHT | {"engine", "data", "apps"}


def sources() -> list[Path]:
    return sorted([*(ROOT / "suite").rglob("*.py"), *(ROOT / "apps").rglob("*.py")])


def room_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[0] if parts[0] == "apps" else parts[1]


def imports(tree: ast.AST, inside_functions: bool = True) -> Iterator[str]:
    """Dotted names of what is imported; not what type checkers alone see."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "absolute imports only"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            if inside_functions:
                yield from imports(node)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        else:
            yield from imports(node, inside_functions)


def arrows(tree: ast.AST) -> Iterator[str]:
    """Rooms of this package that a file imports from, type checkers' imports too."""
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "apps":
                yield "apps"
            elif parts[0] == "suite" and len(parts) > 1:
                yield parts[1]


def allowed(here: str, there: str) -> bool:
    if here == there or there == "__version__":
        return True
    if FLOORS[there] == FLOORS[here]:
        return (here, there) in NEIGHBOURS or FLOORS[here] in (3.1, 3.2)
    return FLOORS[there] < FLOORS[here]


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_down_only(path):
    here = room_of(path)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    wrong = [there for there in arrows(tree) if not allowed(here, there)]
    assert not wrong, f"{here} may not import {wrong}"


def test_the_rule_itself():
    assert allowed("ocr", "engine")
    assert allowed("apps", "recipes")
    assert not allowed("engine", "ocr")
    assert not allowed("ocr", "translation")
    assert not allowed("ocr", "data")
    assert not allowed("text", "imaging")
    assert not allowed("console", "text")
    assert not allowed("edge", "apps")
    assert allowed("losses", "gradients")
    assert not allowed("gradients", "losses")
    assert list(arrows(ast.parse("def f():\n from suite.ocr import Reader"))) == ["ocr"]
    hidden = "if TYPE_CHECKING:\n import keras\ndef f():\n import jax.numpy"
    assert list(imports(ast.parse(hidden))) == ["jax.numpy"]
    assert list(imports(ast.parse(hidden), inside_functions=False)) == []


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_frameworks_stay_out_of_the_run_world(path):
    room = room_of(path)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if room in LIGHT_ON_IMPORT:
        names = imports(tree, inside_functions=room in LIGHT)
        assert not {name.split(".")[0] for name in names} & FRAMEWORKS
    elif room == "gradients":  # the one with code of backends: that of the active one
        names = imports(tree, inside_functions=False)
        assert not {name.split(".")[0] for name in names} & (FRAMEWORKS - {"keras"})
    elif room in {"layers", "losses", "models"}:
        names = imports(tree)
        backends = FRAMEWORKS - {"keras"}
        assert not {name.split(".")[0] for name in names} & backends


def test_every_room_has_a_floor():
    assert {room_of(path) for path in sources()} - {"__init__"} <= set(FLOORS)


def loaded_by(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(*sys.modules)"
    run = [sys.executable, "-c", script]
    done = subprocess.run(run, capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.splitlines()[-1].split())


def test_importing_the_package_loads_nothing():
    names = {name for name in loaded_by("import suite") if name.startswith("suite")}
    assert names == {"suite"}


@pytest.mark.parametrize("room", ["console", "imaging", "text", "engine", "ocr"])
def test_the_run_world_loads_no_framework(room):
    assert not loaded_by(f"import suite.{room}") & FRAMEWORKS


def test_the_console_is_light():
    heavy = {"numpy", "cv2", "PIL", "rich.progress", "tyro"}
    assert not loaded_by("import suite.console") & heavy


def test_the_wheel_holds_every_package():
    """The list in pyproject.toml, which setuptools cannot find by itself."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = set(config["tool"]["setuptools"]["packages"])
    tree = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in (ROOT / "suite").rglob("*.py")
    }
    assert listed - {"suite.apps", "suite.saved_models"} == tree
