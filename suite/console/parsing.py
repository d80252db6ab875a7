"""The words of a command line as the options of a verb."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any, Protocol, Union

import tyro

from suite.console import options as opt
from suite.console.errors import UserError
from suite.console.output import Result, emit

# Options that pick the settings rather than being one of them.
_PICKS = {"model", "preset"}
HELP = {"-h", "--help"}


class Recipe(Protocol):
    """A module that trains one model: its settings and their presets."""

    Recipe: type  # frozen dataclass, one docstring a field
    PRESETS: Mapping[str, Any]  # name -> an instance of `Recipe`


@dataclass(frozen=True)
class Verb:
    """One thing that a program does.

    Args:
        name: The word on the command line.
        options: Frozen dataclass, a subclass of `Common`; its docstring is the help,
            the first line a verb phrase.
        run: Called with the options, and with the settings where `recipe` is given.
        example: A command that runs, shown at the end of the help.
        recipe: From the options to the module with the further settings; each of
            them is a flag and a key of the config file too. Imported only when it is
            needed, because recipes import keras. Options of the same name that are
            not None go into the settings; `options.preset` picks the preset.
    """

    name: str
    options: type
    run: Callable[..., Result]
    example: str
    recipe: Callable[[Any], Recipe] | None = None


def parse_any(prog: str, about: str, verbs: Sequence[Verb], words: list[str]) -> None:
    """All verbs as one parser: shows their list, or what was misspelt.

    Raises:
        SystemExit: With 0 after the help, with 2 after an error.
    """
    kinds: Any = Union[tuple(map(_choice, verbs))]  # noqa: UP007
    tyro.cli(
        kinds,
        prog=prog,
        description=about,
        args=words,
        default=verbs[0].options(),
        config=opt.TYRO,
    )


def _choice(verb: Verb) -> Any:
    first = (verb.options.__doc__ or "").strip().splitlines()[0]
    mark = tyro.conf.subcommand(verb.name, description=first)
    return Annotated[verb.options, mark]


@dataclass(frozen=True)
class _File:
    """Where the config file is, known before the options are read."""

    config: Path | None = None


def parse(prog: str, verb: Verb, words: list[str]) -> tuple[Any, Any]:
    """The options and, where the verb has a recipe, its settings.

    A flag wins over the config file, that over the preset, that over the default.
    """
    path = _known(_File, prog, words, add_help=False)[0].config
    values = opt.read_toml(path) if path else {}
    if path and verb.recipe is None:
        opt.check_keys(values, [verb.options], path)
    words = opt.to_arguments(values, verb.options, path) + words
    if verb.recipe is None:
        return tyro.cli(verb.options, prog=prog, args=words, config=opt.TYRO), None
    options, others = _known(verb.options, prog, words)
    recipe = verb.recipe(options)
    if path:
        opt.check_keys(values, [verb.options, recipe.Recipe], path)
    own = {field.name for field in fields(options)}
    values = {key: value for key, value in values.items() if key not in own}
    others = opt.to_arguments(values, recipe.Recipe, path) + others
    return options, _settings(recipe, options, prog, others)


def _known(
    kind: type,
    prog: str,
    words: list[str],
    *,
    add_help: bool = True,
    console_outputs: bool = True,
) -> tuple[Any, list[str]]:
    """What the dataclass knows of the words, and the others."""
    return tyro.cli(
        kind,
        prog=prog,
        args=words,
        config=opt.TYRO,
        return_unknown_args=True,
        add_help=add_help,
        console_outputs=console_outputs,
    )


def _settings(recipe: Recipe, options: Any, prog: str, words: list[str]) -> Any:
    if options.preset not in recipe.PRESETS:
        raise UserError(
            f"{options.preset}: no such preset (--preset)",
            f"Known: {', '.join(recipe.PRESETS)}.",
        )
    settings = tyro.cli(
        recipe.Recipe,
        prog=prog,
        args=words,
        default=recipe.PRESETS[options.preset],
        config=opt.TYRO,
    )
    given = {field.name for field in fields(options)} - _PICKS
    shared = given & {field.name for field in fields(settings)}
    values = {name: getattr(options, name) for name in shared}
    return replace(settings, **{k: v for k, v in values.items() if v is not None})


def end_of_help(prog: str, verb: Verb, words: list[str]) -> None:
    """The settings of the recipe that the words pick, and the example."""
    if verb.recipe is not None:
        words = [word for word in words if word not in HELP]
        with contextlib.suppress(SystemExit):
            options, _ = _known(verb.options, prog, words, console_outputs=False)
            recipe = verb.recipe(options)
            emit(f"\nsettings of --model {options.model} --preset {options.preset}:\n")
            _settings(recipe, options, prog, ["--help"])
    emit(f"\nexample:\n  {verb.example}")
