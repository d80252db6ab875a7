"""The child under TensorFlow that looks at a stranger's model: what goes in and out.

Reads job.json of its working folder (`model`, `modules`, `batch`, `shapes` and, by
name of a signature, the inputs and outputs that it names, or null for all); leaves
described.json, the signatures as config.json has them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from suite.console.errors import UserError
from suite.edge import complaints
from suite.edge.child import child_main
from suite.edge.rebuild import load_float32
from suite.edge.samples import random_inputs
from suite.engine.folder import read_json
from suite.engine.keras_engine import REGISTERED, by_name, part_of
from suite.engine.tensor_names import flat, named, numbered


def describe(work: Path) -> None:
    """Writes the names, shapes and dtypes of a model's inputs and outputs.

    Raises:
        UserError: The model cannot be loaded, lacks a tensor that a signature or a
            shape names, gives one twice, a size of it is not fixed, or it cannot be
            called with these sizes.
    """
    job = read_json(work / "job.json")
    model, _ = load_float32(Path(job["model"]), (*REGISTERED, *job["modules"]))
    parts = {
        name: _part(model, name, *tensors) if tensors else model
        for name, tensors in job["signatures"].items()
    }
    refuse_idle(parts.values(), job["batch"], job["shapes"])
    found = {}
    for name, part in parts.items():
        refuse_twins(part)
        inputs = input_specs(part, job["batch"], job["shapes"])
        outputs = output_specs(part, random_inputs(inputs, 0))
        found[name] = {"inputs": inputs, "outputs": outputs}
    (work / "described.json").write_text(json.dumps(found), encoding="utf-8")


def refuse_idle(
    parts: Iterable[Any], batch: int | None, shapes: Mapping[str, Sequence[int]]
) -> None:
    """Refuses what was asked for and would change nothing.

    Args:
        parts: The model, or the parts of it that become signatures.
        batch: Samples of a call; None where none was asked for.
        shapes: Shapes of inputs by name.

    Raises:
        UserError: No input has a name of `shapes`, or the batch fits none.
    """
    inputs = {k: v for part in parts for k, v in _tensors(part, "input").items()}
    foreign = [name for name in shapes if name not in inputs]
    if foreign:
        raise UserError(
            f"no input is called {', '.join(foreign)} (--shape)",
            f"Inputs: {', '.join(inputs)}.",
        )
    own = {tensor.shape[0] for tensor in inputs.values() if tensor.shape}
    # one that all share is what Keras saw when it built the model: another may do
    if batch is not None and len(own) != 1 and not own & {None, batch}:
        fixed = " and ".join(map(str, sorted(own))) or "none"
        raise UserError(
            f"{batch}: the batch of the model's inputs is fixed: {fixed} (--batch)",
            "Leave it out, or build the model with an open batch.",
        )


def refuse_twins(model: Any) -> None:
    """Refuses a model that gives one tensor twice: a LiteRT file has it once.

    Raises:
        UserError: Names the two outputs.
    """
    names: dict[int, str] = {}
    for name, tensor in _tensors(model, "output").items():
        twin = names.setdefault(id(tensor), name)
        if twin != name:
            raise UserError(
                f"outputs {twin!r} and {name!r} are the same tensor",
                "Leave one of them out of the model's outputs.",
            )


def input_specs(
    model: Any, batch: int | None, shapes: Mapping[str, Sequence[int]]
) -> dict[str, dict[str, Any]]:
    """Names and fixed shapes of a model's inputs.

    Args:
        model: A functional or sequential `keras.Model`.
        batch: Samples of a call, in place of a size that is open or that all inputs
            share; None: what is fixed, else 1.
        shapes: Shapes without the batch of inputs whose sizes are not fixed, by name.

    Returns:
        Entries of config.json: `shape`, `dtype` and, of numbers that an embedding
        looks up, `range`.

    Raises:
        UserError: A size is not fixed and not given, or a given one does not fit.
    """
    specs: dict[str, dict[str, Any]] = {}
    tensors = _tensors(model, "input")
    alike = len({tensor.shape[0] for tensor in tensors.values() if tensor.shape}) == 1
    for name, tensor in tensors.items():
        own = list(tensor.shape[1:])
        wanted = list(shapes.get(name, own))
        fits = len(wanted) == len(own) and all(
            known in (None, size) for known, size in zip(own, wanted, strict=True)
        )
        if not fits or None in wanted:
            shown = "x".join("?" if size is None else str(size) for size in own)
            raise UserError(
                f"input {name!r} is {shown or 'a scalar'} without the batch: "
                + ("a size is not fixed" if fits else f"{wanted} does not fit"),
                f"Say which: --shape {name}={shown.replace('?', '32')}",
            )
        # a position, say, is one for the whole batch; a scalar has none
        own_batch = tensor.shape[0] if tensor.shape else None
        samples = batch if batch and alike else own_batch or batch or 1
        first = [samples] if tensor.shape else []
        specs[name] = {"shape": [*first, *wanted], "dtype": str(tensor.dtype)}
        whole = np.dtype(tensor.dtype).kind in "iu" or _looked_up(model, tensor)
        if whole and (limit := _rows(model, tensor)):
            specs[name]["range"] = [0, limit - 1]
    return specs


def output_specs(model: Any, inputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Names, shapes and dtypes of what a model gives for some inputs."""
    names = list(_tensors(model, "output"))
    try:
        call = partial(model, training=False)
        outputs = by_name(model, call, list(inputs), names)(**inputs)
    except Exception as error:  # whatever a layer's `call` raises
        raise UserError(
            "the model cannot be called with these shapes: "
            f"{complaints.of_call(error)}",
            f"Inputs: {', '.join(f'{k} {v.shape}' for k, v in inputs.items())}",
        ) from error
    return {
        name: {"shape": list(value.shape), "dtype": np.asarray(value).dtype.name}
        for name, value in outputs.items()
    }


