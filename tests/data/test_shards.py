"""Shards: what was written is read, whoever wrote it and however often."""

import json
import pickle

import numpy as np
import pytest

from suite.console import UserError
from suite.data.shards import LineRecord, LineShards, settings_hash, write_shards

SETTINGS = {"kind": "test", "seed": 3}


class Make:
    """Record i: a picture and a text that tell i; counts its calls."""

    def __init__(self, skipped=()):
        self.calls = []
        self.skipped = set(skipped)

    def __call__(self, index):
        self.calls.append(index)
        if index in self.skipped:
            return None
        rng = np.random.default_rng(index)
        height, width = rng.integers(5, 30, 2)
        quad = rng.uniform(0, 20, (4, 2)).astype(np.float32)
        image = rng.integers(0, 256, (height, width), np.uint8)
        return LineRecord(image, quad, f"€{index} ", index % 3 == 0, f"made:{index}")


def same(a, b):
    return (
        np.array_equal(a.image, b.image)
        and np.array_equal(a.quad, b.quad)
        and (a.text, a.cased, a.source) == (b.text, b.cased, b.source)
    )


def test_round_trip(tmp_path):
    manifest = write_shards(tmp_path, 25, Make(), SETTINGS, per_shard=10)
    lines, make = LineShards(tmp_path), Make()
    assert manifest["records"] == len(lines) == 25
    assert manifest["characters"] == sum(len(make(i).text) for i in range(25))
    assert all(same(lines[i], make(i)) for i in range(25))
    assert same(lines[-1], make(24))
    assert lines[7].image.dtype == np.uint8
    assert lines[7].quad.dtype == np.float32
    lines[7].image[:] = 0  # a copy: the file is not written
    assert same(lines[7], make(7))
    with pytest.raises(IndexError):
        lines[25]


def test_workers_change_nothing(tmp_path):
    for workers in (0, 2):
        folder = tmp_path / str(workers)
        write_shards(folder, 25, Make(), SETTINGS, per_shard=10, workers=workers)
    names = sorted(p.name for p in (tmp_path / "0").iterdir())
    assert names == sorted(p.name for p in (tmp_path / "2").iterdir())
    assert "manifest.json" in names
    for name in (n for n in names if not n.endswith(".npz")):  # a zip holds the time
        assert (tmp_path / "0" / name).read_bytes() == (
            tmp_path / "2" / name
        ).read_bytes()
    a, b = LineShards(tmp_path / "0"), LineShards(tmp_path / "2")
    assert all(same(a[i], b[i]) for i in range(25))


def test_an_interrupted_writing_goes_on(tmp_path):
    write_shards(tmp_path, 30, Make(), SETTINGS, per_shard=10)
    (tmp_path / "manifest.json").unlink()
    (tmp_path / "shard-00001.npz").unlink()
    make = Make()
    write_shards(tmp_path, 30, make, SETTINGS, per_shard=10)
    assert make.calls == list(range(10, 20))
    assert all(same(LineShards(tmp_path)[i], Make()(i)) for i in range(30))
    again = Make()
    write_shards(tmp_path, 30, again, SETTINGS, per_shard=10)
    assert again.calls == []


def test_other_settings_write_anew_and_leave_nothing_behind(tmp_path):
    write_shards(tmp_path, 30, Make(), SETTINGS, per_shard=10)
    make = Make()
    write_shards(tmp_path, 20, make, {**SETTINGS, "seed": 4}, per_shard=10)
    assert make.calls == list(range(20))
    assert len(LineShards(tmp_path)) == 20
    assert not (tmp_path / "shard-00002.bin").exists()
    assert settings_hash({"a": 1, "b": 2}) == settings_hash({"b": 2, "a": 1})
    assert settings_hash({"a": 1}) != settings_hash({"a": 2})


def test_a_failure_leaves_no_manifest(tmp_path):
    class Fails(Make):
        def __call__(self, index):
            if index == 15:
                raise UserError("page 15 is broken")
            return super().__call__(index)

    # complete with other settings: its manifest must not vouch for what replaces it
    write_shards(tmp_path, 20, Make(), {"kind": "before"}, per_shard=10)
    with pytest.raises(UserError, match="page 15"):
        write_shards(tmp_path, 20, Fails(), SETTINGS, per_shard=10)
    with pytest.raises(UserError, match="no lines there"):
        LineShards(tmp_path)
    assert (tmp_path / "shard-00000.npz").is_file()  # a second try goes on from there
    assert not list(tmp_path.glob(".*"))


def test_lines_that_could_not_be_made_are_left_out(tmp_path):
    write_shards(tmp_path, 12, Make(skipped=[0, 5, 11]), SETTINGS, per_shard=6)
    lines = LineShards(tmp_path)
    assert [lines[i].source for i in (0, 4, 8)] == ["made:1", "made:6", "made:10"]
    assert len(lines) == 9


def test_widths_are_those_at_height_32_without_decoding(tmp_path):
    quads = [
        [[2, 3], [66, 3], [66, 19], [2, 19]],  # 64 x 16
        [[0, 0], [30, 40], [22, 46], [-8, 6]],  # 50 long, 10 high, turned
    ]

    def make(index):
        image = np.zeros((9, 9), np.uint8)
        return LineRecord(image, np.array(quads[index], np.float32), "a", True, "")

    write_shards(tmp_path, 2, make, SETTINGS)
    lines = LineShards(tmp_path)
    (tmp_path / "shard-00000.bin").write_bytes(b"")
    np.testing.assert_allclose(lines.widths, [128, 160], rtol=1e-6)
    assert lines.texts == ["a", "a"]


def test_a_shard_cut_short_is_named(tmp_path):
    write_shards(tmp_path, 5, Make(), SETTINGS)
    path = tmp_path / "shard-00000.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UserError, match=r"shard-00000\.bin: cut short"):
        LineShards(tmp_path)


def test_a_torn_manifest_is_none(tmp_path):
    write_shards(tmp_path, 5, Make(), SETTINGS)
    text = (tmp_path / "manifest.json").read_text()
    assert json.loads(text)["records"] == 5
    (tmp_path / "manifest.json").write_text(text[: len(text) // 2])
    with pytest.raises(UserError, match="no lines there"):
        LineShards(tmp_path)


def test_shards_cross_processes(tmp_path):
    write_shards(tmp_path, 5, Make(), SETTINGS)
    lines = LineShards(tmp_path)
    first = lines[0]  # opens a memory map
    restored = pickle.loads(pickle.dumps(lines))  # noqa: S301  our own bytes
    assert same(restored[0], first)
