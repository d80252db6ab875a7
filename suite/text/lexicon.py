"""A word list as a prefix tree, for decoders that prefer or demand known words."""

import unicodedata
from collections.abc import Iterable
from typing import TypeAlias

END = ""
"""Key under which a node of the tree says that a word ends there."""

Node: TypeAlias = dict[str, "Node"]


class Lexicon:
    """Words that a text should, or must, consist of.

    A word is a run of letters (`str.isalpha`); digits, punctuation and spaces are
    never restricted, so that amounts and dates are read whatever the list holds.

    Args:
        words: The known words. Entries with other characters than letters are cut
            there ("don't" gives "don" and "t"), as the read text is.
        bonus: None: unknown words are impossible. A number >= 0: each known word
            adds this to the natural logarithm of a text's probability.
        fold_case: Compare without case.

    Raises:
        ValueError: when `bonus` is negative.
    """

    def __init__(
        self,
        words: Iterable[str],
        *,
        bonus: float | None = None,
        fold_case: bool = True,
    ) -> None:
        if bonus is not None and bonus < 0:
            raise ValueError(f"`bonus` must not be negative. Received: {bonus}")
        self.bonus = bonus
        self.fold_case = fold_case
        self.root: Node = {}
        for entry in words:
            text = unicodedata.normalize("NFC", entry)
            for word in "".join(c if c.isalpha() else " " for c in text).split():
                self._add(word)

    def _add(self, word: str) -> None:
        node = self.root
        for c in word:
            node = node.setdefault(self._fold(c), {})
        node[END] = {}

    def _fold(self, character: str) -> str:
        # Not casefold: ß would become two characters, no step of the tree.
        return character.lower() if self.fold_case else character

    def step(self, node: Node | None, character: str) -> Node | None:
        """Node below `node` after a letter; None once the word is in no list."""
        return None if node is None else node.get(self._fold(character))

    def __contains__(self, word: object) -> bool:
        if not isinstance(word, str):
            return False
        node: Node | None = self.root
        for c in word:
            node = self.step(node, c)
        return node is not None and END in node
