"""Pages with a text beside them that the stand-in reads."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from suite.data.page_files import format_boxes
from suite.data.sroie import Box, LabelledPage
from tests.engine.miniature import miniatures

__all__ = ["miniatures"]

LevelBox = tuple[float, float, float, float, str]


@pytest.fixture
def make_page(tmp_path: Path) -> Callable[..., LabelledPage]:
    """Writes a picture, its box file and the text that a reader will give."""
    (tmp_path / "images").mkdir()
    (tmp_path / "boxes").mkdir()

    def make(
        name: str, read: str, boxes: list[LevelBox], size: tuple[int, int] = (200, 100)
    ) -> LabelledPage:
        image = tmp_path / "images" / f"{name}.png"
        Image.new("1", size, 1).save(image)
        image.with_suffix(".txt").write_text(read, encoding="utf-8")
        made = []
        for x, y, right, bottom, text in boxes:
            quad = [[x, y], [right, y], [right, bottom], [x, bottom]]
            made.append(Box(np.array(quad, np.float32), text))
        path = tmp_path / "boxes" / f"{name}.csv"
        path.write_text(format_boxes(made), encoding="utf-8")
        return LabelledPage(name, image, tuple(made))

    return make
