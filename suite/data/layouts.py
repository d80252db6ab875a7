"""Letters, book pages, forms, tables, receipts and pages without text, as ink.

A layout takes a `Desk` (random generator, sheet, styles, texts of one language) and
prints on its sheet in reading order. Runs of words on one row that stand further
apart than about a line's height become boxes of their own, as in SROIE.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from suite.data import layout_parts as parts
from suite.data import phrases
from suite.data.layout_parts import Desk, paragraph
from suite.data.ornaments import ornament, scribble
from suite.data.phrases import pick


def letter(desk: Desk) -> None:
    """Sender, date, address, subject, paragraphs, signature, foot."""
    rng, sheet, em = desk.rng, desk.sheet, desk.body.em
    y = parts.letter_head(desk, 2.0 * em)
    x = desk.margin
    for line in (
        phrases.company(desk.word, rng),
        parts.street(desk),
        parts.street(desk),
    ):
        y += desk.pitch
        sheet.put(x, y, line, desk.body)
    y += desk.pitch * 1.5
    sheet.put(desk.right, y, phrases.date(rng), desk.body, align=1.0)
    y += desk.pitch * 1.5
    subject = desk.paragraph(15, 45)
    sheet.put(x, y, subject, replace(desk.head, em=em * 1.1))
    y += desk.pitch * 1.6
    last = desk.bottom - 5 * desk.pitch  # the foot stands below
    while y < last:
        text = desk.paragraph(120, 600)
        y = paragraph(desk, text, x, desk.right, y, last) + 0.6 * desk.pitch
    if y < desk.bottom - 2.5 * desk.pitch:
        sheet.put(x, y, desk.paragraph(8, 22), desk.body)
        if rng.random() < 0.6:
            signature = scribble(rng, round(2 * em), round(8 * em))
            parts.add_ink(sheet, signature, x, y + 0.4 * em)
    parts.foot(desk)


def book(desk: Desk) -> None:
    """Running title, one or two columns of justified prose, notes, page number."""
    rng, sheet, em = desk.rng, desk.sheet, desk.body.em
    number, y = str(rng.integers(1, 700)), 2.0 * em
    sheet.put(desk.margin, y, number, desk.body)
    title = desk.paragraph(8, 34)
    sheet.put(sheet.width / 2, y, title.upper() if rng.random() < 0.5 else title,
              replace(desk.body, em=0.85 * em), align=0.5)  # fmt: skip
    if rng.random() < 0.3:
        sheet.rule((desk.margin, y + 0.5 * em), (desk.right, y + 0.5 * em))
    y += 2.2 * desk.pitch
    if rng.random() < 0.35:
        y += 2 * desk.pitch
        sheet.put(sheet.width / 2, y, desk.paragraph(5, 26),
                  replace(desk.head, em=em * 1.6), align=0.5)  # fmt: skip
        y += 2.2 * desk.pitch
    columns = 2 if rng.random() < 0.3 else 1
    gap = 2.2 * em
    width = (desk.right - desk.margin - gap * (columns - 1)) / columns
    last = desk.bottom - (4 * desk.pitch if rng.random() < 0.3 else 1.5 * desk.pitch)
    for column in range(columns):
        x, row = desk.margin + column * (width + gap), y
        while row < last:
            text = desk.paragraph(150, 900)
            row = paragraph(desk, text, x, x + width, row, last, indent=1.4 * em)
    if last < desk.bottom - 3 * desk.pitch:
        sheet.rule(
            (desk.margin, last + 0.3 * em), (desk.margin + width / 3, last + 0.3 * em)
        )
        small = replace(
            desk, body=replace(desk.body, em=0.8 * em), pitch=0.85 * desk.pitch
        )
        paragraph(small, "1 " + desk.paragraph(60, 160), desk.margin, desk.right,
                   last + desk.pitch, desk.bottom)  # fmt: skip


def form(desk: Desk) -> None:
    """Title, sections of labels with what was filled in, boxes, lines, ticks."""
    rng, sheet, em = desk.rng, desk.sheet, desk.body.em
    y = parts.banner(desk, 2.4 * em)
    columns = int(rng.integers(1, 3))
    cell = (desk.right - desk.margin) / columns
    framed = rng.random() < 0.5
    above = rng.random() < 0.4  # the label above what is filled in
    step = desk.pitch * (2.3 if above or framed else rng.uniform(1.3, 1.9))
    while y < desk.bottom - 2 * step:
        draw = rng.random()
        if draw < 0.1:
            y = parts.banner(desk, y + desk.pitch)
            continue
        if draw < 0.2:
            y = parts.ticks(desk, y + desk.pitch)
            continue
        for column in range(columns):
            x = desk.margin + column * cell
            if framed:
                sheet.frame(x - 0.4 * em, y, x + cell - 0.6 * em, y + step)
            parts.field(
                desk, x, y + (0.95 if above else 0.75) * desk.pitch, cell - em, above
            )
        y += step
    parts.foot(desk)


def table(desk: Desk) -> None:
    """Title, a line or two of text, rows of words and numbers under a head, sum."""
    rng, sheet, em = desk.rng, desk.sheet, desk.body.em
    y = parts.banner(desk, 2.4 * em)
    y = paragraph(
        desk, desk.paragraph(60, 240), desk.margin, desk.right, y + desk.pitch
    )
    count = int(rng.integers(2, 6))
    widths = rng.uniform(1, 2, count)
    widths[0] *= 2
    edges = desk.margin + np.cumsum([0, *widths]) / widths.sum() * (
        desk.right - desk.margin
    )
    style, first = int(rng.integers(4)), y  # 0: no rules, 1: rows, 2: all, 3: head only
    while y < desk.bottom - 2 * desk.pitch:
        y += desk.pitch * 1.25
        cells = [desk.label() if y < first + 1.5 * desk.pitch else parts.cell(desk, i)
                 for i in range(count)]  # fmt: skip
        heading = y < first + 1.5 * desk.pitch
        if heading and rng.random() < 0.35:
            sheet.fill(desk.margin - 0.4 * em, y - 1.1 * em, desk.right, y + 0.4 * em)
            parts.cells(desk, cells, edges, y, inverse=True)
            continue
        parts.cells(desk, cells, edges, y, bold=heading)
        if style in (1, 2) or (style == 3 and heading):
            sheet.rule((desk.margin, y + 0.4 * em), (desk.right, y + 0.4 * em))
    if style == 2:
        for edge in edges:
            x = float(edge) - 0.45 * em
            sheet.rule((x, first + 0.2 * em), (x, y + 0.4 * em))


def receipt(desk: Desk) -> None:
    """Shop, address, numbers, items with prices, sums, tax, thanks."""
    rng, sheet, em = desk.rng, desk.sheet, desk.body.em
    y, middle, room = 1.6 * em, sheet.width / 2, desk.right - desk.margin
    if rng.random() < 0.3:
        ornament(rng, sheet, (middle - 4 * em, y, middle + 4 * em, y + 4 * em))
        y += 5 * em
    big = replace(desk.head, em=em * float(rng.uniform(1.1, 1.9)))
    y += big.em
    name = parts.shortened(phrases.company(desk.word, rng), big, room)
    sheet.put(middle, y, name, big, align=0.5)
    for _ in range(int(rng.integers(2, 6))):
        y += desk.pitch
        line = pick(rng, (parts.street, parts.phone, parts.registration))(desk)
        sheet.put(
            middle, y, parts.shortened(line, desk.body, room), desk.body, align=0.5
        )
    y = parts.separator(desk, y + desk.pitch)
    for _ in range(int(rng.integers(1, 5))):
        y += desk.pitch
        parts.pair(
            desk, y, desk.label() + pick(rng, (":", " :", "")), phrases.token(rng)
        )
    y = parts.separator(desk, y + desk.pitch)
    while y < desk.bottom - 9 * desk.pitch:
        y += desk.pitch
        name = phrases.item(desk.word, rng)
        if rng.random() < 0.5:
            parts.pair(desk, y, name, phrases.amount(rng))
        else:
            sheet.put(desk.margin, y, parts.shortened(name, desk.body, room), desk.body)
            y += desk.pitch
            count = f"{rng.integers(1, 20)}{pick(rng, (' x ', ' @ ', 'X', ' '))}"
            parts.pair(
                desk, y, count + phrases.amount(rng), phrases.amount(rng), 2 * em
            )
    y = parts.separator(desk, y + desk.pitch)
    for strong in (False, True, False, False):
        y += desk.pitch * (1.3 if strong else 1)
        style = replace(big, em=em * 1.25) if strong else desk.body
        parts.pair(desk, y, desk.label(), phrases.amount(rng), style=style)
    y = parts.separator(desk, y + desk.pitch) + desk.pitch
    sheet.put(middle, y, desk.label().upper(), desk.body, align=0.5)
    if rng.random() < 0.4:
        ornament(rng, sheet, (2 * em, y + em, sheet.width - 2 * em, y + 4 * em))


def empty(desk: Desk) -> None:
    """No text: nothing, rules, frames, pictures, codes, scribbles."""
    rng, sheet = desk.rng, desk.sheet
    for _ in range(int(rng.integers(0, 7))):
        x, y = rng.uniform(0, sheet.width), rng.uniform(0, sheet.height)
        width, height = rng.uniform(0.05, 0.6, 2) * (sheet.width, sheet.height)
        draw = rng.random()
        if draw < 0.25:
            sheet.rule((x, y), (x + width, y), int(rng.integers(1, 4)))
        elif draw < 0.4:
            sheet.frame(x, y, x + width, y + height, int(rng.integers(1, 4)))
        elif draw < 0.5:
            step = float(rng.uniform(0.5, 2) * desk.pitch)
            for row in np.arange(step, sheet.height, step):  # ruled paper
                sheet.rule((0, float(row)), (sheet.width, float(row)))
        else:
            ornament(rng, sheet, (x, y, x + width, y + height))


LAYOUTS: dict[str, Callable[[Desk], None]] = {
    "letter": letter,
    "book": book,
    "form": form,
    "table": table,
    "receipt": receipt,
    "empty": empty,
}
"""Layouts by name."""
