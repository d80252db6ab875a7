"""Text without pictures: alphabets, edit distance, word lists, character n-grams."""

from typing import TYPE_CHECKING, Any

from suite.text.alphabet import BLANK, LATIN, Alphabet

if TYPE_CHECKING:
    from suite.text.distance import ErrorRates, edit_distance, error_rates

__all__ = [
    "BLANK",
    "LATIN",
    "Alphabet",
    "ErrorRates",
    "edit_distance",
    "error_rates",
]


def __getattr__(name: str) -> Any:
    # rapidfuzz is wanted by scoring alone: reading a page starts without it.
    if name in {"ErrorRates", "edit_distance", "error_rates"}:
        from suite.text import distance

        return getattr(distance, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
