"""The configuration is checked field by field, without keras."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from suite.console import UserError
from suite.training.config import FitConfig


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", 0),
        ("evaluate_every", 0),
        ("checkpoint_seconds", 0.0),
        ("checkpoint_every", -1),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("schedule", "linear"),
        ("warmup", 1.0),
        ("floor", 1.5),
        ("plateau_patience", 0),
        ("plateau_factor", 1.0),
        ("weight_decay", -0.1),
        ("clip", -0.1),
        ("ema", 1.0),
        ("mode", "best"),
        ("patience", -1),
        ("seed", -1),
    ],
)
def test_out_of_range_is_named(name: str, value: Any) -> None:
    with pytest.raises(UserError, match=f"`{name}` is out of range: {value!r}"):
        FitConfig(**{name: value})


def test_edges_are_in_range() -> None:
    FitConfig(steps=1, warmup=0.0, floor=1.0, ema=0.0, clip=0.0, weight_decay=0.0)


def test_package_and_config_load_no_keras() -> None:
    code = (
        "import sys; import suite.training; suite.training.FitConfig();"
        "suite.training.write_run_config;"
        "print({'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules))"
    )
    root = Path(__file__).parents[2]
    run = [sys.executable, "-c", code]
    result = subprocess.run(run, cwd=root, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"


def test_unknown_name_of_the_package() -> None:
    import suite.training

    with pytest.raises(AttributeError, match="no attribute 'fitt'"):
        suite.training.fitt  # noqa: B018
