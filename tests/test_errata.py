"""The page of errata is that of the tests, and its tests are run."""

from tests.errata import PAGE, SOURCES, collect, page


def test_the_page_is_that_of_the_tests():
    assert PAGE.read_text(encoding="utf-8") == page(collect()), (
        "docs/errata.md is old: python tests/errata.py"
    )


def test_each_line_names_a_test_that_is_run():
    errata = collect()
    for erratum in errata:
        assert erratum.test.startswith("test_"), erratum
        assert erratum.slip and erratum.truth and erratum.slip != erratum.truth
        assert "\n" not in erratum.slip + erratum.truth
    assert len({erratum.slip for erratum in errata}) == len(errata)
    assert {erratum.source for erratum in errata} == set(SOURCES)


def test_a_mark_becomes_a_line(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.errata.TESTS", tmp_path / "tests")
    folder = tmp_path / "tests"
    folder.mkdir()
    mark = '@pytest.mark.erratum("Papers", "a | b", "c")'
    code = f"{mark}\ndef test_it():\n    pass\n"
    (folder / "test_one.py").write_text(code)
    (folder / "test_two.py").write_text(f"pytestmark = pytest.mark.backend\n{code}")
    one, two = collect(folder)
    assert not one.on_backends and two.on_backends
    text = page([one, two])
    assert "## Papers" in text and "## Articles" not in text
    assert r"| a \| b | c | [`test_it`](../tests/test_one.py) * |" in text
    assert r"| a \| b | c | [`test_it`](../tests/test_two.py) |" in text
