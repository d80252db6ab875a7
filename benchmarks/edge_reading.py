"""What the shipped models read in float32 and in int8, and how long they convert."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from suite.engine import find_model
from suite.engine.folder import CONFIG, KERAS, read_config

PRECISIONS = ("float32", "dynamic_int8")


def compare(data: Path, pages: str) -> dict[str, Any]:
    """Exports the shipped models whole and measures labelled pages with them.

    Args:
        data: Labelled pages in SROIE's layout.
        pages: First and last page by number, as in 450-499.

    Returns:
        By precision the figures of `suite.ocr.scoring`; `seconds`: by model, of its
        conversion to both files, its proof included.

    Raises:
        UserError: There are no such pages, or a model cannot be exported.
    """
    from suite.data.sroie import pages as labelled_pages
    from suite.edge.export import export
    from suite.ocr import evaluation
    from suite.ocr.reader import Reader
    from suite.ocr.samples import sample_inputs
    from suite.ocr.scoring import pool

    labelled = labelled_pages(data, evaluation.page_names(data, pages))
    seconds: dict[str, float] = {}
    read: dict[str, Any] = {"pages": pages}
    with tempfile.TemporaryDirectory() as work:
        folders = {name: Path(work) / name for name in ("detector", "recognizer")}
        for name, folder in folders.items():
            folder.mkdir()
            for file in (CONFIG, KERAS):
                shutil.copyfile(find_model("ocr", name) / file, folder / file)
            config, _ = read_config(folder)
            start = time.perf_counter()
            export(folder, inputs=sample_inputs(config), formats=PRECISIONS)
            seconds[name] = time.perf_counter() - start
        for precision in PRECISIONS:
            reader = Reader(
                folders["detector"], folders["recognizer"], precision=precision
            )
            scores, _ = evaluation.score_pages(
                reader, labelled, fold_case=evaluation.in_capitals(labelled)
            )
            read[precision] = pool(scores)["all"].figures()
    return {**read, "seconds": seconds}
