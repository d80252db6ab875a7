"""The arrays that an exported file is compared on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from suite.console.errors import UserError
from suite.engine.contract import Signature, TensorSpec, check_inputs

INPUTS = "inputs.npz"
REFERENCE = "reference.npz"
CALIBRATION = "calibration.npz"

Inputs = Callable[[str], Mapping[str, np.ndarray]]
"""From the name of a signature to its inputs."""


def random_inputs(specs: Mapping[str, Any], seed: int) -> dict[str, np.ndarray]:
    """Seeded random inputs of a signature.

    What has a `range` ([lowest, highest]) is a whole number of it, floats too: tokens.
    Else floats are drawn from N(0, 1), uint8 and int8 from their whole range, bools are
    fair, other integers from 1 to 8: small enough for most vocabularies, and no length
    of zero.

    Args:
        specs: The `inputs` of a signature in config.json.
        seed: Seed of the generator.

    Returns:
        An array for each input.
    """
    rng = np.random.default_rng(seed)
    return {name: _draw(rng, entry) for name, entry in specs.items()}


def _draw(rng: np.random.Generator, entry: Mapping[str, Any]) -> np.ndarray:
    shape, dtype = tuple(entry["shape"]), np.dtype(entry["dtype"])
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(dtype)
    low, high = entry.get("range") or (1, 8)
    if dtype.kind not in "iu" and "range" in entry:
        return rng.integers(low, high, shape, endpoint=True).astype(dtype)
    if dtype.kind not in "iu":
        return rng.standard_normal(shape).astype(dtype)
    if dtype.itemsize == 1 and "range" not in entry:
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    return rng.integers(low, high, shape, dtype=dtype, endpoint=True)


def cut(
    signatures: Mapping[str, Signature], name: str, arrays: Mapping[str, np.ndarray]
) -> list[dict[str, np.ndarray]]:
    """Cuts arrays that hold several samples into inputs of single calls.

    Args:
        signatures: The entry points of the model.
        name: The one that the arrays are for.
        arrays: An array for each input, of its shape, or of a multiple of its batch:
            samples stand one after another along the first axis, as many for each.

    Returns:
        The inputs of one call after another, at least one.

    Raises:
        UserError: There is no sample in the arrays, or NaN or infinity.
        ValueError: They do not fit the signature.
    """
    specs = signatures[name].inputs
    counts = {
        _calls(arrays[tensor], spec)
        for tensor, spec in specs.items()
        if tensor in arrays
    }
    if counts == {0}:
        raise UserError(
            f"signature {name!r}: the inputs hold no sample", "Give at least one."
        )
    count = counts.pop() if len(counts) == 1 else 1
    # one that is not cut is checked, and refused, as it is
    parts = (
        [dict(arrays)]
        if count == 1
        else [
            {
                tensor: value[len(value) // count * i : len(value) // count * (i + 1)]
                for tensor, value in arrays.items()
            }
            for i in range(count)
        ]
    )
    checked = [check_inputs(signatures, name, part) for part in parts]
    for tensor, array in ((t, a) for part in checked for t, a in part.items()):
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise UserError(
                f"signature {name!r}: input {tensor!r} holds NaN or infinity",
                "Leave such samples out.",
            )
    return checked


def _calls(array: np.ndarray, spec: TensorSpec) -> int:
    """For how many calls an array holds samples; 1 where it cannot be cut."""
    # a scalar has no axis for several samples
    if not spec.shape or np.ndim(array) == 0 or len(array) % spec.shape[0]:
        return 1
    return len(array) // spec.shape[0]


def save(path: Path, arrays: Mapping[str, Mapping[str, np.ndarray]]) -> None:
    """Writes arrays by signature and tensor as one .npz file."""
    flat = {
        f"{signature}/{name}": array
        for signature, tensors in arrays.items()
        for name, array in tensors.items()
    }
    # no keyword arguments: a tensor may be called `file`
    with path.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **flat)


def load(path: Path) -> dict[str, dict[str, np.ndarray]]:
    """Reads what `save` wrote."""
    arrays: dict[str, dict[str, np.ndarray]] = {}
    with np.load(path, allow_pickle=False) as stored:
        for key in stored.files:
            signature, _, name = key.partition("/")
            arrays.setdefault(signature, {})[name] = stored[key]
    return arrays
