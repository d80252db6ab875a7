"""The shipped models on the page that ships with them, turned, inverted, resized."""

import hashlib
import importlib.util
import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from suite.console import UserError
from suite.imaging.geometry import rectify
from suite.imaging.opening import open_image
from suite.ocr import Reader
from suite.ocr import reader as reader_module
from suite.text.distance import error_rates

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "saved_models" / "ocr"

LIMIT = 0.006
"""Share of wrong characters on a page that is printed clearly: two of 380. One is wrong
on the inverted page, none elsewhere."""


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return open_image(SHIPPED / "sample.png", mode="L")


@pytest.fixture(scope="module")
def printed() -> str:
    """What examples/sample_page.py prints."""
    path = ROOT / "examples" / "sample_page.py"
    spec = importlib.util.spec_from_file_location("sample_page", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return "\n".join(f"{left} {right}".strip() for _, left, right, _ in module.LINES)


def error(page, printed: str) -> float:
    return error_rates([(page.text, printed)]).character_error_rate


def turned(image: np.ndarray, degrees: float) -> np.ndarray:
    """The picture turned clockwise, on a larger sheet."""
    height, width = image.shape
    side = int(math.hypot(height, width))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    matrix[:, 2] += (side - width) / 2, (side - height) / 2
    return cv2.warpAffine(image, matrix, (side, side), borderValue=(235,))


def test_reads_the_sample_in_rows(reader, image, printed):
    page = reader.read(image)
    assert error(page, printed) <= LIMIT
    assert "29.59" in next(row for row in page.text.split("\n") if "Total" in row)


@pytest.mark.parametrize("factor", [0.3, 2.2, 5.0])
def test_a_wrong_guess_of_the_text_height_is_made_good(
    reader, image, printed, factor, monkeypatch
):
    guessed = reader_module.text_height
    monkeypatch.setattr(
        reader_module, "text_height", lambda *page: factor * guessed(*page)
    )
    assert error(reader.read(image), printed) <= LIMIT


def test_what_reads_badly_is_looked_at_more_closely(
    reader, image, printed, monkeypatch
):
    """Five times the true height ends at lines read two for one, upside down."""
    small = cv2.resize(image, None, fx=0.45, fy=0.45, interpolation=cv2.INTER_AREA)
    guessed = reader_module.text_height
    monkeypatch.setattr(reader_module, "text_height", lambda *page: 5 * guessed(*page))
    page = reader.read(small)
    assert abs(page.angle) < 3 and error(page, printed) < 0.03


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_page_reads_the_same(reader, image, printed, turn):
    page = reader.read(np.ascontiguousarray(np.rot90(image, -turn // 90)))
    assert error(page, printed) <= LIMIT
    assert abs((page.angle - turn + 180) % 360 - 180) < 3


@pytest.mark.parametrize("degrees", [-9.0, 6.0])
def test_a_skewed_page_reads_the_same(reader, image, printed, degrees):
    page = reader.read(turned(image, degrees))
    assert error(page, printed) <= LIMIT
    # the sample itself is turned by 1.2 degrees
    assert abs((page.angle - degrees - 1.2 + 180) % 360 - 180) < 1


def test_white_on_black_is_read(reader, image, printed):
    assert error(reader.read(255 - image), printed) <= LIMIT


@pytest.mark.parametrize("scale", [0.6, 3.0])
def test_size_does_not_matter(reader, image, printed, scale):
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    page = reader.read(cv2.resize(image, None, fx=scale, fy=scale, interpolation=how))
    assert error(page, printed) <= LIMIT


def test_places_are_those_of_the_picture(reader, image):
    """Boxes lie on their ink, also where the picture was reduced or turned."""
    page = reader.read(image)
    total = next(line for line in page.lines if line.text.startswith("Total"))
    x, y = total.quad.mean(axis=0)
    assert 120 < x < 180 and 495 < y < 530
    upside_down = reader.read(np.ascontiguousarray(image[::-1, ::-1]))
    line = next(line for line in upside_down.lines if line.text.startswith("Total"))
    height, width = image.shape
    np.testing.assert_allclose(line.quad, [width, height] - total.quad, atol=4)
    reduced = reader.read(image, size=(2 * width, 2 * height))
    line = next(line for line in reduced.lines if line.text.startswith("Total"))
    np.testing.assert_allclose(line.quad, 2 * total.quad, atol=1e-3)
    for line in page.lines:
        assert " ".join(word.text for word in line.words) == line.text


@pytest.mark.parametrize("shape", [(1, 1), (400, 300), (3, 900)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_page_has_no_text(reader, shape, level):
    page = reader.read(np.full(shape, level, np.uint8))
    assert page.text == "" and page.lines == ()
    assert (page.width, page.height) == shape[::-1]


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((9, 9, 3), np.uint8),
        np.zeros((0, 9), np.uint8),
        np.zeros((9, 9), bool),
        np.zeros((9, 9), np.float32),
        Image.new("L", (9, 9)),
        [[0]],
    ],
)
def test_pixels_of_another_form_are_refused(reader, pixels):
    with pytest.raises(UserError, match=r"Reader\.read: takes a uint8 array"):
        reader.read(pixels)


@pytest.mark.parametrize("pixels", [np.zeros((9, 9), np.uint8), Image.new("L", (9, 9))])
def test_pixels_in_place_of_a_file_are_told_where_they_go(reader, pixels):
    with pytest.raises(UserError, match="pixels, where a path") as caught:
        reader(pixels)
    assert "Reader.read" in caught.value.hint


def test_a_stream_is_called_by_the_name_it_is_given(reader):
    with pytest.raises(UserError, match=r"^-: not a picture"):
        next(reader.pages(b"no picture", name="-"))


@pytest.mark.parametrize("height", [12, 30, 60])
@pytest.mark.parametrize("text", ["7", "42", "1 2 3"])
def test_a_number_alone_on_a_page_is_read_upright(reader, text, height):
    sheet = Image.new("L", (600, 800), 245)
    ImageDraw.Draw(sheet).text((200, 260), text, 30, ImageFont.load_default(height))
    page = reader.read(np.asarray(sheet))
    # the gap of one space between digits is not always seen
    assert page.text.replace(" ", "") == text.replace(" ", "")
    assert abs(page.angle) < 3


def test_digits_apart_stay_apart(reader):
    sheet = Image.new("L", (600, 800), 245)
    ImageDraw.Draw(sheet).text((200, 260), "1   2   3", 30, ImageFont.load_default(30))
    assert reader.read(np.asarray(sheet)).text == "1 2 3"


def test_the_text_of_a_line_does_not_depend_on_its_bucket(reader, image):
    recognizer = reader.recognizer
    several = 0
    for line in reader.read(image).lines:
        crop = rectify(image, line.quad, recognizer.height)
        width = crop.shape[1]
        texts = set()
        for bucket in (size for size in recognizer.widths if size >= width):
            padded = np.zeros((1, recognizer.height, bucket, 1), np.uint8)
            padded[0, :, :width, 0] = crop
            inputs = {"image": padded, "width": np.array([width], np.int32)}
            logits = recognizer.models[0](f"read_{bucket}", inputs)["logits"][0]
            steps = -(-width // recognizer.stride)
            texts.add(reader.decoded(logits[:steps]).text)
            several += bucket > width
        assert len(texts) == 1, texts
    assert several > 50


def test_what_ships_is_small_and_is_what_was_verified():
    size = 0
    for name in ("detector", "recognizer"):
        folder = SHIPPED / name
        proof = json.loads((folder / "verification.json").read_text("utf-8"))
        assert proof["source"]["parameters"] <= 2.5e6
        file = (folder / "dynamic_int8.tflite").read_bytes()
        made_of = (folder / "model.keras").read_bytes()
        for content, noted in [
            (made_of, proof["source"]),
            (file, proof["files"]["dynamic_int8"]),
        ]:
            assert hashlib.sha256(content).hexdigest() == noted["sha256"]
        size += len(file)
    assert size <= 5e6
