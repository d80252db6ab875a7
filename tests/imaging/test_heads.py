"""Sizes told by the head of a file are those of the picture that is opened."""

import io

import pytest
from PIL import Image

from suite.console import UserError
from suite.imaging.heads import SUFFIXES, picture_size
from suite.imaging.opening import open_image


def stored(form, orientation, size=(30, 20)):
    exif, buffer = Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    Image.new("L", size, 200).save(buffer, form, exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize("orientation", [1, 3, 5, 6, 8, 9])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_width_and_height(form, orientation):
    data = stored(form, orientation)
    assert picture_size(data) == open_image(data).shape[::-1]


def test_the_head_is_enough():
    data = stored("PNG", 1, (300, 200))
    assert picture_size(data[:100]) == (300, 200)


def test_what_is_no_picture_of_ours():
    with pytest.raises(UserError, match="page: not a picture of a known format"):
        picture_size(b"%!PS-Adobe-3.0 EPSF-3.0\n", name="page")
    with pytest.raises(UserError, match="more than the limit"):
        picture_size(stored("PNG", 1), max_pixels=599)


def test_every_ending_is_one_of_pillows():
    assert set(Image.registered_extensions()) >= SUFFIXES
