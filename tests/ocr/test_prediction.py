"""Files in, results out, with a reader that reads nothing."""

import io
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from suite.console import UserError
from suite.imaging.pages import open_pages
from suite.ocr.prediction import Prediction
from suite.ocr.result import Line, PageText
from tests.imaging.tiffs import damaged_tiff

QUAD = np.array([[1, 1], [9, 1], [9, 5], [1, 5]], np.float32)


class StubReader:
    """Reads the bytes of a file as its text; pages are separated by `|`."""

    def __init__(self):
        self.asked = []

    def pages(self, source, *, name, damaged):
        self.asked.append(source)
        data = source if isinstance(source, bytes) else source.read_bytes()
        for index, text in enumerate(data.decode().split("|")):
            if text == "bad":
                damaged(index, UserError(f"{name}, page {index + 1}: damaged"))
                continue
            if text == "large":
                raise MemoryError
            line = (Line(text, QUAD, 0.9, ()),) if text else ()
            yield PageText(name, index, 10, 6, 0.0, line)


class BlankReader:
    """Finds two pages without text in a TIFF, one in any other file."""

    def pages(self, source, *, name, damaged):
        for index in range(2 if source.suffix == ".tiff" else 1):
            yield PageText(name, index, 10, 6, 0.0, ())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in {"a": "one", "b": "two|three", "c": "", "d": "ok|bad"}.items():
        Path(f"{name}.png").write_text(text)
    return tmp_path


def run(*words: str, form: str = "text", **options) -> int:
    return Prediction(words, form, **options).run(StubReader())


def test_pages_on_stdout_are_separated_by_form_feeds(folder, capsys):
    Path("e.png").write_text("one")
    assert run("a.png", "b.png", "c.png", "e.png") == 0
    out = capsys.readouterr().out
    assert out == "one\n\ftwo\n\fthree\n\f\fone\n"
    assert len(out.split("\f")) == 5  # one, two, three, the blank page, one


def test_json_on_stdout_is_an_object_a_line_that_names_its_input(folder, capsys):
    assert run("a.png", "b.png", form="json") == 0
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [item["name"] for item in objects] == ["a.png", "b.png"]
    assert [len(item["pages"]) for item in objects] == [1, 2]


@pytest.mark.skipif(os.name == "nt", reason="names are bytes on POSIX only")
def test_a_name_that_is_no_text_comes_out(folder, capsys):
    name = os.fsdecode(b"caf\xe9.png")
    Path(name).write_text("one")
    assert run(name, form="json") == 0
    assert run(name, form="json", output=Path("out")) == 0
    out = capsys.readouterr().out
    (file,) = Path("out").iterdir()
    assert "caf\ufffd.png" in out and file.read_text("utf-8") == out
    assert os.fsencode(file.name) == b"caf\xe9.json"


def test_a_closed_stdout_is_noticed_before_any_page(folder, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(UserError, match="stdout is closed"):
        Prediction(["a.png"])
    assert run("a.png", output=Path("out")) == 0
    assert Path("out/a.txt").read_text() == "one\n"


def test_a_blank_page_is_an_empty_file_not_a_missing_one(folder):
    assert run("c.png", output=Path("out")) == 0
    assert Path("out/c.txt").read_bytes() == b""


def test_a_damaged_page_costs_neither_other_pages_nor_other_files(folder, capsys):
    Path("e.png").write_text("one|bad|three|bad")
    assert run("d.png", "a.png", "e.png", output=Path("out")) == 1
    assert Path("out/d.txt").read_text() == "ok\n"
    assert Path("out/a.txt").read_text() == "one\n"
    assert Path("out/e.txt").read_text() == "one\n\fthree\n"
    err = capsys.readouterr().err
    assert "error: d.png, page 2: damaged\nsuite: error: d.png: 1 of 2 pages" in err
    assert "e.png, page 2: damaged" in err and "e.png, page 4: damaged" in err
    assert "e.png: 2 of 4 pages were written" in err


def test_a_damaged_page_between_others_on_stdout(folder, capsys):
    Path("e.png").write_text("one|bad|three")
    assert run("e.png", form="json") == 1
    pages = json.loads(capsys.readouterr().out)["pages"]
    assert [(page["index"], page["text"]) for page in pages] == [
        (0, "one"),
        (2, "three"),
    ]


def test_the_pages_of_a_tiff_around_a_damaged_one_are_drawn(folder, capsys):
    """By a file of which the second of three pages cannot be decoded."""

    class Around(StubReader):
        def pages(self, source, *, name, damaged):
            for page in open_pages(source, name=name, damaged=damaged):
                yield PageText(name, page.index, page.width, page.height, 0.0, ())

    Path("e.tiff").write_bytes(damaged_tiff(3, {1}))
    for form in ["png", "pdf"]:
        work = Prediction(["e.tiff"], form, output=Path("out"))
        assert work.run(Around()) == 1
    names = sorted(path.name for path in Path("out").iterdir())
    assert names == ["e-1.png", "e-3.png", "e.pdf"]
    assert len(list(open_pages(Path("out/e.pdf")))) == 2
    err = capsys.readouterr().err
    assert "e.tiff, page 2: truncated or damaged" in err
    assert "e.tiff: 2 of 3 pages were written" in err


def test_several_pages_for_stdout_are_noticed_before_any_is_read(folder, capsys):
    page = Image.new("RGB", (10, 6), "white")
    page.save("a.tiff", save_all=True, append_images=[page])
    reader = StubReader()
    assert Prediction(["a.tiff"], "png").run(reader) == 1
    assert reader.asked == []
    assert "a.tiff: several pages" in capsys.readouterr().err


@pytest.mark.parametrize("output", ["a.png", "a.png/deep/er"])
def test_a_file_is_no_folder_for_results(folder, output):
    with pytest.raises(UserError, match=r"a.png: not a folder.*--output"):
        Prediction(["b.png"], output=Path(output))
    assert sorted(path.name for path in Path().iterdir()) == [
        f"{n}.png" for n in "abcd"
    ]


def test_pages_before_one_that_takes_too_much_memory_are_kept(folder, capsys):
    Path("e.png").write_text("one|two|large|four")
    assert run("e.png", "a.png", output=Path("out")) == 1
    assert Path("out/e.txt").read_text() == "one\n\ftwo\n"
    assert Path("out/a.txt").read_text() == "one\n"
    err = capsys.readouterr().err
    assert "e.png: out of memory" in err and "e.png: 2 of the pages were written" in err


def test_a_file_without_any_page_leaves_no_result(folder):
    Path("e.png").write_text("bad")
    assert run("e.png", "a.png", output=Path("out")) == 1
    assert [path.name for path in Path("out").iterdir()] == ["a.txt"]


def test_stdin_is_called_by_its_name(folder, monkeypatch, capsys):
    stream = io.TextIOWrapper(io.BytesIO(b"from a pipe"))
    monkeypatch.setattr(sys, "stdin", stream)
    assert run("-", form="json") == 0
    assert json.loads(capsys.readouterr().out)["name"] == "-"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"ok|bad")))
    assert run("-") == 1
    assert "error: -, page 2: damaged" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["hocr", "tsv", "pdf", "png"])
