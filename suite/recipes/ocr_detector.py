"""The text detector: receipts and rendered pages, under differentiable binarization.

    python apps/ocr.py train --model detector --preset sroie --output runs/detector

The metric that picks the weights is the H-mean of the boxes on whole validation pages
(one-to-one matching, IoU at least 0.5), made by the very code that reads.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from suite.console import Progress, UserError
from suite.recipes.settings import settle
from suite.training.config import FitConfig

CANVASES = ((384, 480), (832, 480), (384, 384))
"""Height and width of the exported signatures; larger pages are read in tiles. Of
sizes up to 1280 x 960 these three cover the print on receipts with the fewest pixels:
0.79 megapixels a page, one of 640 x 480 takes 1.2."""

READING_HEIGHT = 16.0
"""Height of a text line, in pixels, at which pages are searched. Trained around 18, on
validation pages the detector is as good at 16, which is a fifth less to compute."""


@dataclass(frozen=True)
class Recipe:
    """Settings of the detector's training."""

    data: tuple[Path, ...] = ()
    """Folders of labelled pages: `images/` and `boxes/NAME.csv`."""
    published_split: bool = False
    """Pages have SROIE's numbers: 000-399 train, 400-449 validate, the rest stays
    unseen. Otherwise every tenth page validates."""
    rendered: int = 400
    """Pages to render, >= 0; 0 for none."""
    rendered_share: float = 0.35
    """Share of rendered pages in the mixture, 0..1, where there are others too."""
    fonts: Path | None = None
    """Folder of fonts to render with; the system's fonts if not given."""
    text: Path | None = None
    """Folder of `LANG.txt.gz` to render; made-up text if not given."""
    cache: Path = Path("runs/pages")
    """Where rendered pages are kept between runs."""
    workers: int = 2
    """Processes that render pages, >= 0; 0 renders in this one."""
    batch: int = 4
    """Crops a step, > 0."""
    size: int = 512
    """Side of a crop in pixels, a multiple of 32, > 0."""
    conv_dtype: Literal["auto", "float32", "mixed_bfloat16"] = "auto"
    """Dtype policy of the convolutions during training; auto takes mixed_bfloat16
    where the hardware multiplies it, else float32."""
    render_seed: int = 20240
    """Seed of what is rendered, >= 0, apart from `seed`: trainings that differ in that
    one share their data."""
    seed: int = 1
    """Seed of weights, mixture and augmentation, 0 to 2^32 - 1."""
    fit: FitConfig = field(
        default_factory=lambda: FitConfig(
            steps=5000,
            evaluate_every=500,
            learning_rate=1.5e-3,
            schedule="cosine",
            warmup=0.04,
            weight_decay=0.02,
            clip=2.0,
            ema=0.998,
            monitor="h_mean",
            mode="max",
        )
    )
    """Length and schedule of the training."""

    def __post_init__(self) -> None:
        """Refuses values out of range; gives the loop the recipe's seed.

        Raises:
            UserError: A field is out of range; the message names it.
        """
        good = {
            "batch": self.batch > 0,
            "size": self.size > 0 and self.size % 32 == 0,
        }
        settle(self, good)


_DEFAULT = Recipe()
PRESETS = {
    "default": _DEFAULT,
    "smoke": dataclasses.replace(
        _DEFAULT,
        rendered=24,
        batch=2,
        size=256,
        workers=1,
        fit=dataclasses.replace(_DEFAULT.fit, steps=60, evaluate_every=30),
    ),
    "sroie": dataclasses.replace(
        _DEFAULT,
        data=(Path("../shared/data/sroie"),),
        text=Path("../shared/data/text"),
        published_split=True,
        rendered=1500,
    ),
}


