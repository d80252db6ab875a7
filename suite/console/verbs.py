"""Options of verbs that are the same in every program."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from suite.console.options import Common, WithBackend, WithLimit


@dataclass(frozen=True, kw_only=True)
class TrainOptions(Common, WithBackend):
    """What every training is told; a program adds `model`, the choice of recipe.

    Settings of the recipe are flags and keys of the config file beside these.
    """

    output: Path
    """Run folder; the trained model will be its folder model/."""
    preset: str = "default"
    """Named settings: smoke (two minutes on a CPU), default, ..."""
    data: tuple[Path, ...] | None = None
    """Folders of your own data; the preset's if not given."""
    init: Path | None = None
    """Model folder or .keras file to start from; random weights if not given."""
    seed: int | None = None
    """Seed of weights, order and augmentation; the preset's if not given."""
    resume: bool = False
    """Go on with the run in --output; begin it where there is none."""
    dry_run: bool = False
    """Print all settings as JSON and stop."""


@dataclass(frozen=True, kw_only=True)
class ExportOptions(Common):
    """Make LiteRT files of trained models and prove them equal to Keras.

    Needs the extra [export]; works in a child process under TensorFlow.
    """

    model: Path
    """Model folder with config.json and model.keras, or a folder of such folders."""
    formats: tuple[Literal["float32", "float16", "dynamic_int8", "full_int8"], ...] = (
        "float32",
        "float16",
        "dynamic_int8",
    )
    """Files to make; full_int8, for models without a loop, needs real inputs."""
    saved_model: bool = False
    """Keep the SavedModel too."""


@dataclass(frozen=True, kw_only=True)
class Labelled(WithLimit):
    """Labelled data to measure on."""

    data: Path | None = None
    """Folder of labelled data."""
    pages: str | None = None
    """First and last item by number, as in 450-499; all if not given."""
    caseless: bool | None = None
    """Compare without case; if not given, where labels are capitals only."""
