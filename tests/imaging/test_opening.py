"""`open_image`: one oracle per mode, orientation and way to be broken."""

import contextlib
import io
import os
import struct
import subprocess
import sys
import threading
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from suite.console import UserError
from suite.imaging.opening import open_image

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (23, 37), np.uint8)
COLOUR = cv2.GaussianBlur(RNG.integers(0, 256, (23, 37, 3), np.uint8), (0, 0), 3)


def encoded(picture, form, **options):
    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture)
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def grey_of(rgb):
    """ITU-R 601, from the definition."""
    return rgb.astype(np.float64) @ [0.299, 0.587, 0.114]


def refusal(source, **options):
    with pytest.raises(UserError) as caught:
        open_image(source, **options)
    return str(caught.value)


@pytest.mark.parametrize("source", [GREY, None, 7, io.StringIO("text")])
def test_what_is_no_source(source):
    message = refusal(source)
    assert "not a path, bytes or an open binary file" in message
    assert type(source).__qualname__ in message


# --- modes ----------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF", "PPM", "WEBP", "GIF"])
def test_grey_is_what_was_stored(form):
    data = encoded(GREY, form, **({"lossless": True} if form == "WEBP" else {}))
    np.testing.assert_array_equal(open_image(data), GREY)
    rgb = open_image(data, mode="RGB")
    np.testing.assert_array_equal(rgb, np.stack([GREY] * 3, -1))
    assert rgb.flags.c_contiguous and rgb.dtype == np.uint8


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF", "PPM", "WEBP"])
def test_colour_and_its_grey(form):
    data = encoded(COLOUR, form, **({"lossless": True} if form == "WEBP" else {}))
    np.testing.assert_array_equal(open_image(data, mode="RGB"), COLOUR)
    np.testing.assert_allclose(open_image(data), grey_of(COLOUR), atol=1)


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "JPEG2000", "AVIF"])
def test_lossy_formats_are_close(form):
    try:
        data = encoded(COLOUR, form, quality=95)
    except (KeyError, OSError):
        pytest.skip(f"this Pillow writes no {form}")
    got = open_image(data, mode="RGB").astype(float)
    assert np.abs(got - COLOUR).mean() < 3
    assert np.abs(open_image(data) - grey_of(COLOUR)).mean() < 3


def test_one_bit():
    bits = Image.fromarray(GREY).convert("1")
    want = np.asarray(bits).astype(np.uint8) * 255
    assert 0 < want.mean() < 255
    for form in ("PNG", "TIFF"):
        np.testing.assert_array_equal(open_image(encoded(bits, form)), want)
    fax = encoded(bits, "TIFF", compression="group4")
    np.testing.assert_array_equal(open_image(fax), want)


def test_palette():
    palette = Image.fromarray(COLOUR).quantize(16)
    want = np.asarray(palette.convert("RGB"))
    for form in ("PNG", "GIF", "TIFF"):
        data = encoded(palette, form)
        np.testing.assert_array_equal(open_image(data, mode="RGB"), want)
        np.testing.assert_allclose(open_image(data), grey_of(want), atol=1)


def test_palette_with_a_transparent_colour_is_white_there():
    palette = Image.fromarray(COLOUR).quantize(16)
    want = np.asarray(palette.convert("RGB")).copy()
    want[np.asarray(palette) == 3] = 255
    for form in ("PNG", "GIF"):
        data = encoded(palette, form, transparency=3)
        np.testing.assert_array_equal(open_image(data, mode="RGB"), want)


def over_white(rgb, alpha):
    a = alpha[..., None] / 255
    return rgb * a + 255 * (1 - a)


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
def test_alpha_is_composed_over_white(form):
    alpha = RNG.integers(0, 256, GREY.shape, np.uint8)
    options = {"lossless": True, "exact": True} if form == "WEBP" else {}
    data = encoded(np.dstack([COLOUR, alpha]), form, **options)
    want = over_white(COLOUR, alpha)
    np.testing.assert_allclose(open_image(data, mode="RGB"), want, atol=0.51)
    np.testing.assert_allclose(open_image(data), grey_of(want), atol=1)


def test_grey_with_alpha():
    alpha = RNG.integers(0, 256, GREY.shape, np.uint8)
    data = encoded(Image.fromarray(np.dstack([GREY, alpha]), "LA"), "PNG")
    want = over_white(GREY[..., None], alpha)[..., 0]
    np.testing.assert_allclose(open_image(data), want, atol=1)


