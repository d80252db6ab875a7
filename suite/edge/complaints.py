"""What Keras, TensorFlow and the converter say of a failure, in one line."""

from __future__ import annotations

import re

_BOLD = re.compile(r"\x1b\[\d*m")
_REFUSED_OPERATOR = re.compile(r'fused\["\w+:", "([^"@]+)@[^\n]*op is neither')
_NUMBER = re.compile(r"_\d+$")
_TOTALS = ("Flex ops:", "Custom ops:", "TF Select ops:")


def of_call(error: Exception) -> str:
    """The kind of an error and what it says; of Keras' frame around it, the layer too.

    Args:
        error: Whatever a layer's `call` raised.
    """
    text = _BOLD.sub("", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()] or [""]
    # "Exception encountered when calling Conv2D.call()." alone says too little
    framed = lines[0].startswith("Exception encountered when calling")
    return f"{type(error).__name__}: {' '.join(lines[: 2 if framed else 1])}"


def of_converter(text: str) -> str:
    """The operators that a converter refused and the layers that made them.

    Args:
        text: What it said: several pages of its internal representation.

    Returns:
        "TF Select ops: Erf (in attention/scores)", or its first line.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    named = [line for line in lines if line.startswith(_TOTALS)]
    if not named:
        return (lines or ["no reason given"])[0]
    places = dict.fromkeys(_place(path) for path in _REFUSED_OPERATOR.findall(text))
    where = ", ".join(filter(None, places))
    return "; ".join(named) + (f" (in {where})" if where else "")


def _place(path: str) -> str:
    """Layers in the name of an operator, the model around them left out.

    TensorFlow appends a number to each, since Keras opens the scope of a layer twice.
    """
    return "/".join(_NUMBER.sub("", part) for part in path.split("/")[1:-1])
