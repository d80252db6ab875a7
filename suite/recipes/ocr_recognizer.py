"""The text recognizer: lines of receipts and rendered lines, under CTC.

    python apps/ocr.py train --model recognizer --preset sroie --output runs/recognizer

Rendered lines teach letters of both cases, accents, fonts and spaces; the lines of
SROIE, whose transcripts are in upper case throughout, teach real print under the
case-merged loss. The metric that picks the weights is the character error rate on
validation lines, caseless where their case is unknown.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from suite.console import Progress
from suite.console.messages import remark
from suite.recipes.settings import settle
from suite.training.config import FitConfig

BUCKETS = (80, 128, 192, 272, 352, 464, 640)
"""Widths of the exported signatures in pixels; a longer line is read in pieces."""
ENOUGH_LINES = 20_000
"""Labelled lines from which on a training with --init counts a language model of its
own; SROIE's training pages have 22,105. Counted on a few, it cost a validation page 8
points of word F1."""

Cell = Literal["lstm", "gru", "simple_rnn"]


@dataclass(frozen=True)
class Recipe:
    """Settings of the recognizer's training."""

    data: tuple[Path, ...] = ()
    """Folders of labelled pages (`images/`, `boxes/NAME.csv`) or of labelled lines
    (`labels.tsv` of `FILE TAB TEXT`)."""
    published_split: bool = False
    """Pages have SROIE's numbers: 000-399 train, 400-449 validate, the rest stays
    unseen. Otherwise every tenth page or line validates."""
    rendered: int = 20_000
    """Lines to render, >= 0; 0 for none."""
    rendered_share: float = 0.5
    """Share of rendered lines in the mixture, 0..1, where there are others too."""
    fonts: Path | None = None
    """Folder of fonts to render with; the system's fonts if not given."""
    text: Path | None = None
    """Folder of `LANG.txt.gz` to render; made-up text if not given."""
    cache: Path = Path("runs/lines")
    """Where lines are kept between runs."""
    workers: int = 2
    """Processes that render lines, >= 0; 0 renders in this one."""
    area: int = 12_000
    """Width times lines of a batch, in pixels at height 32; > 0."""
    conv_dtype: Literal["auto", "float32", "mixed_bfloat16"] = "auto"
    """Dtype policy of the convolutions during training; auto takes mixed_bfloat16
    where the hardware multiplies it, else float32."""
    units: int = 160
    """Units of each direction of the recurrent layer, > 0."""
    recurrent_layers: int = 1
    """Stacked bidirectional recurrent layers, > 0."""
    cell: Cell = "lstm"
    """Recurrent cell."""
    render_seed: int = 20240
    """Seed of what is rendered, >= 0, apart from `seed`: trainings that differ in that
    one share their data."""
    seed: int = 1
    """Seed of weights, mixture and augmentation, 0 to 2^32 - 1."""
    fit: FitConfig = field(
        default_factory=lambda: FitConfig(
            steps=6000,
            evaluate_every=500,
            learning_rate=2e-3,
            schedule="cosine",
            warmup=0.04,
            weight_decay=0.02,
            clip=2.0,
            ema=0.999,
            monitor="character_error_rate",
            mode="min",
        )
    )
    """Length and schedule of the training."""

    def __post_init__(self) -> None:
        """Refuses values out of range; gives the loop the recipe's seed.

        Raises:
            UserError: A field is out of range; the message names it.
        """
        good = {
            "area": self.area > 0,
            "units": self.units > 0,
            "recurrent_layers": self.recurrent_layers > 0,
            "cell": self.cell in get_args(Cell),
        }
        settle(self, good)


_DEFAULT = Recipe()
PRESETS = {
    "default": _DEFAULT,
    "smoke": dataclasses.replace(
        _DEFAULT,
        rendered=600,
        area=4000,
        workers=1,
        fit=dataclasses.replace(_DEFAULT.fit, steps=60, evaluate_every=30),
    ),
    "sroie": dataclasses.replace(
        _DEFAULT,
        data=(Path("../shared/data/sroie"),),
        text=Path("../shared/data/text"),
        published_split=True,
        rendered=120_000,
    ),
}


