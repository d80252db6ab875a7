"""Texts without case and without the value of digits."""

from collections.abc import Iterable

from suite.text.alphabet import Alphabet

_DIGITS = str.maketrans("123456789", "000000000")


def fold(text: str) -> str:
    """Small letters, each digit a 0; as many characters as before."""
    # a few capitals (\u0130) become two characters; those stay
    small = (c.lower() if len(c.lower()) == 1 else c for c in text)
    return "".join(small).translate(_DIGITS)


def folded_alphabet(alphabet: Alphabet) -> Alphabet:
    """The characters that the folded texts of an alphabet have, in its order."""
    return Alphabet("".join(dict.fromkeys(fold(alphabet.characters))))


def lacks_case(texts: Iterable[str]) -> bool:
    """Whether texts say nothing of the case that is printed: no small letter."""
    return all(text == text.upper() for text in texts)
