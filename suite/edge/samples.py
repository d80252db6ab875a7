"""The arrays that an exported file is compared on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

INPUTS = "inputs.npz"
REFERENCE = "reference.npz"


def random_inputs(specs: Mapping[str, Any], seed: int) -> dict[str, np.ndarray]:
    """Seeded random inputs of a signature.

    Floats are drawn from N(0, 1), uint8 and int8 from their whole range, bools are
    fair; other integers from the entry's `range` ([lowest, highest]) or, where it has
    none, from 1 to 8: small enough for most vocabularies, and no length of zero.

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
    if dtype.kind not in "iu":
        return rng.standard_normal(shape).astype(dtype)
    low, high = entry.get("range") or (1, 8)
    if dtype.itemsize == 1 and "range" not in entry:
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    return rng.integers(low, high, shape, dtype=dtype, endpoint=True)


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
