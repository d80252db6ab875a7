"""What the documents say is run, runs."""

import re
import shlex
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]


def blocks(name: str, start: str = "```python\n") -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(rf"^{start}(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_deploy_reads_a_line_with_the_interpreter_alone(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    (block,) = blocks("docs/deploy.md")
    # its blank line, and one with print on it
    for line in ("np.full((32, 150), 255, np.uint8)", "sample_line()"):
        code = block.replace("np.full((32, 150), 255, np.uint8)", line)
        assert line in code
        # our own document, as a reader would paste it
        exec(compile(code, "docs/deploy.md", "exec"), {"sample_line": sample_line})  # noqa: S102
    blank, text = capsys.readouterr().out.splitlines()
    assert len(blank) <= 1 and text.lower() == "total"


def run(name: str, number: int) -> None:
    """Runs a block as a reader would paste it."""
    exec(compile(blocks(name)[number], name, "exec"), {})  # noqa: S102


def test_the_library_reads_as_the_readme_says(tmp_path, monkeypatch, capsys):
    sample = Image.open(ROOT / "saved_models" / "ocr" / "sample.png").convert("L")
    sample.save(tmp_path / "receipt.jpg", quality=95)
    monkeypatch.chdir(tmp_path)
    run("README.md", 0)
    out = capsys.readouterr().out
    assert "29.59" in out and "['Total'" in out


@pytest.mark.backend
def test_a_network_is_built_as_the_readme_says():
    pytest.importorskip("keras")
    run("README.md", 1)


def test_the_json_is_read_as_its_page_says(tmp_path, monkeypatch, capsys):
    from suite.ocr import Reader
    from suite.ocr.formats import write

    page = Reader()(ROOT / "saved_models" / "ocr" / "sample.png")
    write(page, "json", tmp_path / "out" / "receipt.json")
    monkeypatch.chdir(tmp_path)
    run("docs/ocr-json.md", 0)
    assert len(capsys.readouterr().out.splitlines()) == len(page.lines)


@pytest.mark.slow
def test_models_make_a_translator_and_export_it(monkeypatch, tmp_path):
    from suite.edge.__main__ import main
    from suite.engine import open_model

    monkeypatch.chdir(tmp_path)
    (code,) = blocks("docs/models.md")
    exec(compile(code, "docs/models.md", "exec"), {})  # noqa: S102
    (command,) = blocks("docs/models.md", "```\nkes-edge ")
    assert main(shlex.split(command.replace("\\\n", " "))) == 0
    model = open_model(tmp_path / "out", precision="float32")
    assert set(model.signatures) == {"encode", "step"}
    assert model.signatures["step"].outputs["logits"].shape == (1, 10_000)


def sample_line():
    import cv2
    import numpy as np

    line = np.full((32, 150), 255, np.uint8)
    cv2.putText(line, "TOTAL", (12, 25), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 2, cv2.LINE_AA)
    return line


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "docs/deploy.md",
        "docs/ocr.md",
        "docs/ocr-json.md",
        "docs/errata.md",
        "docs/models.md",
        "CONTRIBUTING.md",
    ],
)
def test_files_that_are_linked_exist(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert ((ROOT / name).parent / target).exists(), target
