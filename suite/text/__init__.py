"""Text without pictures: alphabets, edit distance, word lists, character n-grams."""

from suite.text.alphabet import BLANK, LATIN, Alphabet

__all__ = ["BLANK", "LATIN", "Alphabet"]
