"""Prefix beam search over CTC probabilities.

The recursion, for a text p with log masses `blank` (paths that end in a blank) and
`solid` (paths that end in its last character), t = logaddexp(blank, solid): a step
with log probabilities y gives p itself blank <- t + y[blank] and
solid <- solid + y[last], and each p + k solid <- t + y[k], or blank + y[k] where k
repeats the last character. What reaches one text on two ways is log-added.

A recognizer is sure of most steps. So characters that are next to impossible in a
step are not looked at, texts that have fallen far behind the best are dropped, and
the scorer is asked only where texts compete: a line costs what its doubtful places do.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from suite.text.alphabet import BLANK, Alphabet
from suite.text.lexicon import END, Lexicon, Node
from suite.text.ngram import BOUNDARY, CharacterModel

Floats = npt.NDArray[np.float64]
Gains = npt.NDArray[np.float32]
"""(classes,) what each next character adds to a text's log probability."""
NEVER = -math.inf


class Prefix:
    """A text so far: node of the tree of all texts that the search has kept."""

    __slots__ = ("children", "context", "gains", "label", "parent", "prior", "word")

    def __init__(self, parent: Prefix | None, label: int) -> None:
        self.parent = parent
        self.label = label
        self.children: dict[int, Prefix] = {}
        self.prior = 0.0  # what the scorer added to it so far
        self.context: tuple[int, ...] = (BOUNDARY,)  # what the language model sees
        self.word: Node | None = None  # place in the word list
        self.gains: Gains | None = None  # the scorer's, once it was asked


class Scorer:
    """What word list and language model, if any, add to a text's log probability.

    Args:
        alphabet: The recognizer's characters.
        lexicon: Known words, demanded or preferred.
        model: Of characters that it may see folded.
        alpha: Weight of the model.
        beta: Bonus for each character where there is a model.
    """

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
        self._nothing = np.zeros(len(self.characters), np.float32)
        self.lexicon = lexicon
        self.silent = lexicon is None and model is None
        self.classes: list[int] = []
        if model is not None:
            classes, shares = model.classes_of(alphabet)
            self.classes = [BOUNDARY, *classes.tolist()]
            self.look = model.order - 1

            @lru_cache(2048)
            def said(context: tuple[int, ...]) -> Gains:
                # kept for long: as an array an eighth of what a list takes
                gains = np.zeros(len(classes) + 1, np.float32)
                gains[1:] = np.log(model.probabilities(context)[classes]) + shares
                gains[1:] *= alpha
                gains[1:] += beta
                return gains

            self._said = said

    @property
    def demands(self) -> bool:
        """Whether there are texts that the word list forbids."""
        return self.lexicon is not None and self.lexicon.bonus is None

    def root(self) -> Prefix:
        """The empty text."""
        root = Prefix(None, BLANK)
        root.word = self.lexicon.root if self.lexicon else None
        return root

    def child(self, prefix: Prefix, label: int, asked: bool) -> Prefix:
        """The text longer by one character; the same object each time.

        Args:
            prefix: The text.
            label: Class of the character.
            asked: False leaves out what the scorer adds: it is the same for all texts
                that are still possible.
        """
        child = prefix.children.get(label)
        if child is not None:
            return child
        child = prefix.children[label] = Prefix(prefix, label)
        child.prior = prefix.prior
        if self.silent:
            return child
        if asked:
            child.prior += float(self.gains(prefix)[label])
        if self.classes:
            context = (*prefix.context, self.classes[label])
            child.context = context[-self.look :] if self.look else ()
        if self.lexicon is not None:
            inside = bool(self.letters[label])
            step = self.lexicon.step(prefix.word, self.characters[label])
            child.word = step if inside else self.lexicon.root
        return child

    def gains(self, prefix: Prefix) -> Gains:
        """For each class, what it adds next; minus infinity: impossible."""
        if prefix.gains is None:
            said = self._said(prefix.context) if self.classes else self._nothing
            prefix.gains = said if self.lexicon is None else self._known(prefix, said)
        return prefix.gains

    def _known(self, prefix: Prefix, said: Gains) -> Gains:
        """What the language model says, and the word list."""
        gains = said.copy()
        gains[~self.letters] += self.ending(prefix)
        if self.demands:
            known = [self._leads(prefix.word, c) for c in self.characters]
            gains[self.letters & ~np.array(known)] = NEVER
        return gains

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
            return 0.0 if known else NEVER
        return self.lexicon.bonus if known else 0.0