def train(
    recipe: Recipe, output: Path, *, resume: bool = False, init: Path | None = None
) -> dict[str, Any]:
    """Train a recognizer.

    Args:
        recipe: The settings.
        output: Run folder; the trained model is written to its folder `model`.
        resume: Go on with the run that lies there.
        init: Model to start from; random weights if None.

    Returns:
        The metrics of the best weights.

    Raises:
        UserError: Data, fonts or the run folder can't be used; the sentence says why.
    """
    import keras

    from suite.data.line_batches import LineSource, line_batches, plan_batches
    from suite.models import build, text_recognizer
    from suite.recipes.bundle import load_core_weights, model_file, save_model
    from suite.recipes.mixture import mixture
    from suite.recipes.ocr_lines import line_sets
    from suite.recipes.precision import convolution_policy
    from suite.text import LATIN
    from suite.text.ngram import load_beside
    from suite.training import check_folder, fit, load_best, write_run_config

    # the start decides on the language model at the end, of a resumed run too
    told = {**dataclasses.asdict(recipe), "init": init}
    check_folder(output, told, resume)
    alphabet = LATIN
    keras.utils.set_random_seed(recipe.seed)
    config = text_recognizer.RecognizerConfig(
        classes=alphabet.size,
        units=recipe.units,
        recurrent_layers=recipe.recurrent_layers,
        cell=recipe.cell,
        conv_dtype=convolution_policy(recipe.conv_dtype),
    )
    core = build("text_recognizer", config)
    known = None
    if init is not None:  # before hours of rendering: it may not be there, or broken
        load_core_weights(core, init)
        known = load_beside(model_file(init).parent)
    training, validation = line_sets(recipe)
    shares = mixture([len(x) for x in training], recipe.rendered_share, recipe.rendered)
    sources = [LineSource(s, w) for s, w in zip(training, shares, strict=True)]
    plan = plan_batches(sources, recipe.fit.steps, recipe.seed, area=recipe.area)
    batches = line_batches(sources, alphabet, plan, recipe.seed)
    write_run_config(output, told)
    with Progress("training", recipe.fit.steps) as progress:
        result = fit(
            core,
            Loss(alphabet),
            batches,
            recipe.fit,
            output,
            evaluate=lambda model: evaluate(model, validation, alphabet),
            resume=resume,
            progress=progress,
        )
    load_best(core, output)
    save_model(
        output / "model",
        "text_recognizer",
        core,
        config,
        describe(alphabet, config.height, recipe.seed),
    )
    labelled = training[:-1] if recipe.rendered else training
    said = [text for lines in labelled for text in lines.texts]
    write_language(output / "model", said, recipe.text, known)
    return dict(result.best)


def write_language(
    folder: Path, said: list[str], text: Path | None, known: Any = None
) -> None:
    """Writes the language model of a trained recognizer, and says which.

    Args:
        folder: Its model folder.
        said: Labelled lines that it was trained on.
        text: Folder of prose to count, too.
        known: The language model of what it started from; kept where `said` are fewer
            than `ENOUGH_LINES`. None if there is none.
    """
    from suite.recipes import ocr_language
    from suite.text import LATIN
    from suite.text.fold import folded_alphabet
    from suite.text.ngram import FILE_NAME

    fits = known is not None and known.alphabet.characters in (
        LATIN.characters,
        folded_alphabet(LATIN).characters,
    )
    if fits and len(said) < ENOUGH_LINES:
        known.save(folder / FILE_NAME)
        remark(
            f"language model: that of --init is kept; {len(said)} lines are fewer than "
            f"the {ENOUGH_LINES} that are counted anew"
        )
    elif counted := said + ocr_language.prose(text):
        ocr_language.write(folder, counted)
        remark(f"language model: counted on {len(counted)} lines of text")


