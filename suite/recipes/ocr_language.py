"""The recognizer's language model: n-grams of characters of what pages say.

    python apps/ocr.py train --model language --preset sroie --output runs/language

Counting takes seconds. Case and the values of digits are left out of it, so that it
never prefers one amount to another and leaves the case to the recognizer.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suite.console import UserError
from suite.training.config import refuse_out_of_range

if TYPE_CHECKING:
    from suite.data.corpus import Corpus
    from suite.text.ngram import CharacterModel


@dataclass(frozen=True)
class Recipe:
    """Settings of the counting."""

    data: tuple[Path, ...] = ()
    """Folders of labelled pages (`images/`, `boxes/NAME.csv`); their transcripts are
    counted."""
    published_split: bool = False
    """Pages have SROIE's numbers: 000-399 are counted, 400-449 validate."""
    text: Path | None = None
    """Folder of `LANG.txt.gz`, paragraphs of prose."""
    files: tuple[Path, ...] = ()
    """Text files, UTF-8, counted line by line."""
    invented: bool = False
    """Count made-up words too: a trial without any data."""
    order: int = 6
    """Longest n-gram, in characters, 1 to 6."""
    min_count: int = 2
    """n-grams of three and more characters that occur less often are left out; >= 1."""

    def __post_init__(self) -> None:
        """Refuses values out of range.

        Raises:
            UserError: A field is out of range; the message names it.
        """
        good = {"order": 1 <= self.order <= 6, "min_count": self.min_count >= 1}
        refuse_out_of_range(self, good)


PRESETS = {
    "default": Recipe(),
    "smoke": Recipe(invented=True, order=4),
    "sroie": Recipe(
        data=(Path("../shared/data/sroie"),),
        published_split=True,
        text=Path("../shared/data/text"),
    ),
}


def train(
    recipe: Recipe, output: Path, *, resume: bool = False, init: Path | None = None
) -> dict[str, Any]:
    """Count and write `model/language.npz` in the run folder.

    Args:
        recipe: The settings.
        output: Run folder.
        resume: Not possible: counting takes seconds.
        init: Not possible.

    Returns:
        Lines and n-grams counted, bytes of the file and, where there are pages to
        validate, the cross entropy on their transcripts in bits a character.

    Raises:
        UserError: There is no text, a file is no UTF-8, or the run folder holds a
            model already.
    """
    import numpy as np

    from suite.training import check_folder, write_run_config

    if init is not None:
        raise UserError(
            "a language model is counted anew, it cannot start from another (--init)",
            "Leave --init out; name all of the text instead.",
        )
    if resume:
        raise UserError(
            "a language model is counted in one go, nothing can go on (--resume)",
            "Leave --resume out.",
        )
    check_folder(output, dataclasses.asdict(recipe), resume)
    lines, held = texts(recipe)
    if not lines:
        raise UserError(
            "no text to count (--data, --text, --files)",
            "Name labelled pages or text files.",
        )
    write_run_config(output, dataclasses.asdict(recipe))
    model, file = write(output / "model", lines, recipe.order, recipe.min_count)
    metrics: dict[str, Any] = {
        "lines": len(lines),
        "ngrams": sum(len(level.counts) for level in model.levels),
        "bytes": file.stat().st_size,
    }
    costs = [
        -model.log_prob(line[:place], character)
        for line in map(model.fold, held)
        for place, character in enumerate(line)
    ]
    if costs:
        metrics["bits_per_character"] = float(np.mean(costs) / np.log(2))
    return metrics


def write(
    folder: Path, lines: Sequence[str], order: int = 6, min_count: int = 2
) -> tuple[CharacterModel, Path]:
    """Count lines and write the model where a reader looks for it.

    Args:
        folder: Model folder of a recognizer; created if it is absent.
        lines: In characters of the alphabet.
        order, min_count: As in `Recipe`.

    Returns:
        The model and its file.
    """
    from suite.text import LATIN
    from suite.text.ngram import FILE_NAME
    from suite.text.ngram_training import train_character_model

    model = train_character_model(lines, LATIN, order, min_count=min_count, folded=True)
    folder.mkdir(parents=True, exist_ok=True)
    model.save(folder / FILE_NAME)
    return model, folder / FILE_NAME


def texts(recipe: Recipe) -> tuple[list[str], list[str]]:
    """Lines to count and lines to validate on, in characters of the alphabet."""
    from suite.data.complaints import Complaints
    from suite.data.corpus import clean, load_corpus
    from suite.data.sroie import pages

    lines: list[str] = []
    held: list[str] = []
    for folder in recipe.data:
        complaints = Complaints(strict=False)
        for part, found in (("train", lines), ("validation", held)):
            if part == "train" or recipe.published_split:
                split = part if recipe.published_split else None
                labelled = pages(folder, split=split, complaints=complaints)
                found += [clean(box.text) for page in labelled for box in page.boxes]
        complaints.log()
    for file in recipe.files:
        try:
            lines += map(clean, file.read_text(encoding="utf-8-sig").splitlines())
        except OSError as error:
            raise UserError(f"{file}: {error.strerror} (--files)") from error
        except UnicodeDecodeError as error:
            raise UserError(
                f"{file}: not UTF-8 (byte {error.start}) (--files)", "Save it as UTF-8."
            ) from error
    lines += prose(recipe.text)
    if recipe.invented:
        lines += _paragraphs(load_corpus())
    return [line for line in lines if line], held


def prose(folder: Path | None) -> list[str]:
    """The paragraphs of a folder of texts that training may see."""
    from suite.data.corpus import load_corpus

    if folder is None:
        return []
    return _paragraphs(load_corpus(folder))


def _paragraphs(corpus: Corpus) -> list[str]:
    return [text for texts in corpus.paragraphs.values() for text in texts]
