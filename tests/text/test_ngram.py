"""Character model against Kneser-Ney written from its definition."""

import math
import random
from collections import Counter, defaultdict

import numpy as np
import pytest

from suite.console import UserError
from suite.text.alphabet import LATIN, Alphabet
from suite.text.ngram import CharacterModel
from suite.text.ngram_training import train_character_model

ABC = Alphabet("abc ")
START = "^"


def random_lines(seed, lines=60, longest=14):
    rng = random.Random(seed)
    return [
        "".join(rng.choices("aaabbc ", k=rng.randint(0, longest))) for _ in range(lines)
    ]


class BruteForce:
    """Interpolated Kneser-Ney on dictionaries of strings."""

    def __init__(self, lines, characters, order, min_count):
        self.characters, self.order, self.min_count = characters, order, min_count
        seen = [Counter() for _ in range(order + 1)]
        fronts = defaultdict(set)
        for line in lines:
            line = START + line
            for end in range(2, len(line) + 1):
                for length in range(1, min(order, end) + 1):
                    gram = line[end - length : end]
                    seen[length][gram] += 1
                    if end > length:
                        fronts[gram].add(line[end - length - 1])
        self.counts = seen
        for length in range(1, order):
            for gram in seen[length]:
                if gram[0] != START:
                    seen[length][gram] = len(fronts[gram])

    def discount(self, length):
        values = list(self.counts[length].values())
        once, twice = values.count(1), values.count(2)
        return once / (once + 2 * twice) if once and twice else 0.5

    def probability(self, context, character):
        context = (START + context)[-(self.order - 1) :] if self.order > 1 else ""
        return self.interpolate(context, character)

    def interpolate(self, context, character):
        if context:
            shorter = self.interpolate(context[1:], character)
        else:
            shorter = 1 / len(self.characters)
        length = len(context) + 1
        counts = {c: self.counts[length][context + c] for c in self.characters}
        total = sum(counts.values())
        least = self.min_count if length > 2 else 1
        kept = {c: n for c, n in counts.items() if n >= max(least, 1)}
        if not kept:
            return shorter
        lowered = {c: n - self.discount(length) for c, n in kept.items()}
        rest = total - sum(lowered.values())
        return (lowered.get(character, 0) + rest * shorter) / total


@pytest.mark.parametrize("min_count", [1, 2])
@pytest.mark.parametrize("order", [1, 2, 3, 6])
def test_probabilities_equal_brute_force(order, min_count):
    lines = random_lines(order)
    model = train_character_model(lines, ABC, order, min_count=min_count)
    oracle = BruteForce(lines, ABC.characters, order, min_count)
    contexts = ["", "a", "ab", "ca", "b ba", "ccccc", "aabbaab", " ", "abcabcabc"]
    for context in contexts:
        for character in ABC.characters:
            got = math.exp(model.log_prob(context, character))
            want = oracle.probability(context, character)
            assert got == pytest.approx(want, rel=1e-5), (context, character)


@pytest.mark.parametrize("order", [1, 3, 6])
def test_each_distribution_sums_to_one(order):
    model = train_character_model(random_lines(1), LATIN, order, min_count=2)
    for context in ["", "a", "abc ab", "zzz", "Œ€", "a b c a b c"]:
        log_probs = model.log_probs(context)
        assert log_probs.shape == (LATIN.size,)
        assert log_probs[0] == -np.inf
        assert np.isfinite(log_probs[1:]).all()
        assert np.exp(log_probs.astype(np.float64)).sum() == pytest.approx(1, abs=1e-5)


def test_a_line_start_is_a_context():
    model = train_character_model(["ab", "ab", "ac", "bc"] * 5, ABC, 3)
    assert model.log_prob("", "a") > model.log_prob("b", "a") + 1


def test_a_character_outside_the_alphabet_cuts_the_line():
    cut = train_character_model(["ab€ba", "c"], ABC, 4)
    two = train_character_model(["ab", "ba", "c"], ABC, 4)
    for context in ("", "a", "ab", "b"):
        np.testing.assert_array_equal(cut.log_probs(context), two.log_probs(context))


