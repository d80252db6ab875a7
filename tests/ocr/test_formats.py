"""Output formats: each read back by a reader that is not ours."""

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from defusedxml import ElementTree
from PIL import Image
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE as FPDF_IMAGE

from suite.console import UserError
from suite.imaging.geometry import box_quad
from suite.imaging.pages import open_pages
from suite.ocr.formats import FORMATS, find_format, render, write
from suite.ocr.result import Line, PageText, Word
from suite.text import LATIN

WIDTH, HEIGHT = 420, 260
DOCS = Path(__file__).parents[2] / "docs" / "ocr-json.md"


def line(text, left, top, row, confidence=0.9, step=10, height=20):
    """A line of fixed pitch, its words where they would stand."""
    words = []
    for match in re.finditer(r"\S+", text):
        start, stop = left + step * match.start(), left + step * match.end()
        quad = box_quad(start, top, stop, top + height)
        words.append(Word(match[0], quad, confidence - 0.1))
    quad = box_quad(left, top, left + step * len(text), top + height)
    return Line(text, quad, confidence, tuple(words), row)


def page(name="scan.png", index=0):
    lines = (
        line('Brötchen & <Käse>"', 20, 30, 0),
        line("3,50 €", 300, 30, 0),
        line("Größe: à la „carte“", 20, 70, 1, confidence=0.123456),
    )
    return PageText(name, index, WIDTH, HEIGHT, 0.0, lines)


BLANK = PageText("blank.png", 0, WIDTH, HEIGHT, 0.0, ())


@pytest.fixture
def scan(tmp_path):
    path = tmp_path / "scan.png"
    pixels = np.full((HEIGHT, WIDTH, 3), 240, np.uint8)
    pixels[:, :40] = (200, 30, 30)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def scans(tmp_path):
    """A TIFF of three pages of different grey."""
    path = tmp_path / "scans.tiff"
    pictures = [Image.new("L", (WIDTH, HEIGHT), 60 * i + 60) for i in range(3)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:])
    return path, [page(str(path), i) for i in range(3)]


# --- text -----------------------------------------------------------------------------


def test_text_is_rows_and_form_feeds():
    rows = 'Brötchen & <Käse>" 3,50 €\nGröße: à la „carte“\n'
    assert render(page(), "text") == rows
    assert render([page(), BLANK, page()], "text") == rows + "\f\f" + rows
    assert render(BLANK, "text") == ""


# --- JSON -----------------------------------------------------------------------------


def test_json_holds_everything():
    content = render([page(), page(index=1)], "json")
    assert content.count("\n") == 1 and "€" in content
    document = json.loads(content)
    assert [document[key] for key in ("schema", "app", "name")] == [
        1,
        "ocr",
        "scan.png",
    ]
    assert [item["index"] for item in document["pages"]] == [0, 1]
    got, want = document["pages"][0], page()
    assert (got["width"], got["height"], got["angle"]) == (WIDTH, HEIGHT, 0)
    assert got["text"] == want.text
    for a, b in zip(got["lines"], want.lines, strict=True):
        assert (a["text"], a["row"]) == (b.text, b.row)
        assert a["quad"] == b.quad.tolist()
        assert a["confidence"] == pytest.approx(b.confidence, abs=1e-4)
        assert [word["text"] for word in a["words"]] == b.text.split()
        assert a["words"][0]["quad"] == b.words[0].quad.tolist()


