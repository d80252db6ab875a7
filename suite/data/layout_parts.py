"""The desk that layouts print from, and the parts that several of them share."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from suite.data import phrases
from suite.data.corpus import Corpus
from suite.data.ink import Style, paste, text_width
from suite.data.phrases import pick
from suite.data.sheet import Sheet, justified, wrapped

Rng = np.random.Generator


@dataclass(frozen=True, eq=False)
class Desk:
    """What a layout works with."""

    rng: Rng
    """Source of randomness."""

    sheet: Sheet
    """The page; its size is fixed before."""

    body: Style
    """Running text."""

    head: Style
    """Headings, another face now and then."""

    entry: Style
    """What is filled in, typed or printed with another machine."""

    corpus: Corpus
    """Texts of `language` alone."""

    language: str
    """"en", "de" or "fr"."""

    pitch: float
    """Pixels from one baseline to the next."""

    margin: float
    """Pixels on the left and right."""

    @property
    def right(self) -> float:
        """Pixels, where the right margin begins."""
        return self.sheet.width - self.margin

    @property
    def bottom(self) -> float:
        """Pixels, where the margin at the foot begins."""
        return self.sheet.height - self.body.em

    def word(self, rng: Rng) -> str:
        """A word without marks around it."""
        return self.corpus.word(rng).strip(".,;:!?«»„“”‚‘’\"'()-–—") or "Item"

    def label(self) -> str:
        """A set phrase of the language."""
        return pick(self.rng, phrases.LABELS[self.language])

    def paragraph(self, low: int, high: int) -> str:
        """Prose of `low` to `high` characters."""
        return self.corpus.prose(self.rng, int(self.rng.integers(low, high)))


def paragraph(
    desk: Desk,
    text: str,
    left: float,
    right: float,
    y: float,
    last: float | None = None,
    *,
    indent: float = 0.0,
    even: bool | None = None,
) -> float:
    """Prints wrapped text and returns the baseline after it.

    Args:
        desk: See `Desk`.
        text: Prose.
        left, right: Pixels, the column.
        y: Pixels, baseline of the first line.
        last: Pixels, no baseline lies below; None: the foot of the page.
        indent: Pixels that the first line starts further right.
        even: Whether lines fill the column; None: where there is an indent.
    """
    last = desk.bottom if last is None else last
    even = indent > 0 if even is None else even
    # a space first as wide as the indent: the first line is broken earlier
    first = wrapped(text, desk.body, right - left - indent)[:1]
    rest = text[len(first[0]) :] if first else ""
    lines = [*first, *wrapped(rest, desk.body, right - left)]
    for number, line in enumerate(lines):
        if y > last:
            break
        x = left + (indent if number == 0 else 0)
        style = desk.body
        if even and number < len(lines) - 1:
            style = justified(line, style, right - x)
        desk.sheet.put(x, y, line, style)
        y += desk.pitch
    return y


def banner(desk: Desk, y: float) -> float:
    """A heading: plain, between rules, or white on a bar; the baseline after it."""
    rng, sheet, em = desk.rng, desk.sheet, desk.body.em
    style = replace(desk.head, em=em * float(rng.uniform(1.0, 1.5)))
    text = desk.label() if rng.random() < 0.5 else desk.paragraph(8, 36)
    text = text.upper() if rng.random() < 0.4 and "ß" not in text else text
    text = shortened(text, style, desk.right - desk.margin)
    y += style.em
    draw = rng.random()
    if draw < 0.35:
        sheet.fill(
            desk.margin - em, y - 1.15 * style.em, desk.right, y + 0.45 * style.em
        )
        sheet.put(desk.margin, y, text, style, inverse=True)
    else:
        centred = draw > 0.7
        x = sheet.width / 2 if centred else desk.margin
        sheet.put(x, y, text, style, align=0.5 if centred else 0.0)
        if draw < 0.5:
            below = y + 0.45 * style.em
            sheet.rule(
                (desk.margin, below), (desk.right, below), int(rng.integers(1, 4))
            )
    return y + 1.2 * desk.pitch


def letter_head(desk: Desk, y: float) -> float:
    """Name and address of a business on either side; the baseline after it."""
    rng, sheet, em = desk.rng, desk.sheet, desk.body.em
    align = pick(rng, (0.0, 0.5, 1.0))
    x = desk.margin + align * (desk.right - desk.margin)
    style = replace(desk.head, em=em * float(rng.uniform(1.2, 2.0)))
    name = phrases.company(desk.word, rng)
    y += style.em
    sheet.put(
        x, y, shortened(name, style, desk.right - desk.margin), style, align=align
    )
    small = replace(desk.body, em=0.85 * em)
    for line in (street(desk), phone(desk), phrases.web(rng)):
        y += 0.95 * desk.pitch
        sheet.put(x, y, line, small, align=align)
    if rng.random() < 0.4:
        sheet.rule((desk.margin, y + 0.5 * em), (desk.right, y + 0.5 * em))
    return y + 1.5 * desk.pitch


def foot(desk: Desk) -> None:
    """Small print in up to three columns at the foot of the page."""
    rng, sheet, em = desk.rng, desk.sheet, desk.body.em
    count = int(rng.integers(0, 4))
    small = replace(desk.body, em=0.75 * em)
    width = (desk.right - desk.margin) / max(count, 1)
    for row in range(2):
        y = sheet.height - em * (2.2 - row)
        for column in range(count):
            text = pick(rng, (street, phone, registration))(desk)
            text = shortened(text, small, width - 2 * em)
            sheet.put(desk.margin + column * width, y, text, small)


def field(desk: Desk, x: float, y: float, width: float, above: bool) -> None:
    """A label and what was filled in, beside it or below it."""
    rng, sheet, em = desk.rng, desk.sheet, desk.body.em
    label = desk.label() + pick(rng, ("", "", ":"))
    small = replace(desk.body, em=0.8 * em) if above else desk.body
    _, end = sheet.put(x, y, shortened(label, small, width), small)
    start = x if above else end + 1.5 * em
    y += desk.pitch if above else 0
    room = x + width - start
    if room < 3 * em:
        return
    if rng.random() < 0.85:
        value = phrases.token(rng) if rng.random() < 0.67 else desk.word(rng)
        if rng.random() < 0.3:
            value = desk.paragraph(6, 30)
        text = shortened(value, desk.entry, room)
        sheet.put(start, y, text, desk.entry)
    if rng.random() < 0.4:
        sheet.rule((start, y + 0.4 * em), (x + width, y + 0.4 * em))
    elif rng.random() < 0.3:
        sheet.dashes(y + 0.35 * em, start, x + width, max(3.0, 0.25 * em))


def ticks(desk: Desk, y: float) -> float:
    """Boxes to tick with their labels; the baseline after them."""
    rng, sheet, em = desk.rng, desk.sheet, desk.body.em
    x = desk.margin
    for _ in range(int(rng.integers(2, 6))):
        text = desk.label()
        if x + (len(text) + 4) * 0.6 * em > desk.right:
            break
        side = 0.75 * em
        sheet.frame(x, y - side, x + side, y)
        if rng.random() < 0.4:
            sheet.rule((x, y - side), (x + side, y), 2)
            sheet.rule((x, y), (x + side, y - side), 2)
        _, end = sheet.put(x + 1.3 * em, y, text, desk.body)
        x = end + 2.5 * em
    return y + 0.7 * desk.pitch


def cells(
    desk: Desk,
    texts: list[str],
    edges: npt.NDArray[np.float64],
    y: float,
    *,
    bold: bool = False,
    inverse: bool = False,
) -> None:
    """A row of a table: the first column on the left, the others on the right."""
    style = desk.head if bold or inverse else desk.body
    style = replace(style, em=desk.body.em)
    for number, text in enumerate(texts):
        left, right = float(edges[number]), float(edges[number + 1])
        text = shortened(text, style, right - left - 1.6 * desk.body.em)
        if number == 0:
            desk.sheet.put(left, y, text, style, inverse=inverse)
        else:
            end = right - 0.9 * desk.body.em
            desk.sheet.put(end, y, text, style, align=1.0, inverse=inverse)


def cell(desk: Desk, column: int) -> str:
    """What stands in a row of a table: words first, then numbers and codes."""
    rng = desk.rng
    if column == 0:
        return desk.paragraph(5, 30) if rng.random() < 0.5 else desk.label()
    return pick(rng, (phrases.amount, phrases.amount, phrases.measure, phrases.date))(
        rng
    )


def pair(
    desk: Desk, y: float, label: str, value: str, indent: float = 0.0,
    style: Style | None = None,
) -> None:  # fmt: skip
    """Label on the left, value on the right of a receipt's row."""
    style = style or desk.body
    end, _ = desk.sheet.put(desk.right, y, value, style, align=1.0)
    desk.sheet.boxes, tail = desk.sheet.boxes[:-1], desk.sheet.boxes[-1:]
    room = min(end, desk.right) - desk.margin - indent - 1.6 * style.em
    text = shortened(label, style, room)
    desk.sheet.put(desk.margin + indent, y, text, style)
    desk.sheet.boxes += tail  # read from left to right


