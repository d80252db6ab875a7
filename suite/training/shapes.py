"""The shapes of batches, met again in the same order by a resumed run.

TensorFlow (2.21) leaves a compiled step unoptimized if its CTC loss has other shapes
than that of the first step compiled in the process, and unoptimized steps differ in
the last bits: measured on a recognizer with two widths, resumed at a batch of the
second. So a resumed run first compiles what the run before had compiled.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from suite.console import atomic_path

Batch = tuple[Any, Any]

_MOST = 64  # beyond, batches are not padded to a few shapes: do not fill the disk


class Shapes:
    """One batch of each shape, on disk, in the order in which the shapes came.

    Args:
        folder: Where the batches lie, `shape-000.npz` and so on.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: set[Any] = set()

    def note(self, batch: Batch) -> None:
        """Keeps the batch if it is the first of its shape.

        Args:
            batch: `(inputs, targets)`, each an array or a dict of arrays by name.

        Raises:
            UserError: The disk is full.
        """
        key = shapes_of(batch)
        if key in self._known or len(self._known) >= _MOST:
            return
        path = self.folder / f"shape-{len(self._known):03d}.npz"
        arrays = dict(_flatten(batch))
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        self._known.add(key)

    def replay(self) -> Iterator[Batch]:
        """The batches of the run before; they count as known from then on."""
        for path in sorted(self.folder.glob("shape-*.npz")):
            with np.load(path, allow_pickle=False) as file:
                batch = _gather({name: file[name] for name in file.files})
            self._known.add(shapes_of(batch))
            yield batch

    def clear(self) -> None:
        """Forgets what an earlier run left in the folder."""
        for path in self.folder.glob("shape-*.npz"):
            path.unlink()


def shapes_of(batch: Any) -> tuple[Any, ...]:
    """Shapes and kinds of all arrays of a batch, as something to compare."""
    return tuple((tuple(x.shape), str(x.dtype)) for x in keras.tree.flatten(batch))


def _flatten(batch: Batch) -> Iterator[tuple[str, np.ndarray]]:
    for half, part in zip(("inputs", "targets"), batch, strict=True):
        if isinstance(part, dict):
            for name, value in part.items():
                yield f"{half}/{name}", np.asarray(value)
        else:
            yield half, np.asarray(part)


def _gather(arrays: dict[str, np.ndarray]) -> Batch:
    halves = []
    for half in ("inputs", "targets"):
        named = {
            name.removeprefix(f"{half}/"): value
            for name, value in arrays.items()
            if name.startswith(f"{half}/")
        }
        halves.append(arrays.get(half, named))
    return halves[0], halves[1]
