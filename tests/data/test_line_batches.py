"""Which lines share a batch, and what a batch holds."""

import itertools

import numpy as np
import pytest

from suite.console import UserError
from suite.data.line_batches import (
    PIXELS_PER_CHARACTER,
    ROOM,
    WIDTHS,
    LineSource,
    assemble,
    line_batches,
    plan_batches,
)
from suite.data.shards import LineRecord
from suite.imaging.geometry import box_quad
from suite.text import Alphabet

ALPHABET = Alphabet("abcdefghijklmnopqrstuvwxyz0123456789")


class FakeLines:
    """Lines in memory: line `i` says its own number."""

    def __init__(self, widths, cased=True):
        self.widths = np.asarray(widths, np.float32)
        self.texts = [str(i) for i in range(len(widths))]
        self.cased = cased

    def __len__(self):
        return len(self.widths)

    def __getitem__(self, index):
        width = round(float(self.widths[index]))
        image = np.random.default_rng(index).integers(0, 256, (32, width), np.uint8)
        quad = box_quad(0, 0, width, 32)
        return LineRecord(image, quad, self.texts[index], self.cased, f"fake:{index}")


def some_lines(count=3000, seed=0, **options):
    widths = np.random.default_rng(seed).lognormal(5, 0.7, count).clip(20, 2000)
    return FakeLines(widths, **options)


def drawn(plan, number):
    """Lines of one set in the order in which the plan has them."""
    lines = np.concatenate([batch.lines for batch in plan])
    return lines[lines[:, 0] == number, 1]


