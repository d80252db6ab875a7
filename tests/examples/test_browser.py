"""The browser example in headless Chromium reads what Python reads."""

import json
import os
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from suite.imaging.geometry import bounding_box
from suite.ocr import Reader

# three of the pages that dynamic int8 reads alike; see the example's README
SROIE = ("453", "471", "490")


@pytest.fixture(scope="module")
def in_browser(root):
    """Reads pictures through the page; what `read.mjs` prints of each."""
    folder = root / "examples" / "browser"
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if shutil.which("node") is None or chromium is None:
        pytest.skip("needs Node.js and Chromium (CHROMIUM names it)")
    if not (folder / "node_modules" / "playwright-core").is_dir():
        pytest.skip("needs `npm ci` in examples/browser")

    def read(*paths):
        result = subprocess.run(
            ["node", "read.mjs", *map(str, paths)],
            cwd=folder,
            env={**os.environ, "CHROMIUM": chromium},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        assert not result.stderr, result.stderr
        return [json.loads(line) for line in result.stdout.splitlines()]

    return read


def test_pictures_are_read_as_python_reads_them(in_browser, root, tmp_path):
    """Upright, upside down, and none of what a page needs."""
    sample = root / "saved_models" / "ocr" / "sample.png"
    turned = tmp_path / "turned.png"
    with Image.open(sample) as picture:
        picture.rotate(180).save(turned)
    blank, broken = tmp_path / "blank.png", tmp_path / "broken.png"
    Image.new("L", (200, 100), 255).save(blank)
    broken.write_bytes(b"no picture")
    upright, upside_down, nothing, refused = in_browser(sample, turned, blank, broken)
    reader = Reader()
    # where words begin: at the left top, or upside down at the right bottom; the space
    # after each, drawn to be copied, makes its other end uncertain
    for found, path, start in (
        (upright, sample, slice(2)),
        (upside_down, turned, slice(2, 4)),
    ):
        page = reader(path)
        assert found["text"] == page.text
        assert len(page.lines) > 20
        size = np.array([page.width, page.height] * 2)
        lines = np.array([bounding_box(line.quad) for line in page.lines])
        np.testing.assert_allclose(found["boxes"] * size, lines, atol=2)
        words = [bounding_box(w.quad) for line in page.lines for w in line.words]
        starts = (found["words"] * size)[:, start]
        np.testing.assert_allclose(starts, np.array(words)[:, start], atol=3)
        assert found["selectable"].split() == page.text.split()
        assert found["ms"]["In all"] > 0
    assert nothing["status"] == "No text was found."
    assert nothing["text"] == ""
    assert (
        refused["status"] == "broken.png is not a picture that this browser can open."
    )


def test_receipts_are_read_as_python_reads_them(in_browser, shared_data, tmp_path):
    pages = []
    for number in SROIE:
        source = shared_data / "sroie" / "images" / f"{number}.webp"
        if not source.exists():
            pytest.skip("needs the receipts in ../shared/data/sroie")
        pages.append(tmp_path / f"{number}.png")
        with Image.open(source) as picture:
            picture.convert("RGB").save(pages[-1])
    reader = Reader()
    for page, found in zip(pages, in_browser(*pages), strict=True):
        assert found["text"].split() == reader(page).text.split()