def separator(desk: Desk, y: float) -> float:
    """A rule of dashes, stars or ink, or nothing; not text, as in SROIE."""
    draw, sheet = desk.rng.random(), desk.sheet
    middle = y - 0.3 * desk.body.em
    if draw < 0.4:
        sheet.dashes(middle, desk.margin, desk.right, max(3.0, 0.55 * desk.body.em))
    elif draw < 0.6:
        sheet.rule((desk.margin, middle), (desk.right, middle), int(1 + draw * 4))
    return y


def street(desk: Desk) -> str:
    """A line of an address."""
    return phrases.address(desk.word, desk.rng)


def phone(desk: Desk) -> str:
    """A telephone number with what announces it."""
    return pick(desk.rng, ("Tel: ", "TEL : ", "Tel. ", "Fax ", "")) + phrases.phone(
        desk.rng
    )


def registration(desk: Desk) -> str:
    """A registration number with what announces it."""
    return f"{desk.label()}{pick(desk.rng, (': ', ' ', ' : '))}{phrases.code(desk.rng)}"


def shortened(text: str, style: Style, width: float) -> str:
    """`text` without its last words, or its last letters, so that it fits."""
    while text and text_width(text, style) > width:
        head, space, _ = text.rpartition(" ")
        text = head if space else text[: max(0, int(len(text) * 0.8))]
    return text.strip()


def add_ink(sheet: Sheet, ink: npt.NDArray[np.uint8], x: float, y: float) -> None:
    """Adds a drawing at a place in pixels; what lies outside the page is lost."""
    paste(sheet.ink, ink, round(y), round(x))
