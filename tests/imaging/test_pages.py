"""`open_pages`: TIFF of several frames, PDF, limits, scale."""

import io

import numpy as np
import pytest
from PIL import Image

from suite.console import UserError
from suite.imaging.pages import has_several_pages, open_pages
from tests.imaging.tiffs import damaged_tiff

fpdf = pytest.importorskip("fpdf")
RNG = np.random.default_rng(1)


def tiff(frames, **options):
    pictures = [Image.fromarray(frame) for frame in frames]
    buffer = io.BytesIO()
    pictures[0].save(
        buffer, "TIFF", save_all=True, append_images=pictures[1:], **options
    )
    return buffer.getvalue()


def pdf(*sizes, lock=None):
    """Pages of those sizes in points: red in the upper left quarter, number below."""
    document = fpdf.FPDF(unit="pt")
    for number, (width, height) in enumerate(sizes):
        document.add_page(format=(width, height))
        document.set_fill_color(255, 0, 0)
        document.rect(0, 0, width / 2, height / 2, "F")
        document.set_fill_color(0)
        document.rect(10 * number, height - 10, 10, 10, "F")
    if lock:
        document.set_encryption(lock, user_password=lock)
    return bytes(document.output())


def refusal(source, **options):
    with pytest.raises(UserError) as caught:
        list(open_pages(source, name="file", **options))
    return str(caught.value)


def test_a_picture_is_one_page(tmp_path):
    grey = RNG.integers(0, 256, (40, 60), np.uint8)
    exif = Image.Exif()
    exif[274] = 6
    path = tmp_path / "page.png"
    Image.fromarray(grey).save(path, exif=exif)
    (page,) = open_pages(path)
    np.testing.assert_array_equal(page.image, np.rot90(grey, -1))
    assert (page.name, page.index, page.scale) == (str(path), 0, 1.0)
    assert (page.width, page.height) == (40, 60)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_size_is_that_of_the_upright_page(form, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    notes = {"tiffinfo": {274: orientation}} if form == "TIFF" else {"exif": exif}
    buffer = io.BytesIO()
    Image.new("L", (60, 40), 7).save(buffer, form, **notes)
    (page,) = open_pages(buffer.getvalue(), reduce_to=600)
    size = (60, 40) if orientation < 5 else (40, 60)
    assert (page.width, page.height, page.scale) == (*size, 0.5)
    assert page.image.shape == (size[1] // 2, size[0] // 2)


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "jpeg"])
def test_frames_of_a_tiff_are_pages(compression):
    frames = [np.full((20 + 8 * i, 48), 80 * i, np.uint8) for i in range(3)]
    pages = list(open_pages(tiff(frames, compression=compression)))
    assert [page.index for page in pages] == [0, 1, 2]
    for page, frame in zip(pages, frames, strict=True):
        np.testing.assert_array_equal(page.image, frame)
        assert (page.height, page.width) == frame.shape


def test_frames_of_different_modes():
    buffer = io.BytesIO()
    bits = Image.new("1", (16, 8), 1)
    rest = [Image.new("RGB", (9, 9), (255, 0, 0)), Image.new("I;16", (5, 4), 65535)]
    bits.save(buffer, "TIFF", save_all=True, append_images=rest)
    shapes = [page.image.shape for page in open_pages(buffer.getvalue(), mode="RGB")]
    assert shapes == [(8, 16, 3), (9, 9, 3), (4, 5, 3)]
    levels = [int(page.image.mean()) for page in open_pages(buffer.getvalue())]
    assert levels == [255, 76, 255]


def test_smaller_copies_in_a_tiff_are_no_pages():
    buffer = io.BytesIO()
    large = Image.new("L", (40, 40), 9)
    small = Image.new("L", (10, 10), 9)
    small.encoderinfo = {"tiffinfo": {254: 1}}
    large.save(buffer, "TIFF", save_all=True, append_images=[small, large])
    sizes = [page.width for page in open_pages(buffer.getvalue())]
    assert sizes == [40, 40]


def test_frame_limit():
    data = tiff([np.zeros((4, 4), np.uint8)] * 6)
    assert len(list(open_pages(data, max_frames=6))) == 6
    assert refusal(data, max_frames=5) == "file: more than 5 pages"
    two = pdf((50, 50), (50, 50))
    assert len(list(open_pages(two, max_frames=2))) == 2
    assert refusal(two, max_frames=1) == "file: more than 1 pages"


def test_pixel_limit_of_a_later_frame():
    data = tiff([np.zeros((4, 4), np.uint8), np.zeros((9, 9), np.uint8)])
    pages = open_pages(data, max_pixels=80, name="file")
    assert next(pages).width == 4
    with pytest.raises(UserError, match="file, page 2: 9 x 9 pixels are more"):
        next(pages)


