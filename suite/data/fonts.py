"""Fonts to render text with: found, checked glyph by glyph, grouped by kind.

A glyph is used only if the font's character map has it, it leaves ink, and the ink
differs from that of the characters it could be mistaken for: fonts that draw capitals
for small letters, or an e for an é, would teach a recognizer wrong texts.
"""

import logging
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from pathlib import Path

import cv2
import numpy as np
from PIL import ImageFont

from suite.console import UserError, track

logger = logging.getLogger(__name__)
# it remarks on every small fault of a font that it can read nevertheless
logging.getLogger("fontTools").setLevel(logging.ERROR)

SYSTEM_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/usr/share/texmf/fonts/opentype",
    "~/.fonts",
    "~/.local/share/fonts",
    "/Library/Fonts",
    "/System/Library/Fonts",
    "C:/Windows/Fonts",
)
KINDS = ("proportional", "mono", "decorative")

_NEEDED = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:-"
_PROBE = 40  # pixels an em at which glyphs are compared
_SIDE = 16  # pixels a side of a glyph brought to a common size
_CASE_PAIRS = "aebdghnqrt"  # small letters whose shape is not that of the capital
_TWINS = {"“": '"', "”": '"', "„": '",', "‘": "'`", "’": "'", "–": "-", "—": "-–"}
_DECORATIVE = 0.55  # likeness to the mean letters of all fonts found
_ILLEGIBLE = 0.38  # below it lie symbols, outlines and ornaments
_EQUAL = 0.97  # likeness of equal outlines; measured: below 0.95 for î and i
_UNSUITED = ("standardsymbols", "abecedario", "wargames", "cupola", "alfa-beta")


@dataclass(frozen=True)
class FontFace:
    """A font file that has been checked."""

    path: str
    """The file; its name is what lists of held-out fonts hold."""

    family: str
    """Name of the family, as the file states it."""

    characters: frozenset[str]
    """What may be drawn with it."""

    kind: str
    """One of `KINDS`."""

    cap_height: float
    """Height of H in ems."""

    x_height: float
    """Height of x in ems; that of H where there are no small letters."""

    def covers(self, text: str) -> bool:
        """Whether each character of `text` may be drawn."""
        return self.characters.issuperset(text)


def package_list(name: str) -> tuple[str, ...]:
    """Lines of a list beside this file: `debian_fonts.txt`, `held_out_fonts.txt`."""
    text = resources.files("suite.data").joinpath(name).read_text("utf-8")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return tuple(line for line in lines if line)


def install_line() -> str:
    """The command that installs the fonts that the shipped models were trained with."""
    packages = " ".join(package_list("debian_fonts.txt"))
    return f"apt-get install --no-install-recommends {packages}"


def held_out_fonts() -> frozenset[str]:
    """Names of font files that training never draws with."""
    return frozenset(package_list("held_out_fonts.txt"))


def find_fonts(
    folders: str | Path | Iterable[str | Path] | None = None,
    *,
    characters: Iterable[str] | None = None,
    held_out: bool | None = False,
) -> tuple[FontFace, ...]:
    """Usable fonts below some folders, sorted by path.

    Args:
        folders: Where to look, with all folders below; None: the system's.
        characters: What is asked of fonts; None: the alphabet LATIN.
        held_out: False leaves the held-out fonts out, True takes only those, None
            takes all.

    Raises:
        UserError: when there is none, with the command that installs some; when
            there are some and fontTools is missing.
    """
    from suite.text.alphabet import LATIN

    wanted = "".join(LATIN.characters if characters is None else characters)
    if isinstance(folders, str | Path):
        folders = (folders,)
    places = [Path(f).expanduser() for f in folders or SYSTEM_FOLDERS]
    probes, kept_apart = [], held_out_fonts()
    for path in track(_font_files(places), "looking at fonts"):
        if held_out is not None and (path.name in kept_apart) != held_out:
            continue
        probe = _probe(path, wanted)
        if probe is not None:
            probes.append(probe)
    faces = _classify(probes)
    if not faces:
        kind = "held-out fonts" if held_out else "usable fonts"
        raise UserError(
            f"no {kind} below {', '.join(map(str, places))}",
            "Name a folder of fonts (--fonts DIR), train on your own data alone "
            f"(--rendered 0), or, on Debian: {install_line()}",
        )
    logger.info("%d usable fonts of %d files", len(faces), len(probes))
    return tuple(faces)


def _font_files(folders: Sequence[Path]) -> list[Path]:
    # one file a name: packages ship the same face as .otf and .ttf
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.name.lower().startswith(_UNSUITED):  # Greek, ruled lines, ornaments
                continue
            if path.suffix.lower() in (".ttf", ".otf") and path.is_file():
                found.setdefault(path.stem, path)
    return sorted(found.values())


@dataclass(frozen=True, eq=False)
class _Probe:
    """A face whose kind is not known yet, with its letters at a common size."""

    face: FontFace
    shapes: np.ndarray  # float32 (letters, _SIDE, _SIDE), zero mean, unit norm


