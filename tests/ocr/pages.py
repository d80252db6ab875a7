"""Pages drawn for tests: words in Pillow's own font, on paper of any kind."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

TEXT = (
    "Receipt total amount Tax invoice number cash change the quick brown fox jumps "
    "over lazy dogs 12.00 38.50 2019 Kuala Lumpur served by thank you please come again"
)


def text_page(size, height, lines, *, seed=0, paper=245, ink=30, margin=40):
    """uint8 page (size = (width, height)) of lines `height` pixels high, "Hg" to be
    exact, 1.7 times that apart."""
    rng = np.random.default_rng(seed)
    image = Image.new("L", size, paper)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(height)
    top, bottom = font.getbbox("Hg")[1::2]
    font = ImageFont.load_default(height * height / (bottom - top))
    for line in range(lines):
        y = margin + 1.7 * height * line
        if y + height > size[1] - margin / 2:
            break
        words = " ".join(rng.choice(TEXT.split(), rng.integers(3, 9)))
        while draw.textlength(words, font) > size[0] - 2 * margin and " " in words:
            words = words.rpartition(" ")[0]
        draw.text((margin, y), words, ink, font)
    return np.asarray(image)
