"""The figure of the task itself, measured before and after an export."""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.console.errors import UserError

if TYPE_CHECKING:
    from suite.engine import Model


def measured(job: Mapping[str, Any], model: Model) -> float | None:
    """The job's metric of an open model; None where the job has none.

    Args:
        job: Its `metric` is `module:function`; the function takes what `open_model`
            returns and, by name, the job's `metric_options`; it gives a number, the
            higher the better.
        model: The model.

    Raises:
        UserError: There is no such function, it fails, or gives no finite number; or
            what the function itself refuses by one.
    """
    name = job.get("metric")
    if not name:
        return None
    module, _, function = str(name).partition(":")
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(
            f"{name}: no such function ({error}) (--metric)",
            "Name it as module:function; the module must be importable.",
        ) from error
    try:
        value = float(found(model, **job.get("metric_options") or {}))
    except UserError:
        raise
    except Exception as error:  # a stranger's function
        raise UserError(
            f"{name}: failed: {type(error).__name__}: {error} (--metric)"
        ) from error
    if not math.isfinite(value):
        raise UserError(f"{name}: gave {value} (--metric)")
    return value
