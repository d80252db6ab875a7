"""Amounts, dates, codes, addresses and the set words of receipts and forms.

Every function takes the random generator first and returns a piece of text; none
reads data. Malaysian receipts as in SROIE, European ones, letters and forms.
"""

import tomllib
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from typing import TypeVar

import numpy as np

_T = TypeVar("_T")
Rng = np.random.Generator
Word = Callable[[Rng], str]

_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SETS = tomllib.loads(
    resources.files("suite.data").joinpath("phrases.toml").read_text("utf-8")
)
LABELS: dict[str, list[str]] = _SETS["labels"]
"""Set phrases of receipts and forms by language."""

_LABELS = [*LABELS["en"], *LABELS["de"], *LABELS["fr"]]
_CURRENCIES, _UNITS = _SETS["currencies"], _SETS["units"]
_MONTHS, _DAYS = _SETS["months"], _SETS["days"]
_STREETS, _COMPANIES = _SETS["streets"], _SETS["companies"]
_SYLLABLES: dict[str, list[str]] = _SETS["syllables"]


def pick(rng: Rng, values: Sequence[_T]) -> _T:
    """One of `values`, each as likely."""
    return values[int(rng.integers(len(values)))]


def digits(rng: Rng, low: int, high: int) -> str:
    """`low` to `high` digits."""
    count = int(rng.integers(low, high + 1))
    return "".join(map(str, rng.integers(0, 10, count).tolist()))


def capitals(rng: Rng, low: int, high: int) -> str:
    """`low` to `high` capital letters."""
    count = int(rng.integers(low, high + 1))
    return "".join(_CAPITALS[i] for i in rng.integers(0, 26, count).tolist())


def amount(rng: Rng) -> str:
    """A price as printed here or there: 12.90, RM 1,204.00, 1.204,00 €, -0.02."""
    value = float(np.round(np.exp(rng.normal(2.6, 1.5)), 2))
    draw = rng.random()
    text = f"{value:,.2f}" if draw < 0.7 else f"{value:.{pick(rng, (0, 1, 2, 3))}f}"
    if draw > 0.85:
        text = text.translate(str.maketrans(",.", ".,"))
    currency = pick(rng, _CURRENCIES)
    form = rng.random()
    if form < 0.17:
        text = currency + pick(rng, ("", "", " ")) + text
    elif form < 0.25:
        text = text + pick(rng, ("", " ")) + currency
    elif form < 0.3:
        text += pick(rng, (" SR", " S", "*", " *", " A", " B", " Z", "-", " ZRL", "T1"))
    elif form < 0.33:
        text = pick(rng, ("-", "+", "(", "@", "x ")) + text
    return text + ")" if text.startswith("(") else text


def date(rng: Rng) -> str:
    """A date in one of the usual forms, sometimes with the time."""
    year, month = int(rng.integers(1950, 2030)), int(rng.integers(1, 13))
    day = int(rng.integers(1, 32))
    d, m, y = f"{day:02d}", f"{month:02d}", pick(rng, (f"{year}", f"{year % 100:02d}"))
    mark = pick(rng, ("/", "/", "-", ".", ". "))
    form, name = rng.random(), pick(rng, _MONTHS)
    if form < 0.6:
        text = mark.join((d, m, y))
    elif form < 0.7:
        text = f"{year}{pick(rng, ('-', '/'))}{m}-{d}"
    elif form < 0.8:
        text = f"{name} {day}, {year}"
    elif form < 0.9:
        text = f"{day}{pick(rng, ('. ', ' ', '-'))}{name}{pick(rng, (' ', '-'))}{year}"
    else:
        text = f"{pick(rng, _DAYS)}{pick(rng, (', ', ' ', '. '))}{d}{mark}{m}{mark}{y}"
    return f"{text} {clock(rng)}" if rng.random() < 0.3 else text