class Kept(NamedTuple):
    """A text that the search goes on with."""

    text: Prefix
    blank: float
    """Log mass of the paths that end in a blank."""
    solid: float
    """Log mass of those that end in the text's last character."""
    total: float
    """Log mass of both."""


def search(log_probs: Floats, width: int, scorer: Scorer, least: float) -> list[int]:
    """Classes of the best text.

    Args:
        log_probs: (steps, classes), class 0 the blank.
        width: Texts kept after each step.
        scorer: Word list and language model, or neither.
        least: Characters less probable than this in a step, and texts less probable
            than this beside the best, are left out; 0 for none.

    Returns:
        Class numbers, cut back to where the word list lets the text end.
    """
    floor = math.log(least) if least else NEVER
    likely = log_probs > max(floor, -1e300)
    likely[:, BLANK] = False
    steps, labels = np.nonzero(likely)
    starts = np.searchsorted(steps, np.arange(len(log_probs) + 1)).tolist()
    found = list(zip(labels.tolist(), log_probs[steps, labels].tolist(), strict=True))
    peaks = log_probs.max(axis=1).tolist()
    beam = [Kept(scorer.root(), 0.0, NEVER, 0.0)]
    for step, y in enumerate(log_probs):
        characters = found[starts[step] : starts[step + 1]]
        if characters:
            limit = max(kept.total + kept.text.prior for kept in beam) + floor
            after = _step(beam, y, characters, limit + peaks[step], floor, scorer)
            beam = _best(after, width, floor)
        else:
            beam = [_paused(kept, y) for kept in beam]
    return _labels(beam, scorer)


def _paused(kept: Kept, y: Floats) -> Kept:
    """The same text after a step that is a blank, or its last character held."""
    blank, solid = kept.total + float(y[BLANK]), NEVER
    if kept.solid > NEVER:
        solid = kept.solid + float(y[kept.text.label])
    return Kept(kept.text, blank, solid, _log_add(blank, solid))


def _step(
    beam: list[Kept],
    y: Floats,
    characters: list[tuple[int, float]],
    limit: float,
    floor: float,
    scorer: Scorer,
) -> dict[Prefix, tuple[float, float]]:
    """All texts that one more step leads to, with their masses `blank` and `solid`."""
    pause = float(y[BLANK])
    pausing = pause > floor or scorer.demands
    after: dict[Prefix, tuple[float, float]] = {}
    for kept in beam:
        text, label = kept.text, kept.text.label
        # where all texts go on with the same character the scorer has no say
        alone = len(beam) == len(characters) == 1 and not pausing
        alone = alone and characters[0][0] != label
        held = kept.solid + float(y[label]) if kept.solid > NEVER else NEVER
        if pausing or held > NEVER:
            reached = after.get(text, _NOTHING)[1]  # from the text without its last
            after[text] = (kept.total + pause, _log_add(held, reached))
        lowest = limit - text.prior
        for k, log_prob in characters:
            mass = (kept.blank if k == label else kept.total) + log_prob
            if mass <= lowest:
                continue
            longer = scorer.child(text, k, not alone)
            if longer.prior == NEVER:
                continue
            blank, solid = after.get(longer, _NOTHING)
            after[longer] = (blank, _log_add(solid, mass))
    return after


_NOTHING = (NEVER, NEVER)


def _best(
    masses: dict[Prefix, tuple[float, float]], width: int, floor: float
) -> list[Kept]:
    """The `width` best texts, without those far behind the best."""
    found = [
        Kept(text, blank, solid, _log_add(blank, solid))
        for text, (blank, solid) in masses.items()
    ]
    if len(found) == 1:
        return found
    scores = [kept.total + kept.text.prior for kept in found]
    limit = max(scores) + floor
    order = sorted(range(len(found)), key=scores.__getitem__, reverse=True)
    return [found[i] for i in order[:width] if scores[i] > limit]


def _labels(beam: list[Kept], scorer: Scorer) -> list[int]:
    """Classes of the best text that may end where it does, or of the best, cut back."""
    scores = {kept.text: kept.total + kept.text.prior for kept in beam}
    ended = {text: score + scorer.ending(text) for text, score in scores.items()}
    if max(ended.values()) > NEVER:
        scores = ended
    text = max(scores, key=scores.__getitem__)
    while text.parent is not None and scorer.ending(text) == NEVER:
        text = text.parent
    labels = []
    while text.parent is not None:
        labels.append(text.label)
        text = text.parent
    return labels[::-1]


def _log_add(a: float, b: float) -> float:
    """log(exp(a) + exp(b))."""
    if b == NEVER:
        return a
    if a < b:
        a, b = b, a
    return a + math.log1p(math.exp(b - a))