def test_a_folded_model_has_no_case_and_prefers_no_digit(tmp_path):
    lines = ["Total 19.80", "TOTAL 20.10", "total 19.90"]
    model = train_character_model(lines, LATIN, 5, folded=True)
    model.save(tmp_path / "model.npz")
    for same in (model, CharacterModel.load(tmp_path / "model.npz")):
        assert same.fold("Ab 19É") == "ab 00é"
        classes, shares = same.classes_of(LATIN)
        costs = same.log_probs(same.fold("Total 1"))[classes] + shares
        cost = dict(zip(LATIN.characters, costs.tolist(), strict=True))
        assert len({cost[digit] for digit in "0123456789"}) == 1
        assert cost["t"] == cost["T"] < cost["7"]
        digits = math.exp(cost["1"]) * 10
        assert digits == pytest.approx(
            math.exp(same.log_prob("total 0", "0")), rel=1e-5
        )


def test_a_model_that_lacks_characters_is_refused():
    model = train_character_model(["ab"], ABC, 2)
    with pytest.raises(UserError, match="lacks characters of the recognizer: xy"):
        model.classes_of(Alphabet("abyx"))


def test_text_is_likelier_under_a_model_of_its_kind():
    words = ["total", "amount", "cash", "change", "invoice", "number"]
    rng = random.Random(0)
    lines = [" ".join(rng.choices(words, k=4)) for _ in range(200)]
    model = train_character_model(lines, LATIN, 5)

    def cost(text):
        return -np.mean([model.log_prob(text[:i], c) for i, c in enumerate(text)])

    assert cost("cash total change") < 0.6
    assert cost("hsac latot egnahc") > 3


@pytest.mark.parametrize("min_count", [1, 3])
def test_file_gives_the_same_model(tmp_path, min_count):
    model = train_character_model(random_lines(4), ABC, 5, min_count=min_count)
    model.save(tmp_path / "model.npz")
    again = CharacterModel.load(tmp_path / "model.npz")
    assert again.alphabet == ABC
    assert again.order == 5
    for context in ("", "a", "abca", "ccca"):
        np.testing.assert_array_equal(
            again.log_probs(context), model.log_probs(context)
        )


def test_file_is_compact(tmp_path):
    lines = random_lines(5, lines=2000, longest=60)
    model = train_character_model(lines, LATIN, 6)
    model.save(tmp_path / "model.npz")
    grams = sum(len(level.counts) for level in model.levels)
    assert (tmp_path / "model.npz").stat().st_size < 6 * grams + 4000


@pytest.mark.parametrize("content", [b"", b"no model", b"PK\x03\x04garbage"])
def test_foreign_files_are_named(tmp_path, content):
    file = tmp_path / "model.npz"
    file.write_bytes(content)
    with pytest.raises(UserError, match=r"model\.npz: not a character model"):
        CharacterModel.load(file)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("format", lambda values: values * [1, 0, 1]),
        ("discounts", lambda values: values * np.nan),
        ("discounts", lambda values: values + 1e9),
        ("totals1", lambda values: values // 2),
    ],
)
def test_counts_that_cannot_be_are_named(tmp_path, name, change):
    file = tmp_path / "model.npz"
    train_character_model(random_lines(6), ABC, 3).save(file)
    with np.load(file) as arrays:
        content = dict(arrays)
    content[name] = change(content[name]).astype(content[name].dtype)
    np.savez(file, **content)
    with pytest.raises(UserError, match=r"model\.npz: not a character model"):
        CharacterModel.load(file)


def test_altered_and_absent_files_are_named(tmp_path):
    file = tmp_path / "model.npz"
    with pytest.raises(UserError, match="no such file"):
        CharacterModel.load(file)
    train_character_model(random_lines(6), ABC, 3).save(file)
    whole = file.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(60):
        broken = np.frombuffer(whole, np.uint8).copy()
        broken[rng.integers(0, len(whole), 4)] ^= rng.integers(1, 256, 4).astype("u1")
        file.write_bytes(broken.tobytes()[: rng.integers(1, len(whole) + 1)])
        try:
            CharacterModel.load(file)
        except UserError as error:
            assert "model.npz" in str(error)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"order": 0}, "`order` must be 1 to 6. Received: 0"),
        ({"order": 7}, "`order` must be 1 to 6. Received: 7"),
        ({"min_count": 0}, "`min_count` must be at least 1. Received: 0"),
        ({"lines": ["", "€"]}, "`lines` hold no character"),
    ],
)
def test_wrong_arguments(options, message):
    arguments = {"lines": ["ab"], "order": 2, "min_count": 1, **options}
    with pytest.raises(ValueError, match=message):
        train_character_model(alphabet=ABC, **arguments)