def _probe(path: Path, wanted: str) -> _Probe | None:
    mapped = _mapped(path)
    if not mapped.issuperset(_NEEDED):
        return None
    try:
        font = ImageFont.truetype(str(path), _PROBE, layout_engine=_BASIC)
        glyphs = {c: _glyph(font, c) for c in wanted if c in mapped}
        family = font.getname()[0] or path.stem
    except (OSError, ValueError):  # FreeType: damaged or bitmap-only
        return None
    good = _distinct(glyphs)
    if not good.issuperset(_NEEDED):
        return None
    cap = glyphs["H"].shape[0] / _PROBE
    low = glyphs["x"].shape[0] / _PROBE if "x" in good else cap
    mono = len({round(font.getlength(c), 2) for c in "1MW.:A"}) == 1
    kind = "mono" if mono else "proportional"
    shapes = np.stack([_shape(glyphs[c]) for c in _NEEDED[:36]])
    face = FontFace(str(path), family, frozenset(good), kind, cap, low)
    return _Probe(face, shapes)


_BASIC = ImageFont.Layout.BASIC  # no ligatures: one character, one glyph


def _mapped(path: Path) -> frozenset[str]:
    try:
        from fontTools.ttLib import TTFont, TTLibError
    except ImportError as error:
        raise UserError(
            "fontTools is not installed, and rendering text needs it",
            "pip install 'keras-edge-suite[train]', or render nothing (--rendered 0).",
        ) from error
    try:
        # opened here: fontTools leaves a damaged file open
        with path.open("rb") as file, TTFont(file, lazy=True) as font:
            if "fvar" in font:  # variable: static faces of it are found as well
                return frozenset()
            codes = font.getBestCmap() or {}
            return frozenset(chr(c) for c, name in codes.items() if name != ".notdef")
    except (TTLibError, OSError, KeyError, ValueError, AssertionError):
        return frozenset()


def _glyph(font: ImageFont.FreeTypeFont, character: str) -> np.ndarray:
    """uint8 (h, w), ink of a glyph cut to its bounds; empty without ink."""
    mask = font.getmask(character)
    pixels = np.asarray(mask, np.uint8).reshape(mask.size[::-1])
    rows, columns = (
        np.nonzero(pixels.max(1, initial=0) > 64),
        np.nonzero(pixels.max(0, initial=0) > 64),
    )
    if not rows[0].size:
        return np.zeros((0, 0), np.uint8)
    return pixels[
        rows[0][0] : rows[0][-1] + 1,
        columns[0][0] : columns[0][-1] + 1,
    ]


def _shape(glyph: np.ndarray) -> np.ndarray:
    small = cv2.resize(glyph, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    centred = small.astype(np.float32) - small.mean()
    return centred / max(float(np.linalg.norm(centred)), 1e-6)


def _distinct(glyphs: dict[str, np.ndarray]) -> set[str]:
    """Characters whose glyph has ink and is not that of another character."""
    good = {c for c, glyph in glyphs.items() if glyph.size or c == " "}
    if {*_CASE_PAIRS, *_CASE_PAIRS.upper()} <= good:
        alike = [
            float((_shape(glyphs[c]) * _shape(glyphs[c.upper()])).sum())
            for c in _CASE_PAIRS
        ]
        if np.mean(alike) > 0.75:  # measured: 0.93 for small capitals, below 0.6 else
            good = {c for c in good if not c.islower()}
    for character in tuple(good):
        base = unicodedata.normalize("NFD", character)[0]
        rivals = _TWINS.get(character, base if base != character else "")
        if any(_same(glyphs, character, r) for r in rivals):
            good.discard(character)
    return good


def _same(glyphs: dict[str, np.ndarray], one: str, other: str) -> bool:
    if other not in glyphs or not glyphs[one].size or not glyphs[other].size:
        return False
    a, b = glyphs[one], glyphs[other]
    # hinting may move one of two equal outlines by a pixel
    if max(abs(a.shape[0] - b.shape[0]), abs(a.shape[1] - b.shape[1])) > 1:
        return False
    return float((_shape(a) * _shape(b)).sum()) > _EQUAL


def _classify(probes: Sequence[_Probe]) -> list[FontFace]:
    if len(probes) < 20:  # a user's own few fonts: no mean to compare with
        return [p.face for p in probes]
    shapes = np.stack([p.shapes for p in probes])  # (fonts, letters, side, side)
    mean = shapes.mean(0)
    mean /= np.linalg.norm(mean, axis=(1, 2), keepdims=True)
    likeness = (shapes * mean).sum((2, 3)).mean(1)  # (fonts,)
    faces = []
    for probe, value in zip(probes, likeness.tolist(), strict=True):
        if value < _ILLEGIBLE:
            logger.debug("%s: left out, likeness %.2f", probe.face.path, value)
        elif value < _DECORATIVE:
            faces.append(replace(probe.face, kind="decorative"))
        else:
            faces.append(probe.face)
    return faces


@lru_cache(maxsize=256)
def load(path: str, size: int) -> ImageFont.FreeTypeFont:
    """The font at `size` pixels an em; recently used ones stay open."""
    return ImageFont.truetype(path, size, layout_engine=_BASIC)