def _part(
    model: Any, signature: str, inputs: Sequence[str], outputs: Sequence[str]
) -> Any:
    """The part of a model of named tensors that a signature asks for."""
    for kind, wanted in (("input", inputs), ("output", outputs)):
        known = _tensors(model, kind)
        lacking = [name for name in wanted if name not in known]
        if lacking or not isinstance(getattr(model, kind), dict):
            raise UserError(
                f"signature {signature!r}: the model has no {kind} "
                + (", ".join(map(repr, lacking)) or "names"),
                f"Its {kind}s: {', '.join(known)}; only a model of dictionaries of "
                "named tensors can be taken apart.",
            )
    return part_of(model, inputs, outputs)


def _tensors(model: Any, kind: str) -> dict[str, Any]:
    """The symbolic inputs or outputs of a model by name, in the order of its call."""
    # a sequential model that was loaded and not called has `inputs` but no `input`
    structure = getattr(model, kind, None)
    if isinstance(structure, dict):
        return named(structure, kind)
    if structure is None:
        structure = getattr(model, f"{kind}s")
    return numbered(flat(structure), kind)


def _rows(model: Any, tensor: Any) -> int | None:
    """Size of the smallest table or encoding that an input reaches; None without.

    A position in a sequence is a whole number, too, but no token.
    """
    import keras

    operations = getattr(model, "operations", None)  # a sequential model has none
    takers: list[Any] = [] if operations else [model]
    waiting, seen = [tensor], set()
    while waiting:
        given = waiting.pop()
        seen.add(id(given))
        for operation, node in _taking(given, operations or ()):
            layer = isinstance(operation, keras.layers.Layer)
            takers += [operation] if layer else []
            # of a cast, or a Reshape: what takes its result counts, too
            new = [x for x in node.output_tensors if id(x) not in seen]
            waiting.extend(x for x in new if not layer or "int" in x.dtype)
    inside = [layer for taker in takers for layer in taker._flatten_layers()]
    sizes = [_table(layer) for layer in inside]
    return min((size for size in sizes if size), default=None)


def _looked_up(model: Any, tensor: Any) -> bool:
    """Whether an embedding takes an input, which is of floats unless somebody said."""
    import keras

    operations = getattr(model, "operations", None)
    takers = (
        [operation for operation, _ in _taking(tensor, operations)]
        if operations
        else model.layers[:1]
    )
    return any(isinstance(taker, keras.layers.Embedding) for taker in takers)


def _taking(tensor: Any, operations: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Operations that take a tensor, each with the node of the graph where it does."""
    return [
        (operation, node)
        for operation in operations
        for node in operation._inbound_nodes
        if any(tensor is taken for taken in node.input_tensors)
    ]


def _table(layer: Any) -> int | None:
    """How many whole numbers a layer knows."""
    import keras

    if isinstance(layer, keras.layers.Embedding):
        return int(layer.input_dim)
    if isinstance(layer, keras.layers.CategoryEncoding):
        return int(layer.num_tokens)
    return getattr(layer, "vocabulary", None)  # the tables of this suite


if __name__ == "__main__":
    raise SystemExit(child_main(describe))