def test_stdout_takes_one_document(folder, form):
    reader = StubReader()
    with pytest.raises(UserError, match="do not fit on stdout"):
        Prediction(["a.png", "b.png"], form).run(reader)
    assert reader.asked == []


def test_pictures_are_not_for_a_terminal(folder, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with pytest.raises(UserError, match="terminal"):
        Prediction(["a.png"], "png")
    assert Prediction(["a.png"], "tsv").inputs


def test_a_picture_never_replaces_the_page_it_shows(folder):
    with pytest.raises(UserError, match="replace an input"):
        Prediction(["a.png"], "png", output=Path())


@pytest.mark.parametrize("order", [("a.tiff", "a-1.jpg"), ("a-1.jpg", "a.tiff")])
def test_pages_of_one_file_never_replace_the_result_of_another(folder, capsys, order):
    page, other = (Image.new("RGB", (10, 6), colour) for colour in ("white", "red"))
    page.save("a.tiff", save_all=True, append_images=[page])
    other.save("a-1.jpg")

    assert Prediction(order, "png", output=Path("out")).run(BlankReader()) == 1
    # what one wrote is there, and it is that of the one that has this name
    (drawn,) = Path("out").iterdir()
    assert drawn.name == "a-1.png"
    assert np.asarray(Image.open(drawn).convert("RGB"))[3, 3, 1] < 60  # red
    err = capsys.readouterr().err
    assert f"page 1 of a.tiff and another input would both be written to {drawn}" in err


def test_pages_of_one_file_beside_others_of_other_names(folder):
    page = Image.new("RGB", (10, 6), "white")
    page.save("a.tiff", save_all=True, append_images=[page])
    page.save("b-1.jpg")

    work = Prediction(["a.tiff", "b-1.jpg"], "png", output=Path("out"))
    assert work.run(BlankReader()) == 0
    names = sorted(path.name for path in Path("out").iterdir())
    assert names == ["a-1.png", "a-2.png", "b-1.png"]


def test_a_drawn_page_goes_to_stdout_as_it_is(folder, capsysbinary):
    Image.new("RGB", (10, 6), "white").save("page.png")

    class OnePage(StubReader):
        def pages(self, source, *, name, damaged):
            yield PageText(name, 0, 10, 6, 0.0, (Line("x", QUAD, 0.9, ()),))

    assert Prediction(["page.png"], "png").run(OnePage()) == 0
    out = capsysbinary.readouterr().out
    assert Image.open(io.BytesIO(out)).format == "PNG"


def test_limit_and_shard(folder, capsys):
    assert run("a.png", "b.png", "c.png", limit=1) == 0
    assert capsys.readouterr().out == "one\n"
    assert run("a.png", "b.png", shard="2/2") == 0
    assert capsys.readouterr().out == "two\n\fthree\n"
