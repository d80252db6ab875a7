"""The command: who takes part, what is printed, what is written."""

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from benchmarks import ocr, readers
from benchmarks.readers import Ours, Rapid, Tesseract
from suite.console import UserError, messages
from tests.benchmarks.stand_in import StandIn

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="tesseract is not installed"
)


@pytest.fixture
def everything_is_there(monkeypatch):
    for kind in (Tesseract, Rapid):
        monkeypatch.setattr(kind, "missing", lambda reader: None)


@pytest.fixture
def command(monkeypatch, capsys, tmp_path):
    """Runs the command in this process with two stand-ins; tables go to tmp_path."""
    pair = {"tesseract 4": StandIn("T 4"), "tesseract 6": StandIn("T 6", True)}
    absent = ["rapidocr: not installed"]
    monkeypatch.setattr(ocr, "contenders", lambda options: (pair, absent))
    monkeypatch.setattr(ocr, "HERE", tmp_path / "tables")

    def run(*words):
        code = ocr.main([*words, "--data", str(tmp_path), "--quiet", "--cold", "1"])
        out, err = capsys.readouterr()
        return SimpleNamespace(code=code, out=out, err=err)

    yield run
    messages.configure("suite")


@pytest.mark.usefixtures("everything_is_there")
@pytest.mark.parametrize(
    ("options", "names", "languages"),
    [
        ({}, ["ours", "tesseract 4", "tesseract 6", "rapidocr"], "eng"),
        ({"general": True}, ["ours", *(f"tesseract {n}" for n in (3, 4, 6))],
         "eng+deu+fra"),
        ({"memory": 9}, ["ours"], None),
        ({"readers": "tesseract", "psm": (11,)}, ["tesseract 11"], "eng"),
    ],
)  # fmt: skip
def test_who_takes_part(options, names, languages):
    chosen, absent = ocr.contenders(ocr.Comparison(**options))
    assert list(chosen) == names
    assert absent == []
    kinds = {r.languages for r in chosen.values() if isinstance(r, Tesseract)}
    assert kinds == ({languages} if languages else set())


def test_who_is_not_installed_is_named(monkeypatch, capsys):
    monkeypatch.setattr(readers.shutil, "which", lambda name: None)
    monkeypatch.setattr(readers.util, "find_spec", lambda name: None)
    chosen, absent = ocr.contenders(ocr.Comparison())
    assert list(chosen) == ["ours"]
    assert [line.split(" (")[0] for line in absent] == [
        *("tesseract: not installed", "rapidocr: not installed")
    ]
    assert capsys.readouterr().err.splitlines() == absent
    with pytest.raises(UserError, match="no reader is left") as caught:
        ocr.contenders(ocr.Comparison(readers="rapidocr"))
    assert "pip install rapidocr onnxruntime" in str(caught.value.hint)


def test_an_unknown_reader():
    with pytest.raises(UserError, match="easyocr: no such reader"):
        ocr.contenders(ocr.Comparison(readers="ours,easyocr"))


def test_receipts_are_compared_and_written(command, make_page, tmp_path):
    make_page("450", "Total", [(0, 0, 90, 20, "TOTAL")])
    make_page("470", "sum", [(0, 0, 90, 20, "TOTAL")])
    done = command()
    assert done.code == 0
    assert done.out == (tmp_path / "tables" / "ocr.md").read_text("utf-8")
    rows = [line.split("|") for line in done.out.splitlines() if line.startswith("|")]
    cells = {row[1].strip(): [cell.strip() for cell in row[2:-1]] for row in rows}
    assert cells[""] == ["T 4"]
    assert cells["word F1"] == ["0.5000"]
    assert cells["word F1, 450-468"] == ["1.0000"]
    assert cells["models, MB"] == ["1.0"]
    assert "Not shown, because worse: T 6" in done.out
    assert "- rapidocr: not installed\n" in done.out
    saved = json.loads((tmp_path / "tables" / "ocr.json").read_text("utf-8"))
    assert set(saved["readers"]) == {"T 4", "T 6"}
    assert saved["readers"]["T 6"]["word_f1 469-499"] == 0.0


def test_a_trial_writes_nothing_unless_told(command, make_page, tmp_path):
    make_page("450", "Total", [(0, 0, 90, 20, "TOTAL")])
    assert command("--limit", "1").code == 0
    assert not (tmp_path / "tables").exists()
    assert command("--limit", "1", "--output", str(tmp_path / "x.md")).code == 0
    assert (tmp_path / "x.json").is_file()