def clock(rng: Rng) -> str:
    """A time of day."""
    hour, minute, second = (int(rng.integers(n)) for n in (24, 60, 60))
    form = rng.random()
    if form < 0.4:
        return f"{hour:02d}:{minute:02d}"
    if form < 0.7:
        return f"{hour:02d}:{minute:02d}:{second:02d}"
    half = pick(rng, ("AM", "PM", " AM", " PM", " a.m.", "pm"))
    if form < 0.9:
        return f"{hour % 12 + 1}:{minute:02d}{half}"
    return pick(rng, (f"{hour}.{minute:02d} Uhr", f"{hour}h{minute:02d}", f"{hour}h"))


def phone(rng: Rng) -> str:
    """A telephone number of Malaysia or Europe."""
    form = rng.random()
    if form < 0.4:
        return f"0{digits(rng, 1, 2)}-{digits(rng, 7, 8)}"
    if form < 0.55:
        groups = (
            digits(rng, low, high) for low, high in ((2, 2), (2, 3), (3, 4), (4, 4))
        )
        return "+" + " ".join(groups)
    if form < 0.7:
        return f"({digits(rng, 2, 4)}) {digits(rng, 3, 4)}-{digits(rng, 4, 4)}"
    if form < 0.85:
        return f"0{digits(rng, 2, 4)}/{digits(rng, 5, 7)}"
    return " ".join(digits(rng, 2, 2) for _ in range(5))


def code(rng: Rng) -> str:
    """A number of an article, an invoice, a company, an account."""
    form = rng.random()
    if form < 0.3:
        return digits(rng, 3, 14)
    if form < 0.5:
        return capitals(rng, 1, 4) + digits(rng, 3, 12)
    if form < 0.6:
        return f"{digits(rng, 4, 7)}-{capitals(rng, 1, 1)}"
    if form < 0.7:
        return f"({digits(rng, 5, 7)}-{capitals(rng, 1, 1)})"
    if form < 0.8:
        mark = pick(rng, ("-", "/", ".", "#", "_", " "))
        return mark.join(capitals(rng, 1, 3) + digits(rng, 0, 5) for _ in range(3))
    if form < 0.87:
        return "DE" + digits(rng, 2, 2) + " " + " ".join([digits(rng, 4, 4)] * 4)
    if form < 0.94:
        return "*" * int(rng.integers(1, 13)) + digits(rng, 3, 4)
    mixed = "0123456789" + _CAPITALS
    return "".join(pick(rng, mixed) for _ in range(int(rng.integers(5, 15))))


def measure(rng: Rng) -> str:
    """A quantity with its unit, a percentage, a size."""
    form, unit = rng.random(), pick(rng, _UNITS)
    number = pick(rng, (digits(rng, 1, 3), f"{rng.integers(99)}.{rng.integers(10)}"))
    if form < 0.4:
        return number + pick(rng, ("", " ")) + unit
    if form < 0.55:
        return f"{number}%"
    if form < 0.7:
        times = pick(rng, ("x", "X", "*", " x "))
        return f"{digits(rng, 1, 3)}{times}{digits(rng, 1, 3)}{unit}"
    if form < 0.8:
        return f'{digits(rng, 1, 2)}/{digits(rng, 1, 2)}"'
    if form < 0.9:
        return f"{digits(rng, 1, 2)}°C" if form < 0.85 else f"§ {digits(rng, 1, 3)}"
    return f"#{digits(rng, 1, 4)}"


def web(rng: Rng) -> str:
    """An e-mail or web address."""
    name = "".join(pick(rng, _SYLLABLES["en"]) for _ in range(int(rng.integers(2, 5))))
    host = f"{name}{pick(rng, ('.com', '.com.my', '.de', '.fr', '.org', '.co.uk'))}"
    form = rng.random()
    if form < 0.4:
        user = pick(rng, ("info", "sales", "kontakt", "contact", "j.smith", "a_b"))
        return f"{user}@{host}"
    if form < 0.8:
        return f"www.{host}"
    return f"http{pick(rng, ('', 's'))}://{host}/{pick(rng, ('', 'en', 'shop?id=7'))}"


