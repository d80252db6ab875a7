"""SROIE's layout: what is read, and how faults in it are named."""

import numpy as np
import pytest
from PIL import Image

from suite.console import UserError
from suite.data.complaints import Complaints
from suite.data.sroie import pages, read_boxes, read_lines
from suite.text.alphabet import LATIN

GOOD = "10,20,50,20,50,40,10,40,"


def write(folder, name="000", lines=(GOOD + "TOTAL",), size=(100, 80), image=True):
    (folder / "images").mkdir(exist_ok=True)
    (folder / "boxes").mkdir(exist_ok=True)
    if image:
        Image.new("L", size, 255).save(folder / "images" / f"{name}.png")
    path = folder / "boxes" / f"{name}.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_a_transcript_keeps_its_commas_and_a_box_its_corners(tmp_path):
    path = write(tmp_path, lines=[GOOD + '1,234.50, "A"', "", "0,0,9.5,1,9,5,0,4,x"])
    boxes = read_boxes(path)
    assert [b.text for b in boxes] == ['1,234.50, "A"', "x"]
    assert boxes[0].quad.dtype == np.float32
    assert boxes[0].quad.tolist() == [[10, 20], [50, 20], [50, 40], [10, 40]]
    assert boxes[1].quad.tolist() == [[0, 0], [9.5, 1], [9, 5], [0, 4]]


def test_byte_order_mark_and_windows_line_ends_are_no_text(tmp_path):
    path = write(tmp_path)
    path.write_bytes(b"\xef\xbb\xbf" + (GOOD + "Gr\u00f6\u00dfe\r\n").encode())
    assert [b.text for b in read_boxes(path)] == ["Größe"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("10,20,50,20,50,40,10,TOTAL", "eight numbers"),
        ("10,20,50,20,50,40,10,40", "eight numbers"),
        ("10,20,fifty,20,50,40,10,40,A", "eight numbers"),
        ("10,20,nan,20,50,40,10,40,A", "eight numbers"),
        ("10,20,inf,20,50,40,10,40,A", "eight numbers"),
        (GOOD + "  ", "empty text"),
        ("10,40,50,40,50,20,10,20,A", "counter-clockwise"),
        ("10,20,10,20,10,20,10,20,A", "no area"),
        ("10,20,150,20,150,40,10,40,A", "leaves the page of 100 x 80"),
        ("-9,20,50,20,50,40,-9,40,A", "leaves the page"),
        (GOOD + "漢字", "'字' (U+5B57)"),
    ],
)
def test_a_bad_line_is_named_with_file_and_number(tmp_path, line, said):
    write(tmp_path, lines=[GOOD + "fine", line])
    with pytest.raises(UserError) as caught:
        pages(tmp_path, characters=LATIN)
    assert said in str(caught.value)
    assert "000.csv, line 2" in str(caught.value)
    complaints = Complaints(strict=False)
    (page,) = pages(tmp_path, characters=LATIN, complaints=complaints)
    assert [b.text for b in page.boxes] == ["fine"]
    assert len(complaints.messages) == 1
    assert said in complaints.messages[0]


def test_a_box_one_pixel_over_the_border_is_cut_not_refused(tmp_path):
    write(tmp_path, lines=["-1,0,101,0,101,20,-1,20,A"])
    (page,) = pages(tmp_path)
    assert page.boxes[0].quad.tolist() == [[0, 0], [100, 0], [100, 20], [0, 20]]


def test_orientation_of_the_picture_decides_what_lies_inside(tmp_path):
    write(tmp_path, lines=["0,90,70,90,70,99,0,99,A"], image=False)
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by 90 degrees: 80 wide, 100 high
    Image.new("L", (100, 80)).save(tmp_path / "images" / "000.jpg", exif=exif)
    assert len(pages(tmp_path)) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\xff\xfe\x00", "not UTF-8"), (None, "No such file")],
)
def test_an_unreadable_file_is_named(tmp_path, content, said):
    path = tmp_path / "a.csv"
    if content:
        path.write_bytes(content)
    with pytest.raises(UserError, match=said) as caught:
        read_boxes(path)
    assert "a.csv" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_a_page_with_a_broken_picture_is_skipped_if_told_so(tmp_path, content):
    write(tmp_path, "000")
    write(tmp_path, "001", image=False)
    (tmp_path / "images" / "001.png").write_bytes(content)
    with pytest.raises(UserError, match=r"001\.png"):
        pages(tmp_path)
    assert [p.name for p in pages(tmp_path, strict=False)] == ["000"]


