"""The program kes-ocr as its users start it."""

import json
import os
import socket
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import suite
from apps.ocr import main
from suite.console import messages
from tests.ocr.pages import text_page

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "saved_models" / "ocr"
VERBS = ["sample", "predict", "evaluate", "train", "export", "bench"]
HEAVY = {"keras", "tensorflow", "jax", "torch", "numpy", "cv2", "PIL", "ai_edge_litert"}


@pytest.fixture
def kes_ocr(tmp_path, monkeypatch, capsys):
    """Runs the program in this process, which is quicker, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in ["TERM", "TF_CPP_MIN_LOG_LEVEL"]:  # put back, whatever main sets
        monkeypatch.setenv(name, os.environ.get(name, ""))

    def run(*words: str) -> SimpleNamespace:
        code = main(words)
        out, err = capsys.readouterr()
        return SimpleNamespace(code=code, out=out, err=err)

    yield run
    messages.configure("suite")


def loaded_by(words: list[str], cwd: Path) -> tuple[int, set[str]]:
    """Exit code, and the modules that a run of the program has loaded."""
    code = (
        "import sys\n"
        "from apps.ocr import main\n"
        f"code = main({words!r})\n"
        "print(code, *sys.modules, file=sys.stderr)"
    )
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, capture_output=True, text=True, cwd=cwd, check=True)
    first, *names = done.stderr.splitlines()[-1].split()
    return int(first), set(names)


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_loads_nothing_heavy(tmp_path, verb):
    code, names = loaded_by([*verb.split(), "--help"], tmp_path)
    assert code == 0
    assert not names & HEAVY


def test_help_of_training_lists_the_recipe_without_keras(kes_ocr, tmp_path):
    words = ["train", "--model", "detector", "--output", "x", "--help"]
    code, names = loaded_by(words, tmp_path)
    assert code == 0
    assert not names & {"keras", "tensorflow", "jax", "torch"}
    done = kes_ocr(*words)
    assert "--fit.steps" in done.out
    assert "--fonts" in done.out


@pytest.mark.parametrize("verb", VERBS)
def test_help_ends_with_an_example_of_this_verb(kes_ocr, tmp_path, verb):
    done = kes_ocr(verb, "--help")
    last = done.out.splitlines()[-1]
    assert last.startswith("  kes-ocr")
    assert verb == "sample" or last.split()[1] == verb


def test_a_checkout_that_is_not_installed_runs(tmp_path):
    run = [sys.executable, str(ROOT / "apps" / "ocr.py"), "--version"]
    plain = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        run, capture_output=True, text=True, cwd=tmp_path, env=plain, check=False
    )
    assert done.stdout == f"kes-ocr {suite.__version__}\n", done.stderr


def test_version(kes_ocr):
    assert kes_ocr("--version").out == f"kes-ocr {suite.__version__}\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["predict"], "no input"),
        (["predict", "nothing"], "nothing: no input in this folder"),
        (["predict", "a.png", "--format", "odt"], "odt"),
        (["predict", "a.png", "sub/a.png", "--output", "o"], "both be written to o/a"),
        (["predict", "a.png", "sub/a.png", "--format", "pdf"], "--output"),
        (["predict", "a.png", "--shard", "3/2"], "--shard"),
        (["predict", "a.png", "--threads", "0"], "--threads"),
        (
            ["predict", "a.png", "--decoder", "greedy", "--lexicon", "w.txt"],
            "--decoder greedy",
        ),
        (["predict", "a.png", "--model", "none"], "none"),
        (["predict", "a.png", "--limit", "-1"], "--limit"),
        (["evaluate"], "--data"),
        (["evaluate", "--data", "sub", "--limit", "0"], "--limit"),
        (["bench", "--threads", "0"], "--threads"),
        (["bench", "--runs", "-3"], "--runs"),
        (["bench", "--engine", "keras"], "--engine"),
        (["bench", "--data", "sub"], "sub/boxes"),
        (["evaluate", "--data", "sub"], "sub/boxes"),
        (["evaluate", "--data", "sub", "--pages", "x"], "--pages"),
        (["evaluate", "--data", "sub", "--pages", "4-5"], "4-5"),
        (["train", "--model", "detector"], "--output"),
        (["train", "--output", "x"], "--model"),
        (["train", "--model", "detector", "--output", "x", "--preset", "p"], "smoke"),
        (["train", "--model", "detector", "--output", "x", "--epoch", "1"], "--epoch"),
        (["train", "--model", "recognizer", "--output", "x", "--cell", "foo"], "gru"),
        (["train", "--model", "language", "--output", "x", "--order", "12"], "`order`"),
        (["export", "--model", "sub"], "config.json"),
        (["export", "--model", str(MODELS), "--data", "typo"], "typo/boxes"),
        (["train", "--config", "bad.toml", "--model", "detector"], "--output"),
        (["predict", "a.png", "--config", "bad.toml"], "unknown key colour"),
    ],
)
def test_what_could_not_run_ends_with_2(kes_ocr, tmp_path, words, says):
    (tmp_path / "sub").mkdir()
    (tmp_path / "nothing").mkdir()
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "sub/a.png").write_bytes(b"")
    (tmp_path / "w.txt").write_text("word\n")
    (tmp_path / "bad.toml").write_text("colour = 3\n")
    before = sorted(tmp_path.rglob("*"))
    done = kes_ocr(*words)
    assert done.code == 2, done.err
    assert says in done.err
    assert done.out == ""
    assert "Traceback" not in done.err
    assert sorted(tmp_path.rglob("*")) == before


def test_settings_of_training_flag_config_preset_default(kes_ocr, tmp_path):
    (tmp_path / "c.toml").write_text(
        'data = ["mine"]\nseed = 5\nrendered = 9\n[fit]\nsteps = 77\nclip = 3.0\n'
    )
    words = ["train", "--model", "recognizer", "--output", "x", "--dry-run"]
    more = ["--preset", "smoke", "--config", "c.toml", "--fit.clip", "1.5"]
    done = kes_ocr(*words, *more)
    assert done.code == 0, done.err
    settings = json.loads(done.out)
    plain = json.loads(kes_ocr(*words, "--preset", "smoke").out)
    changed = {"data": ["mine"], "seed": 5, "rendered": 9}
    fit = {**plain["fit"], "steps": 77, "clip": 1.5, "seed": 5}
    assert settings == {**plain, **changed, "fit": fit}


@pytest.mark.parametrize("way", ["flags", "file"])
def test_0_switches_clipping_and_averaging_off(kes_ocr, tmp_path, way):
    off = {"clip": 0, "ema": 0, "patience": 0, "checkpoint_every": 0}
    words = ["train", "--model", "recognizer", "--output", "x", "--dry-run"]
    lines = "".join(f"{name} = {value}\n" for name, value in off.items())
    (tmp_path / "c.toml").write_text(f"[fit]\n{lines}")
    flags = [f"--fit.{n.replace('_', '-')}={value}" for n, value in off.items()]
    done = kes_ocr(*words, *(flags if way == "flags" else ["--config", "c.toml"]))
    assert done.code == 0, done.err
    assert off.items() <= json.loads(done.out)["fit"].items()


def test_training_refuses_a_missing_backend_before_any_work(
    kes_ocr, tmp_path, monkeypatch
):
    words = ["train", "--model", "detector", "--output", "run", "--preset", "smoke"]
    monkeypatch.setenv("KERAS_BACKEND", "openvino")
    done = kes_ocr(*words)
    assert done.code == 2
    assert "KERAS_BACKEND" in done.err
    assert not (tmp_path / "run").exists()


def test_a_language_model_is_counted_without_keras(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "openvino")
    words = ["train", "--model", "language", "--preset", "smoke", "--output", "run"]
    code, names = loaded_by([*words, "--quiet"], tmp_path)
    assert code == 0
    assert not names & {"keras", "tensorflow", "jax", "torch"}
    assert (tmp_path / "run" / "model" / "language.npz").is_file()


@pytest.mark.parametrize(
    "option", [["--backend", "jax"], ["--seed", "3"], ["--resume"], ["--init", "x"]]
)
def test_what_counting_cannot_use_is_refused(kes_ocr, tmp_path, option):
    words = ["train", "--model", "language", "--preset", "smoke", "--output", "run"]
    done = kes_ocr(*words, *option)
    assert done.code == 2 and option[0] in done.err and "Leave" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("given", ["--fit.seed=3", "[fit]\nseed = 3\n"])
def test_there_is_one_seed(kes_ocr, tmp_path, given):
    words = ["train", "--model", "detector", "--output", "x", "--dry-run"]
    settings = json.loads(kes_ocr(*words, "--seed", "7").out)
    assert settings["seed"] == settings["fit"]["seed"] == 7
    (tmp_path / "c.toml").write_text(given)
    done = kes_ocr(*words, *([given] if given[0] == "-" else ["--config", "c.toml"]))
    assert done.code == 2
    assert "fit.seed" in done.err and "fault of the program" not in done.err
    assert "fit.seed" not in kes_ocr(*words, "--help").out


def test_the_tour_reads_the_sample_from_an_empty_folder(kes_ocr, tmp_path):
    done = kes_ocr()
    assert done.code == 0, done.err
    assert len(done.out.split()) > 20
    assert list(tmp_path.iterdir()) == []
    metrics = json.loads(kes_ocr("--json").out)["metrics"]
    assert metrics["text"] == done.out.removesuffix("\n")


def test_predict_loads_neither_keras_nor_a_backend(tmp_path):
    words = ["predict", str(MODELS / "sample.png"), "--quiet"]
    code, names = loaded_by(words, tmp_path)
    assert code == 0
    assert not names & {"keras", "tensorflow", "jax", "torch", "scipy", "skimage"}


def labelled_folder(tmp_path: Path) -> Path:
    """A good page, one of zero bytes, one without a picture, and two with a faulty
    label: outside the page, and not UTF-8."""
    data = tmp_path / "data"
    for name in ["images", "boxes"]:
        (data / name).mkdir(parents=True)
    page = text_page((500, 200), 18, 1, margin=50)
    for name in "145":
        Image.fromarray(page).save(data / "images" / f"{name}.png")
    (data / "images" / "2.png").write_bytes(b"")
    rows, columns = np.nonzero(page < 128)
    left, top, right, bottom = columns.min(), rows.min(), columns.max(), rows.max()
    inside, outside = (
        f"{left},{top},{x},{top},{x},{bottom},{left},{bottom}," for x in (right, 960)
    )
    (data / "boxes" / "1.csv").write_text(f"{inside}Words\n")
    (data / "boxes" / "2.csv").write_text(f"{inside}Two words\n")
    (data / "boxes" / "3.csv").write_text(f"{inside}Gone\nno label\n")
    (data / "boxes" / "4.csv").write_text(f"{inside}Words\n{outside}Outside\n")
    (data / "boxes" / "5.csv").write_text(f"{inside}Café\n", encoding="latin-1")
    return data


def bomb(side: int) -> bytes:
    """The head of a PNG of side x side pixels, and nothing else."""
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data))
        + kind
        + data
        + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def test_bad_inputs_cost_only_themselves(kes_ocr, tmp_path):
    good = (MODELS / "sample.png").read_bytes()
    bad = {
        "zero.png": b"",
        "text.png": b"no picture",
        "cut.png": good[: len(good) // 2],
        "bomb.png": bomb(20_000),
        "half.pdf": b"%PDF-1.7\n1 0 obj",
    }
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "good.png").write_bytes(good)
    Image.new("L", (1, 1), 255).save(tmp_path / "dot.png")
    Image.new("L", (600, 800), 250).save(tmp_path / "blank.png")
    # A4 at 600 dpi: 35 megapixels
    scan = np.full((7016, 4961), 250, np.uint8)
    scan[200:1400, 200:3200] = np.kron(
        text_page((500, 200), 18, 3), np.ones((6, 6), np.uint8)
    )
    Image.fromarray(scan).save(tmp_path / "scan.png", compress_level=1)
    read = ["dot.png", "blank.png", "scan.png", "good.png"]
    done = kes_ocr("predict", *bad, "gone.png", *read, "--output", "out")
    assert done.code == 1
    texts = {path.stem: path.read_text() for path in (tmp_path / "out").iterdir()}
    assert texts.keys() == {"dot", "blank", "scan", "good"}
    assert texts["dot"] == texts["blank"] == ""
    assert "29.59" in texts["good"] and len(texts["scan"].split()) > 5
    for name in [*bad, "gone.png"]:
        assert done.err.count(f"error: {name}: ") == 1, done.err
    assert done.err.count("error: ") == len(bad) + 1
    assert "20,000 x 20,000 pixels" in done.err
    assert "Traceback" not in done.err


def test_reading_and_measuring_touch_no_network(kes_ocr, tmp_path, monkeypatch):
    def refuse(*arguments, **options):
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "__init__", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(AssertionError, match="touched"):
        socket.create_connection(("localhost", 9))
    assert kes_ocr("predict", str(MODELS / "sample.png")).code == 0
    data = labelled_folder(tmp_path)
    done = kes_ocr("evaluate", "--data", str(data), "--pages", "1", "--json")
    assert json.loads(done.out)["metrics"]["pages"] == 1


def test_a_model_that_does_not_fit_is_a_sentence(kes_ocr, tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    for name in ["config.json", "dynamic_int8.tflite", "verification.json"]:
        (folder / name).write_bytes((MODELS / "recognizer" / name).read_bytes())
    config = json.loads((folder / "config.json").read_text("utf-8"))
    del config["alphabet"]
    (folder / "config.json").write_text(json.dumps(config))
    done = kes_ocr("predict", str(MODELS / "sample.png"), "--model", "own")
    assert done.code == 2 and done.out == ""
    assert "error: own: " in done.err and "`alphabet`" in done.err
    assert "fault of the program" not in done.err


@pytest.mark.parametrize("form", ["text", "json", "hocr", "tsv", "pdf", "png"])
def test_every_format(kes_ocr, tmp_path, form):
    sample = str(MODELS / "sample.png")
    words = ["predict", sample, "--format", form, "--output", "out"]
    done = kes_ocr(*words)
    assert done.code == 0, done.err
    (result,) = (tmp_path / "out").iterdir()
    assert result.stat().st_size > 100


def test_evaluate_measures_what_can_be_read(kes_ocr, tmp_path):
    data = labelled_folder(tmp_path)
    done = kes_ocr("evaluate", "--data", str(data), "--json")
    assert done.code == 1, done.err
    said = ["2.png: ", "3.csv: no picture", "3.csv, line 2", "4.csv, line 2", "5.csv: "]
    for words in said:
        assert done.err.count(words) == 1, done.err
    assert done.err.count("error: ") == 5
    assert "2 of 5 pages left out for faulty labels" in done.err
    metrics = json.loads(done.out)["metrics"]
    assert metrics["pages"] == 3
    # the good page, and two that count as empty; faulty labels are not the reader's
    assert metrics["detection_recall"] == pytest.approx(1 / 3)
    assert metrics["detection_precision"] == 1
    first = kes_ocr("evaluate", "--data", str(data), "--json", "--limit", "1")
    only = json.loads(first.out)
    assert only["metrics"]["pages"] == only["metrics"]["detection_recall"] == 1


def test_bench_measures_what_both_models_have(kes_ocr, tmp_path):
    for name in ["detector", "recognizer"]:
        (tmp_path / "own" / name).mkdir(parents=True)
        for file in ["config.json", "dynamic_int8.tflite"]:
            content = (MODELS / name / file).read_bytes()
            (tmp_path / "own" / name / file).write_bytes(content)
    # by its name alone another format
    own = tmp_path / "own" / "detector"
    (own / "full_int8.tflite").write_bytes((own / "dynamic_int8.tflite").read_bytes())
    data = labelled_folder(tmp_path)
    words = ["--model", "own", "--data", str(data), "--pages", "1", "--runs", "1"]
    done = kes_ocr("bench", *words, "--json")
    metrics = json.loads(done.out)["metrics"]
    assert {row["format"] for row in metrics["latency"]} == {
        "dynamic_int8",
        "full_int8",
    }
    assert [row["format"] for row in metrics["figures"]] == ["dynamic_int8"]
    assert "full_int8: left out of the figures" in done.err


def test_evaluate_gives_figures_as_json(kes_ocr, tmp_path, shared_data):
    words = ["evaluate", "--data", str(shared_data / "sroie"), "--pages", "400-401"]
    done = kes_ocr(*words, "--json")
    assert done.code == 0, done.err
    metrics = json.loads(done.out)["metrics"]
    assert metrics["pages"] == 2
    assert metrics["word_f1"] > 0.8
    assert metrics["character_error_rate"] < 0.05
