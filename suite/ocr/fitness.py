"""Whether an opened model is what the reader takes it for.

A recognizer whose alphabet, height or stride is not that of its network reads
nonsense, or fails at the first page; so it is refused when it is opened.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suite.console import UserError
from suite.engine import Signature, TensorSpec
from suite.text import Alphabet
from suite.text.alphabet import BLANK

if TYPE_CHECKING:
    from suite.engine import Model
    from suite.text.ngram import CharacterModel


def check_detector(folder: Path, model: Model) -> None:
    """Refuses a model that is no detector.

    Args:
        folder: Where it was opened, for the message.
        model: The opened model.

    Raises:
        UserError: config.json lacks what a detector needs, or its signatures are not
            `detect_HxW` from `image` to `probability` of the same size.
    """
    _number(folder, model.config, "preprocessing", "text_height")
    ratio = _number(folder, model.config, "postprocessing", "shrink_ratio")
    if ratio >= 1:
        raise _unfit(folder, f"the shrink ratio must be below 1, not {ratio:g}")
    for name, sizes in _entries(folder, model, r"detect_(\d+)x(\d+)", "detect_HxW"):
        shape = (1, *sizes, 1)
        image, probability = TensorSpec(shape, "uint8"), TensorSpec(shape, "float32")
        wanted = Signature({"image": image}, {"probability": probability})
        _same(folder, model, name, wanted)


def check_recognizer(folder: Path, model: Model) -> None:
    """Refuses a model that is no recognizer, or of other characters than it says.

    Args:
        folder: Where it was opened, for the message.
        model: The opened model.

    Raises:
        UserError: config.json lacks what a recognizer needs; another blank than class
            0; signatures that are not `read_W` from `image` and `width` to `logits` of
            its height, stride and alphabet.
    """
    config = model.config
    if not isinstance(config.get("alphabet"), str):
        raise _unfit(folder, "config.json lacks `alphabet`, the text of its characters")
    try:
        classes = Alphabet(config["alphabet"]).size
    except UserError as error:
        raise _unfit(folder, error.message) from error
    if config.get("blank", BLANK) != BLANK:
        raise _unfit(folder, f"the blank must be class {BLANK}, not {config['blank']}")
    height, stride = (
        int(_number(folder, config, "preprocessing", key, whole=True))
        for key in ("height", "stride")
    )
    for name, (width,) in _entries(folder, model, r"read_(\d+)", "read_W"):
        image = TensorSpec((1, height, width, 1), "uint8")
        logits = TensorSpec((1, -(-width // stride), classes), "float32")
        inputs = {"image": image, "width": TensorSpec((1,), "int32")}
        _same(folder, model, name, Signature(inputs, {"logits": logits}))


def check_language_model(
    where: str, model: CharacterModel, alphabet: Alphabet
) -> CharacterModel:
    """Refuses a language model of other characters than the recognizer's.

    Args:
        where: What to call it: its path, and the flag that named it.
        model: Counts of characters.
        alphabet: What it has to know.

    Returns:
        The language model.

    Raises:
        UserError: It lacks characters of the alphabet. Decoding would say so of each
            line.
    """
    try:
        model.classes_of(alphabet)
    except UserError as error:
        raise UserError(f"{where}: {error.message}", error.hint) from error
    return model


def _number(
    folder: Path,
    config: Mapping[str, Any],
    part: str,
    key: str,
    *,
    whole: bool = False,
) -> float:
    """A number above 0 of a part of the config."""
    values = config.get(part)
    value = values.get(key) if isinstance(values, Mapping) else None
    kinds = (int,) if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not value > 0:
        kind = "a whole number" if whole else "a number"
        raise _unfit(folder, f"config.json lacks `{part}.{key}`, {kind} above 0")
    return value


def _entries(
    folder: Path, model: Model, pattern: str, shown: str
) -> list[tuple[str, tuple[int, ...]]]:
    """Signatures of the pattern, each with the numbers in its name."""
    matches = [re.fullmatch(pattern, name) for name in model.signatures]
    found = [(m[0], tuple(map(int, m.groups()))) for m in matches if m]
    if not found:
        names = ", ".join(model.signatures) or "none"
        raise _unfit(folder, f"no signature {shown} (it has: {names})")
    return found


def _same(folder: Path, model: Model, name: str, wanted: Signature) -> None:
    """Refuses a signature of other tensors than those wanted."""
    got = model.signatures[name]
    if got != wanted:
        raise _unfit(
            folder,
            f"signature {name} is {_shown(got)}; its name and the rest of config.json "
            f"ask for {_shown(wanted)}",
        )


def _shown(signature: Signature) -> str:
    inputs, outputs = (
        ", ".join(f"{name} {spec}" for name, spec in specs.items()) or "nothing"
        for specs in (signature.inputs, signature.outputs)
    )
    return f"{inputs} -> {outputs}"


def _unfit(folder: Path, what: str) -> UserError:
    return UserError(
        f"{folder}: no model that fits this program: {what}",
        "Name a folder that `kes-ocr train` wrote, config.json unchanged.",
    )
