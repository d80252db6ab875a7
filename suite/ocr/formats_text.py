"""Pages of text as plain text, JSON, TSV and hOCR: no picture needed."""

import json
import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

import numpy as np

from suite import __version__
from suite.imaging.geometry import Quad, bounding_box
from suite.ocr.result import Line, PageText, Word

JSON_SCHEMA = 1  # docs/ocr-json.md
TSV_COLUMNS = (  # Tesseract's
    *("level", "page_num", "block_num", "par_num", "line_num", "word_num"),
    *("left", "top", "width", "height", "conf", "text"),
)
_XHTML = "http://www.w3.org/1999/xhtml"
_DOCTYPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" '
    '"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n'
)
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Box = tuple[int, int, int, int]


def to_text(pages: Sequence[PageText]) -> str:
    """Rows end in a newline; a form feed stands between pages, as Tesseract has it."""
    return "\f".join(page.text + "\n" if page.text else "" for page in pages)


def to_json(pages: Sequence[PageText]) -> str:
    """One object on one line; docs/ocr-json.md describes its schema."""
    document = {
        "schema": JSON_SCHEMA,
        "app": "ocr",
        "version": __version__,
        "name": pages[0].name if pages else "",
        "pages": [_page_fields(page) for page in pages],
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n"


def _page_fields(page: PageText) -> dict[str, Any]:
    return {
        "index": page.index,
        "width": page.width,
        "height": page.height,
        "angle": round(float(page.angle), 3),
        "text": page.text,
        "lines": [
            {**_fields(line), "row": line.row, "words": [*map(_fields, line.words)]}
            for line in page.lines
        ],
    }


def _fields(item: Line | Word) -> dict[str, Any]:
    # a hundredth of a pixel, a hundredth of a percent: more digits would be noise
    return {
        "text": item.text,
        "confidence": round(float(item.confidence), 4),
        "quad": [[round(float(v), 2) for v in point] for point in item.quad],
    }


def to_tsv(pages: Sequence[PageText]) -> str:
    """Tesseract's table: level 1 page, 2 block, 3 paragraph, 4 line, 5 word.

    A page with text is one block of one paragraph. `conf` is in percent, -1 above
    the level of words; boxes are the smallest upright ones around the quads.
    """
    rows: list[Sequence[str]] = [TSV_COLUMNS]
    for number, page in enumerate(pages, 1):
        rows += [[str(field) for field in row] for row in _tsv_rows(page, number)]
    return "".join("\t".join(row) + "\n" for row in rows)


def _tsv_rows(page: PageText, number: int) -> Iterator[tuple[Any, ...]]:
    yield 1, number, 0, 0, 0, 0, 0, 0, page.width, page.height, -1, ""
    if not page.lines:
        return
    boxes = [pixel_box(line.quad, page) for line in page.lines]
    whole = _around(boxes)
    yield 2, number, 1, 0, 0, 0, *_sides(whole), -1, ""
    yield 3, number, 1, 1, 0, 0, *_sides(whole), -1, ""
    for i, (line, box) in enumerate(zip(page.lines, boxes, strict=True), 1):
        yield 4, number, 1, 1, i, 0, *_sides(box), -1, ""
        for j, word in enumerate(words_of(line), 1):
            sides = _sides(pixel_box(word.quad, page))
            text = re.sub(r"\s", " ", word.text)
            yield 5, number, 1, 1, i, j, *sides, f"{100 * word.confidence:.4f}", text


def to_hocr(pages: Sequence[PageText]) -> str:
    """hOCR 1.2 as valid XHTML: ocr_page, ocr_line, ocrx_word.

    `baseline` is given for lines within 45 degrees of level: the lower side of the
    line's quad. Steeper ones have `textangle`, counter-clockwise as the format asks.
    """
    root = ElementTree.Element(
        "html", {"xmlns": _XHTML, "xml:lang": "en", "lang": "en"}
    )
    head = ElementTree.SubElement(root, "head")
    title = ElementTree.SubElement(head, "title")
    title.text = _clean(pages[0].name) if pages else ""
    content = {"http-equiv": "Content-Type", "content": "text/html; charset=utf-8"}
    ElementTree.SubElement(head, "meta", content)
    for name, value in [
        ("ocr-system", f"keras-edge-suite {__version__}"),
        ("ocr-capabilities", "ocr_page ocr_line ocrx_word"),
    ]:
        ElementTree.SubElement(head, "meta", {"name": name, "content": value})
    body = ElementTree.SubElement(root, "body")
    for number, page in enumerate(pages, 1):
        _add_page(body, page, number)
    ElementTree.indent(root, " ")
    return _DOCTYPE + ElementTree.tostring(root, encoding="unicode") + "\n"


def _add_page(body: ElementTree.Element, page: PageText, number: int) -> None:
    name = quote(_clean(page.name), safe="/\\: ()[]+,=@~&'") or "unknown"
    title = f'image "{name}"; bbox 0 0 {page.width} {page.height}; ppageno {page.index}'
    division = _add(body, "div", "ocr_page", f"page_{number}", title)
    for i, line in enumerate(page.lines, 1):
        box = pixel_box(line.quad, page)
        title = f"{_bbox(box)}; {_slope(line.quad, box)}"
        span = _add(division, "span", "ocr_line", f"line_{number}_{i}", title)
        for j, word in enumerate(words_of(line), 1):
            title = _bbox(pixel_box(word.quad, page))
            title += f"; x_wconf {round(100 * word.confidence)}"
            place = f"word_{number}_{i}_{j}"
            _add(span, "span", "ocrx_word", place, title).text = _clean(word.text)


def _add(
    parent: ElementTree.Element, tag: str, kind: str, name: str, title: str
) -> ElementTree.Element:
    fields = {"class": kind, "id": name, "title": title}
    return ElementTree.SubElement(parent, tag, fields)


def _slope(quad: Quad, box: Box) -> str:
    """`baseline` (slope, and y at the box's left edge less its foot) or `textangle`."""
    (right, low), (left, high) = np.asarray(quad, np.float64)[2:].tolist()
    across, down = right - left, low - high
    if across <= abs(down):
        return f"textangle {-math.degrees(math.atan2(down, across)) % 360:.1f}"
    slope = down / across
    offset = high + (box[0] - left) * slope - box[3]
    return f"baseline {slope:.4f} {offset:.1f}"


def words_of(line: Line) -> tuple[Word, ...]:
    """The line's words; the line as one word where it came without."""
    return line.words or (Word(line.text, line.quad, line.confidence),)


def pixel_box(quad: Quad, page: PageText) -> Box:
    """Smallest box (left, top, right, bottom) of whole pixels, inside the page."""
    left, top, right, bottom = bounding_box(quad)
    # the tolerance keeps 99.999, an edge at 100, from taking in another pixel
    x = sorted(
        min(max(v, 0), page.width)
        for v in (math.floor(left + 0.01), math.ceil(right - 0.01))
    )
    y = sorted(
        min(max(v, 0), page.height)
        for v in (math.floor(top + 0.01), math.ceil(bottom - 0.01))
    )
    return x[0], y[0], x[1], y[1]


def _around(boxes: Iterable[Box]) -> Box:
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)


def _sides(box: Box) -> Box:
    return box[0], box[1], box[2] - box[0], box[3] - box[1]


def _bbox(box: Box) -> str:
    return "bbox {} {} {} {}".format(*box)


def _clean(text: str) -> str:
    return _NOT_XML.sub("�", text)
