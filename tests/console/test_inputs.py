import errno
import glob
import io
import os
import threading
from pathlib import Path, PurePath
from types import SimpleNamespace

import pytest

from suite.console import UserError, expand_inputs, for_each

SUFFIXES = {".png", ".jpg"}


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """b.png, a.jpg, notes.md, .hidden.png, sub/c.PNG, sub/deep/d.jpg, empty/."""
    monkeypatch.chdir(tmp_path)
    for name in ["b.png", "a.jpg", "notes.md", ".hidden.png", "sub/c.PNG"]:
        path = Path("scans", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    for name in ["sub/deep/d.jpg", ".git/e.png"]:
        path = Path("scans", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    Path("empty").mkdir()
    return tmp_path


def found(*words: str, **options) -> list[str]:
    return [item.name for item in expand_inputs(words, SUFFIXES, **options)]


def test_a_folder_is_sorted_and_keeps_its_tree(tree):
    items = expand_inputs(["scans"], SUFFIXES)
    names = ["scans/a.jpg", "scans/b.png", "scans/sub/c.PNG", "scans/sub/deep/d.jpg"]
    assert [item.name for item in items] == names
    places = [str(item.place) for item in items]
    assert places == ["a", "b", "sub/c", "sub/deep/d"]
    assert items[3].target(Path("out"), ".txt") == Path("out/sub/deep/d.txt")


def test_a_file_counts_whatever_its_ending(tree):
    (item,) = expand_inputs(["scans/notes.md"], SUFFIXES)
    assert item.place == PurePath("notes")
    assert item.read() == Path("scans/notes.md")


def test_dots_in_a_name_stay(tree):
    Path("scan.page.1.png").write_text("")
    (item,) = expand_inputs(["scan.page.1.png"], SUFFIXES)
    assert item.target(Path("o"), ".txt") == Path("o/scan.page.1.txt")


def test_globs_match_sorted_and_recursively(tree):
    assert found("scans/*.[jp][pn]g") == ["scans/a.jpg", "scans/b.png"]
    assert found("scans/**/*.jpg") == ["scans/a.jpg", "scans/sub/deep/d.jpg"]


@pytest.mark.parametrize("word", ["many", "many/*.png", "m*"])
def test_any_order_on_the_disk_is_sorted(tree, word, monkeypatch):
    names = [f"many/{folder}/{n}.png" for folder in "ab" for n in range(10, 14)]
    names += [f"many/{n}.png" for n in range(10, 14)]
    for name in reversed(names):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("")
    walk, scan = os.walk, glob.glob

    def backwards(top, **options):
        for root, folders, files in walk(top, **options):
            folders.sort(reverse=True)
            yield root, folders, sorted(files, reverse=True)

    monkeypatch.setattr(os, "walk", backwards)
    monkeypatch.setattr(
        glob, "glob", lambda *a, **k: sorted(scan(*a, **k), reverse=True)
    )
    seen = [name for name in found(word) if "/a/" not in name and "/b/" not in name]
    assert seen == [f"many/{n}.png" for n in range(10, 14)]
    if word != "many/*.png":
        inner = [name for name in found(word) if name not in seen]
        assert inner == names[:8]


def test_a_folder_that_cannot_be_read_is_named_and_the_others_are_read(
    tree, monkeypatch
):
    # root reads everything, so that permissions alone would not do here
    list_folder = os.scandir

    def closed(folder="."):
        if os.fspath(folder).endswith("sub"):
            raise PermissionError(errno.EACCES, "Permission denied", folder)
        return list_folder(folder)

    monkeypatch.setattr(os, "scandir", closed)
    items = list(expand_inputs(["scans", "scans/sub"], SUFFIXES))
    assert [item.name for item in items[:2]] == ["scans/a.jpg", "scans/b.png"]
    (unread,) = {str(item.error) for item in items[2:]}
    assert unread == "scans/sub: Permission denied"


def test_a_name_too_long_costs_itself_alone(tree):
    long = "x" * 300
    bad, good = expand_inputs([long, "scans/b.png"], SUFFIXES)
    assert str(bad.error) == f"{long}: File name too long"
    assert good.read() == Path("scans/b.png")


def test_a_pipe_is_read_once(tree):
    os.mkfifo("pipe.png")
    (item,) = expand_inputs(["pipe.png"], SUFFIXES)
    writer = threading.Thread(target=Path("pipe.png").write_bytes, args=(b"picture",))
    writer.start()
    assert item.read() == b"picture"
    writer.join()


def test_what_is_found_twice_is_taken_once(tree):
    Path("scans/notes.md").unlink()  # which a glob takes and a folder does not
    once = found("scans")
    assert found("scans/**", output=Path("out"), ending=".txt") == once
    assert found("scans", "./scans/a.jpg", str(tree / "scans/b.png")) == once
    assert found("-", "-", "scans/a.jpg") == ["-", "scans/a.jpg"]
    # a link was asked for by a name of its own
    Path("link.jpg").symlink_to("scans/a.jpg")
    assert found("scans/a.jpg", "link.jpg") == ["scans/a.jpg", "link.jpg"]
    Path("other").mkdir()
    Path("other/a.jpg").write_text("")
    Path("scans/far").symlink_to(tree / "empty")
    # not by the letter: what lies above a link is above what it points at
    words = ["other/a.jpg", "scans/far/../other/a.jpg"]
    assert found(*words) == words[:1]


def test_a_file_whose_name_looks_like_a_glob(tree):
    Path("a[1].png").write_text("")
    assert found("a[1].png") == ["a[1].png"]


def test_the_order_of_the_arguments_stays(tree):
    assert found("scans/b.png", "scans/a.jpg") == ["scans/b.png", "scans/a.jpg"]


def test_stdin(tree, monkeypatch):
    stream = SimpleNamespace(buffer=io.BytesIO(b"picture"))
    monkeypatch.setattr("sys.stdin", stream)
    (item,) = expand_inputs(["-"], SUFFIXES)
    assert item.read() == b"picture"
    assert item.target(Path("out"), ".txt") == Path("out/stdin.txt")


@pytest.mark.parametrize("word", ["empty", "absent.png", "scans/*.tif"])
def test_an_argument_that_leads_to_nothing(tree, word):
    with pytest.raises(UserError, match=word.replace("*", r"\*")):
        expand_inputs([word], SUFFIXES)
    items = expand_inputs([word, "scans/a.jpg"], SUFFIXES)
    assert len(items) == 2
    with pytest.raises(UserError):
        items[0].read()
    assert items[1].read() == Path("scans/a.jpg")


def test_no_argument_at_all(tree):
    with pytest.raises(UserError, match="no input"):
        expand_inputs([], SUFFIXES)


def test_results_are_not_read_again(tree):
    Path("scans/out").mkdir()
    Path("scans/out/a.png").write_text("")
    assert "scans/out/a.png" in found("scans")
    assert "scans/out/a.png" not in found("scans", output=Path("scans/out"))


def test_two_inputs_with_one_place_are_refused(tree):
    Path("other").mkdir()
    Path("other/a.png").write_text("")
    words = ["scans/a.jpg", "other/a.png"]
    assert len(expand_inputs(words, SUFFIXES)) == 2
    with pytest.raises(UserError, match=r"scans/a.jpg and other/a.png .* out/a.txt"):
        expand_inputs(words, SUFFIXES, output=Path("out"), ending=".txt")


def test_a_collision_counts_in_another_shard_too(tree):
    Path("a.png").write_text("")
    with pytest.raises(UserError, match="both"):
        found("scans/a.jpg", "a.png", output=Path("o"), ending=".txt", shard="1/2")


def test_a_result_never_replaces_an_input(tree):
    with pytest.raises(UserError, match="replace an input"):
        expand_inputs(["scans"], SUFFIXES, output=Path("scans"), ending=".png")
    items = expand_inputs(["scans"], SUFFIXES, output=Path("scans"), ending=".txt")
    assert len(items) == 4


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_shards_are_a_partition(tree, count):
    parts = [found("scans", shard=f"{i}/{count}") for i in range(1, count + 1)]
    assert sorted(name for part in parts for name in part) == found("scans")
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize("shard", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2", "1/2/3"])
def test_a_shard_that_is_none(tree, shard):
    with pytest.raises(UserError, match="--shard"):
        expand_inputs(["scans"], SUFFIXES, shard=shard)


def test_limit_takes_the_first(tree):
    assert found("scans", limit=2) == ["scans/a.jpg", "scans/b.png"]


def test_one_failure_does_not_stop_the_others(tree, capsys):
    items = expand_inputs(["scans"], SUFFIXES)
    done = []

    def work(item):
        if item.path.suffix == ".jpg":
            raise [UserError("bad", "Mend it."), ZeroDivisionError("oh")][len(done) > 0]
        done.append(item.name)

    assert for_each(items, work, "working") == 1
    assert done == ["scans/b.png", "scans/sub/c.PNG"]
    err = capsys.readouterr().err
    assert "error: bad\nMend it.\n" in err
    assert "scans/sub/deep/d.jpg: ZeroDivisionError: oh" in err
    assert for_each(items, lambda item: None, "working") == 0


def test_interrupting_ends_all(tree):
    items = expand_inputs(["scans"], SUFFIXES)
    seen = []

    def work(item):
        seen.append(item)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        for_each(items, work, "working")
    assert len(seen) == 1


@pytest.mark.skipif(os.name == "nt", reason="names are bytes on POSIX only")
def test_a_name_that_is_no_text(tree, capsys):
    name = os.fsdecode(b"caf\xe9.png")
    Path(name).write_text("")
    items = expand_inputs([name], SUFFIXES)

    def work(item):
        raise UserError(f"{item.name}: broken")

    assert for_each(items, work, "working") == 1
