"""Training: one loop with exact resume for every program and every backend.

`FitConfig` can be imported without keras, so that `--help` stays quick; the rest
loads keras with the first use of a name.
"""

from typing import TYPE_CHECKING, Any

from suite.training.config import FitConfig
from suite.training.logs import check_folder, write_run_config

if TYPE_CHECKING:
    from suite.training.fitting import FitResult, fit, load_best
    from suite.training.second_order import Minimum, minimize

__all__ = [
    "FitConfig",
    "FitResult",
    "Minimum",
    "check_folder",
    "fit",
    "load_best",
    "minimize",
    "write_run_config",
]


def __getattr__(name: str) -> Any:
    if name in {"FitResult", "fit", "load_best"}:
        from suite.training import fitting

        return getattr(fitting, name)
    if name in {"Minimum", "minimize"}:
        from suite.training import second_order

        return getattr(second_order, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
