"""The pictures of docs/models.md show what was built."""

import re
import xml.etree.ElementTree as ET

import keras

from suite.layers import DelightTransform
from suite.models.flow import flow, steps
from suite.models.pictures import Level, levels, meetings, pictures, transform


def small():
    layer = DelightTransform(units=8, depth=3, width=2.0, max_groups=4)
    layer.build((None, 16))
    return layer


def test_the_committed_ones_are_current(root):
    for name, text in pictures().items():
        committed = (root / "docs" / "images" / name).read_text(encoding="utf-8")
        assert text == committed, f"{name}: draw it again, see docs/models.md"


def test_levels_are_those_of_the_layer():
    layer = small()
    first, *stack, last = levels(layer)
    assert first == Level("linear map", 1, 16, 0, 8, False)
    widths = [step.units for step in layer.stack.steps]
    assert [row.units for row in stack] == widths
    # layer 1 sees the input alone, the others what is before them, too
    assert [(row.seen, row.carried) for row in stack] == [
        (8, 8),
        *((8 + width, 8) for width in widths[:-1]),
    ]
    assert last == Level("linear map", 1, 8 + widths[-1], 8, 8, False)


def test_a_shuffle_brings_groups_together():
    apart = Level("layer 1", 2, 8, 8, 8, False)
    assert meetings(apart, 2) == [(0, 0), (1, 1)]
    assert meetings(apart, 4) == [(0, 0), (0, 1), (1, 2), (1, 3)]
    assert meetings(apart._replace(shuffle=True), 2) == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_edges_are_as_wide_as_their_features():
    layer = small()
    root = ET.fromstring(transform(layer, "A title"))  # noqa: S314 - drawn here
    assert root[0].text == "A title"
    groups = [
        one for one in root if one.tag.endswith("polygon") and len(one.attrib) > 1
    ]
    drawn = [one for one in groups if one.get("fill") == "#dcebf7"]
    assert len(drawn) == sum(row.groups for row in levels(layer))
    (left, _), (right, _), (low_right, _), (low_left, _) = (
        tuple(map(float, re.split(",", corner)))
        for corner in drawn[0].get("points").split()
    )
    assert abs((right - left) / (low_right - low_left) - 16 / 8) < 0.01


def test_steps_of_a_graph():
    """A model of two inputs is looked into, one of a single input is a step."""
    one, two = (keras.Input((4,), name=name) for name in ("one", "two"))
    inner = keras.Input((4,))
    shared = keras.Model(inner, keras.layers.Dense(3)(inner), name="shared")
    inside = {name: keras.Input((3,), name=name) for name in ("a", "b")}
    joined = keras.layers.Add(name="sum")(list(inside.values()))
    pair = keras.Model(inside, {"y": joined}, name="pair")
    y = pair({"a": shared(one), "b": shared(two)})
    model = keras.Model({"one": one, "two": two}, y)
    found = steps(model)
    by_name = {}
    for step in found:
        by_name.setdefault(step.layer.name, []).append(step)
    assert set(by_name) == {"one", "two", "shared", "sum"}
    assert by_name["sum"][0].sources == by_name["shared"]
    assert [x.layer.name for s in by_name["shared"] for x in s.sources] == [
        "one",
        "two",
    ]
    text = flow(model, "Both")
    assert text.count("<rect") == 1 + 5 and "one for both" in text
