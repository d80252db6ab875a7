"""Checkpoints: one file each, complete or absent, free of pickle.

They know nothing of models or losses: named groups of variables, and a state of
plain data. A step with several networks and optimizers gives more groups.
"""

import base64
import json
import logging
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops

from suite.console import UserError, atomic_path

logger = logging.getLogger(__name__)

Variables = Mapping[str, Sequence[Any]]  # group -> keras variables
Arrays = dict[str, np.ndarray]  # "group/number" -> value

_STATE = "state"
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)


class Checkpoints:
    """The last few checkpoints of a run, `step-0000001200.npz` in one folder.

    Args:
        folder: Where they lie; made with the first one.
        keep: How many stay, > 0.
    """

    def __init__(self, folder: Path, keep: int = 2) -> None:
        self.folder = folder
        self.keep = keep

    def paths(self) -> list[Path]:
        """The checkpoints that are there, oldest first."""
        return sorted(self.folder.glob("step-*.npz"))

    def save(self, step: int, arrays: Arrays, state: Mapping[str, Any]) -> Path:
        """Writes one checkpoint and removes those beyond `keep`.

        Args:
            step: Updates done.
            arrays: What `snapshot` returned.
            state: Plain data: None, numbers, text, bytes, arrays, lists, tuples,
                dicts.

        Raises:
            UserError: The disk is full or cannot be written; the checkpoints that
                were there are untouched.
        """
        text = json.dumps(pack(state))
        encoded = np.frombuffer(text.encode("utf-8"), np.uint8)
        path = self.folder / f"step-{step:010d}.npz"
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.savez(file, **{**arrays, _STATE: encoded})  # type: ignore[arg-type]
        # Those of a later step are from before a rescue: the run took them back.
        older = [old for old in self.paths() if old < path]
        for old in [*older[: max(0, len(older) + 1 - self.keep)], *self._after(path)]:
            old.unlink(missing_ok=True)
        return path

    def restore(
        self,
        variables: Variables,
        check: Callable[[dict[str, Any]], None] = lambda state: None,
    ) -> dict[str, Any] | None:
        """Puts the newest readable checkpoint into the variables.

        Args:
            variables: The same groups, of the same shapes, as were saved.
            check: Looks at the state before any variable is touched; may raise.

        Returns:
            The state that was saved with them; None if there is no checkpoint.

        Raises:
            UserError: No checkpoint can be read, or it is of another model.
        """
        for half in self.folder.glob(".*.npz"):
            half.unlink()  # what a kill left in the middle of writing
        paths = self.paths()
        for path in reversed(paths):
            try:
                arrays, state = _read(path)
            except _UNREADABLE as error:
                logger.warning(
                    "%s: unreadable, the one before is taken: %s", path, error
                )
                continue
            check(state)
            _assign(path, variables, arrays)
            return state
        if paths:
            raise UserError(
                f"{self.folder}: none of {len(paths)} checkpoints can be read",
                "Start anew in another folder; best.weights.h5 may still serve --init.",
            )
        return None

    def _after(self, path: Path) -> list[Path]:
        return [other for other in self.paths() if other > path]


def snapshot(variables: Variables) -> Arrays:
    """Copies of all variables, by group and number."""
    return {
        f"{group}/{number:05d}": _array(variable)
        for group, members in variables.items()
        for number, variable in enumerate(members)
    }


def all_finite(arrays: Iterable[np.ndarray]) -> bool:
    """Whether no array of floats holds an infinity or a NaN."""
    return all(np.isfinite(a).all() for a in arrays if a.dtype.kind == "f")


def _array(variable: Any) -> np.ndarray:
    value = np.array(ops.convert_to_numpy(variable))
    # bfloat16 has no place in an .npz; in float32 each of its values is exact.
    return value if value.dtype.kind in "biuf" else value.astype(np.float32)


def _read(path: Path) -> tuple[Arrays, dict[str, Any]]:
    # Opened here: NumPy leaves a file that is no archive open.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    state = unpack(json.loads(arrays.pop(_STATE).tobytes().decode("utf-8")))
    return arrays, state


def _assign(path: Path, variables: Variables, arrays: Arrays) -> None:
    flat = {
        f"{group}/{number:05d}": variable
        for group, members in variables.items()
        for number, variable in enumerate(members)
    }
    wanted = {name: tuple(variable.shape) for name, variable in flat.items()}
    found = {name: array.shape for name, array in arrays.items()}
    if wanted != found:
        odd = min(n for n in wanted | found if wanted.get(n) != found.get(n))
        raise UserError(
            f"{path}: is of another model or optimizer: {odd} has shape "
            f"{found.get(odd)}, the model wants {wanted.get(odd)}",
            "Resume with the configuration of the run, or choose another folder.",
        )
    for name, variable in flat.items():
        variable.assign(arrays[name])


def pack(value: Any) -> Any:
    """Plain data as what JSON can hold, so that `unpack` returns it unchanged."""
    if isinstance(value, Mapping):
        if all(isinstance(key, str) and not key.startswith("!") for key in value):
            return {key: pack(item) for key, item in value.items()}
        return {"!dict": [[pack(key), pack(item)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {"!tuple": [pack(item) for item in value]}
    if isinstance(value, list):
        return [pack(item) for item in value]
    if isinstance(value, bytes):
        return {"!bytes": base64.b64encode(value).decode("ascii")}
    if isinstance(value, np.ndarray | np.generic):
        data = base64.b64encode(value.tobytes()).decode("ascii")
        return {"!array": [value.dtype.str, list(value.shape), data]}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"Plain data only. Received: {type(value).__name__}")


def unpack(value: Any) -> Any:
    """The inverse of `pack`."""
    if isinstance(value, list):
        return [unpack(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "!dict" in value:
        return {unpack(key): unpack(item) for key, item in value["!dict"]}
    if "!tuple" in value:
        return tuple(unpack(item) for item in value["!tuple"])
    if "!bytes" in value:
        return base64.b64decode(value["!bytes"])
    if "!array" in value:
        kind, shape, data = value["!array"]
        array = np.frombuffer(base64.b64decode(data), kind).reshape(shape)
        return array.copy() if shape else array[()]
    return {key: unpack(item) for key, item in value.items()}
