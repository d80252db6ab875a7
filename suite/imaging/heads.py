"""What is known of a picture before it is decoded: its ending and its size."""

from PIL import TiffImagePlugin

from suite.imaging.opening import (
    MAX_PIXELS,
    TURNED,
    Source,
    exif_orientation,
    open_picture,
    open_source,
)

SUFFIXES = frozenset(
    [
        *(".avif", ".bmp", ".gif", ".jfif", ".jp2", ".jpeg", ".jpg", ".pbm", ".pgm"),
        *(".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp"),
    ]
)
"""Endings by which pictures are found in a folder."""

_SIDES = (256, 257)  # TIFF tags


def picture_size(
    source: Source, *, max_pixels: float = MAX_PIXELS, name: str | None = None
) -> tuple[int, int]:
    """(width, height) of what `open_image` gives of a file.

    Args:
        source, max_pixels, name: See `open_image`.

    Raises:
        UserError: As `open_image`, but for damage beyond the head.
    """
    with open_source(source, name) as (stream, label):
        picture = open_picture(stream, label, max_pixels)
        width, height = picture.size
        if isinstance(picture, TiffImagePlugin.TiffImageFile):
            # as stored: of a turned one some Pillows have exchanged them already
            width, height = (int(picture.tag_v2[tag]) for tag in _SIDES)
        turned = exif_orientation(picture) in TURNED
        return (height, width) if turned else (width, height)
