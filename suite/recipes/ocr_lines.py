"""The sets of lines that a recognizer is trained and validated on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suite.console import UserError

if TYPE_CHECKING:
    from suite.recipes.ocr_recognizer import Recipe

RENDERED = "rendered"
"""Name of the rendered set, in the cache and in the metrics."""


def line_sets(recipe: Recipe) -> tuple[list[Any], dict[str, Any]]:
    """Lines of the recipe's folders, and rendered ones; kept in its cache.

    Args:
        recipe: Of a recognizer.

    Returns:
        Sets to train on, the rendered one last, and sets to validate on, by name.

    Raises:
        UserError: There is nothing to train on, or data or fonts can't be used.
    """
    from suite.data.shards import LineShards

    training: list[Any] = []
    validation: dict[str, Any] = {}
    taken = [RENDERED] if recipe.rendered else []
    for name, folder in zip(unique_names(recipe.data, taken), recipe.data, strict=True):
        known, held = _labelled(folder, recipe)
        training.append(known)
        validation[name] = held
    if recipe.rendered:
        transcripts = [text for lines in training for text in lines.texts]
        known, held = map(LineShards, _render(recipe, transcripts))
        training.append(known)
        validation[RENDERED] = held
    if not training:
        raise UserError(
            "nothing to train on (--data, --rendered)",
            "Name a folder of labelled pages or lines, or let lines be rendered.",
        )
    return training, validation


def unique_names(folders: Sequence[Path], taken: Sequence[str] = ()) -> list[str]:
    """A name for each folder: its last part, or that with a number from 2 on.

    Args:
        folders: Some of them may end alike.
        taken: Names that none may have.
    """
    plain = [folder.name or folder.resolve().name for folder in folders]  # Path(".")
    names: list[str] = []
    for name in plain:
        others = (f"{name}_{number}" for number in count(2))
        if name in {*taken, *names}:
            name = next(o for o in others if o not in {*taken, *names, *plain})
        names.append(name)
    return names


def _render(recipe: Recipe, transcripts: Sequence[str]) -> list[Path]:
    """Folders of rendered lines to train on, and to validate on."""
    from suite.data.corpus import load_corpus
    from suite.data.fonts import find_fonts
    from suite.data.lines import LineRenderer
    from suite.data.shards import write_shards
    from suite.recipes.cache import cache_folder

    faces, corpus = find_fonts(recipe.fonts), load_corpus(recipe.text, transcripts)
    held = min(600, max(60, recipe.rendered // 20))
    folders = []
    for lines, seed, ending in (
        (recipe.rendered, recipe.render_seed, ""),
        (held, recipe.render_seed + 1_000_000, "_validation"),
    ):
        render = LineRenderer(faces, corpus, seed)
        # by count: a smoke test must not replace the lines of a long training
        name = f"{RENDERED}_{lines}_{recipe.render_seed}{ending}"
        folders.append(cache_folder(recipe.cache, name, render.settings))
        write_shards(
            folders[-1], lines, render, render.settings, workers=recipe.workers
        )
    return folders


def _labelled(folder: Path, recipe: Recipe) -> tuple[Any, Any]:
    """Lines of a folder to train on, and lines to validate on."""
    from suite.data.crops import write_labelled_lines, write_page_lines
    from suite.data.shards import LineShards
    from suite.recipes.cache import cache_folder
    from suite.recipes.labelled import split_lines, split_pages
    from suite.text import LATIN
    from suite.text.fold import lacks_case

    write: Callable[..., Any]
    parts: Any
    if (folder / "labels.tsv").is_file():
        write, parts = write_labelled_lines, split_lines(folder, LATIN)
        texts = [line.text for part in parts for line in part]
    else:
        split = recipe.published_split
        write, parts = write_page_lines, split_pages(folder, split, LATIN)
        texts = [box.text for part in parts for page in part for box in page.boxes]
    cased = not lacks_case(texts)
    told = {"folder": str(folder.resolve()), "split": recipe.published_split}
    cache = cache_folder(recipe.cache, folder.resolve().name, told)
    sets = []
    for name, part in zip(("train", "validation"), parts, strict=True):
        write(part, cache / name, cased=cased, workers=recipe.workers)
        sets.append(LineShards(cache / name))
        if not len(sets[-1]):
            raise UserError(f"{folder}: none of the {name} pictures can be read")
    return sets[0], sets[1]
