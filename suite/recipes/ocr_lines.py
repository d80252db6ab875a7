"""The sets of lines that a recognizer is trained and validated on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suite.console import UserError

if TYPE_CHECKING:
    from suite.recipes.ocr_recognizer import Recipe


def line_sets(recipe: Recipe) -> tuple[list[Any], dict[str, Any]]:
    """Lines of the recipe's folders, and rendered ones; kept in its cache.

    Args:
        recipe: Of a recognizer.

    Returns:
        Sets to train on, the rendered one last, and sets to validate on, by name.

    Raises:
        UserError: There is nothing to train on, or data or fonts can't be used.
    """
    from suite.data.fonts import find_fonts
    from suite.data.lines import write_rendered_lines
    from suite.data.shards import LineShards

    training: list[Any] = []
    validation: dict[str, Any] = {}
    for number, folder in enumerate(recipe.data):
        cache = recipe.cache / f"{folder.name}_{number}"
        known, held = _labelled(folder, recipe, cache)
        training.append(known)
        validation[folder.name] = held
    if recipe.rendered:
        render = partial(
            write_rendered_lines,
            fonts=find_fonts(recipe.fonts),
            text=recipe.text,
            transcripts=[text for lines in training for text in lines.texts],
            workers=recipe.workers,
        )
        # by count: a smoke test must not replace the lines of a long training
        out = recipe.cache / f"rendered_{recipe.rendered}_{recipe.render_seed}"
        render(out, recipe.rendered, recipe.render_seed)
        training.append(LineShards(out))
        count = min(600, max(60, recipe.rendered // 20))
        out = recipe.cache / f"rendered_{count}_{recipe.render_seed}_validation"
        render(out, count, recipe.render_seed + 1_000_000)
        validation["rendered"] = LineShards(out)
    if not training:
        raise UserError(
            "nothing to train on (--data, --rendered)",
            "Name a folder of labelled pages or lines, or let lines be rendered.",
        )
    return training, validation


def _labelled(folder: Path, recipe: Recipe, cache: Path) -> tuple[Any, Any]:
    """Lines of a folder to train on, and lines to validate on."""
    from suite.data.crops import write_labelled_lines, write_page_lines
    from suite.data.shards import LineShards
    from suite.recipes.labelled import labelled_lines, labelled_pages
    from suite.text import LATIN
    from suite.text.fold import lacks_case

    write: Callable[..., Any]
    parts: Any
    if (folder / "labels.tsv").is_file():
        write, parts = write_labelled_lines, labelled_lines(folder, LATIN)
        texts = [line.text for part in parts for line in part]
    else:
        split = recipe.published_split
        write, parts = write_page_lines, labelled_pages(folder, split, LATIN)
        texts = [box.text for part in parts for page in part for box in page.boxes]
    cased = not lacks_case(texts)
    sets = []
    for name, part in zip(("train", "validation"), parts, strict=True):
        write(part, cache / name, cased=cased, workers=recipe.workers)
        sets.append(LineShards(cache / name))
        if not len(sets[-1]):
            raise UserError(f"{folder}: none of the {name} pictures can be read")
    return sets[0], sets[1]
