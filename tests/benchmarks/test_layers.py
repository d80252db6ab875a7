"""The comparison of layers and models: counts, pairs, the page, one whole run."""

import json

import pytest

from benchmarks import layers
from suite.models import parameters


def test_the_page_shows_both_sides_and_their_ratio():
    sides = {
        "one": {"parameters": 3e6, "jax_ms": 5.0, "call_float32_ms": 1.0},
        "two": {"parameters": 2e6, "jax_ms": None, "refused": "call: no such operator"},
    }
    options = layers.Comparison()
    text = layers.page({"layer": sides}, "a machine", options)
    rows = [line.strip("| \n").split("|") for line in text.splitlines() if "|" in line]
    table = {row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows}
    assert table["parameters, millions"] == ["3.000", "2.000", "1.50"]
    assert table["update, jax, ms"] == ["5.00", "-", "-"]
    assert not any("encode" in name for name in table)
    three = layers.page({"forms": dict.fromkeys("abc", sides["one"])}, "", options)
    assert "| 3.000 | 3.000 | 3.000 |" in three and "ratio" not in three
    assert "a machine" in text and "two is not converted: call: no such" in text


def test_a_trial_is_small_and_of_the_same_models():
    for pair in layers.PAIRS:
        whole, small = layers.contenders(pair), layers.contenders(pair, trial=True)
        assert list(whole) == list(small)
        for title, side in small.items():
            assert side["name"] == whole[title]["name"]
            if "vocabulary" in side["options"]:
                assert side["options"]["vocabulary"] == 64


def test_unknown_names_are_refused(capsys):
    assert layers.main(["--pairs", "published,other"]) == 2
    assert "other: unknown (--pairs)" in capsys.readouterr().err
    assert layers.main(["--backends", "numpy"]) == 2


@pytest.mark.backend
def test_the_equal_pair_is_equal():
    one, two = (
        parameters(side["name"], **side["options"])
        for side in layers.contenders("equal").values()
    )
    assert one == 3_739_360 and abs(one - two) / one < 0.003


@pytest.mark.slow
@pytest.mark.parametrize("backend", layers.BACKENDS)
def test_all_of_it_runs(backend, tmp_path, capsys):
    target = tmp_path / "layers.md"
    words = f"--trial --backends {backend} --runs 1 --tokens 8 --output {target}"
    phone = [] if backend == "tensorflow" else ["--no-phone"]
    assert layers.main([*words.split(), *phone]) == 0
    found = json.loads(target.with_suffix(".json").read_text())["pairs"]
    for pair, sides in found.items():
        for side in sides.values():
            assert side[f"{backend}_ms"] > 0
            assert side["parameters"] > 0 and side["multiply_adds"] > 0
            if not phone:
                part = "step" if pair in ("published", "equal") else "call"
                assert side[f"{part}_dynamic_int8_ms"] > 0
    assert target.read_text() in capsys.readouterr().out
