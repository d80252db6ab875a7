"""Prefix beam search over CTC probabilities, one matrix a step.

The recursion, for a text p with log masses `blank` (paths that end in a blank) and
`solid` (paths that end in its last character), t = logaddexp(blank, solid): a step
with log probabilities y gives p itself blank <- t + y[blank] and
solid <- solid + y[last], and each p + k solid <- t + y[k], or blank + y[k] where k
repeats the last character. What reaches one text on two ways is log-added.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from suite.text.alphabet import BLANK, Alphabet
from suite.text.lexicon import END, Lexicon, Node
from suite.text.ngram import CharacterModel

Floats = npt.NDArray[np.float64]


class Prefix:
    """A text so far: node of the tree of all texts that the search has kept."""

    __slots__ = ("children", "context", "gains", "label", "parent", "word")

    def __init__(self, parent: "Prefix | None", label: int) -> None:
        self.parent = parent
        self.label = label
        self.children: dict[int, Prefix] = {}
        self.context = ""  # end of the text, as far as the language model looks
        self.word: Node | None = None  # place in the word list
        self.gains: Floats | None = None  # the scorer's, once it was asked


class Scorer:
    """What word list and language model, if any, add to a text's log probability."""

    def __init__(
        self,
        alphabet: Alphabet,
        lexicon: Lexicon | None,
        model: CharacterModel | None,
        alpha: float,
        beta: float,
    ) -> None:
        self.characters = "\0" + alphabet.characters
        self.letters = np.array([c.isalpha() for c in self.characters])
        self.lexicon, self.model, self.alpha, self.beta = lexicon, model, alpha, beta

    def root(self) -> Prefix:
        """The empty text."""
        root = Prefix(None, BLANK)
        root.word = self.lexicon.root if self.lexicon else None
        return root

    def child(self, prefix: Prefix, label: int) -> Prefix:
        """The text longer by one character; the same object each time."""
        if label not in prefix.children:
            child = prefix.children[label] = Prefix(prefix, label)
            character = self.characters[label]
            if self.model is not None:
                child.context = self.model.clip(prefix.context + character)
            if self.lexicon is not None:
                inside = bool(self.letters[label])
                step = self.lexicon.step(prefix.word, character)
                child.word = step if inside else self.lexicon.root
        return prefix.children[label]

    def gains(self, prefix: Prefix) -> Floats:
        """(classes,) what each next character adds; minus infinity: impossible."""
        if prefix.gains is None:
            gains = np.zeros(len(self.characters))
            if self.model is not None:
                log_probs = self.model.log_probs(prefix.context)
                gains[1:] = self.alpha * log_probs[1:] + self.beta
            if self.lexicon is not None:
                gains[~self.letters] += self.ending(prefix)
            if self.lexicon is not None and self.lexicon.bonus is None:
                known = [self._leads(prefix.word, c) for c in self.characters]
                gains[self.letters & ~np.array(known)] = -np.inf
            prefix.gains = gains
        return prefix.gains

    def _leads(self, word: Node | None, character: str) -> bool:
        return (
            self.lexicon is not None and self.lexicon.step(word, character) is not None
        )

    def ending(self, prefix: Prefix) -> float:
        """What is added where the word at the text's end ends; 0 outside a word."""
        if self.lexicon is None or prefix.word is self.lexicon.root:
            return 0.0
        known = prefix.word is not None and END in prefix.word
        if self.lexicon.bonus is None:
            return 0.0 if known else -np.inf
        return self.lexicon.bonus if known else 0.0


@dataclass(frozen=True, eq=False)
class _Beam:
    """The kept texts, with log masses of CTC alone and what the scorer added."""

    texts: list[Prefix]
    blank: Floats
    solid: Floats
    prior: Floats


def search(log_probs: Floats, width: int, scorer: Scorer) -> list[int]:
    """Classes of the best text.

    Args:
        log_probs: (steps, classes), class 0 the blank.
        width: Texts kept after each step.
        scorer: Word list and language model, or neither.

    Returns:
        Class numbers, cut back to where the word list lets the text end.
    """
    beam = _Beam([scorer.root()], np.zeros(1), np.full(1, -np.inf), np.zeros(1))
    for y in log_probs:
        beam = _step(beam, y, width, scorer)
    scores = np.logaddexp(beam.blank, beam.solid) + beam.prior
    finished = scores + np.array([scorer.ending(text) for text in beam.texts])
    if finished.max() > -np.inf:
        scores = finished
    text = beam.texts[int(scores.argmax())]
    while text.parent is not None and scorer.ending(text) == -np.inf:
        text = text.parent
    labels = []
    while text.parent is not None:
        labels.append(text.label)
        text = text.parent
    return labels[::-1]


def _step(beam: _Beam, y: Floats, width: int, scorer: Scorer) -> _Beam:
    """The best texts after one more step with log probabilities y (classes,)."""
    count = len(beam.texts)
    last = np.array([text.label for text in beam.texts])
    total = np.logaddexp(beam.blank, beam.solid)
    blank, solid = total + y[BLANK], beam.solid + y[last]
    longer = total[:, None] + y  # (texts, classes): each text and one character more
    longer[np.arange(count), last] = beam.blank + y[last]
    longer[:, BLANK] = -np.inf
    _merge(beam.texts, longer, solid)
    prior = beam.prior[:, None] + np.stack([scorer.gains(t) for t in beam.texts])
    staying = np.logaddexp(blank, solid) + beam.prior
    chosen = _largest(np.append(staying, longer + prior), width)
    stay = chosen[chosen < count]
    row, label = np.divmod(chosen[chosen >= count] - count, len(y))
    texts = [beam.texts[i] for i in stay.tolist()]
    for i, k in zip(row.tolist(), label.tolist(), strict=True):
        texts.append(scorer.child(beam.texts[i], k))
    return _Beam(
        texts,
        np.append(blank[stay], np.full(len(row), -np.inf)),
        np.append(solid[stay], longer[row, label]),
        np.append(beam.prior[stay], prior[row, label]),
    )


def _merge(texts: list[Prefix], longer: Floats, solid: Floats) -> None:
    """Move to kept texts what reaches them from a kept text one character shorter."""
    place = {id(text): i for i, text in enumerate(texts)}
    for i, text in enumerate(texts):
        parent = place.get(id(text.parent))
        if parent is not None:
            solid[i] = np.logaddexp(solid[i], longer[parent, text.label])
            longer[parent, text.label] = -np.inf


def _largest(scores: Floats, count: int) -> npt.NDArray[np.int64]:
    """Indices of the largest scores, at most `count`, none of minus infinity."""
    if len(scores) > count:
        indices = np.argpartition(scores, -count)[-count:]
    else:
        indices = np.arange(len(scores))
    return indices[scores[indices] > -np.inf]
