"""TIFF files of several pages, some of them damaged."""

import io
from collections.abc import Collection

import numpy as np
from PIL import Image


def damaged_tiff(count: int, bad: Collection[int], side: int = 40) -> bytes:
    """A TIFF of grey noise, side x side pixels; the data of the pages in `bad` (from 0)
    cannot be decoded."""
    noise = np.random.default_rng(0).integers(0, 255, (count, side, side), np.uint8)
    first, *others = map(Image.fromarray, noise)
    buffer = io.BytesIO()
    how = {"save_all": True, "append_images": others, "compression": "tiff_lzw"}
    first.save(buffer, "TIFF", **how)
    data = bytearray(buffer.getvalue())
    with Image.open(buffer) as picture:
        for frame in bad:
            picture.seek(frame)
            offsets, lengths = picture.tag_v2[273], picture.tag_v2[279]
            for offset, length in zip(offsets, lengths, strict=True):
                data[offset : offset + length] = b"\xff" * length
    return bytes(data)
