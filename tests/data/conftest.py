"""Fonts and texts that the tests of this room draw with."""

import pytest

from suite.data.corpus import load_corpus
from suite.data.fonts import find_fonts
from suite.text.alphabet import LATIN

from .made_fonts import make_font


@pytest.fixture(scope="session")
def font_folder(tmp_path_factory):
    """Three made fonts that have the whole alphabet."""
    folder = tmp_path_factory.mktemp("fonts")
    for name in ("One", "Two"):
        make_font(folder / f"{name}.ttf", LATIN.characters, family=name)
    make_font(folder / "Wide.ttf", LATIN.characters, family="Wide", mono=False)
    return folder


@pytest.fixture(scope="session")
def faces(font_folder):
    """The made fonts, checked."""
    return find_fonts(font_folder)


@pytest.fixture(scope="session")
def corpus():
    """Made-up words: needs no data."""
    return load_corpus()


@pytest.fixture(scope="session")
def text_folder(shared_data):
    """The folder of real paragraphs."""
    return shared_data / "text"


@pytest.fixture(scope="session")
def sroie_folder(shared_data):
    """The published receipts."""
    if not (shared_data / "sroie").is_dir():
        pytest.skip("needs ../shared/data/sroie")
    return shared_data / "sroie"
