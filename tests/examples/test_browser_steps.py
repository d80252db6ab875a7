"""Each step of the browser example gives what its namesake in `suite.ocr` gives."""

import base64
import json
import shutil
import subprocess
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from suite.imaging.geometry import iou_matrix, rectify
from suite.ocr.boxes import BoxOptions, find_boxes
from suite.ocr.decoding import beam, greedy
from suite.ocr.layout import reading_order
from suite.ocr.orientation import skew_angle, text_runs_down
from suite.ocr.stitching import stitch
from suite.ocr.text_height import lone_height, text_height
from suite.ocr.upright import Placement
from suite.ocr.words import line_words
from suite.text import Alphabet
from suite.text.ngram import BOUNDARY, CharacterModel
from suite.text.ngram_training import train_character_model
from tests.ocr.pages import text_page
from tests.ocr.test_boxes import column_of_lines, page_of, rotated
from tests.ocr.test_layout import receipt, turned, two_columns
from tests.ocr.test_typography import GAPS

SCRIPT = Path(__file__).with_name("browser_steps.mjs")


@pytest.fixture(scope="module")
def node():
    """Runs steps (name, arguments ...) in one process and gives their results."""
    if shutil.which("node") is None:
        pytest.skip("needs Node.js")

    def run(*steps):
        result = subprocess.run(
            ["node", str(SCRIPT)],
            input=json.dumps(steps),
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return run


def packed(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def picture(image):
    return {"width": image.shape[1], "height": image.shape[0], "data": packed(image)}


def pixels(found):
    flat = np.frombuffer(base64.b64decode(found["data"]), np.uint8)
    return flat.reshape(found["height"], found["width"])


def logits(array):
    values = packed(array.astype(np.float32))
    return {"steps": len(array), "classes": array.shape[1], "values": values}


def noise(width, height, seed=0):
    image = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    return cv2.GaussianBlur(image, (3, 3), 0)


def tilted(degrees, size=(420, 360), height=16):
    page = text_page(size, height, 12)
    middle = size[0] / 2, size[1] / 2
    turn = cv2.getRotationMatrix2D(middle, -degrees, 1)  # counter-clockwise is > 0
    return cv2.warpAffine(page, turn, size, borderValue=(245,) * 3)


def assert_near(got, wanted, share=0.02):
    """Equal but for grey levels one apart in a small share of the pixels."""
    assert got.shape == wanted.shape
    apart = np.abs(got.astype(int) - wanted)
    assert apart.max() <= 1, apart.max()
    assert (apart > 0).mean() <= share, (apart > 0).mean()


def test_grey(node):
    rgb = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    rgba = np.dstack([rgb, np.full((20, 30), 255, np.uint8)])
    (got,) = node(("grey", packed(rgba)))
    assert got == np.asarray(Image.fromarray(rgb).convert("L")).ravel().tolist()


def test_resize(node):
    image = noise(130, 98)
    sizes = [(65, 49), (43, 33), (101, 98), (130, 31), (200, 150), (390, 294)]
    results = node(*(("resize", picture(image), *size) for size in sizes))
    for size, found in zip(sizes, results, strict=True):
        shrinks = size[0] <= 130 and size[1] <= 98
        how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
        assert_near(pixels(found), cv2.resize(image, size, interpolation=how))


def test_lines_are_cut_out(node):
    image = noise(300, 200)
    quads = [
        [[20.3, 30.1], [220.7, 30.1], [220.7, 75.9], [20.3, 75.9]],  # level, shrunk
        [[20.3, 30.1], [120.7, 30.1], [120.7, 49.9], [20.3, 49.9]],  # level, enlarged
        [[20, 60], [219, 80], [213, 139.7], [14, 119.7]],  # tilted, shrunk
        [[-5, 10], [95, 5], [96, 25], [-4, 30]],  # tilted, enlarged, beyond the edge
        [[290, 20], [290, 190], [250, 190], [250, 20]],  # downwards
    ]
    results = node(*(("rectify", picture(image), quad, 32) for quad in quads))
    for quad, found in zip(quads, results, strict=True):
        assert_near(pixels(found), rectify(image, np.array(quad, np.float32), 32))


def test_pages_are_put_upright(node):
    image = noise(120, 90)
    cases = [(0, 0.0, 0.7), (90, 0.0, 1.4), (180, 3.0, 0.6), (270, -2.0, 1.0)]
    results = node(*(("upright", picture(image), *case) for case in cases))
    for (turn, skew, scale), (found, matrix) in zip(cases, results, strict=True):
        wanted, wanted_matrix = Placement(turn, skew).picture(image, scale)
        assert_near(pixels(found), wanted)
        np.testing.assert_allclose(matrix, wanted_matrix[:2].ravel(), atol=1e-9)


def test_orientation_and_height_of_text(node):
    pages = [
        tilted(0),
        tilted(3.3),
        255 - tilted(-0.7, height=12),
        np.rot90(tilted(0)),
        np.full((60, 50), 240, np.uint8),
        noise(120, 90),
    ]
    steps = [("skew",), ("runsDown",), ("textHeight", 0.7)]
    results = node(*((s[0], picture(page), *s[1:]) for page in pages for s in steps))
    for number, page in enumerate(pages):
        page = np.ascontiguousarray(page)
        skew, runs_down, height = results[3 * number : 3 * number + 3]
        assert skew == pytest.approx(skew_angle(page), abs=1e-3)
        assert runs_down is text_runs_down(page)
        wanted = text_height(page, 0.7)
        assert height == (wanted and pytest.approx(wanted, rel=1e-6))
    assert [results[3 * n + 1] for n in (0, 3, 4)] == [False, True, None]


@pytest.mark.parametrize("letters", [0, 1, 2, 3])
def test_letters_alone(node, letters):
    page = np.full((900, 700), 245, np.uint8)
    for left in range(60, 60 + 200 * letters, 200):
        page[300:400, left : left + 60] = 30
    (height,) = node(("loneHeight", picture(page)))
    wanted = lone_height(page)
    assert (wanted is not None) == (letters in (1, 2))
    assert height == (wanted and pytest.approx(wanted, rel=1e-6))


@pytest.mark.parametrize("degrees", [0, 0.4, -3, 8])
def test_boxes(node, degrees):
    lines = column_of_lines(height=20, degrees=degrees)
    digit = rotated(16, 20, degrees, (560, 60))  # too short to tell how it runs
    probability = page_of([*lines, digit]).astype(np.float32)
    probability = cv2.GaussianBlur(probability, (0, 0), 1.5)
    height, width = probability.shape
    map_ = {"width": width, "height": height, "values": packed(probability)}
    (quads,) = node(("boxes", map_, 0.75))
    wanted, _ = find_boxes(probability, BoxOptions(shrink_ratio=0.75))
    assert len(quads) == len(wanted) > 8
    best = iou_matrix(np.array(quads, np.float32), wanted).max(axis=1)
    assert best.min() > 0.999


def test_reading_order(node):
    odd = [[[50, 500], [60, 400], [80, 402], [70, 502]]]
    pages = [
        receipt()[0],
        two_columns(),
        two_columns(leading=31.0, title=False),
        turned(two_columns(), 8),
        [*receipt()[0], *np.array(odd, np.float32)],
        [],
    ]
    pages = [np.array(page, np.float64).reshape(-1, 4, 2) for page in pages]
    pages = [np.random.default_rng(4).permutation(page) for page in pages]
    results = node(*(("order", page.tolist()) for page in pages))
    for page, rows in zip(pages, results, strict=True):
        order, numbers = reading_order(page)
        pairs = groupby(zip(numbers, order, strict=True), key=lambda pair: pair[0])
        assert rows == [[index for _, index in row] for _, row in pairs]


def test_decoding(node):
    alphabet = Alphabet(" abcdé")
    rng = np.random.default_rng(2)
    quad = [[10.0, 20], [210, 30], [208, 60], [8, 50]]
    lines = [6 * rng.random((steps, 7)) for steps in (1, 9, 60)]
    lines += [np.eye(7)[[0, 0]], np.eye(7)[[1, 2, 2, 0, 2, 1, 1, 3, 0]]]
    results = node(
        *(("decode", logits(x), alphabet.characters, quad, len(x)) for x in lines)
    )
    for line, (text, confidence, words) in zip(lines, results, strict=True):
        reading = greedy(line, alphabet)
        assert text == reading.text
        assert confidence == pytest.approx(reading.confidence, rel=1e-5)
        wanted = line_words(reading, np.array(quad, np.float32), len(line))
        assert [word["text"] for word in words] == [word.text for word in wanted]
        for word, expected in zip(words, wanted, strict=True):
            np.testing.assert_allclose(word["quad"], expected.quad, atol=1e-3)
    assert results[-1][0] == " aa b"


def model_of_many_characters(file):
    """Of 1,200 classes: contexts of five are numbers of up to 51 bits, near a double's.

    Returns:
        The model, and classes of a line that it knows.
    """
    alphabet = Alphabet("".join(map(chr, range(0x4E00, 0x4E00 + 1199))))
    rng = np.random.default_rng(8)
    texts = ["".join(rng.choice(list(alphabet.characters), 40)) for _ in range(6)]
    model = train_character_model([*texts, *(text[:20] for text in texts)], alphabet)
    model.save(file)
    return model, [BOUNDARY, *alphabet.encode(texts[0][:30])]


def test_language_model(node, root, tmp_path):
    shipped = root / "saved_models" / "ocr" / "recognizer" / "language.npz"
    large = tmp_path / "large.npz"
    known, line = model_of_many_characters(large)
    texts = {shipped: (CharacterModel.load(shipped), [BOUNDARY]), large: (known, line)}
    model, classes = texts[shipped]
    for text in ("total amount rm 00.00", "gst reg no: 000000000000", "zq~{}"):
        classes += [*model.alphabet.encode(text).tolist(), BOUNDARY]
    for file, (model, classes) in texts.items():
        contexts = [
            tuple(map(int, classes[max(0, end - length) : end]))
            for end in range(1, len(classes))
            for length in range(model.order)
        ]
        (got,) = node(("probabilities", str(file), contexts))
        wanted = [model.probabilities(context) for context in contexts]
        np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-9)
        longest = [max(row) for row, c in zip(got, contexts, strict=True) if len(c) > 4]
        assert max(longest) > 0.5  # the longest contexts were found


def test_characters_of_the_language_model(node, root):
    file = root / "saved_models" / "ocr" / "recognizer" / "language.npz"
    alphabet = Alphabet("aA0z9ZÖ ")
    (got,) = node(("classes", str(file), alphabet.characters))
    classes, shares = CharacterModel.load(file).classes_of(alphabet)
    assert got["classes"] == classes.tolist()
    np.testing.assert_allclose(got["shares"], shares, rtol=1e-6)


def doubtful_lines(alphabet, count=48):
    """Logits of lines in which many a step may be one of two characters."""
    rng = np.random.default_rng(11)
    size = alphabet.size
    for number in range(count):
        text = alphabet.encode(("Total  RM 12.50", "TAX INVOICE", "aabb")[number % 3])
        steps = np.repeat(text, rng.integers(1, 3, len(text)))
        starts = np.append(True, steps[1:] != steps[:-1])
        places = np.cumsum(1 + starts) - 1  # a blank before each character
        line = rng.normal(0, 1, (places[-1] + 2, size))
        line[:, 0] += 4
        line[places, steps] += 9
        line[places, 0] -= 3
        doubts = rng.random(len(line)) < (0.02, 0.3)[number // 3 % 2]
        line[doubts, rng.integers(0, size, doubts.sum())] += 9
        yield line.astype(np.float32)


def test_beam_search(node, root):
    folder = root / "saved_models" / "ocr" / "recognizer"
    alphabet = Alphabet(json.loads((folder / "config.json").read_text())["alphabet"])
    model = CharacterModel.load(folder / "language.npz")
    rng = np.random.default_rng(7)
    lines = list(doubtful_lines(alphabet))
    lines += [k * rng.normal(0, 1, (20, alphabet.size)) for k in (1, 3, 6)]
    lines += [np.zeros((0, alphabet.size)), np.eye(alphabet.size)[[0, 0]] * 20]
    step = "beam", str(folder / "language.npz"), alphabet.characters
    (results,) = node((*step, [logits(line) for line in lines]))
    other = 0
    for line, characters in zip(lines, results, strict=True):
        wanted = beam(line, alphabet, language_model=model)
        assert "".join(c["text"] for c in characters) == wanted.text
        frames = [[c["first"], c["last"]] for c in characters]
        assert frames == wanted.frames.tolist()
        sure = [c["confidence"] for c in characters]
        np.testing.assert_allclose(sure, wanted.character_confidence, rtol=1e-5)
        other += wanted.text != greedy(line, alphabet).text
    assert 10 < other < len(lines) - 10


def test_long_lines_are_stitched(node):
    rng = np.random.default_rng(5)
    whole = rng.random((300, 6)).astype(np.float32)
    offsets = [0, 128, 140]
    pieces = [whole[start : start + 160].copy() for start in offsets]
    # where the two agree on the overlap: at its very end, which is no place for a
    # border; and from a little behind its middle on
    pieces[1][:28] = 1 - pieces[1][:28]
    pieces[2][:80] = 1 - pieces[2][:80]
    parts = [[logits(p), start] for p, start in zip(pieces, offsets, strict=True)]
    (got,) = node(("stitch", parts, 300))
    found = np.frombuffer(base64.b64decode(got), np.float32).reshape(300, 6)
    np.testing.assert_array_equal(found, stitch(pieces, offsets, 300))


def test_gaps_before_points(node):
    assert node(*(["closedUp", gapped] for gapped, _ in GAPS)) == [
        text for _, text in GAPS
    ]
