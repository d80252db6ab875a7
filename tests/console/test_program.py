"""What users get: streams, exit codes, flags, config files."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import suite

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals and pipes")


def settings(done: subprocess.CompletedProcess[str]) -> dict:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_without_a_verb_the_first_one_runs(toy):
    done = toy()
    assert done.returncode == 0
    assert done.stdout == "rate  0.1235\nbad   nan\nat.n  3\n"
    assert done.stderr == ""


def test_json_is_one_object_with_unrounded_numbers_and_no_nan(call):
    assert json.loads(call("--json").stdout) == {
        "schema": 1,
        "app": "toy",
        "verb": "tour",
        "version": suite.__version__,
        "backend": "litert",
        "seed": 4,
        "metrics": {"rate": 0.12345678901234567, "bad": None, "at": {"n": 3}},
    }


def test_version(call):
    for words in [["--version"], ["predict", "--version"]]:
        assert call(*words).stdout == f"kes-toy {suite.__version__}\n"


@pytest.mark.parametrize("verb", ["", "tour", "predict", "train", "break"])
def test_help_ends_with_an_example(call, verb):
    done = call(*verb.split(), "--help")
    assert done.returncode == 0
    assert "\nexample:\n  kes-toy" in done.stdout
    assert done.stderr == ""


def test_help_of_a_verb_says_phrase_defaults_and_settings(call):
    done = call("train", "--model", "a", "--preset", "smoke", "--help")
    assert "Train a model." in done.stdout.splitlines()[2]
    assert "--schedule.warmup" in done.stdout
    assert "Passes over the data. (default: 1)" in done.stdout


def test_results_on_stdout_all_else_on_stderr(toy, tmp_path):
    (tmp_path / "a.txt").write_text("hello\n")
    (tmp_path / "zero.txt").write_text("")
    (tmp_path / "bug.txt").write_text("bug")
    done = toy("predict", "zero.txt", "none.txt", "bug.txt", "a.txt")
    assert done.returncode == 1
    assert done.stdout == "HELLO\n"
    assert "kes-toy: error: zero.txt: zero bytes\nWrite something.\n" in done.stderr
    assert "kes-toy: error: none.txt: no such file or folder\n" in done.stderr
    assert "bug.txt: ZeroDivisionError: as planned" in done.stderr
    assert "Traceback" not in done.stderr


def test_verbose_shows_where_and_still_goes_on(call, tmp_path):
    (tmp_path / "a.txt").write_text("hello\n")
    (tmp_path / "bug.txt").write_text("bug")
    done = call("predict", "--verbose", "bug.txt", "a.txt")
    assert (done.returncode, done.stdout) == (1, "HELLO\n")
    assert "Traceback" in done.stderr


def test_stdin(toy):
    done = toy("predict", "-", stdin="from a pipe\n")
    assert (done.returncode, done.stdout) == (0, "FROM A PIPE\n")


def test_output_keeps_the_tree(call, tmp_path):
    (tmp_path / "in/sub").mkdir(parents=True)
    (tmp_path / "in/a.txt").write_text("a")
    (tmp_path / "in/sub/b.txt").write_text("b")
    assert call("predict", "in", "--output", "out").returncode == 0
    written = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.out"))
    assert written == ["out/a.out", "out/sub/b.out"]


def test_a_collision_stops_before_any_work(call, tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one/a.txt").write_text("a")
    (tmp_path / "a.txt").write_text("a")
    done = call("predict", "a.txt", "one/a.txt", "--output", "out")
    assert done.returncode == 2
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["predict"], "no input was given"),
        (["predict", "a", "--nonsense"], "--nonsense"),
        (["predcit"], "predict"),
        (["train"], "--model"),
        (["train", "--model", "c"], "'c'"),
        (["train", "--model", "a", "--epoch", "3"], "--epochs"),
        (["train", "--model", "a", "--epochs", "x"], "--epochs"),
        (["train", "--model", "a", "--preset", "x"], "Known: default, smoke."),
        (["break", "--how", "user"], "kes-toy: error: page.png: zero bytes\nCopy"),
        (["break", "--how", "markup"], "[bold]page[/bold].png [/]: zero bytes"),
        (["break", "--how", "missing"], "error: absent.bin: No such file"),
        (["break", "--how", "pipe"], "Broken pipe"),
        (["break"], "ZeroDivisionError: as planned"),
    ],
)
def test_what_could_not_run_ends_with_2(call, words, says):
    done = call(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_verbose_shows_the_traceback(call):
    assert "Traceback" in call("break", "--verbose").stderr


def test_quiet_says_errors_only(call):
    done = call("break", "--how", "user", "--quiet")
    assert done.stderr == "kes-toy: error: page.png: zero bytes\nCopy it again.\n"


def test_interrupted_ends_with_130_and_leaves_no_half_file(toy, tmp_path):
    done = toy("break", "--how", "interrupt", "--file", "result.bin")
    assert done.returncode == 130
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["--help"], ["predict", "big.txt", "big.txt"]])
def test_a_closed_pipe_ends_quietly(tmp_path, words):
    (tmp_path / "big.txt").write_text("x" * 200_000)
    read, write = os.pipe()
    os.close(read)
    program = Path(__file__).with_name("toy.py")
    try:
        done = subprocess.run(
            [sys.executable, str(program), *words],
            stdout=write,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            text=True,
            check=False,
        )
    finally:
        os.close(write)
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize("stderr", ["2>/dev/full", "2>&-", "2> >(true)"])
def test_where_nobody_listens_on_stderr_all_is_still_done(tmp_path, stderr):
    (tmp_path / "a.txt").write_text("hello")
    program = Path(__file__).with_name("toy.py")
    command = shlex.join([sys.executable, str(program)])
    done = subprocess.run(
        ["bash", "-c", f"{command} predict none.txt a.txt none2.txt {stderr}"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert "HELLO" in done.stdout
    assert done.returncode == 1


def test_names_do_not_steer_the_terminal(call):
    done = call("predict", "no\x1b[2Jsuch\r.txt")
    assert "no\\x1b[2Jsuch\\r.txt" in done.stderr
    assert not {"\x1b", "\r"} & set(done.stderr)


def test_no_escape_codes_off_a_terminal(toy):
    for words in [["--help"], ["predict"], ["predict", "--nonsense"]]:
        done = toy(*words, FORCE_COLOR="", TERM="xterm-256color")
        assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize("words", [["predict", "--help"], ["predict", "none.txt"]])
def test_no_color_holds_on_a_terminal(tmp_path, words):
    def seen(**variables: str) -> bytes:
        ours, theirs = os.openpty()
        environment = {**os.environ, "TERM": "xterm-256color", **variables}
        program = Path(__file__).with_name("toy.py")
        run = [sys.executable, str(program), *words]
        child = subprocess.Popen(  # a terminal on all three streams
            run,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
            cwd=tmp_path,
        )
        os.close(theirs)
        parts = []
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # EIO: the child is gone
                break
            if not part:
                break
            parts.append(part)
        child.wait()
        os.close(ours)
        return b"".join(parts)

    assert b"\x1b" in seen()  # or this test would prove nothing
    assert b"\x1b" not in seen(NO_COLOR="1")


def test_text_is_utf8_in_any_locale(toy, tmp_path):
    (tmp_path / "a.txt").write_text("5 €\n", encoding="utf-8")
    done = toy("predict", "a.txt", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert (done.returncode, done.stdout) == (0, "5 €\n")


CONFIG = """
model = "a"
epochs = 7
rates = [0.5, 0.25]
shuffle = false
data = ["x", "y"]
[schedule]
warmup = 0.5
"""


def test_precedence_flag_config_preset_default(call, tmp_path):
    (tmp_path / "c.toml").write_text(CONFIG)
    base = ["train", "--dry-run"]
    plain = settings(call(*base, "--model", "b"))
    assert (plain["epochs"], plain["seed"]) == (10, 1)
    preset = settings(call(*base, "--model", "b", "--preset", "smoke"))
    assert (preset["epochs"], preset["seed"]) == (1, 7)
    file = settings(call(*base, "--preset", "smoke", "--config", "c.toml"))
    assert file == {
        "data": ["x", "y"],
        "epochs": 7,
        "rates": [0.5, 0.25],
        "shuffle": False,
        "seed": 7,
        "schedule": {"warmup": 0.5},
    }
    words = ["--epochs", "3", "--schedule.warmup", "0.2", "--seed", "9", "--data", "z"]
    flag = settings(call(*base, "--config", "c.toml", *words, "--shuffle"))
    assert flag["epochs"] == 3
    assert flag["schedule"] == {"warmup": 0.2}
    assert flag["seed"] == 9
    assert flag["data"] == ["z"]
    assert flag["shuffle"] is True


def test_config_sets_options_of_a_plain_verb(call, tmp_path):
    (tmp_path / "a.txt").write_text("ha ")
    (tmp_path / "c.toml").write_text("repeat = 3\n")
    assert call("predict", "a.txt", "--config", "c.toml").stdout == "HA HA HA \n"
    done = call("predict", "a.txt", "--config", "c.toml", "--repeat", "1")
    assert done.stdout == "HA \n"


@pytest.mark.parametrize(
    ("content", "words", "says"),
    [
        ("repat = 3", ["predict", "a.txt"], "unknown key repat"),
        ('inputs = ["a.txt"]', ["predict"], "unknown key inputs"),
        ('config = "d.toml"', ["predict", "a.txt"], "unknown key config"),
        ("epoch = 3", ["train", "--model", "a"], "Did you mean epochs?"),
        ("[schedule]\nwarm = 3", ["train", "--model", "a"], "schedule.warm"),
        ("[shedule]\nwarmup = 3", ["train", "--model", "a"], "shedule.warmup"),
        ("repeat = ", ["predict", "a.txt"], "not a TOML file"),
        ("repeat = 'x'", ["predict", "a.txt"], "--repeat"),
        ("json = 'yes'", ["predict", "a.txt"], "json must be true or false, not 'yes'"),
        ("quiet = 1", ["predict", "a.txt"], "quiet must be true or false, not 1"),
        ("shard = true", ["predict", "a.txt"], "shard must be a value, not true"),
        ("limit = [1, 2]", ["predict", "a.txt"], "limit must be one value"),
        ("shuffle = 'no'", ["train", "--model", "a"], "shuffle must be true or false"),
        ("limit = 0", ["predict", "a.txt"], "0: too few inputs (--limit)"),
    ],
)
def test_a_wrong_config_ends_with_2(call, tmp_path, content, words, says):
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "c.toml").write_text(content)
    done = call(*words, "--config", "c.toml")
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("limit", ["0", "-1"])
def test_a_limit_that_would_leave_out_what_nobody_named(call, tmp_path, limit):
    for name in ["a.txt", "b.txt"]:
        (tmp_path / name).write_text(name)
    done = call("predict", "a.txt", "b.txt", "--limit", limit)
    assert done.returncode == 2 and done.stdout == ""
    assert f"kes-toy: error: {limit}: too few inputs (--limit)" in done.stderr


@pytest.mark.parametrize(
    ("words", "says"), [("tour >&-", "stdout is closed"), ("predict - <&-", "stdin")]
)
def test_a_stream_that_is_closed(tmp_path, words, says):
    program = Path(__file__).with_name("toy.py")
    command = shlex.join([sys.executable, str(program)])
    done = subprocess.run(
        ["sh", "-c", f"{command} {words}"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode in {1, 2}
    assert says in done.stderr and "fault of the program" not in done.stderr


def test_a_config_that_is_not_there(call):
    done = call("train", "--model", "a", "--config", "none.toml")
    assert done.returncode == 2
    assert "none.toml: No such file" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux only")
@pytest.mark.parametrize("words", [[], ["--help"], ["predict", "a.txt", "b.txt"]])
def test_a_full_stdout_is_not_the_fault_of_an_input(tmp_path, words):
    for name in ["a.txt", "b.txt"]:
        (tmp_path / name).write_text("hello\n")
    program = Path(__file__).with_name("toy.py")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, str(program), *words],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    # once: what cannot be written is not worked on
    first, *rest = done.stderr.splitlines()
    assert first.startswith("kes-toy: error: stdout cannot be written: No space left")
    assert rest == ["Free some space."]