_TOKENS = (
    amount,
    amount,
    amount,
    amount,
    date,
    date,
    clock,
    phone,
    code,
    code,
    measure,
)


def token(rng: Rng) -> str:
    """An amount, date, time, code, number or address of the web."""
    return web(rng) if rng.random() < 0.08 else pick(rng, _TOKENS)(rng)


def label(rng: Rng) -> str:
    """A set phrase of receipts and forms, in some case."""
    text = pick(rng, _LABELS)
    draw = rng.random()
    if draw < 0.35 and "ß" not in text:
        return text.upper()
    return text.lower() if draw < 0.4 else text


def address(word: Word, rng: Rng) -> str:
    """A line of a postal address."""
    street, name = pick(rng, _STREETS), word(rng).strip(".,;:!?")
    number, post = digits(rng, 1, 3), digits(rng, 5, 5)
    form = rng.random()
    if form < 0.3:
        text = f"No. {number}, {street} {name} {digits(rng, 1, 2)}/{digits(rng, 1, 2)},"
    elif form < 0.5:
        text = f"{number} {street} {name}"
    elif form < 0.7:
        text = f"{name.capitalize()}{street} {number}{pick(rng, ('', 'a', 'b', ','))}"
    else:
        text = f"{pick(rng, ('', 'D-', 'F-'))}{post} {name} {word(rng)}"
    return text.upper() if rng.random() < 0.4 and "ß" not in text else text


def company(word: Word, rng: Rng) -> str:
    """The name of a business."""
    names = [
        word(rng).strip(".,;:!?«»“”").title() for _ in range(int(rng.integers(1, 4)))
    ]
    text = " ".join([*names, pick(rng, _COMPANIES)])
    return text.upper() if rng.random() < 0.5 and "ß" not in text else text


def item(word: Word, rng: Rng) -> str:
    """An article as receipts print it."""
    words = [word(rng).strip(".,;:!?") for _ in range(int(rng.integers(1, 5)))]
    text = " ".join(words)
    text = text.upper() if rng.random() < 0.6 else text.title()
    if rng.random() < 0.3:
        text = f"{code(rng)} {text}"
    return f"{text} {measure(rng)}" if rng.random() < 0.4 else text


def receipt(word: Word, rng: Rng) -> str:
    """A line of a receipt or form: label, label and value, item, address, company."""
    form = rng.random()
    if form < 0.25:
        return label(rng) + pick(rng, ("", "", ":", " :", ".", "?"))
    if form < 0.5:
        mark = pick(rng, (": ", " : ", ":", " ", " # ", " = ", ". "))
        return label(rng) + mark + token(rng)
    if form < 0.7:
        return item(word, rng)
    if form < 0.82:
        return address(word, rng)
    if form < 0.9:
        return company(word, rng)
    if form < 0.95:
        return f"{digits(rng, 1, 2)} {pick(rng, ('x', '@', 'X', '*'))} {amount(rng)}"
    return pick(
        rng, ("*** {} ***", "-{}-", "[{}]", "<{}>", "={}=", "~ {} ~", "{}!")
    ).format(label(rng))


@cache
def invented(language: str, *, held_out: bool = False) -> tuple[str, ...]:
    """Paragraphs of made-up words for want of real text; the same ones each time."""
    rng = np.random.default_rng([len(language), ord(language[0]), int(held_out)])
    syllables = _SYLLABLES[language]
    paragraphs = []
    for _ in range(20 if held_out else 400):
        words = [
            "".join(pick(rng, syllables) for _ in range(1 + int(rng.poisson(1.3))))
            for _ in range(int(rng.integers(15, 60)))
        ]
        marks = [pick(rng, ("", "", "", "", "", ",", ".", ";", "?")) for _ in words]
        joined = " ".join(w + m for w, m in zip(words, marks, strict=True))
        paragraphs.append(joined[:1].upper() + joined[1:] + ".")
    return tuple(paragraphs)
