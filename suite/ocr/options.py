"""How pages are read, as plain options; importing this loads nothing heavy."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class ReadingOptions:
    """How pages are read, whatever runs the networks."""

    model: Path | None = None
    """Folder that holds detector/ and recognizer/, or that of one of them; the
    shipped models if not given."""
    threads: int = 2
    """Threads; more than there are processors are not used."""
    isolated: bool = False
    """Run LiteRT files in child processes: for models of unknown origin."""
    decoder: Literal["beam", "greedy"] = "beam"
    """Best text of a beam search with the language model, or best character of each
    step."""
    lexicon: Path | None = None
    """Word list for the beam search: UTF-8, one word a line."""
    lexicon_bonus: float = 3.0
    """What a known word adds to the logarithm of a text's probability."""
    language_model: Path | None = None
    """Character n-gram model for the beam search, of `train --model language`; the
    recognizer's own if not given."""
    characters: str | None = None
    """Write no others than these characters, and spaces: 0123456789.,- for amounts."""
    min_confidence: float = 0.5
    """Leave out lines of which the recognizer is less sure than this, 0 to 1, and those
    of ten characters or fewer below its square root."""


@dataclass(frozen=True, kw_only=True)
class ReaderOptions(ReadingOptions):
    """What `suite.ocr.opening.open_reader` needs to know."""

    engine: Literal["litert", "keras", "saved_model"] = "litert"
    """What runs the networks."""
    backend: Literal["tensorflow", "jax", "torch"] | None = None
    """Keras backend for --engine keras; else KERAS_BACKEND, keras.json, the first
    installed."""
    precision: Literal["dynamic_int8", "float16", "float32", "full_int8"] = (
        "dynamic_int8"
    )
    """Which LiteRT file."""