def test_a_damaged_page_has_a_number_and_the_next_one_is_read(tmp_path):
    data = damaged_tiff(4, {1, 3})
    (tmp_path / "file").write_bytes(data)
    faults = []
    for source in [data, tmp_path / "file"]:
        faults.clear()
        pages = open_pages(
            source, name="file", damaged=lambda *told: faults.append(told)
        )
        assert [page.index for page in pages] == [0, 2]
        assert [index for index, _ in faults] == [1, 3]
        assert "file, page 2: truncated or damaged" in faults[0][1].message
        pages = open_pages(source, name="file")
        assert next(pages).index == 0
        with pytest.raises(UserError, match="file, page 2: truncated"):
            next(pages)


def test_a_chain_of_pages_that_breaks_gives_those_before():
    frames = [np.full((9, 9), level, np.uint8) for level in (1, 2, 3)]
    data = tiff(frames)
    with Image.open(io.BytesIO(data)) as picture:
        picture.seek(2)
        broken = data[: picture._frame_pos[2] + 4]
    faults = []
    pages = open_pages(broken, name="file", damaged=lambda *told: faults.append(told))
    assert [int(page.image.mean()) for page in pages] == [1, 2]
    ((index, error),) = faults
    assert index == 2 and "file, page 3: truncated or damaged" in error.message


def test_a_page_of_a_pdf_that_is_too_large_is_passed_over():
    faults = []
    data = pdf((50, 50), (14_400, 14_400), (60, 60))
    pages = open_pages(data, name="file", damaged=lambda *told: faults.append(told))
    assert [page.index for page in pages] == [0, 2]
    assert "file, page 2: 40,000 x 40,000 pixels" in faults[0][1].message


def test_whether_there_are_several_pages():
    frame = np.zeros((4, 4), np.uint8)
    assert has_several_pages(tiff([frame] * 2)) and has_several_pages(
        pdf((9, 9), (9, 9))
    )
    assert not has_several_pages(tiff([frame])) and not has_several_pages(pdf((9, 9)))
    with pytest.raises(UserError, match="file: zero bytes"):
        has_several_pages(b"", name="file")


def test_reduced_page_tells_its_scale():
    frame = np.repeat(np.arange(100, dtype=np.uint8), 4)[None].repeat(200, 0)
    (page,) = open_pages(tiff([frame]), reduce_to=5_000)
    np.testing.assert_array_equal(page.image, np.arange(100)[None].repeat(50, 0))
    assert (page.width, page.height, page.scale) == (400, 200, 0.25)
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, "JPEG")
    (page,) = open_pages(buffer.getvalue(), reduce_to=9_000)
    assert (page.width, page.height, page.scale) == (400, 200, 0.5)
    assert page.image.shape == (100, 200)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_pdf_pages_are_drawn_at_the_resolution(mode):
    pages = list(open_pages(pdf((200, 100), (72, 144)), mode=mode, dpi=144))
    assert [(page.width, page.height) for page in pages] == [(400, 200), (144, 288)]
    for number, page in enumerate(pages):
        height, width = page.image.shape[:2]
        assert (width, height, page.scale) == (page.width, page.height, 1.0)
        red = (255, 0, 0) if mode == "RGB" else 76
        assert (page.image[10, 10] == red).all()
        assert (page.image[10, width - 10] == 255).all()
        assert (page.image[-10, 20 * number + 10] == 0).all()
        assert (page.image[-10, 20 * number + 30] == 255).all()


def test_pdf_can_be_drawn_smaller():
    (page,) = open_pages(pdf((200, 100)), dpi=144, reduce_to=5_000)
    assert page.image.shape == (50, 100)
    assert (page.width, page.height, page.scale) == (400, 200, 0.25)
    (page,) = open_pages(pdf((200, 100)), dpi=144, reduce_to=100_000)
    assert page.scale == 1.0  # a limit, not a size


def test_pdf_pixel_limit_is_per_page():
    data = pdf((14_400, 14_400))
    message = refusal(data)
    assert message.startswith("file, page 1: 40,000 x 40,000 pixels are more")
    assert len(list(open_pages(data, dpi=10))) == 1


def test_pdf_that_cannot_be_read():
    assert refusal(pdf((50, 50), lock="s")) == "file: protected by a password"
    assert "damaged" in refusal(pdf((50, 50))[:200])
    assert "damaged" in refusal(b"%PDF-1.7 and no more")


def test_pdf_from_a_path_and_after_white_space(tmp_path):
    path = tmp_path / "scan.pdf"
    path.write_bytes(pdf((72, 72)))
    assert [page.name for page in open_pages(path)] == [str(path)]
    assert len(list(open_pages(b"\n\n" + pdf((72, 72))))) == 1


def test_no_page_is_read_before_it_is_asked_for():
    data = tiff([np.zeros((4, 4), np.uint8)] * 2)
    broken = data[: len(data) - 30]
    pages = open_pages(broken, name="file")
    with pytest.raises(UserError, match="damaged"):
        list(pages)
    pages = open_pages(data)
    next(pages)
    pages.close()  # leaves no file open, no lock held
    assert len(list(open_pages(pdf((72, 72))))) == 1
