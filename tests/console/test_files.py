import errno
import os
import stat
from pathlib import Path

import pytest

from suite.console import UserError, atomic_path, write_atomic


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_replaces_the_old_content_only_at_the_end(tmp_path):
    target = tmp_path / "model.weights.h5"
    target.write_text("old")
    with atomic_path(target) as path:
        assert path.parent == tmp_path
        assert path.name.startswith(".")
        assert path.name.endswith("model.weights.h5")
        path.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert names(tmp_path) == ["model.weights.h5"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failure_leaves_what_was_there(tmp_path, error):
    target = tmp_path / "result.json"
    target.write_text("old")
    with pytest.raises(error), atomic_path(target) as path:
        path.write_text("half")
        raise error
    assert target.read_text() == "old"
    assert names(tmp_path) == ["result.json"]


def test_missing_folders_are_made(tmp_path):
    write_atomic(tmp_path / "a" / "b" / "c.txt", "x")
    assert (tmp_path / "a/b/c.txt").read_text() == "x"


def test_text_is_utf8_with_its_own_line_ends(tmp_path):
    write_atomic(tmp_path / "x.txt", "é\n€\r\n")
    assert (tmp_path / "x.txt").read_bytes() == "é\n€\r\n".encode()


def test_bytes_of_a_file_name_that_are_no_text(tmp_path):
    write_atomic(tmp_path / "x.txt", f"é {os.fsdecode(b'caf' + bytes([0xE9]))}")
    assert (tmp_path / "x.txt").read_text("utf-8") == "é caf\ufffd"


def test_a_folder_can_take_its_place_at_once(tmp_path):
    with atomic_path(tmp_path / "saved_model") as path:
        path.mkdir()
        (path / "part").write_text("x")
    assert names(tmp_path) == ["saved_model"]
    with pytest.raises(RuntimeError), atomic_path(tmp_path / "other") as path:
        path.mkdir()
        raise RuntimeError
    assert names(tmp_path) == ["saved_model"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "store").mkdir()
    real = tmp_path / "store" / "real.txt"
    real.write_text("old")
    link = tmp_path / "link.txt"
    link.symlink_to(real)
    write_atomic(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_the_usual_permissions(tmp_path):
    plain, atomic = tmp_path / "plain", tmp_path / "atomic"
    plain.write_text("x")
    write_atomic(atomic, "x")
    assert stat.S_IMODE(atomic.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_a_name_of_the_greatest_length(tmp_path):
    name = "é" * 120 + ".weights.h5"
    write_atomic(tmp_path / name, "x")
    assert names(tmp_path) == [name]


def test_a_full_disk_is_a_sentence_that_names_the_file(tmp_path):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(UserError) as caught, atomic_path(tmp_path / "big.bin"):
        raise full
    assert "big.bin: cannot be written" in str(caught.value)
    assert "space" in caught.value.hint


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux only")
def test_a_device_is_written_directly():
    with pytest.raises(UserError, match="/dev/full: cannot be written"):
        write_atomic("/dev/full", "x")
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        write_atomic(tmp_path / "file" / "x.txt", "x")


def test_a_failure_to_read_something_else_stays_itself(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "x.txt"):
        Path("absent.bin").read_bytes()


def test_nothing_written_is_an_error_not_a_loss(tmp_path):
    target = tmp_path / "x.txt"
    target.write_text("old")
    with pytest.raises(UserError), atomic_path(target):
        pass
    assert target.read_text() == "old"