def train(
    recipe: Recipe, output: Path, *, resume: bool = False, init: Path | None = None
) -> dict[str, Any]:
    """Train a detector.

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

    from suite.data.page_batches import PageSource, page_batches
    from suite.losses import DBLoss
    from suite.models import build, text_detector
    from suite.recipes.bundle import load_core_weights, save_model
    from suite.recipes.mixture import mixture
    from suite.recipes.precision import convolution_policy
    from suite.training import check_folder, fit, load_best, write_run_config

    check_folder(output, dataclasses.asdict(recipe), resume)
    keras.utils.set_random_seed(recipe.seed)
    config = text_detector.DetectorConfig(
        conv_dtype=convolution_policy(recipe.conv_dtype)
    )
    core = build("text_detector", config)
    if init is not None:
        load_core_weights(core, init)  # before hours of rendering: it may not be there
    training, validation = _pages(recipe)
    shares = mixture([len(p) for p in training], recipe.rendered_share, recipe.rendered)
    sources = [PageSource(p, w) for p, w in zip(training, shares, strict=True)]
    batches = page_batches(
        sources, recipe.fit.steps, recipe.seed, batch=recipe.batch, size=recipe.size
    )
    write_run_config(output, dataclasses.asdict(recipe))
    with Progress("training", recipe.fit.steps) as progress:
        result = fit(
            core,
            DBLoss(),
            batches,
            recipe.fit,
            output,
            evaluate=lambda model: evaluate(model, validation),
            resume=resume,
            progress=progress,
        )
    load_best(core, output)
    save_model(output / "model", "text_detector", core, config, describe(recipe.seed))
    return dict(result.best)


def evaluate(core: Any, pages: Sequence[Any]) -> dict[str, float]:
    """Detection figures on whole pages at the scale of their true text height.

    Args:
        core: The training core.
        pages: Labelled pages.

    Returns:
        `precision`, `recall`, `h_mean` at IoU 0.5, and `mean_iou` of the matches.
    """
    from suite.data.ocr_figures import matched
    from suite.data.page_batches import load_page
    from suite.ocr.detection import Detector

    matches = matched(Detector(_Canvases(core)), map(load_page, pages))
    return {
        "h_mean": matches.f1,
        "precision": matches.precision,
        "recall": matches.recall,
        "mean_iou": matches.mean_overlap,
    }


class _Canvases:
    """A core in training as an engine's model, with its signatures of fixed size:
    tensorflow's graphs can't resize maps of unknown size."""

    def __init__(self, core: Any) -> None:
        self.config = describe(0)
        self.signatures = self.config["signatures"]
        self._core = core
        self._models: dict[str, Any] = {}

    def __call__(self, signature: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        import keras
        import numpy as np

        image = inputs["image"]
        if signature not in self._models:
            fixed = keras.Input(image.shape[1:], batch_size=1)
            logits = self._core({"image": fixed})["probability"]
            self._models[signature] = keras.Model(fixed, keras.ops.sigmoid(logits))
        grey = image.astype(np.float32) / 255
        return {"probability": self._models[signature].predict_on_batch(grey)}

    def release(self) -> None:
        """Nothing is held."""


def describe(seed: int) -> dict[str, Any]:
    """The detector's part of `config.json`."""
    from suite.data.db_labels import SHRINK_RATIO
    from suite.models.text_detector import STRIDE
    from suite.recipes.bundle import tensor

    return {
        "app": "ocr",
        "model": "detector",
        "seed": seed,
        "preprocessing": {
            "colour": "grey, 0 black to 255 white",
            "text_height": READING_HEIGHT,
            "multiple": STRIDE,
            "padding": "right and bottom, the page's median grey",
        },
        "postprocessing": {"shrink_ratio": SHRINK_RATIO},
        "signatures": {
            f"detect_{height}x{width}": {
                "inputs": {"image": tensor((1, height, width, 1), "uint8")},
                "outputs": {"probability": tensor((1, height, width, 1), "float32")},
            }
            for height, width in CANVASES
        },
    }


def _pages(recipe: Recipe) -> tuple[list[Any], list[Any]]:
    """Sets of pages to train on, the rendered one last, and pages to validate on."""
    from suite.data.corpus import load_corpus
    from suite.data.fonts import find_fonts
    from suite.data.page_batches import load_page
    from suite.data.page_files import page_settings, write_pages
    from suite.data.pages import PageRenderer
    from suite.data.sroie import pages
    from suite.recipes.cache import cache_folder
    from suite.recipes.labelled import set_apart, split_pages

    training: list[Any] = []
    validation: list[Any] = []
    for folder in recipe.data:
        known, held = split_pages(folder, recipe.published_split, check=load_page)
        training.append(known)
        validation += held
    if recipe.rendered:
        faces, corpus = find_fonts(recipe.fonts), load_corpus(recipe.text)
        render = PageRenderer(faces, corpus, recipe.render_seed)
        # by count: a smoke test must not replace the pages of a long training
        name = f"rendered_{recipe.rendered}_{recipe.render_seed}"
        told = page_settings(render, recipe.rendered)
        out = cache_folder(recipe.cache, name, told)
        write_pages(out, recipe.rendered, render, workers=recipe.workers)
        known, held = set_apart(pages(out), 50)
        training.append(known)
        validation += held
    if not training:
        raise UserError(
            "nothing to train on (--data, --rendered)",
            "Name a folder of labelled pages, or let pages be rendered.",
        )
    return training, validation
