"""The examples in the docstrings of layers, losses and models run, and tell the truth.

Tensors are compared as arrays: each backend prints them in its own way.
"""

import doctest
import importlib
import re
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.numeric import assert_close, to_numpy

pytestmark = [pytest.mark.slow, pytest.mark.backend]
ROOT = Path(__file__).parents[1]
ROOMS = ("layers", "losses", "models")
MODULES = [
    f"suite.{room}.{path.stem}"
    for room in ROOMS
    for path in sorted((ROOT / "suite" / room).glob("*.py"))
    if ">>>" in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    module = importlib.import_module(name)
    package = importlib.import_module(name.rpartition(".")[0])
    known = {**vars(package), **vars(module), "keras": keras, "np": np}
    found = [
        one
        for one in doctest.DocTestFinder().find(module, name, globs=known)
        if one.examples
    ]
    assert found
    for one in found:
        for example in one.examples:
            check(example, one.globs, f"{one.name}: {example.source.strip()}")


def check(example, known, where):
    if example.exc_msg:
        said = example.exc_msg.partition("...")[2].strip()
        with pytest.raises(ValueError, match=re.escape(said)):
            eval(example.source, known)  # noqa: S307
        return
    code = compile(example.source, where, "single" if not example.want else "eval")
    got = eval(code, known)  # noqa: S307 - our own docstrings
    if not example.want:
        return
    try:
        want = eval(example.want, known)  # noqa: S307
    except SyntaxError:
        assert repr(got) == example.want.strip(), where
        return
    if isinstance(want, list | float) and hasattr(got, "shape"):
        assert_close(to_numpy(got), np.array(want), atol=1e-2, name=where)
    else:
        assert (tuple(got) if isinstance(want, tuple) else got) == want, where