def test_a_lost_page_is_exit_code_1(command, make_page):
    make_page("450", "Total", [(0, 0, 90, 20, "TOTAL")])
    make_page("451", "Total", [(0, 0, 90, 20, "TOTAL")]).image.with_suffix(
        ".txt"
    ).unlink()
    done = command("--limit", "2", "--json")
    assert done.code == 1
    assert json.loads(done.out)["metrics"]["readers"]["T 4"]["failed"] == 1


def test_memory_is_compared(command, make_page):
    make_page("450", "Total", [(0, 0, 90, 20, "TOTAL")])
    done = command("--memory", "3", "--limit", "1")
    assert done.code in (0, 1)  # so few pages decide nothing
    assert "resident after page 3, MB" in done.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--memory", "0"], "--memory"),
        (["--memory", "3", "--general"], "--memory"),
        (["--pages", "900-901"], "900-901"),
        (["--parts", "x"], "--parts"),
        (["--psm", "six"], "six"),
    ],
)
def test_what_could_not_run_ends_with_2(command, make_page, words, says):
    make_page("450", "Total", [(0, 0, 90, 20, "TOTAL")])
    done = command(*words)
    assert done.code == 2
    assert says in done.err + done.out


def test_our_lines_are_read_as_evaluate_reads_them(make_page):
    image = make_page("a", "", [], (60, 40)).image
    seen = []

    class Recognizer:
        height = 16

        def __call__(self, crops):
            seen.extend(crop.shape for crop in crops)
            return list(range(len(crops)))

    reader = SimpleNamespace(
        recognizer=Recognizer(),
        decoded=lambda logits: SimpleNamespace(text=f"line {logits}"),
    )
    quads = [[[0, 0], [40, 0], [40, 20], [0, 20]], [[0, 0], [16, 0], [16, 32], [0, 32]]]
    lines = readers._lines_ours(reader, str(image), quads)
    assert lines == ["line 0", "line 1"]
    assert seen == [(16, 32), (16, 8)]


def test_rapidocr_reads_level_cuts(make_page):
    image = make_page("a", "", [], (60, 40)).image
    calls = []

    def engine(crop, **use):
        calls.append((crop.shape, use["use_det"]))
        return SimpleNamespace(txts=("text",) if len(calls) == 1 else None)

    quads = np.array([[[1.5, 2], [9, 2], [9, 5], [1.5, 5]]] * 2).tolist()
    assert readers._lines_rapid(engine, str(image), quads) == ["text", ""]
    assert calls == [((3, 8, 3), False)] * 2


@needs_tesseract
def test_tesseract_reads(tmp_path):
    picture = Image.new("L", (500, 90), 255)
    font = ImageFont.load_default(48)
    ImageDraw.Draw(picture).text((20, 15), "Total 1234", fill=0, font=font)
    picture.save(tmp_path / "a.png")
    reader = Tesseract(psm=6)
    assert reader.missing() is None
    assert reader.title.startswith("Tesseract ")
    text, quads = reader.open().read(str(tmp_path / "a.png"))
    assert text.split() == ["Total", "1234"]
    assert quads is None
    assert reader.command("x")[-3:] == ["6", "-l", "eng"]
    sizes = reader.sizes()
    assert 1_000_000 < sizes["models"] < sizes["installed"] < 1_000_000_000
    (tmp_path / "b.png").write_bytes(b"no picture")
    with pytest.raises(OSError, match="tesseract, exit code"):
        reader.open().read(str(tmp_path / "b.png"))
    assert "tesseract-ocr-xyz" in str(Tesseract(languages="eng+xyz").missing())


def test_our_command_and_size(tmp_path):
    for name in ("detector", "recognizer"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(f'{{"model": "{name}"}}')
        (tmp_path / name / "dynamic_int8.tflite").write_bytes(b"x" * 1000)
    reader = Ours(model=str(tmp_path), threads=1)
    words = reader.command("page.png")
    assert words[2:4] == ["predict", "page.png"]
    assert words[-2:] == ["--model", str(tmp_path)]
    sizes = reader.sizes()
    assert sizes["models"] == 2000
    assert sizes["installed"] > 50_000_000  # NumPy and OpenCV alone
