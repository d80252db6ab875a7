"""The arrays that a user gives in a file, for the signatures of a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from suite.console.errors import UserError
from suite.edge.samples import Inputs, cut
from suite.engine.contract import Signature
from suite.engine.folder import signatures_of


def read_given(path: Path) -> Callable[[Mapping[str, Any]], Inputs]:
    """Reads an .npz file of inputs.

    Args:
        path: The file; its keys are names of inputs, for all signatures that have one
            of this name, or SIGNATURE/NAME for one of them alone.

    Returns:
        From a model's config.json to the arrays of each signature.

    Raises:
        UserError: It is no .npz of plain arrays, or holds none, or NaN; later, that
            it does not fit the signatures.
    """
    arrays = _read(path)

    def fitted(config: Mapping[str, Any]) -> Inputs:
        signatures = signatures_of(config)
        chosen: dict[str, dict[str, np.ndarray]] = {}
        used: set[str] = set()
        for signature, entry in signatures.items():
            # the more exact name wins
            keys = {
                name: key
                for name in entry.inputs
                for key in (name, f"{signature}/{name}")
                if key in arrays
            }
            used |= {key for name in keys for key in (name, keys[name])}
            chosen[signature] = {name: arrays[key] for name, key in keys.items()}
        foreign = [key for key in arrays if key not in used]
        if foreign:
            known = dict.fromkeys(n for s in signatures.values() for n in s.inputs)
            raise UserError(
                f"{path}: no input is called {', '.join(foreign)} (--inputs)",
                f"Inputs: {', '.join(known)}; signatures: {', '.join(signatures)}.",
            )
        for signature, given in chosen.items():
            try:
                cut(signatures, signature, given)
            except ValueError as error:
                hint = _remedy(signatures[signature], given)
                raise UserError(f"{path}: {error} (--inputs)", hint) from error
        return chosen.__getitem__

    return fitted


def _remedy(signature: Signature, given: Mapping[str, np.ndarray]) -> str:
    """What to do about arrays that do not fit."""
    for name, spec in signature.inputs.items():
        if name in given and given[name].dtype != spec.dtype:
            return f'Convert it first: {name}.astype("{spec.dtype}").'
    return "Name arrays as the inputs, or SIGNATURE/NAME where they differ."


def _read(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        if not all(isinstance(array, np.ndarray) for array in arrays.values()):
            raise ValueError("a zip file of something else")
    except (OSError, ValueError, EOFError, AttributeError, TypeError) as error:
        raise UserError(
            f"{path}: not an .npz of plain arrays: {error} (--inputs)",
            "Write it by numpy.savez(path, NAME=array, ...).",
        ) from error
    bad = [
        name
        for name, array in arrays.items()
        if array.dtype.kind == "f" and not np.isfinite(array).all()
    ]
    if bad or not arrays:
        said = f"NaN or infinity in {', '.join(bad)}" if bad else "no array in it"
        raise UserError(f"{path}: {said} (--inputs)")
    return arrays
