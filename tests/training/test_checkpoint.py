"""Checkpoints: complete or absent, and exactly what was saved."""

import errno
import logging
import os
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suite.console import UserError
from suite.training.checkpoint import Checkpoints, all_finite, pack, snapshot, unpack

pytestmark = pytest.mark.backend


def variables(value: float) -> dict[str, list[Any]]:
    return {
        "model": [
            keras.Variable(np.full((2, 3), value, "float32")),
            keras.Variable(np.full((3,), value / 3, "float32"), dtype="bfloat16"),
        ],
        "optimizer": [keras.Variable(int(value), dtype="int32", trainable=False)],
    }


def save(checkpoints: Checkpoints, step: int) -> Path:
    return checkpoints.save(step, snapshot(variables(step + 0.1)), {"step": step})


def assert_equal(one: dict[str, list[Any]], two: dict[str, list[Any]]) -> None:
    a, b = snapshot(one), snapshot(two)
    assert set(a) == set(b)
    for name in a:
        assert a[name].tobytes() == b[name].tobytes(), name


def test_round_trip_is_exact(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "new" / "checkpoints")
    assert checkpoints.restore(variables(0)) is None
    save(checkpoints, 7)
    into = variables(0)
    assert checkpoints.restore(into) == {"step": 7}
    assert_equal(into, variables(7.1))


@pytest.mark.parametrize("keep", [1, 2, 4])
def test_the_last_few_are_kept(tmp_path: Path, keep: int) -> None:
    checkpoints = Checkpoints(tmp_path, keep)
    for step in (0, 9, 10, 100, 100):
        save(checkpoints, step)
    steps = [int(path.stem.split("-")[1]) for path in checkpoints.paths()]
    assert steps == [0, 9, 10, 100][-keep:]


def test_going_back_removes_later_ones(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    for step in (5, 10, 7):
        save(checkpoints, step)
    assert [path.name[-6:-4] for path in checkpoints.paths()] == ["05", "07"]


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "foreign"])
def test_damaged_newest_falls_back_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    checkpoints = Checkpoints(tmp_path)
    save(checkpoints, 1)
    path = save(checkpoints, 2)
    data = bytearray(path.read_bytes())
    if damage == "flip":
        # In the first array's values, found by the sum that a zip file keeps.
        data[data.index(np.float32(2.1).tobytes())] ^= 1
    path.write_bytes(
        {
            "cut": data[: len(data) // 2],
            "flip": data,
            "empty": b"",
            "foreign": b"x" * 9,
        }[damage]
    )
    into = variables(0)
    with caplog.at_level(logging.WARNING):
        assert checkpoints.restore(into) == {"step": 1}
    assert_equal(into, variables(1.1))
    assert path.name in caplog.text


def test_none_readable_is_an_error(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    save(checkpoints, 1).write_bytes(b"")
    with pytest.raises(UserError, match="none of 1 checkpoints can be read"):
        checkpoints.restore(variables(0))


@pytest.mark.parametrize("when", ["begin", "half"])
def test_full_disk_leaves_the_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    checkpoints = Checkpoints(tmp_path)
    save(checkpoints, 1)
    write = np.savez

    def full(file: Any, **arrays: np.ndarray) -> None:
        if when == "half":
            write(file, **arrays)
            file.truncate(50)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(UserError, match="No space left"):
        save(checkpoints, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["step-0000000001.npz"]
    into = variables(0)
    assert checkpoints.restore(into) == {"step": 1}
    assert_equal(into, variables(1.1))


def test_check_comes_before_any_variable_is_touched(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    save(checkpoints, 1)
    into = variables(0)

    def refuse(state: dict[str, Any]) -> None:
        raise UserError(f"no {state}")

    with pytest.raises(UserError, match=r"no \{'step': 1\}"):
        checkpoints.restore(into, refuse)
    assert_equal(into, variables(0))


@pytest.mark.parametrize("odd", ["shape", "more", "fewer"])
def test_another_model_is_refused_by_name(tmp_path: Path, odd: str) -> None:
    checkpoints = Checkpoints(tmp_path)
    save(checkpoints, 1)
    into = variables(0)
    if odd == "shape":
        into["model"][1] = keras.Variable(np.zeros(4, "float32"))
    elif odd == "more":
        into["model"].append(keras.Variable(0.0))
    else:
        into["optimizer"].clear()
    with pytest.raises(UserError, match="another model") as caught:
        checkpoints.restore(into)
    named = {"shape": "model/00001", "more": "model/00002", "fewer": "optimizer/00000"}
    assert named[odd] in str(caught.value)


def test_finite() -> None:
    good = [np.zeros(3, "float32"), np.array([1, 2])]
    assert all_finite(good)
    assert not all_finite([*good, np.array([0, np.nan], "float32")])
    assert not all_finite([*good, np.array(np.inf)])


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner)
    ),
    max_leaves=10,
)


@settings(max_examples=60, deadline=None)
@given(PLAIN)
def test_pack_is_undone_by_unpack_through_json(value: Any) -> None:
    import json

    again = unpack(json.loads(json.dumps(pack(value))))
    assert again == value
    assert repr(again) == repr(value)


def test_pack_keeps_numpy() -> None:
    state = np.random.default_rng(1).bit_generator.state
    assert unpack(pack(state)) == state
    legacy = unpack(pack(np.random.get_state()))
    np.testing.assert_array_equal(legacy[1], np.random.get_state()[1])
    assert legacy[1].flags.writeable
    number = unpack(pack(np.int64(2**40)))
    assert number == 2**40 and number.dtype == np.int64


def test_pack_refuses_objects() -> None:
    with pytest.raises(TypeError, match="Received: object"):
        pack({"a": [object()]})