@pytest.mark.parametrize(("mode", "key"), [("L", 40), ("RGB", (9, 8, 7))])
def test_transparent_colour_of_a_png_without_palette(mode, key):
    pixels = np.full((4, 6) if mode == "L" else (4, 6, 3), 200, np.uint8)
    pixels[1] = key
    got = open_image(encoded(pixels, "PNG", transparency=key))
    assert (got[1] == 255).all() and (got[0] == 200).all()


def test_cmyk_of_tiff_and_the_inverted_one_of_adobe_jpeg():
    ink = np.zeros((16, 32, 4), np.uint8)
    ink[:, :8, 0] = 255  # cyan
    ink[:, 8:16, 1] = 255  # magenta
    ink[:, 16:24, 3] = 255  # black; the rest is paper
    want = [(0, 255, 255), (255, 0, 255), (0, 0, 0), (255, 255, 255)]
    picture = Image.fromarray(ink, "CMYK")
    jpeg = encoded(picture, "JPEG", quality=100)
    assert b"Adobe" in jpeg
    for data in (encoded(picture, "TIFF"), jpeg):
        got = open_image(data, mode="RGB")[8, 4::8].astype(int)
        np.testing.assert_allclose(got, want, atol=2)
        assert open_image(data).shape == (16, 32)


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
@pytest.mark.parametrize("top", [65535, 4095, 1023, 255])
def test_sixteen_bits_are_scaled_by_their_depth(form, top):
    ramp = np.linspace(0, top, 37).astype(np.uint16)[None].repeat(5, 0)
    got = open_image(encoded(ramp, form))
    np.testing.assert_allclose(got, ramp * (255 / top), atol=0.51)


def test_sixteen_bits_big_endian_and_inverted():
    ramp = np.linspace(0, 65535, 37).astype(np.uint16)[None].repeat(5, 0)
    picture = Image.frombytes("I;16B", (37, 5), ramp.astype(">u2").tobytes())
    np.testing.assert_allclose(open_image(encoded(picture, "TIFF")), ramp / 257, atol=1)
    negative = encoded(ramp, "TIFF", tiffinfo={262: 0})  # WhiteIsZero
    np.testing.assert_allclose(open_image(negative), 255 - ramp / 257, atol=1)


def test_eight_bits_white_is_zero():
    plain, negative = encoded(GREY, "TIFF"), encoded(GREY, "TIFF", tiffinfo={262: 0})
    np.testing.assert_array_equal(open_image(plain), open_image(negative))


@pytest.mark.parametrize(
    ("values", "want"),
    [
        ([0, 0.5, 1], [0, 128, 255]),
        ([0, 100.4, 255], [0, 100, 255]),
        ([-10, 0, 30], [0, 64, 255]),
        ([0, 5000, 20000], [0, 64, 255]),
        ([np.nan, 0.2, np.inf], [0, 51, 0]),
        ([np.nan] * 3, [0] * 3),
        ([3e38, -3e38, 0], [255, 0, 128]),
    ],
)
def test_floats(values, want):
    data = encoded(Image.fromarray(np.array([values] * 2, np.float32)), "TIFF")
    np.testing.assert_array_equal(open_image(data)[1], want)


def test_signed_integers():
    values = np.array([[-1000, 0, 3000]], np.int32)
    data = encoded(Image.fromarray(values), "TIFF")
    np.testing.assert_array_equal(open_image(data)[0], [0, 64, 255])


def test_a_page_larger_than_a_band_of_conversion():
    page = RNG.integers(0, 256, (1300, 1700, 3), np.uint8)
    data = encoded(page, "PNG", compress_level=0)
    np.testing.assert_array_equal(open_image(data, mode="RGB"), page)
    blocks = page.reshape(260, 5, 340, 5, 3).mean((1, 3))
    reduced = open_image(data, mode="RGB", reduce_to=260 * 340)
    np.testing.assert_allclose(reduced, blocks, atol=0.51)


# --- orientation ----------------------------------------------------------------------