def test_json_has_the_fields_that_are_documented():
    """Every key is in the tables of docs/ocr-json.md and the other way round."""
    tables = re.findall(r"^\| (`[^|]+) \|", DOCS.read_text("utf-8"), re.MULTILINE)
    documented = set(re.findall(r"\w+", " ".join(tables)))
    found = set()

    def walk(item):
        for value in item.values() if isinstance(item, dict) else item:
            if isinstance(value, dict | list):
                walk(value)
        found.update(item if isinstance(item, dict) else ())

    walk(json.loads(render(page(), "json")))
    assert found == documented
    example = re.search(r"```json\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)[1]
    assert set(json.loads(example)["pages"][0]["lines"][0]) <= documented


def test_json_refuses_what_is_no_number():
    broken = PageText("x", 0, 9, 9, float("nan"), ())
    with pytest.raises(ValueError, match="not JSON compliant"):
        render(broken, "json")


# --- TSV ------------------------------------------------------------------------------


def test_tsv_has_tesseracts_columns_and_levels():
    content = render([page(), BLANK], "tsv")
    rows = list(csv.DictReader(io.StringIO(content), delimiter="\t", quoting=3))
    assert ",".join(rows[0]) == (
        "level,page_num,block_num,par_num,line_num,word_num,left,top,width,height,"
        "conf,text"
    )
    levels = [row["level"] for row in rows]
    assert levels == list("123" + "4555" + "455" + "45555" + "1")
    words = [row for row in rows if row["level"] == "5"]
    assert " ".join(row["text"] for row in words) == " ".join(
        item.text for item in page().lines
    )
    second = words[1]
    box = [int(second[key]) for key in ("left", "top", "width", "height")]
    assert box == [20 + 10 * 9, 30, 10, 20] and second["text"] == "&"
    assert float(second["conf"]) == pytest.approx(80)
    block = rows[1]
    box = [int(block[key]) for key in ("left", "top", "width", "height")]
    assert box == [20, 30, 340, 60]
    assert {row["conf"] for row in rows if row["level"] != "5"} == {"-1"}
    assert rows[-1]["page_num"] == "2" and rows[-1]["width"] == str(WIDTH)


def test_boxes_are_whole_pixels_inside_the_page():
    quad = np.array([(-5, 10.4), (430, 20.6), (430, 300), (-5, 280)], np.float32)
    odd = PageText("x", 0, WIDTH, HEIGHT, 0, (Line("a", quad, 1, ()),))
    row = render(odd, "tsv").splitlines()[-1].split("\t")
    assert row[6:10] == ["0", "10", str(WIDTH), str(HEIGHT - 10)]
    assert row[-1] == "a"  # a line without words counts as one
    part = Line("a", box_quad(9.995, 20.4, 30.3, 39.995), 1, ())
    row = render(replace(odd, lines=(part,)), "tsv").splitlines()[-1].split("\t")
    assert row[6:10] == ["10", "20", "21", "20"]


# --- hOCR -----------------------------------------------------------------------------

XHTML = "{http://www.w3.org/1999/xhtml}"


def titles(root, kind):
    return [
        (dict(re.findall(r"(\w+) ([^;]+)", item.get("title"))), item)
        for item in root.iter()
        if item.get("class") == kind
    ]


def test_hocr_is_xhtml_with_boxes():
    content = render([page('a "b" <c>;.png'), page(index=1)], "hocr")
    root = ElementTree.fromstring(content)
    assert root.tag == XHTML + "html"
    pages = titles(root, "ocr_page")
    assert len(pages) == 2
    assert pages[0][0]["bbox"] == f"0 0 {WIDTH} {HEIGHT}"
    assert pages[1][0]["ppageno"] == "1"
    assert "%22b%22" in pages[0][0]["image"] and "%3B.png" in pages[0][0]["image"]
    lines = titles(pages[0][1], "ocr_line")
    assert [fields["bbox"] for fields, _ in lines] == [
        "20 30 200 50",
        "300 30 360 50",
        "20 70 210 90",
    ]
    assert lines[0][0]["baseline"] == "0.0000 0.0"
    words = titles(lines[0][1], "ocrx_word")
    assert [item.text for _, item in words] == ["Brötchen", "&", '<Käse>"']
    assert words[0][0] == {"bbox": "20 30 100 50", "x_wconf": "80"}
    names = [item.get("id") for item in root.iter() if item.get("id")]
    assert len(names) == len(set(names)) == 2 * (1 + 3 + 3 + 2 + 4)
    kinds = root.find(f".//{XHTML}meta[@name='ocr-capabilities']").get("content")
    assert set(kinds.split()) == {
        item.get("class") for item in root.iter() if item.get("class")
    }


def test_hocr_baseline_and_angle():
    tilted = np.array([(10, 10), (110, 20), (108, 40), (8, 30)], np.float32)
    down = np.array([(200, 10), (200, 110), (180, 110), (180, 10)], np.float32)
    rising = np.array([(20, 20), (120, 0), (130, 40), (30, 60)], np.float32)
    quads = (tilted, down, down[[2, 3, 0, 1]], rising)
    lines = tuple(Line("x", quad, 1, ()) for quad in quads)
    root = ElementTree.fromstring(
        render(PageText("x", 0, WIDTH, HEIGHT, 0, lines), "hocr")
    )
    fields = [item for item, _ in titles(root, "ocr_line")]
    # lower side from (8, 30) to (108, 40); the box ends at y = 40
    assert fields[0]["baseline"] == "0.1000 -10.0"
    assert "baseline" not in fields[1]
    assert [item["textangle"] for item in fields[1:3]] == ["270.0", "90.0"]
    # from (30, 60) to (130, 40), met at x = 20, where the box begins, it is at 62
    assert fields[3]["baseline"] == "-0.2000 2.0"


def test_hocr_of_characters_that_xml_forbids():
    bad = PageText(
        "\x01.png",
        0,
        9,
        9,
        0,
        (Line("a\x00b\ud800", box_quad(0, 0, 9, 9), 1, ()),),
    )
    root = ElementTree.fromstring(render(bad, "hocr"))
    assert titles(root, "ocrx_word")[0][1].text == "a�b�"


# --- PDF ------------------------------------------------------------------------------


def texts_of(data):
    document = pypdfium2.PdfDocument(data)
    try:
        found = []
        for sheet in document:
            words = sheet.get_textpage()
            found.append(words.get_text_bounded())
            words.close()
            sheet.close()
        return found
    finally:
        document.close()


def test_pdf_gives_the_text_back(scan):
    data = render(page(str(scan)), "pdf")
    (text,) = texts_of(data)
    assert text.split() == page().text.split()
    assert text.splitlines()[-1] == "Größe: à la „carte“"


def test_pdf_gives_back_every_character(scan):
    characters = LATIN.characters.replace(" ", "") + "漢𝄞ﬁ"
    lines = tuple(
        line(characters[i : i + 12], 20, 2 + 20 * (i // 12), i, height=18)
        for i in range(0, len(characters), 12)
    )
    data = render(PageText(str(scan), 0, WIDTH, HEIGHT, 0, lines), "pdf")
    found = "".join(texts_of(data)[0].split())
    # PDFium, as most viewers, takes ligatures apart
    assert found == characters.replace("ﬁ", "fi") or found == characters


def extent(words, text):
    """(left, bottom, right, top) of a text on a PDF page, in points."""
    finder = words.search(text)
    start, count = finder.get_next()
    finder.close()
    boxes = np.array([words.get_charbox(i) for i in range(start, start + count)])
    return *boxes[:, :2].min(0), *boxes[:, 2:].max(0)


def test_pdf_words_lie_on_their_boxes(scan):
    document = pypdfium2.PdfDocument(render(page(str(scan)), "pdf"))
    sheet = document[0]
    words = sheet.get_textpage()
    points = 72 / 200
    assert sheet.get_size() == pytest.approx((WIDTH * points, HEIGHT * points), abs=0.1)
    # „carte“ is the last word, of 7 characters, quotes included: 140 to 210
    for text, left, right in [
        ("carte", 20 + 10 * 13, 20 + 10 * 18),
        ("Größe:", 20, 80),
    ]:
        box = np.array(extent(words, text)) / points
        assert box[::2] == pytest.approx([left, right], abs=1)
        assert HEIGHT - box[1::2] == pytest.approx([90, 70], abs=1)
    for item in (words, sheet, document):
        item.close()


def test_pdf_keeps_words_apart_that_touch(scan):
    words = [
        Word(t, box_quad(x, 20, x + 30, 40), 1) for t, x in (("ab", 20), ("cd", 50))
    ]
    joined = Line("ab cd", box_quad(20, 20, 80, 40), 1, tuple(words))
    data = render(replace(page(str(scan)), lines=(joined,)), "pdf")
    assert texts_of(data) == ["ab cd"]


def test_pdf_shows_the_page_and_no_text(scan):
    (sheet,) = open_pages(render(page(str(scan)), "pdf"), mode="RGB")
    original = np.asarray(Image.open(scan)).astype(int)
    assert sheet.image.shape == pytest.approx(original.shape, abs=1)
    difference = np.abs(sheet.image[:HEIGHT, 45:WIDTH] - original[:, 45:])
    assert difference.max() < 12


def test_pdf_of_several_pages_and_a_turned_line(scans):
    path, pages = scans
    down = np.array([(200, 10), (200, 210), (180, 210), (180, 10)], np.float32)
    turned = Line("abwärts", down, 0.9, (Word("abwärts", down, 0.9),))
    pages[1] = PageText(str(path), 1, WIDTH, HEIGHT, 90, (turned,))
    data = render(iter(pages), "pdf")
    texts = texts_of(data)
    assert [text.split() for text in texts] == [item.text.split() for item in pages]
    levels = [int(sheet.image.mean()) for sheet in open_pages(data)]
    assert levels == pytest.approx([60, 120, 180], abs=2)
    document = pypdfium2.PdfDocument(data)
    sheet = document[1]
    words = sheet.get_textpage()
    first, last = words.get_charbox(0), words.get_charbox(6)
    assert first[1] > last[3]  # y of PDF goes up: the text runs down
    assert first[0] == pytest.approx(180 * 0.36, abs=1)
    for item in (words, sheet, document):
        item.close()


def test_pdf_of_a_page_on_its_head_can_be_searched(scan):
    quads = [box_quad(x, 20, x + 60, 40)[[2, 3, 0, 1]] for x in (100, 20)]
    words = tuple(
        Word(t, q, 1) for t, q in zip(("Crème", "brûlée"), quads, strict=True)
    )
    whole = box_quad(20, 20, 160, 40)[[2, 3, 0, 1]]
    turned = Line("Crème brûlée", whole, 1, words)
    data = render(replace(page(str(scan)), angle=180, lines=(turned,)), "pdf")
    assert texts_of(data) == ["Crème brûlée"]


def test_pdf_of_a_blank_page_and_of_a_huge_one(scan):
    blank = PageText(str(scan), 0, WIDTH, HEIGHT, 0, ())
    assert texts_of(render(blank, "pdf")) == [""]
    huge = PageText(str(scan), 0, 100_000, 61_905, 0, ())
    (sheet,) = open_pages(render(huge, "pdf"), dpi=10)
    assert sheet.width == 2000  # 14,400 points


@pytest.mark.parametrize("odd", ["\x00", "\x07", "\ud800", "\uffff", "\u202e"])
def test_pdf_of_odd_characters_keeps_the_others(scan, odd):
    lines = (line(f"a{odd}b", 20, 30, 0), line("cde", 20, 70, 1))
    (text,) = texts_of(render(PageText(str(scan), 0, 420, 260, 0.0, lines), "pdf"))
    assert "a" in text and "b" in text and "cde" in text


def test_pdf_of_a_pdf_and_of_no_page(scan):
    """PDFium reads a page while it writes the one before."""
    first = render(page(str(scan)), "pdf")
    lines = (line("zweite", 20, 30, 0),)
    pages = [PageText("a.pdf", 0, WIDTH, HEIGHT, 0.0, lines)]
    assert texts_of(render(pages, "pdf", source=first)) == ["zweite"]
    assert render([], "pdf").startswith(b"%PDF-")


def test_pdf_takes_the_picture_over_as_it_was_packed(scan):
    document = pypdfium2.PdfDocument(render(page(str(scan)), "pdf"))
    sheet = document[0]
    (picture,) = [item for item in sheet.get_objects() if item.type == FPDF_IMAGE]
    assert picture.get_filters() == ["DCTDecode"]
    unpacked = Image.open(io.BytesIO(picture.get_data()))
    assert (unpacked.size, unpacked.format) == ((WIDTH, HEIGHT), "JPEG")
    want = io.BytesIO()
    Image.open(scan).save(want, "JPEG", quality=80)
    assert bytes(picture.get_data()) == want.getvalue()
    for item in (picture, sheet, document):
        item.close()


# --- PNG ------------------------------------------------------------------------------


def test_png_shows_boxes_and_text(scan):
    picture = np.asarray(Image.open(io.BytesIO(render(page(str(scan)), "png"))))
    assert picture.shape == (2 * HEIGHT, WIDTH, 3)  # wide: the text stands below
    upper, lower = picture[:HEIGHT].astype(int), picture[HEIGHT:]
    assert (upper[120:] == np.asarray(Image.open(scan))[120:]).all()
    assert upper[40, 250].tolist() == [240] * 3
    assert upper[31:49, 45:195, 2].mean() > upper[31:49, 45:195, 0].mean() + 20
    assert lower[30:50, 20:200].min() < 60 and lower[100:].min() == 255


def test_marks_follow_a_picture_of_another_size(tmp_path):
    path = tmp_path / "half.png"
    Image.new("L", (WIDTH // 2, HEIGHT // 2), 255).save(path)
    picture = np.asarray(Image.open(io.BytesIO(render(page(str(path)), "png"))))
    rows, columns = np.nonzero(picture[: HEIGHT // 2].min(-1) < 250)
    assert (columns.min(), columns.max()) == pytest.approx((10, 180), abs=2)
    assert (rows.min(), rows.max()) == pytest.approx((15, 45), abs=2)


# --- files ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_write_gives_what_render_gives(name, scan, tmp_path):
    target = tmp_path / "out" / f"scan{FORMATS[name].suffix}"
    assert write(page(str(scan)), name, target) == [target]
    want = render(page(str(scan)), name)
    data = target.read_bytes()
    if name == "pdf":  # holds its time
        assert texts_of(data) == texts_of(want)
    else:
        assert data == (want if isinstance(want, bytes) else want.encode())
    assert [item.name for item in target.parent.iterdir()] == [target.name]


def test_several_pages_are_numbered_pictures(scans, tmp_path):
    _, pages = scans
    written = write(pages[1:], "png", tmp_path / "out" / "s.png")
    assert [path.name for path in written] == ["s-2.png", "s-3.png"]
    levels = [int(np.asarray(Image.open(path))[250, 10, 0]) for path in written]
    assert levels == [120, 180]
    with pytest.raises(UserError, match="one page a file; received 3 pages"):
        render(pages, "png")


@pytest.mark.parametrize("name", ["pdf", "png"])
def test_pictures_come_from_bytes_streams_or_the_path(name, scan):
    for source in (scan.read_bytes(), io.BytesIO(scan.read_bytes()), scan, str(scan)):
        if hasattr(source, "read"):
            source.read()  # as it is left after reading
        assert render(page("<stdin>"), name, source=source)


def test_refusals(scan, tmp_path):
    with pytest.raises(UserError, match="no such format: docx"):
        find_format("docx")
    with pytest.raises(UserError, match=r"gone\.png: no such file"):
        write(page("gone.png"), "pdf", tmp_path / "a.pdf")
    with pytest.raises(UserError, match="page 8 is no longer there"):
        write(page(str(scan), 7), "pdf", tmp_path / "a.pdf")
    assert not (tmp_path / "a.pdf").exists()


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"png"}))
def test_a_failing_reader_leaves_no_file(name, scan, tmp_path):
    def pages():
        yield page(str(scan))
        raise UserError("page 2 is damaged")

    target = tmp_path / "a.out"
    target.write_text("before")
    with pytest.raises(UserError, match="damaged"):
        write(pages(), name, target)
    assert target.read_text() == "before"
