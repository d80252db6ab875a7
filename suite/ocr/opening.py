"""A reader as a command line describes it: folders, files and names."""

import json
import math
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import suite
from suite.console import UserError, choose_backend
from suite.console.process_memory import return_large_blocks
from suite.engine import find_model
from suite.engine.folder import model_of
from suite.ocr.decoding import Decoder, beam, greedy, only
from suite.ocr.fitness import check_language_model
from suite.ocr.options import ReaderOptions, ReadingOptions
from suite.ocr.reader import Reader
from suite.text.ngram import CharacterModel

if TYPE_CHECKING:
    from suite.text.lexicon import Lexicon

SAMPLE = "sample.png"


def open_reader(options: ReaderOptions) -> Reader:
    """Opens a reader; for the Keras engine the backend is chosen here.

    Raises:
        UserError: A file or model is missing or unfit, options contradict one another.
    """
    check_options(options)
    if options.isolated and options.engine != "litert":
        raise UserError(
            f"--isolated is for LiteRT files, not for --engine {options.engine}",
            "Leave one of them out.",
        )
    if options.engine == "keras":
        choose_backend(options.backend)
    return_large_blocks()
    own = options.lexicon or options.language_model  # the decoder is set below
    reader = Reader(
        model_folder(options.model, "detector"),
        model_folder(options.model, "recognizer"),
        engine=options.engine,
        precision=options.precision,
        threads=options.threads,
        isolated=options.isolated,
        decode=greedy if own or options.decoder == "greedy" else None,
        min_confidence=options.min_confidence,
    )
    if own:
        words = _words(options.lexicon, options.lexicon_bonus)
        if options.language_model is None:
            characters = reader.language_model
        else:
            characters = check_language_model(
                f"{options.language_model} (--language-model)",
                CharacterModel.load(options.language_model),
                reader.recognizer.alphabet,
            )
        reader.decode = partial(beam, lexicon=words, language_model=characters)
    if options.characters is not None:
        reader.decode = _only(options.characters, reader)
    return reader


def open_format(options: ReadingOptions, precision: str) -> Reader:
    """Opens a reader of that LiteRT file; as `open_reader`."""
    own = {item.name: getattr(options, item.name) for item in fields(ReadingOptions)}
    own["precision"] = precision
    return open_reader(ReaderOptions(**own))


def check_options(options: ReadingOptions) -> None:
    """Refuses what needs no model to be known as wrong.

    Raises:
        UserError: A number out of its range, options that contradict one another.
    """
    if options.threads < 1:
        raise UserError(
            f"{options.threads}: too few threads (--threads)", "At least 1."
        )
    if not 0 <= options.min_confidence <= 1:
        raise UserError(
            f"{options.min_confidence}: not a confidence (--min-confidence)", "0 to 1."
        )
    if not 0 <= options.lexicon_bonus < math.inf:
        raise UserError(
            f"{options.lexicon_bonus}: not a bonus (--lexicon-bonus)",
            "A number, not negative: 3 makes a word e**3 times as likely.",
        )
    if options.decoder == "greedy" and (options.lexicon or options.language_model):
        raise UserError(
            "a word list or language model needs the beam search",
            "Leave --decoder greedy out.",
        )


def sample() -> Path:
    """The page that ships with the models.

    Raises:
        UserError: It is in neither the checkout nor the installed package.
    """
    package = Path(suite.__file__).parent
    places = [root / "saved_models" / "ocr" for root in (package.parent, package)]
    for place in places:
        if (place / SAMPLE).is_file():
            return place / SAMPLE
    raise UserError(
        f"no {SAMPLE} in {', '.join(map(str, places))}",
        "Read a picture of your own: kes-ocr predict FILE",
    )


def model_folder(model: Path | None, name: str) -> Path:
    """Finds the folder of the detector or recognizer.

    Args:
        model: As `ReadingOptions.model`.
        name: "detector" or "recognizer".

    Raises:
        UserError: There is none, or `model` is the folder of another kind of model.
    """
    model = model and model_of(model)
    alone = model is not None and (model / "config.json").is_file()
    if model is not None and alone and _kind(model) != name:
        model = None
    return find_model("ocr", name, model)


def _kind(model: Path) -> str:
    try:
        kind = json.loads((model / "config.json").read_text("utf-8"))["model"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{model / 'config.json'}: not the description of a model (--model)",
            "Name the folder model/ that a finished training wrote.",
        ) from error
    if kind not in ("detector", "recognizer"):  # a list in JSON has no hash
        raise UserError(
            f"{model}: a {kind!r} is no part of reading text (--model)",
            "Name a detector, a recognizer, or a folder of both.",
        )
    return str(kind)


def _only(characters: str, reader: Reader) -> Decoder:
    alphabet = reader.recognizer.alphabet
    try:
        return only(characters, alphabet, reader.decode)
    except UserError as error:
        raise UserError(
            f"{error.message} (--characters)", f"Known: {alphabet.characters}"
        ) from error


def _words(path: Path | None, bonus: float) -> "Lexicon | None":
    from suite.text.lexicon import Lexicon

    if path is None:
        return None
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise UserError(f"{path}: {error.strerror} (--lexicon)") from error
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}: not UTF-8 (byte {error.start}) (--lexicon)",
            "Save it as UTF-8, one word a line.",
        ) from error
    return Lexicon(lines, bonus=bonus)
