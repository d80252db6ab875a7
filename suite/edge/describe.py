"""The child under TensorFlow that looks at a stranger's model: what goes in and out.

Reads job.json of its working folder (`model`, `modules`, `batch`, `shapes` and, by
name of a signature, the inputs and outputs that it names, or null for all); leaves
described.json, the signatures as config.json has them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from suite.console.errors import UserError
from suite.edge import complaints
from suite.edge.child import child_main
from suite.edge.rebuild import to_float32
from suite.edge.samples import random_inputs
from suite.engine.folder import read_json
from suite.engine.keras_engine import REGISTERED, by_name, load_keras, part_of


def describe(work: Path) -> None:
    """Writes the names, shapes and dtypes of a model's inputs and outputs.

    Raises:
        UserError: The model cannot be loaded, lacks a tensor that a signature names,
            a size of it is not fixed, or it cannot be called with these sizes.
    """
    job = read_json(work / "job.json")
    model = to_float32(load_keras(Path(job["model"]), (*REGISTERED, *job["modules"])))
    found = {}
    for name, tensors in job["signatures"].items():
        part = _part(model, name, *tensors) if tensors else model
        inputs = input_specs(part, job["batch"], job["shapes"])
        outputs = output_specs(part, random_inputs(inputs, 0))
        found[name] = {"inputs": inputs, "outputs": outputs}
    (work / "described.json").write_text(json.dumps(found), encoding="utf-8")


def input_specs(
    model: Any, batch: int, shapes: Mapping[str, Sequence[int]]
) -> dict[str, dict[str, Any]]:
    """Names and fixed shapes of a model's inputs.

    Args:
        model: A functional or sequential `keras.Model`.
        batch: Samples of a call.
        shapes: Shapes without the batch of inputs whose sizes are not fixed, by name.

    Returns:
        Entries of config.json: `shape`, `dtype` and, of whole numbers that reach an
        embedding, `range`.

    Raises:
        UserError: A size is not fixed and not given, or a given one does not fit.
    """
    # a sequential model that was rebuilt and not called has `inputs` but no `input`
    names = _names(model.inputs, getattr(model, "input", None), "input")
    specs: dict[str, dict[str, Any]] = {}
    for name, tensor in zip(names, model.inputs, strict=True):
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
        first = tensor.shape[0] or batch  # a position, say, is one for the whole batch
        specs[name] = {"shape": [first, *wanted], "dtype": str(tensor.dtype)}
        if np.dtype(tensor.dtype).kind in "iu" and (limit := _rows(model, tensor)):
            specs[name]["range"] = [0, limit - 1]
    return specs


def output_specs(model: Any, inputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Names, shapes and dtypes of what a model gives for some inputs."""
    names = _names(model.outputs, getattr(model, "output", None), "output")
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
        known = _names(getattr(model, f"{kind}s"), getattr(model, kind), kind)
        lacking = [name for name in wanted if name not in known]
        if lacking or not isinstance(getattr(model, kind), dict):
            raise UserError(
                f"signature {signature!r}: the model has no {kind} "
                + (", ".join(map(repr, lacking)) or "names"),
                f"Its {kind}s: {', '.join(known)}; only a model of dictionaries of "
                "named tensors can be taken apart.",
            )
    return part_of(model, inputs, outputs)


def _names(tensors: Sequence[Any], structure: Any, kind: str) -> list[str]:
    """The keys of a dictionary, names that somebody gave, else numbers."""
    if isinstance(structure, dict):
        # Keras flattens a dictionary by its sorted keys, not in their own order
        keys = {id(tensor): str(name) for name, tensor in structure.items()}
        if len(keys) == len(structure):
            return [keys[id(tensor)] for tensor in tensors]
        return [str(name) for name in structure]
    names = [str(tensor.name) for tensor in tensors]
    if kind == "input" and not any("keras_tensor" in name for name in names):
        return names
    if len(tensors) == 1:
        return [kind]
    return [f"{kind}_{number}" for number in range(len(tensors))]


def _rows(model: Any, tensor: Any) -> int | None:
    """Rows of the smallest table that looks an input up; None where none does.

    A position in a sequence is a whole number, too, but no token.
    """
    import keras

    operations = getattr(model, "operations", None)  # a sequential model has none
    takers: list[Any] = [] if operations else [model]
    waiting, seen = [tensor], set()
    while waiting:
        given = waiting.pop()
        seen.add(id(given))
        for operation in operations or ():
            for node in operation._inbound_nodes:
                if not any(given is taken for taken in node.input_tensors):
                    continue
                if isinstance(operation, keras.layers.Layer):
                    takers.append(operation)
                else:  # a cast, say: what takes its result counts
                    new = [x for x in node.output_tensors if id(x) not in seen]
                    waiting.extend(new)
    sizes = [
        layer.input_dim
        if isinstance(layer, keras.layers.Embedding)
        else getattr(layer, "vocabulary", None)  # the tables of this suite
        for taker in takers
        for layer in taker._flatten_layers()
    ]
    return min((size for size in sizes if size), default=None)


if __name__ == "__main__":
    raise SystemExit(child_main(describe))