def test_a_missing_picture_is_named(tmp_path):
    write(tmp_path, "000", image=False)
    with pytest.raises(UserError, match=r"000\.csv: no picture"):
        pages(tmp_path)
    assert pages(tmp_path, strict=False) == []


def test_splits_go_by_number_and_names_must_exist(tmp_path):
    for name in ("000", "399", "400", "449", "450", "499", "500", "other"):
        write(tmp_path, name)
    names = {s: [p.name for p in pages(tmp_path, split=s)]
             for s in ("train", "validation", "test")}  # fmt: skip
    assert names == {
        "train": ["000", "399"],
        "validation": ["400", "449"],
        "test": ["450", "499"],
    }
    assert [p.name for p in pages(tmp_path, ["other", "399"])] == ["399", "other"]
    assert len(pages(tmp_path)) == 8
    with pytest.raises(UserError, match=r"777\.csv"):
        pages(tmp_path, ["000", "777"])
    with pytest.raises(UserError, match="no split"):
        pages(tmp_path, split="dev")


def test_an_empty_folder_says_what_it_should_hold(tmp_path):
    with pytest.raises(UserError) as caught:
        pages(tmp_path)
    assert "boxes/NAME.csv" in caught.value.hint


def test_labelled_lines(tmp_path):
    Image.new("L", (40, 12)).save(tmp_path / "a.png")
    labels = tmp_path / "labels.tsv"
    labels.write_text("a.png\tGröße 5\n", "utf-8")
    (line,) = read_lines(tmp_path, characters=LATIN)
    assert (line.text, line.image) == ("Größe 5", tmp_path / "a.png")
    labels.write_text("a.png\tok\nb.png\tx\na.png x\na.png\t \na.png\t漢\n", "utf-8")
    complaints = Complaints(strict=False)
    lines = read_lines(tmp_path, characters=LATIN, complaints=complaints)
    assert [x.text for x in lines] == ["ok"]
    assert [m.split(": ")[0].split()[-1] for m in complaints.messages] == list("2345")
    with pytest.raises(UserError, match=r"labels\.tsv, line 2: no picture"):
        read_lines(tmp_path)


def test_characters_are_compared_as_they_are_encoded(tmp_path):
    apart = "Gro\u0308\u00dfe"  # o and a combining diaeresis
    path = write(tmp_path, lines=[GOOD + apart])
    assert len(read_boxes(path, characters=LATIN)) == 1
    assert len(LATIN.encode(apart)) == 5


def test_what_was_left_out_is_said_once(tmp_path, caplog):
    write(tmp_path, lines=[GOOD + "fine", GOOD + "漢", "no box", "0,0,1,1"])
    complaints = Complaints(strict=False)
    pages(tmp_path, characters=LATIN, complaints=complaints)
    complaints.log()
    (warning,) = caplog.messages
    assert "000.csv, line 2: characters outside the alphabet: '漢'" in warning
    assert "left out, the first of 3" in warning
    caplog.clear()
    Complaints(strict=False).log()
    assert not caplog.messages


def test_whole_pages_alone_on_request(tmp_path):
    write(tmp_path, "000", [GOOD + "fine", "10,20,150,20,150,40,10,40,A"])
    write(tmp_path, "001", [""])
    found = pages(tmp_path, strict=False, whole=True)
    assert [(page.name, page.boxes) for page in found] == [("001", ())]


def test_no_labels_file(tmp_path):
    with pytest.raises(UserError, match="labels"):
        read_lines(tmp_path)


@pytest.mark.parametrize(
    ("split", "count", "lines"),  # as the data's own page states them
    [("train", 398, 22105), ("validation", 50, 2397), ("test", 49, 2394)],
)
def test_published_pages(sroie_folder, split, count, lines):
    found = pages(sroie_folder, split=split, characters=LATIN)
    assert (len(found), sum(len(p.boxes) for p in found)) == (count, lines)
