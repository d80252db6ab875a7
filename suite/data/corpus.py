"""Text to render: prose in three languages, what receipts and forms say, odd strings.

Word lists are taken from the data at run time; without data a small generator of
syllables steps in, so that a machine without `--text DIR` can train as well. The last
twentieth of the paragraphs of each language is held out for benchmarks.
"""

import gzip
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from suite.console import UserError
from suite.data import phrases
from suite.data.phrases import pick
from suite.text.alphabet import LATIN, Alphabet

LANGUAGES = ("en", "de", "fr")
HELD_OUT = 0.05
"""Share of the paragraphs of each language, the last ones, that training never sees."""

MAX_LENGTH = 70
"""Characters of a line at most; the longest label of SROIE has 68."""

_REPLACED = str.maketrans({"\u00a0": " ", "\u202f": " ", "−": "-", "‐": "-", "‑": "-"})
_QUOTES = (("“", "”"), ("‘", "’"), ("„", "“"), ("‚", "‘"), ("«", "»"), ("»", "«"))


@dataclass(frozen=True, eq=False)
class Corpus:
    """Where lines of text are drawn from."""

    paragraphs: dict[str, tuple[str, ...]]
    """Paragraphs of prose by language; characters of `alphabet` alone."""

    transcripts: tuple[str, ...] = ()
    """Lines of labelled pages that may be trained on, in any case."""

    alphabet: Alphabet = LATIN
    """Each of its characters occurs."""

    @cached_property
    def words(self) -> dict[str, tuple[str, ...]]:
        """The different words of each language, sorted."""
        return {
            language: tuple(sorted({w for p in paragraphs for w in p.split()}))
            for language, paragraphs in self.paragraphs.items()
        }

    @cached_property
    def label_words(self) -> tuple[str, ...]:
        """The different words of the transcripts, sorted."""
        return tuple(sorted({w for t in self.transcripts for w in t.split()}))

    def line(self, rng: np.random.Generator) -> str:
        """A line of 1 to `MAX_LENGTH` characters; single spaces, none at the ends."""
        while True:
            text = _KINDS[int(np.searchsorted(_SHARES, rng.random()))](self, rng)
            text = clean(text, self.alphabet)[:MAX_LENGTH].strip()
            if text:
                return text

    def prose(self, rng: np.random.Generator, characters: int) -> str:
        """Consecutive words of a paragraph, about `characters` long."""
        language = pick(rng, sorted(self.paragraphs))
        paragraph = pick(rng, self.paragraphs[language])
        # a word's start near a random place; a search costs less than splitting
        place = int(rng.integers(max(1, len(paragraph) - characters // 2)))
        start = paragraph.rfind(" ", 0, place) + 1
        end = paragraph.find(" ", start + characters - 3)
        return paragraph[start : end if end > 0 else None]

    def word(self, rng: np.random.Generator) -> str:
        """A word of a random language."""
        return pick(rng, self.words[pick(rng, sorted(self.words))])


def load_corpus(
    folder: str | Path | None = None,
    transcripts: Sequence[str] = (),
    *,
    held_out: bool = False,
    alphabet: Alphabet = LATIN,
) -> Corpus:
    """The corpus of a folder with `en.txt.gz`, `de.txt.gz`, `fr.txt.gz`.

    Args:
        folder: A paragraph a line, UTF-8; languages may lack. None: generated words.
        transcripts: See `Corpus`.
        held_out: False leaves the last twentieth of each language out, True takes
            that alone.
        alphabet: Other characters are replaced by what they decompose to, or left
            out.

    Raises:
        UserError: when the folder has none of the files, or one is no gzip of UTF-8.
    """
    if folder is None:
        texts = {x: phrases.invented(x, held_out=held_out) for x in LANGUAGES}
    else:
        texts = {x: _read(Path(folder) / f"{x}.txt.gz") for x in LANGUAGES}
        texts = {x: _part(p, held_out) for x, p in texts.items() if p}
    if not texts:
        raise UserError(
            f"{folder}: no text there ({', '.join(f'{x}.txt.gz' for x in LANGUAGES)})",
            "Name a folder of gzipped paragraphs, or none for invented words.",
        )
    cleaned = {x: tuple(clean(p, alphabet) for p in ps) for x, ps in texts.items()}
    return Corpus(cleaned, tuple(clean(t, alphabet) for t in transcripts), alphabet)


def clean(text: str, alphabet: Alphabet = LATIN) -> str:
    """`text` in characters of the alphabet, runs of white space as one space."""
    text = unicodedata.normalize("NFC", text).translate(_REPLACED)
    if any(c not in alphabet for c in text):
        text = "".join(c if c in alphabet else _plain(c, alphabet) for c in text)
    return " ".join(text.split())


def _plain(character: str, alphabet: Alphabet) -> str:
    if character.isspace():
        return " "
    parts = unicodedata.normalize("NFKD", character)
    return "".join(c for c in parts if c in alphabet)


def _read(path: Path) -> tuple[str, ...]:
    if not path.is_file():
        return ()
    try:
        text = gzip.decompress(path.read_bytes()).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not a gzip of UTF-8 text ({error})") from error
    return tuple(p for p in text.split("\n") if p.strip())


def _part(paragraphs: tuple[str, ...], held_out: bool) -> tuple[str, ...]:
    first = len(paragraphs) - round(HELD_OUT * len(paragraphs))
    return paragraphs[first:] if held_out else paragraphs[:first]


def _length(rng: np.random.Generator) -> int:
    # median 17, a twentieth above 55: SROIE's are shorter, letters' and books' longer
    return int(np.clip(np.exp(rng.normal(2.85, 0.75)), 2, MAX_LENGTH))


def _prose(corpus: Corpus, rng: np.random.Generator) -> str:
    text = corpus.prose(rng, _length(rng))
    if rng.random() < 0.3:  # typewriters' apostrophes in the data, printers' in books
        text = text.replace("'", "’")
    draw = rng.random()
    if draw < 0.06:
        return text.upper().replace("ß", "ss") if draw < 0.03 else text.upper()
    return text.title() if draw < 0.08 else text


def _recombined(corpus: Corpus, rng: np.random.Generator) -> str:
    goal, words = _length(rng), [_varied(corpus.word(rng), rng)]
    while sum(map(len, words)) + len(words) < goal:
        draw = rng.random()
        words.append(
            phrases.token(rng) if draw < 0.15 else _varied(corpus.word(rng), rng)
        )
    return pick(rng, (" ", " ", " ", " ", ", ", " - ", "/", ": ")).join(words)


def _varied(word: str, rng: np.random.Generator) -> str:
    draw = rng.random()
    if draw < 0.12:
        return word.upper() if "ß" not in word else word
    if draw < 0.22:
        return word[:1].upper() + word[1:]
    if draw < 0.26:
        opening, closing = pick(rng, _QUOTES)
        return opening + word.strip("«»„“”‚‘’\"'") + closing
    if draw < 0.30:
        return "(" + word.strip("()") + ")"
    return word


def _label(corpus: Corpus, rng: np.random.Generator) -> str:
    if not corpus.label_words:
        return phrases.receipt(corpus.word, rng)
    if rng.random() < 0.3:
        return _recase(pick(rng, corpus.transcripts), rng)
    count = int(min(1 + rng.poisson(1.6), 8))
    words = [pick(rng, corpus.label_words) for _ in range(count)]
    return _recase(" ".join(words), rng)


def _recase(text: str, rng: np.random.Generator) -> str:
    draw = rng.random()
    if draw < 0.5:  # as shops print: Total Sales (Inclusive of GST)
        return re.sub(r"[A-Z]+", lambda m: m[0][0] + m[0][1:].lower(), text)
    if draw < 0.65:
        return text.lower()
    return text.capitalize() if draw < 0.75 else text


def _receipt(corpus: Corpus, rng: np.random.Generator) -> str:
    return phrases.receipt(corpus.word, rng)


def _token(corpus: Corpus, rng: np.random.Generator) -> str:
    return phrases.token(rng)


def _single(corpus: Corpus, rng: np.random.Generator) -> str:
    draw = rng.random()
    if draw < 0.35:
        return str(rng.integers(10))
    if draw < 0.6:
        return pick(rng, corpus.alphabet.characters[1:])
    return corpus.word(rng) if draw < 0.8 else corpus.word(rng)[:2]


def _anything(corpus: Corpus, rng: np.random.Generator) -> str:
    characters = corpus.alphabet.characters
    count = int(rng.integers(2, 22))
    drawn = (characters[int(rng.integers(len(characters)))] for _ in range(count))
    return "".join(" " if rng.random() < 0.08 else c for c in drawn)


def _rare(corpus: Corpus, rng: np.random.Generator) -> str:
    """Words with characters beyond ASCII, signs set between words."""
    letters = [c for c in corpus.alphabet.characters if ord(c) > 126]
    count = int(rng.integers(1, 6))
    words = [corpus.word(rng) for _ in range(count)]
    for _ in range(int(rng.integers(1, 4))):
        place, sign = int(rng.integers(count)), pick(rng, letters)
        word = words[place]
        if sign.isalpha():
            at = int(rng.integers(len(word) + 1))
            words[place] = word[:at] + sign + word[at:]
        else:
            words[place] = pick(
                rng, (sign + word, word + sign, sign, word + " " + sign)
            )
    return " ".join(words)


_Kind = Callable[[Corpus, np.random.Generator], str]
_TABLE: tuple[tuple[float, _Kind], ...] = (
    (0.27, _prose),
    (0.11, _recombined),
    (0.20, _receipt),
    (0.13, _label),
    (0.14, _token),
    (0.05, _single),
    (0.04, _anything),
    (0.06, _rare),
)
_KINDS = [kind for _, kind in _TABLE]
_SHARES = np.cumsum([share for share, _ in _TABLE]) / sum(s for s, _ in _TABLE)