def test_a_batch_has_a_width_of_few_that_fits_its_lines():
    lines = some_lines()
    plan = plan_batches([LineSource(lines, 1.0)], 120, 1, area=6000)
    assert len(plan) == 120
    for batch in plan:
        widths = lines.widths[batch.lines[:, 1]] * ROOM
        index = WIDTHS.index(batch.width)
        assert widths.max() <= batch.width
        assert index == 0 or widths.min() > WIDTHS[index - 1]
        assert len(batch.lines) == max(1, 6000 // batch.width)
        assert batch.lines.dtype == np.int32
    assert len({batch.width for batch in plan}) > 8


def test_the_plan_depends_on_the_seed_alone():
    source = [LineSource(some_lines(), 1.0)]
    one, two, other = (plan_batches(source, 60, seed) for seed in (1, 1, 2))
    for a, b in zip(one, two, strict=True):
        assert a.width == b.width
        np.testing.assert_array_equal(a.lines, b.lines)
    assert [b.width for b in one] != [b.width for b in other]
    longer = plan_batches(source, 90, 1)  # the same beginning: a run may be prolonged
    for a, b in zip(one, longer, strict=False):
        np.testing.assert_array_equal(a.lines, b.lines)


def test_all_lines_come_before_any_comes_again():
    lines = FakeLines(np.full(500, 90))
    plan = plan_batches([LineSource(lines, 1.0)], 100, 1, area=960, pool=128)
    order = drawn(plan, 0)  # 100 batches of 10
    assert len(order) == 1000
    counts = np.bincount(order, minlength=500)
    # lines of two rounds wait in one pool, so the last of a round may change places
    assert counts.min() >= 1 and counts.max() <= 3
    assert len(np.unique(order[:350])) == 350


def test_shares_are_kept():
    sources = [
        LineSource(some_lines(2000, 1), 0.6),
        LineSource(some_lines(40, 2), 0.3),
        LineSource(some_lines(9000, 3), 0.1),
        LineSource(FakeLines([]), 0.0),
    ]
    plan = plan_batches(sources, 400, 1)
    total = sum(len(batch.lines) for batch in plan)
    for number, source in enumerate(sources):
        share = len(drawn(plan, number)) / total
        assert share == pytest.approx(source.share, abs=0.03)


def test_sets_and_lines_are_mixed():
    sources = [LineSource(FakeLines(np.full(600, 90)), 0.5) for _ in range(2)]
    plan = plan_batches(sources, 60, 1, area=960, pool=256)
    assert all(0 < batch.lines[:, 0].sum() < len(batch.lines) for batch in plan[:-5])
    steps = np.diff(drawn(plan, 0))
    assert (steps > 0).mean() < 0.7 and np.abs(steps).mean() > 100


def test_lines_too_wide_are_left_out_and_counted(caplog):
    widths = np.where(np.arange(200) % 2, 100, WIDTHS[-1] / ROOM + 1)
    sources = [LineSource(FakeLines(w), 0.5) for w in (widths, np.full(9, 90))]
    plan = plan_batches(sources, 20, 1)
    assert set(drawn(plan, 0) % 2) == {1}
    (warning,) = caplog.messages
    assert warning.startswith("100 of 209 lines are left out: at a height of 32")
    assert warning.endswith("wider than 1207 pixels")
    caplog.clear()
    plan_batches(sources[1:], 5, 1)
    assert not caplog.messages


@pytest.mark.parametrize("widths", [[], [1300.0], [5000.0] * 3])
def test_a_set_without_usable_lines_is_named(widths):
    sources = [LineSource(some_lines(), 0.5), LineSource(FakeLines(widths), 0.5)]
    with pytest.raises(UserError, match=f"no line .* among {len(widths)} "):
        plan_batches(sources, 5, 1)


def record(text, width, cased=True):
    image = np.full((32, width), 51, np.uint8)
    return LineRecord(image, box_quad(0, 0, width, 32), text, cased, "made")


def test_a_batch_by_hand():
    records = [record("cab", 30), record("b", 61, cased=False), record("", 64)]
    inputs, targets = assemble([r.image for r in records], records, ALPHABET, 64)
    image, width = inputs["image"], inputs["width"]
    assert image.shape == (3, 32, 64, 1) and image.dtype == np.float32
    assert width.tolist() == [30, 61, 64] and width.dtype == np.int32
    for row in range(3):
        np.testing.assert_allclose(image[row, :, : width[row]], 51 / 255, rtol=1e-6)
        assert not image[row, :, width[row] :].any()
    labels = targets["labels"]
    assert labels.shape == (3, 64 // PIXELS_PER_CHARACTER) and labels.dtype == np.int32
    assert labels[:, :4].tolist() == [[3, 1, 2, 0], [2, 0, 0, 0], [0, 0, 0, 0]]
    assert targets["label_lengths"].tolist() == [3, 1, 0]
    assert targets["logit_lengths"].tolist() == [8, 16, 16]
    assert targets["merged"].tolist() == [False, True, False]


def test_a_line_stretched_beyond_the_batch_is_squeezed_into_it():
    image = np.repeat(np.arange(80, dtype=np.uint8)[None] * 3, 32, axis=0)
    inputs, targets = assemble([image], [record("ab", 80)], ALPHABET, 64)
    assert inputs["width"].tolist() == [64] and targets["logit_lengths"].tolist() == [
        16
    ]
    row = 255 * inputs["image"][0, 5, :, 0]
    assert (np.diff(row) > 0).all() and row[-1] > 230


def test_a_label_longer_than_the_batch_has_room_for_is_told_to_be_infeasible():
    text = "abcdefghijklmn"  # 14 characters on 64 pixels: room for 12
    inputs, targets = assemble([record("", 64).image], [record(text, 64)], ALPHABET, 64)
    assert targets["labels"].shape == (1, 12)
    assert targets["label_lengths"][0] > targets["logit_lengths"][0]
    assert inputs["image"].shape == (1, 32, 64, 1)


def test_unknown_characters_are_named():
    with pytest.raises(UserError, match="'Ω'"):
        assemble([record("", 64).image], [record("aΩ", 64)], ALPHABET, 64)


def batches(threads=1, seed=5):
    lines = FakeLines(np.linspace(30, 300, 200), cased=False)
    sources = [LineSource(lines, 1.0)]
    plan = plan_batches(sources, 12, 3, area=3000)
    return plan, line_batches(sources, ALPHABET, plan, seed, threads=threads)


def test_batches_follow_the_plan_whatever_the_threads():
    plan, one = batches()
    _, four = batches(threads=4)
    _, other = batches(seed=6)
    differs = False
    for planned, a, b, c in zip(plan, one, four, other, strict=True):
        (inputs, targets), (same, same_targets) = a, b
        for key, array in {**inputs, **targets}.items():
            np.testing.assert_array_equal(array, {**same, **same_targets}[key])
        assert inputs["image"].shape[2] == planned.width
        labels = [ALPHABET.encode(str(i)).tolist() for i in planned.lines[:, 1]]
        for row, label in enumerate(labels):
            assert targets["labels"][row, : len(label)].tolist() == label
        assert targets["merged"].all()
        differs |= not np.array_equal(inputs["image"], c[0]["image"])
    assert differs  # by the augmentation alone


def test_a_line_looks_different_each_time():
    sources = [LineSource(FakeLines([90.0]), 1.0)]
    plan = plan_batches(sources, 8, 3, area=200)
    images = [x["image"] for x, _ in line_batches(sources, ALPHABET, plan, 5)]
    for one, two in itertools.pairwise(images):
        assert not np.array_equal(one, two)


def test_a_pipeline_goes_on_where_its_state_was_taken():
    _, dataset = batches()
    iterator = iter(dataset)
    for _ in range(4):
        next(iterator)
    state = iterator.get_state()
    wanted = [next(iterator) for _ in range(3)]
    again = iter(batches()[1])
    again.set_state(state)
    for want in wanted:
        np.testing.assert_array_equal(next(again)[0]["image"], want[0]["image"])
