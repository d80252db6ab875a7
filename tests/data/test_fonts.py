"""Fonts: a glyph that would teach a wrong text is never drawn with."""

import collections
import sys
from pathlib import Path

import numpy as np
import pytest

from suite.console import UserError
from suite.data import fonts
from suite.data.font_book import FontBook
from suite.data.fonts import (
    FontFace,
    find_fonts,
    held_out_fonts,
    install_line,
)
from suite.text.alphabet import LATIN

from .made_fonts import make_font

SMALL = "abcdefghijklmnopqrstuvwxyz"


def only(folder, **options):
    (face,) = find_fonts(folder, **options)
    return face


def test_a_whole_font_has_the_whole_alphabet(tmp_path):
    make_font(tmp_path / "a.ttf", LATIN.characters)
    face = only(tmp_path)
    assert face.characters == set(LATIN.characters)
    assert face.kind == "mono"
    assert face.cap_height == pytest.approx(0.7, abs=0.03)
    assert face.x_height == pytest.approx(0.5, abs=0.03)
    assert face.covers("Größe 5 €")


@pytest.mark.parametrize(
    ("replaced", "lost"),
    [
        ({c: c.upper() for c in SMALL}, set(SMALL)),  # capitals for small letters
        ({"é": "e", "Ü": "U"}, {"é", "Ü"}),  # accents forgotten
        ({"€": ""}, {"€"}),  # mapped, without ink
        ({"“": '"', "”": '"'}, {"“", "”"}),
        ({"–": "-", "—": "-"}, {"–", "—"}),
    ],
)
def test_glyphs_that_show_something_else_are_not_used(tmp_path, replaced, lost):
    make_font(tmp_path / "a.ttf", LATIN.characters, replaced)
    missing = set(LATIN.characters) - only(tmp_path).characters
    assert lost <= missing
    assert missing <= lost | {"ÿ"} | {c for c in LATIN.characters if c.islower()}
    if lost != set(SMALL):
        assert missing == lost


def test_a_character_that_is_not_mapped_is_not_covered(tmp_path):
    make_font(tmp_path / "a.ttf", "".join(c for c in LATIN.characters if c != "ß"))
    assert not only(tmp_path).covers("Straße")


def test_fonts_without_letters_or_that_are_broken_are_passed_over(tmp_path):
    make_font(tmp_path / "digits.ttf", "0123456789")
    (tmp_path / "broken.ttf").write_bytes(b"\0\1\0\0 no font")
    (tmp_path / "empty.otf").write_bytes(b"")
    with pytest.raises(UserError) as caught:
        find_fonts(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "apt-get install" in caught.value.hint
    assert "--rendered 0" in caught.value.hint


def test_without_font_tools_the_extra_is_named(font_folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "fontTools.ttLib", None)
    with pytest.raises(UserError, match="fontTools is not installed") as caught:
        find_fonts(font_folder)
    assert "keras-edge-suite[train]" in caught.value.hint


def test_one_face_per_file_name(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        make_font(tmp_path / folder / "Same.ttf", LATIN.characters)
    assert len(find_fonts(tmp_path)) == 1


def test_held_out_fonts_are_left_out_unless_asked_for(tmp_path):
    held = sorted(held_out_fonts())[0]
    make_font(tmp_path / held, LATIN.characters)
    make_font(tmp_path / "Training.ttf", LATIN.characters)
    names = {
        option: {Path(f.path).name for f in find_fonts(tmp_path, held_out=option)}
        for option in (False, True, None)
    }
    other = "Training.ttf"
    assert names == {False: {other}, True: {held}, None: {held, other}}


def test_the_held_out_list_is_frozen():
    held = held_out_fonts()
    assert len(held) == 123
    for family in ("Caladea", "CharisSIL", "Vollkorn", "Cabin", "JetBrainsMono", "PTS"):
        assert any(name.startswith(family) for name in held)
    assert all(name.endswith((".ttf", ".otf")) for name in held)


def test_install_line_is_one_command_of_packages():
    words = install_line().split()
    assert words[:3] == ["apt-get", "install", "--no-install-recommends"]
    assert len(set(words[3:])) == len(words[3:]) > 100
    assert all(word.startswith("fonts-") for word in words[3:])


def face(family, kind="proportional", number=0, characters="abc"):
    path = f"/fonts/{family}{number}.ttf"
    return FontFace(path, family, frozenset(characters), kind, 0.7, 0.5)


def test_families_and_kinds_are_drawn_by_share_not_by_number_of_files():
    faces = [face("Many", number=i) for i in range(40)]
    faces += [face("Few"), face("Liberation Sans"), face("Typewriter", "mono")]
    book, rng = FontBook(faces, (0.75, 0.25, 0.5)), np.random.default_rng(0)
    drawn = [book.draw(rng, "ab") for _ in range(4000)]
    count = collections.Counter(f.family for f in drawn)
    # no decorative font: the two others share; everyday families count four times
    expected = {"Typewriter": 1000, "Many": 500, "Few": 500, "Liberation Sans": 2000}
    for family, number in expected.items():
        assert count[family] == pytest.approx(number, rel=0.15)
    assert len({f.path for f in drawn if f.family == "Many"}) == 40


def test_a_face_that_lacks_a_character_is_never_drawn():
    book = FontBook([face("A", characters="ab"), face("B", characters="abc")])
    rng = np.random.default_rng(0)
    assert {book.draw(rng, "abc").family for _ in range(50)} == {"B"}
    assert book.draw(rng, "xyz") is None


SYSTEM = [
    Path("/usr/share/fonts/truetype") / name
    for name in ("liberation", "liberation2", "dejavu", "crosextra")
]


@pytest.mark.skipif(
    not any(p.is_dir() for p in SYSTEM), reason="needs Debian's Liberation or DejaVu"
)
def test_fonts_of_the_system():
    found = find_fonts([p for p in SYSTEM if p.is_dir()])
    by_name = {Path(f.path).name: f for f in found}
    assert not held_out_fonts() & by_name.keys()
    whole = [f for f in found if f.characters >= set(LATIN.characters) - {"‚"}]
    assert len(whole) >= 0.8 * len(found)
    for name, kind in (("LiberationMono-Regular.ttf", "mono"),
                       ("LiberationSans-Regular.ttf", "proportional"),
                       ("DejaVuSansMono.ttf", "mono")):  # fmt: skip
        if name in by_name:
            assert by_name[name].kind == kind
    assert fonts.load(found[0].path, 20) is fonts.load(found[0].path, 20)
