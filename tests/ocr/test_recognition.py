"""Lines of any width: the right bucket, pieces of long lines, several threads."""

import threading

import numpy as np
import pytest

from suite.ocr.decoding import greedy
from suite.ocr.recognition import Recognizer

WIDTHS = (96, 160, 640)
CHARACTERS = "abcdefghijklmnopqrstuvwxyz"
STRIDE = 4


class FakeModel:
    """Reads a frame off the top pixel of its first column: class = grey // 9.

    Frames within `blind` of a cut are read wrongly, as by a network whose view is cut
    off; the left end of a line and its right end, told by `width`, are no cuts.
    """

    def __init__(self, blind=0):
        self.config = {
            "alphabet": CHARACTERS,
            "preprocessing": {"height": 32, "stride": STRIDE},
        }
        self.signatures = {f"read_{width}": None for width in WIDTHS[::-1]}
        self.signatures["describe"] = None  # not one of widths
        self.blind = blind
        self.calls = []
        self.busy = threading.Lock()
        self.start = None  # a barrier that the first call waits at

    def __call__(self, signature, inputs):
        assert self.busy.acquire(blocking=False), "one model, two threads"
        image, width = inputs["image"], inputs["width"]
        assert signature == f"read_{image.shape[2]}"
        assert image.shape == (1, 32, image.shape[2], 1) and image.dtype == np.uint8
        assert width.shape == (1,) and width.dtype == np.int32
        self.calls.append((image.shape[2], int(width[0]), image))
        classes = image[0, 0, ::STRIDE, 0] // 9
        logits = 9 * np.eye(len(CHARACTERS) + 1, dtype=np.float32)[classes]
        if self.blind and width[0] == WIDTHS[-1]:
            logits[: self.blind] = logits[-self.blind :] = -1
        if self.start and len(self.calls) == 1:
            self.start.wait(timeout=60)
        self.busy.release()
        return {"logits": logits[None]}


def line(width, seed=0):
    """A line whose frames hold random classes."""
    classes = np.random.default_rng(seed).integers(0, 27, -(-width // STRIDE))
    row = np.repeat(9 * classes, STRIDE)[:width]
    return np.tile(row.astype(np.uint8), (32, 1))


def classes_of(image):
    return image[0, ::STRIDE] // 9


@pytest.mark.parametrize(
    ("width", "bucket"),
    [(1, 96), (95, 96), (96, 96), (97, 160), (160, 160), (161, 640), (640, 640)],
)
def test_a_line_takes_the_smallest_bucket(width, bucket):
    model, image = FakeModel(), line(width)
    (logits,) = Recognizer([model])([image])
    ((size, true, padded),) = model.calls
    assert (size, true) == (bucket, width)
    np.testing.assert_array_equal(padded[0, :, :width, 0], image)
    assert not padded[0, :, width:].any()
    assert logits.shape == (-(-width // STRIDE), 27) and logits.dtype == np.float32
    np.testing.assert_array_equal(logits.argmax(axis=1), classes_of(image))


@pytest.mark.parametrize("blind", [0, 15])
@pytest.mark.parametrize("width", [641, 643, 644, 767, 1152, 1153, 1300, 4001])
def test_a_long_line_is_read_in_pieces_and_put_together(width, blind):
    model, image = FakeModel(blind), line(width)
    (logits,) = Recognizer([model])([image])
    assert len(logits) == -(-width // STRIDE)
    got, want = logits.argmax(axis=1), classes_of(image)
    inner = slice(blind, len(want) - blind)  # the fake is blind at both ends, too
    np.testing.assert_array_equal(got[inner], want[inner])
    assert len(model.calls) == 1 + -(-(width - 640) // 512)
    assert all(true <= 640 for _, true, _ in model.calls)


def test_a_long_line_is_not_squeezed():
    text = "sphinxofblackquartzjudgemyvow"
    path = np.zeros(2 * len(text) + 1, int)
    path[1::2] = [CHARACTERS.index(character) + 1 for character in text]
    path = np.pad(np.repeat(path, 5), 16)  # the fake is blind at both ends
    row = np.repeat(9 * path, STRIDE).astype(np.uint8)
    recognizer = Recognizer([FakeModel(blind=15)])
    assert len(row) > 1000
    (logits,) = recognizer([np.tile(row, (32, 1))])
    assert greedy(logits, recognizer.alphabet).text == text


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_are_in_the_order_of_the_lines(threads):
    models = [FakeModel() for _ in range(threads)]
    barrier = threading.Barrier(threads)
    for model in models:
        model.start = barrier  # passed when each of them reads
    lines = [line(20 + 37 * (seed * 7 % 23), seed) for seed in range(23)]
    results = Recognizer(models)(lines)
    for image, logits in zip(lines, results, strict=True):
        np.testing.assert_array_equal(logits.argmax(axis=1), classes_of(image))
    read = [true for model in models for _, true, _ in model.calls]
    pieces = sum(1 if x.shape[1] <= 640 else 2 for x in lines)
    assert len(read) == pieces  # each line once


def test_widest_lines_come_first():
    model = FakeModel()
    Recognizer([model])([line(width) for width in (50, 600, 90, 300)])
    assert [true for _, true, _ in model.calls] == [600, 300, 90, 50]


def test_nothing_to_read():
    assert Recognizer([FakeModel(), FakeModel()])([]) == []


@pytest.mark.parametrize("threads", [1, 2])
def test_a_failure_reaches_the_caller(threads):
    class Broken(FakeModel):
        def __call__(self, signature, inputs):
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        Recognizer([Broken() for _ in range(threads)])([line(50), line(60)])


def test_what_the_model_says_of_itself():
    recognizer = Recognizer([FakeModel()])
    assert recognizer.widths == list(WIDTHS)
    assert (recognizer.height, recognizer.stride) == (32, 4)
    assert recognizer.alphabet.size == 27
    assert Recognizer.overlap % (2 * STRIDE) == 0