class Loss:
    """Mean CTC loss of a batch; case-merged for lines of unknown case."""

    def __init__(self, alphabet: Any) -> None:
        from suite.losses import CaseMerge

        lower, upper = alphabet.case_fold_pairs()
        self.merge = CaseMerge(lower.tolist(), upper.tolist(), alphabet.size)

    def __call__(self, targets: dict[str, Any], outputs: Any) -> dict[str, Any]:
        """Scalars "loss" (per line) and "infeasible" (lines that can't be aligned)."""
        from keras import ops

        from suite.losses import ctc_loss

        log_probs, labels = self.merge(outputs, targets["labels"], targets["merged"])
        losses, feasible = ctc_loss(
            labels, log_probs, targets["label_lengths"], targets["logit_lengths"]
        )
        infeasible = ops.sum(ops.cast(ops.logical_not(feasible), "float32"))
        return {"loss": ops.mean(losses), "infeasible": infeasible}


def evaluate(model: Any, sets: dict[str, Any], alphabet: Any) -> dict[str, float]:
    """Error rates of greedy reading on lines in true boxes.

    Args:
        model: The training core.
        sets: Validation lines by name.
        alphabet: Its alphabet.

    Returns:
        `character_error_rate` over all sets, caseless where case is unknown, and
        for each set `NAME_character_error_rate` and `NAME_exact_share`.
    """
    from suite.data.line_shape import STRIDE
    from suite.ocr.decoding import greedy
    from suite.text.distance import error_rates

    result, edits, characters = {}, 0, 0
    for name, lines in sets.items():
        pairs, folded = [], False
        for inputs, records in _validation_batches(lines, alphabet):
            logits = model.predict_on_batch(inputs)
            for row, record in enumerate(records):
                frames = -(-int(inputs["width"][row]) // STRIDE)
                reading = greedy(logits[row, :frames], alphabet)
                pairs.append((reading.text, record.text))
                folded |= not record.cased
        rates = error_rates(pairs, fold_case=folded)
        result[f"{name}_character_error_rate"] = rates.character_error_rate
        result[f"{name}_exact_share"] = rates.exact_share
        edits += rates.character_edits
        characters += rates.characters
    return {"character_error_rate": edits / max(characters, 1), **result}


def describe(alphabet: Any, height: int, seed: int) -> dict[str, Any]:
    """The recognizer's part of `config.json`."""
    from suite.data.line_shape import STRIDE
    from suite.recipes.bundle import tensor
    from suite.text import BLANK

    return {
        "app": "ocr",
        "model": "recognizer",
        "seed": seed,
        "alphabet": alphabet.characters,
        "blank": BLANK,
        "preprocessing": {
            "height": height,
            "stride": STRIDE,
            "colour": "grey, 0 black to 255 white, any contrast and polarity",
            "padding": "on the right, any value",
        },
        "signatures": {
            f"read_{width}": {
                "inputs": {
                    "image": tensor((1, height, width, 1), "uint8"),
                    # what random inputs are drawn from; a frame at the least
                    "width": {**tensor((1,), "int32"), "range": [STRIDE, width]},
                },
                "outputs": {
                    "logits": tensor((1, width // STRIDE, alphabet.size), "float32")
                },
            }
            for width in BUCKETS
        },
    }


def _validation_batches(
    lines: Any, alphabet: Any, size: int = 48
) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    """Batches of lines of like width, cut out exactly as reading does."""
    import numpy as np

    from suite.data.augment import augment_line
    from suite.data.line_batches import WIDTHS, assemble

    order = np.argsort(lines.widths, kind="stable")
    for part in np.array_split(order, math.ceil(len(order) / size)):
        records = [lines[int(i)] for i in part]
        images = [augment_line(record, None, training=False) for record in records]
        widest = max(image.shape[1] for image in images)
        width = next((w for w in WIDTHS if w >= widest), -(-widest // 256) * 256)
        inputs, _ = assemble(images, records, alphabet, width)
        yield inputs, records