TURNED = {  # EXIF 2.3, tag 274: what the stored picture needs
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.T,
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].T,
    8: lambda a: np.rot90(a, 1),
}


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF", "JPEG"])
@pytest.mark.parametrize("orientation", TURNED)
def test_exif_orientation(form, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    options = {"lossless": True} if form == "WEBP" else {}
    options |= {"tiffinfo": {274: orientation}} if form == "TIFF" else {"exif": exif}
    stored = cv2.GaussianBlur(GREY, (0, 0), 2) if form == "JPEG" else GREY
    got = open_image(encoded(stored, form, **options))
    want = TURNED[orientation](stored)
    assert got.shape == want.shape and got.flags.c_contiguous
    assert np.abs(got.astype(int) - want).max() <= (12 if form == "JPEG" else 0)


def test_orientation_outside_the_standard_is_ignored():
    exif = Image.Exif()
    exif[274] = 77
    np.testing.assert_array_equal(open_image(encoded(GREY, "PNG", exif=exif)), GREY)


@pytest.mark.parametrize("notes", [b"XX*\0", b"II*\0", b"MM\0*\0\0\0\x08\xff", b""])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.filterwarnings("ignore:Corrupt EXIF")  # as the module does outside pytest
def test_damaged_exif_does_not_hide_the_picture(form, notes):
    data = encoded(GREY, form, exif=b"Exif\0\0" + notes)
    assert open_image(data).shape == GREY.shape


# --- reduction ------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_reduction_never_goes_below(form, mode):
    page = cv2.GaussianBlur(RNG.integers(0, 256, (301, 403, 3), np.uint8), (0, 0), 9)
    data = encoded(page, form, quality=95)
    for least in (1000, 403, 202, 201, 130, 50, 5):  # pixels across
        reduce_to = least * least * 301 // 403
        got = open_image(data, mode=mode, reduce_to=reduce_to)
        height, width = got.shape[:2]
        factor = round(403 / width)
        assert (height, width) == (-(-301 // factor), -(-403 // factor))
        assert width >= min(403, least)
        if least == 50:
            assert width < 110  # and it does go down
        want = cv2.resize(page, None, fx=1 / factor, fy=1 / factor, interpolation=3)
        want = want if mode == "RGB" else grey_of(want)
        if factor < 20:  # the last row and column may be means of cut blocks
            rows, columns = 301 // factor - 1, 403 // factor - 1
            difference = got[:rows, :columns].astype(float) - want[:rows, :columns]
            assert np.abs(difference).mean() < 3


# --- sources --------------------------------------------------------------------------


def test_path_bytes_and_streams(tmp_path):
    data = encoded(GREY, "PNG")
    path = tmp_path / "päge 1.png"
    path.write_bytes(data)

    class Pipe(io.RawIOBase):
        def __init__(self):
            self.rest = io.BytesIO(data)

        def readable(self):
            return True

        def readinto(self, target):
            return self.rest.readinto(target)

    for source in (path, str(path), data, io.BytesIO(data), io.BufferedReader(Pipe())):
        np.testing.assert_array_equal(open_image(source), GREY)


def test_named_pipe(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=[encoded(GREY, "PNG")])
    writer.start()
    np.testing.assert_array_equal(open_image(path), GREY)
    writer.join()


def test_single_pixel_and_stripes():
    assert open_image(encoded(GREY[:1, :1], "PNG")) == GREY[0, 0]
    assert open_image(encoded(GREY[:1], "JPEG"), reduce_to=1).shape[0] == 1
    assert open_image(encoded(GREY[:, :1], "TIFF")).shape == (23, 1)


def test_first_picture_of_an_animation():
    frames = [Image.fromarray(COLOUR), Image.fromarray(255 - COLOUR)]
    for form, options in [("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {})]:
        data = encoded(
            frames[0], form, save_all=True, append_images=frames[1:], **options
        )
        got = open_image(data, mode="RGB").astype(int)
        assert np.abs(got - COLOUR).mean() < 6


# --- refusals -------------------------------------------------------------------------


def test_what_is_no_file(tmp_path):
    assert refusal(tmp_path / "none.png") == f"{tmp_path / 'none.png'}: no such file"
    assert refusal(tmp_path) == f"{tmp_path}: a folder, not a picture"
    assert "cannot be opened" in refusal("a\0b")
    (tmp_path / "empty.png").touch()
    assert refusal(tmp_path / "empty.png").endswith("empty.png: zero bytes")
    assert refusal(b"", name="-") == "-: zero bytes"


def test_no_permission(tmp_path, monkeypatch):
    path = tmp_path / "secret.png"
    path.write_bytes(encoded(GREY, "PNG"))
    path.chmod(0)
    if os.geteuid() == 0:  # root may read everything

        def denied(*_):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(type(path), "open", denied)
    assert refusal(path).endswith("secret.png: no permission to read it")


@pytest.mark.parametrize(
    "data",
    [
        b"x",
        b"TOTAL 12.50\n" * 100,
        bytes(range(256)) * 8,
        b"\x89PNG\r\n\x1a\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    ],
)
def test_what_is_no_picture(data):
    message = refusal(data, name="odd.png")
    assert message.startswith("odd.png: ")
    assert "not a picture" in message or "damaged" in message


def test_formats_outside_the_list_are_not_tried():
    """EPS would start Ghostscript; PCX stands for the rest of Pillow's forty."""
    for form in ("EPS", "PCX"):
        data = encoded(GREY, form)
        Image.open(io.BytesIO(data)).close()  # Pillow knows it
        assert "not a picture of a known format" in refusal(data)


def test_a_pdf_is_named_as_such():
    assert "a PDF" in refusal(b"%PDF-1.7\n%%EOF", name="a.png")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "PPM"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("reduce_to", [None, 30 * 40])
def test_truncated_files_are_refused(form, kept, reduce_to):
    page = RNG.integers(0, 256, (120, 160), np.uint8)
    data = encoded(page, form)
    message = refusal(data[: int(kept * len(data))], name="cut", reduce_to=reduce_to)
    assert message.startswith("cut: ") and "\n" not in message
    assert "damaged" in message


def test_libtiff_writes_to_the_log_not_to_stderr(capfd, caplog):
    bits = Image.fromarray(GREY).convert("1")
    data = bytearray(encoded(bits, "TIFF", compression="group4"))
    data[40:60] = bytes(range(20))
    with caplog.at_level("DEBUG", logger="suite.console.native_messages"):
        with contextlib.suppress(UserError):
            open_image(bytes(data))
        os.write(2, b"after\n")
    assert capfd.readouterr() == ("", "after\n")
    assert any("code word" in record.message for record in caplog.records)


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def bomb(width, height):
    """A small PNG that says it is of that size, and does inflate to it."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    rows = packer.compress(bytes((width // 8 + 1) * 100)) + packer.flush()
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def test_bomb_is_refused_by_its_header(recwarn):
    before = Image.MAX_IMAGE_PIXELS
    message = refusal(bomb(20_000, 20_000), name="bomb.png")
    assert message == (
        "bomb.png: 20,000 x 20,000 pixels are more than the limit of 200 megapixels"
    )
    assert before == Image.MAX_IMAGE_PIXELS and not recwarn.list


def test_limit_is_the_callers():
    data = encoded(GREY, "PNG")
    assert "limit" in refusal(data, max_pixels=GREY.size - 1)
    assert open_image(data, max_pixels=GREY.size).shape == GREY.shape


def test_scan_of_thirty_five_megapixels_is_read():
    page = np.full((7016, 4961), 255, np.uint8)
    page[3000:3100] = 0
    data = encoded(page, "PNG", compress_level=1)
    reduced = open_image(data, reduce_to=2_000_000)
    assert reduced.shape == (1754, 1241)
    assert (reduced[751:774] == 0).all() and (reduced[:749] == 255).all()


MEASURE = """
import sys
from pathlib import Path
from suite.imaging.opening import open_image

def peak():  # kB; ru_maxrss of a child starts with its parent's
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

before = peak()
print(open_image(sys.argv[1]).shape)
print((peak() - before) // 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux only")
def test_memory_of_a_large_webp(tmp_path):
    """6 megapixels, grey stored as RGB: 18 MB as decoded, 6 MB as grey."""
    path = tmp_path / "scan.webp"
    page = np.full((3000, 2000, 3), 255, np.uint8)
    page[::40, 500:1500] = 0
    cv2.imwrite(str(path), page, [cv2.IMWRITE_WEBP_QUALITY, 20])
    command = [sys.executable, "-c", MEASURE, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    shape, megabytes = done.stdout.split("\n")[:2]
    assert shape == "(3000, 2000)"
    assert 15 < int(megabytes) < 50  # Pillow: 91


def test_out_of_memory_is_a_sentence(monkeypatch):
    def full(self):
        raise MemoryError

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", full)
    assert "not enough memory" in refusal(encoded(GREY, "PNG"), name="a.png")
