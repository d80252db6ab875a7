"""What decoding a line gives: text, where each character stands, how sure it is."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from suite.text.alphabet import BLANK, Alphabet


@dataclass(frozen=True, eq=False)
class Reading:
    """A decoded line.

    Confidence, 0..1, is defined once, here: a character's is the highest
    probability that its class has in one of its frames; a word's, and the line's,
    is the geometric mean of its characters' (spaces count for the line). A line
    without characters has confidence 0.
    """

    text: str
    """The characters as decoded, spaces at the ends and in runs included."""
    confidence: float
    """Confidence of the line."""
    frames: npt.NDArray[np.int32]
    """(characters, 2): first and last step, inclusive, of each character."""
    character_confidence: npt.NDArray[np.float32]
    """(characters,): confidence of each character."""


@dataclass(frozen=True)
class WordSpan:
    """A word of a reading."""

    text: str
    """Characters without a space."""
    confidence: float
    """Geometric mean of the characters' confidences."""
    first: int
    """Step at which its first character begins."""
    last: int
    """Step, inclusive, at which its last character ends."""
    start: int
    """Place of its first character in the reading's text."""


def log_softmax(logits: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Logarithm of the softmax over the last axis, in float64."""
    x = np.asarray(logits, np.float64)
    x = x - x.max(axis=-1, keepdims=True)
    result: npt.NDArray[np.float64] = x - np.log(np.exp(x).sum(axis=-1, keepdims=True))
    return result


def geometric_mean(confidence: npt.ArrayLike) -> float:
    """Geometric mean of probabilities; 0 of none."""
    values = np.asarray(confidence, np.float64)
    if not values.size:
        return 0.0
    return math.exp(float(np.log(np.maximum(values, 1e-30)).mean()))


def make_reading(
    ids: npt.NDArray[np.int32],
    frames: npt.NDArray[np.int32],
    confidence: npt.NDArray[np.float32],
    alphabet: Alphabet,
) -> Reading:
    """Reading of classes (characters,) with their frames and confidences."""
    text = alphabet.decode(ids.tolist())
    return Reading(text, geometric_mean(confidence), frames, confidence)


def align(
    log_probs: npt.NDArray[np.float64], ids: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    """Frames of each character on the likeliest CTC path of a given text (Viterbi).

    Args:
        log_probs: (steps, classes) log probabilities.
        ids: (characters,) classes of the text, none of them the blank.

    Returns:
        int32 (characters, 2): first and last step, inclusive, of each character.

    Raises:
        ValueError: when the text needs more steps than there are.
    """
    steps, count = len(log_probs), len(ids)
    needed = count + int(np.count_nonzero(ids[1:] == ids[:-1]))
    if steps < needed:
        raise ValueError(f"{count} characters need {needed} steps; received {steps}")
    if not count:
        return np.zeros((0, 2), np.int32)
    label = np.full(2 * count + 1, BLANK, np.int32)
    label[1::2] = ids
    emitted = log_probs[:, label]  # (steps, 2 characters + 1)
    jumps = np.zeros(len(label), bool)  # over the blank, from another character
    jumps[3::2] = ids[1:] != ids[:-1]
    score = np.full(len(label), -np.inf)
    score[:2] = emitted[0, :2]
    back = np.zeros(emitted.shape, np.int8)  # states moved on since the step before
    choices = np.full((3, len(label)), -np.inf)
    for step in range(1, steps):
        choices[0] = score
        choices[1, 1:] = score[:-1]
        choices[2, 2:] = np.where(jumps[2:], score[:-2], -np.inf)
        back[step] = choices.argmax(0)
        score = choices.max(0) + emitted[step]
    state = len(label) - 1 - int(score[-2] > score[-1])
    path = np.empty(steps, np.int64)
    for step in range(steps - 1, -1, -1):
        path[step] = state
        state -= int(back[step, state])
    places = 2 * np.arange(count) + 1  # path never falls, so each state is one run
    first = np.searchsorted(path, places, "left")
    last = np.searchsorted(path, places, "right") - 1
    return np.stack([first, last], axis=1).astype(np.int32)


def word_spans(reading: Reading) -> Iterator[WordSpan]:
    """Words of a reading, split at spaces, with the steps that each covers."""
    start = 0
    for word in reading.text.split(" "):
        stop = start + len(word)
        if word:
            yield WordSpan(
                word,
                geometric_mean(reading.character_confidence[start:stop]),
                int(reading.frames[start, 0]),
                int(reading.frames[stop - 1, 1]),
                start,
            )
        start = stop + 1
