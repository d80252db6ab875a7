"""What every engine promises: named signatures of named arrays of fixed shapes."""

from __future__ import annotations

import abc
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from suite.console.errors import UserError


@dataclass(frozen=True)
class TensorSpec:
    """Shape and dtype of one tensor."""

    shape: tuple[int, ...]
    """Fixed sizes, the batch among them; () is a scalar."""
    dtype: str
    """NumPy name of the dtype: uint8, int32, float32, ..."""

    def __str__(self) -> str:
        return f"{self.dtype} {self.shape}"


@dataclass(frozen=True)
class Signature:
    """What one entry point of a model takes and gives."""

    inputs: Mapping[str, TensorSpec]
    """Name of each input."""
    outputs: Mapping[str, TensorSpec]
    """Name of each output."""


class Model(Protocol):
    """A model that is open, whatever runs it."""

    @property
    def config(self) -> dict[str, Any]:
        """The content of the model's config.json."""

    @property
    def signatures(self) -> Mapping[str, Signature]:
        """Its entry points by name."""

    def __call__(
        self, signature: str, inputs: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Runs one entry point.

        Args:
            signature: Name of the entry point.
            inputs: An array for each input, of exactly its shape and dtype.

        Returns:
            A new array for each output.

        Raises:
            ValueError: An unknown signature; an input that is missing, unknown, or
                of another shape or dtype.
            UserError: The model's file fails, or gives other outputs than its
                config.json says.
        """

    def release(self) -> None:
        """Gives working memory back; the next call takes it again."""


class CheckedModel(abc.ABC):
    """Base of the engines: each call is checked before and after it runs.

    Args:
        config: The content of config.json.
        signatures: Its entry points by name.
        origin: The file or folder that was opened, for messages.
    """

    def __init__(
        self,
        config: dict[str, Any],
        signatures: Mapping[str, Signature],
        origin: str,
    ) -> None:
        self.config = config
        self.signatures = signatures
        self.origin = origin

    def __call__(
        self, signature: str, inputs: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """As `Model.__call__` says."""
        arrays = check_inputs(self.signatures, signature, inputs)
        outputs = self._run(signature, arrays)
        wanted = self.signatures[signature].outputs
        fault = mismatch(wanted, outputs)
        if fault:
            raise UserError(
                f"{self.origin}: signature {signature!r} does not do what its "
                f"config.json says: output {fault}",
                "Files of different models lie in one folder: export it again.",
            )
        return {name: outputs[name] for name in wanted}

    def release(self) -> None:  # noqa: B027 - a choice, not a duty
        """As `Model.release` says; nothing by default."""

    @abc.abstractmethod
    def _run(
        self, signature: str, inputs: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Runs a signature on arrays that were checked."""


def check_inputs(
    signatures: Mapping[str, Signature],
    signature: str,
    inputs: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Checks the inputs of a call. LiteRT itself resizes silently and reads on.

    Args:
        signatures: The entry points of the model.
        signature: The one to be called.
        inputs: Its inputs.

    Returns:
        The inputs as contiguous arrays, in the order of the signature.

    Raises:
        ValueError: They are not what the signature wants; names the signature, the
            tensor, what is wanted and what was received.
    """
    if signature not in signatures:
        raise ValueError(
            f"No such signature: {signature!r}. Known: {', '.join(signatures)}"
        )
    specs = signatures[signature].inputs
    arrays = {name: np.asarray(value) for name, value in inputs.items()}
    fault = mismatch(specs, arrays)
    if fault:
        raise ValueError(f"Signature {signature!r}: input {fault}")
    # `ascontiguousarray` makes a scalar one-dimensional
    return {
        name: array if array.flags.c_contiguous else np.ascontiguousarray(array)
        for name, array in ((name, arrays[name]) for name in specs)
    }


def mismatch(
    specs: Mapping[str, TensorSpec], arrays: Mapping[str, np.ndarray]
) -> str | None:
    """Says how arrays differ from what is wanted.

    Returns:
        `'image': wanted uint8 (1, 32, 320, 1). Received: ...`, about the first that
        differs; None where all agree.
    """
    for name, spec in specs.items():
        if name not in arrays:
            received = ", ".join(map(repr, arrays)) or "none"
            return f"{name!r}: missing. Received: {received}"
        got = TensorSpec(tuple(arrays[name].shape), str(arrays[name].dtype))
        if got != spec:
            return f"{name!r}: wanted {spec}. Received: {got}"
    for name in arrays:
        if name not in specs:
            return f"{name!r}: unknown. Known: {', '.join(map(repr, specs))}"
    return None


def check_signatures(
    wanted: Mapping[str, Signature],
    inside: Mapping[str, Signature],
    names: Iterable[str],
    origin: str,
) -> None:
    """Compares what is in a file with what config.json says is in it.

    Args:
        wanted: The signatures of config.json.
        inside: Those of them that are in the file; of the outputs the names count,
            since a file may not know their shapes before it runs.
        names: The names of all signatures in the file, for the message.
        origin: The file, for the message.

    Raises:
        UserError: They differ; says in what.
    """
    for name, signature in wanted.items():
        fault: str | None = f"no signature {name!r}, but {', '.join(names) or 'none'}"
        if name in inside:
            fault = _unlike(name, signature, inside[name])
        if fault:
            raise UserError(
                f"{origin}: other signatures than in config.json: {fault}",
                "Files of different models lie in one folder: export it again.",
            )


def _unlike(name: str, wanted: Signature, inside: Signature) -> str | None:
    if set(inside.inputs) != set(wanted.inputs):
        return f"{name!r} takes {sorted(inside.inputs)}"
    if not set(wanted.outputs) <= set(inside.outputs):
        return f"{name!r} gives {sorted(inside.outputs)}"
    for tensor, spec in inside.inputs.items():
        if spec != wanted.inputs[tensor]:
            return f"{name!r} takes {tensor!r} as {spec}"
    return None
