"""Draw the sample page that ships with the reader: a receipt of our own making.

    python examples/sample_page.py saved_models/ocr/sample.png

Needs DejaVu fonts (Debian: fonts-dejavu-core). Same picture at each run.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIZE = (640, 900)  # width, height in pixels
MARGIN = 60
FONTS = {"title": ("DejaVuSans-Bold", 34), "mono": ("DejaVuSansMono", 21)}
FONTS |= {"text": ("DejaVuSerif", 21), "small": ("DejaVuSans", 18)}

# font, left text, right text, gap below in pixels
LINES = (
    ("title", "Café Übersee", "", 10),
    ("small", "Kaimauer 7, 20457 Hamburg", "", 4),
    ("small", "Tel. 040 555 01 82", "", 30),
    ("mono", "22/11/2026 09:14", "Table 12", 8),
    ("mono", "RECEIPT No: A-00417", "", 26),
    ("text", "2 x Filter coffee", "6.40", 8),
    ("text", "1 x Crème brûlée", "5.90", 8),
    ("text", "1 x Apfelstrudel, groß", "7.25", 8),
    ("text", "3 x Mineral water", "8.10", 26),
    ("mono", "SUBTOTAL", "27.65", 8),
    ("mono", "VAT 7 %", "1.94", 8),
    ("title", "Total EUR", "29.59", 26),
    ("mono", "Card **** 4471", "29.59", 26),
    ("text", "Thank you for your visit.", "", 8),
    ("text", "Please keep this receipt: goods can be", "", 6),
    ("text", "returned within 14 days.", "", 26),
    ("small", "www.cafe-uebersee.example", "", 0),
)


def draw() -> np.ndarray:
    """The page as it is printed, uint8 (900, 640)."""
    page = Image.new("L", SIZE, 246)
    pen = ImageDraw.Draw(page)
    fonts = {
        name: ImageFont.truetype(f"{file}.ttf", size)
        for name, (file, size) in FONTS.items()
    }
    y = 48
    for name, left, right, gap in LINES:
        font = fonts[name]
        pen.text((MARGIN, y), left, 25, font)
        pen.text((SIZE[0] - MARGIN, y), right, 25, font, anchor="ra")
        y += font.size + 6 + gap
    return np.asarray(page)


def scan(page: np.ndarray) -> np.ndarray:
    """The page as a scanner gives it: turned by a degree, uneven light, noise."""
    height, width = page.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -1.2, 1.0)
    page = cv2.warpAffine(page, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    light = np.linspace(1.0, 0.86, width)[None, :]
    noise = np.random.default_rng(7).normal(0, 1, page.shape)
    page = cv2.GaussianBlur(page, (0, 0), 0.6) * light + noise
    return np.clip(page, 0, 255).astype(np.uint8)


if __name__ == "__main__":
    Image.fromarray(scan(draw())).save(Path(sys.argv[1]), optimize=True)
